"""Loss and error of every member of a population on every split, and the points of its curve."""

import dataclasses
import functools
import itertools
import math
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ffnn_lab.diagnosis import Diagnosed, diagnose
from ffnn_lab.losses import ERRORS
from ffnn_lab.moments import best_epoch
from ffnn_lab.networks import MLP
from ffnn_lab.population import Member, Population
from ffnn_lab.processor import at_once, lanes_of
from ffnn_lab.programs import sums_program
from ffnn_lab.records import SPLITS, Correct, CurvePoint, Direction, LayerPoint
from ffnn_lab.steps import Examples, evaluation_sums
from ffnn_lab.tasks.data.augment import variants
from ffnn_lab.tasks.data.task import Split, Task
from ffnn_lab.troubles import has_learned_nothing


@dataclass(frozen=True)
class Criterion:
    """The loss that a task's members are trained on, and the error that they are judged by."""

    loss: str
    """Name of the loss, a key of ``losses.LOSSES``."""
    error: str
    """Name of the error, a key of ``losses.ERRORS``."""
    error_unit: float
    """Number by which the mean error over examples is divided, such as the variance of the
    labels."""
    counts_answers: bool = True
    """True if the error is the share of examples with a wrong answer."""

    @classmethod
    def of(cls, task: Task) -> "Criterion":
        """Return the criterion of a task."""
        return cls(task.loss, task.error, task.error_unit, task.error in ("class", "sign"))


class Evaluator:
    """Evaluates the populations of one partition, see ``partition_key``, on all of the splits."""

    def __init__(
        self, task: Task, population: Population, pool: ThreadPoolExecutor | None = None
    ) -> None:
        """Copy the splits to the device on which the population trains.

        Args:
            task: The task that the members learn.
            population: The first population of the partition; all of its populations have the same
                network, device and dtype.
            pool: Threads that share the work; None for this thread alone.
        """
        self.splits = {name: place(task.split(name), population) for name in SPLITS}
        """The examples of each split, on the population's device."""
        self.train = with_variants(self.splits["train"], task)
        """The examples to train on, with the task's augmented variants, if it has any."""
        self._task = task
        self._criterion = Criterion.of(task)
        self._pool = pool

    def measure(self, population: Population) -> None:
        """Measure each member that is due, and add a point for each split to its curve.

        The cosines with the task's solutions are added as well, if there are any (see `cosines`).
        A member whose train loss is not finite has diverged: its ``diverged_step`` is set, and it
        gets no point, so that its curve stops where the run stopped.

        Members for which ``trainer.diagnose_every`` asks are diagnosed, see ``diagnosis``. So is,
        at its end, a member that has learned next to nothing, so that a report can say why.
        """
        due = {member.run_id for member in population.members if _is_due(member)}
        if not due:
            return
        deeds = [functools.partial(self._evaluate, lane) for lane in lanes_of(population)]
        # All numbers of an epoch in one transfer, since every transfer waits for the device.
        found = torch.cat(at_once(deeds, self._pool), dim=2).tolist()
        for m, member in enumerate(population.members):
            # A member that is not due was measured only beside others that are: this must not
            # decide the step at which it diverged.
            if member.run_id not in due or member.diverged_step is not None:
                continue
            values = {
                name: (losses[m], errors[m])
                for name, (losses, errors) in zip(self.splits, found, strict=True)
            }
            if not math.isfinite(values["train"][0]):
                member.diverged_step = member.n_steps
                continue
            member.curve += [
                CurvePoint(member.epoch, member.n_steps, name, loss, error, member.lr)
                for name, (loss, error) in values.items()
            ]
            directions = cosines(population, m, self._task)
            if directions:
                member.directions.append(Direction(member.epoch, member.n_steps, directions))
        if self._criterion.counts_answers:
            self._note_correct(population)
        asked, lost = set(), set()
        for member in population.members:
            if member.run_id in due and member.diverged_step is None:
                if member.is_diagnosed_at(member.epoch):
                    asked.add(member.run_id)
                elif self._has_learned_nothing(member):
                    lost.add(member.run_id)
        self._diagnose(population, asked, with_updates=True)
        self._diagnose(population, lost, with_updates=False)

    def _has_learned_nothing(self, member: Member) -> bool:
        """Return True if a member has ended with a train error near that of a constant answer."""
        is_over = member.epoch == member.config.trainer.max_epochs
        error = member.last("train", "error")
        return is_over and has_learned_nothing(error, self._task.chance_error)

    def _diagnose(
        self, population: Population, chosen: Collection[str], *, with_updates: bool
    ) -> None:
        """Diagnose the members whose ids are in ``chosen``; see `diagnose`."""
        if not chosen:
            return
        lanes = lanes_of(population)
        places = [
            [m for m, member in enumerate(lane.members) if member.run_id in chosen]
            for lane in lanes
        ]
        deeds = [
            functools.partial(
                diagnose,
                lane,
                own,
                self.train,
                self._criterion.loss,
                with_updates=with_updates,
            )
            for lane, own in zip(lanes, places, strict=True)
            if own
        ]
        members = [lane.members[m] for lane, own in zip(lanes, places, strict=True) for m in own]
        found = itertools.chain.from_iterable(at_once(deeds, self._pool))
        for member, layers in zip(members, found, strict=True):
            member.layers += _points(member, layers)

    def _note_correct(self, population: Population) -> None:
        """Record which test examples a member classifies correctly, at its moment ``correct_at``.

        This is done after the evaluation and changes none of its results. Answers are not recorded
        if their number of errors differs from the measured number, as may happen on a device whose
        sums are not reproducible to the last bit.
        """
        due = {member.run_id for member in population.members if _is_moment(member)}
        if not due:
            return
        lanes = [each for each in lanes_of(population) if due & {m.run_id for m in each.members}]
        deeds = [functools.partial(self._wrong, lane, due) for lane in lanes]
        n_examples = len(self.splits["test"].labels)
        for lane, found in zip(lanes, at_once(deeds, self._pool), strict=True):
            for member, wrong in zip(lane.members, found.cpu().numpy(), strict=True):
                if member.run_id not in due:
                    continue
                assert member.correct_at is not None  # noqa: S101 - or it were not its moment
                bits = np.packbits(~wrong).tobytes()
                is_same = int(wrong.sum()) == _n_wrong(member, n_examples)
                noted = Correct(member.correct_at, n_examples, bits)
                member.correct = noted if is_same else None

    def _wrong(self, population: Population, due: Collection[str]) -> Tensor:
        """Return a mask of the test examples that each member classifies wrongly, ``(M, N)``.

        If steps are compiled, the mask is corrected to agree with the measured errors of the
        members whose ids are in ``due``.
        """
        test, criterion = self.splits["test"], self._criterion
        wrong = wrong_answers(population, test, criterion)
        if population.is_compiled and any(
            n_wrong != _n_wrong(member, len(test.labels))
            for n_wrong, member in zip(wrong.sum(dim=1).tolist(), population.members, strict=True)
            if member.run_id in due
        ):
            settle_answers_(wrong, population, test, criterion)
        return wrong

    def _evaluate(self, population: Population) -> Tensor:
        """Evaluate every member on every split: losses and errors, ``(n_splits, 2, M)``."""
        measured = [
            torch.stack(evaluate(population, split, self._criterion))
            for split in self.splits.values()
        ]
        return torch.stack(measured)


def _points(member: Member, layers: Sequence[Diagnosed]) -> list[LayerPoint]:
    now = member.epoch, member.n_steps
    return [
        LayerPoint(*now, number, layer.module, layer.n_units, layer.statistics)
        for number, layer in enumerate(layers, start=1)
    ]


def _is_due(member: Member) -> bool:
    """Return True if a member is to be measured; a resumed member may have this point already."""
    was_measured = bool(member.curve) and member.curve[-1].epoch == member.epoch
    return member.is_due and not was_measured


def _is_moment(member: Member) -> bool:
    """Return True if a member was just measured at the moment whose answers are recorded."""
    if member.correct_at is None or member.diverged_step is not None or not member.is_due:
        return False
    if member.correct_at == "best":
        return best_epoch(member.curve) == member.epoch
    return member.epoch == member.config.trainer.max_epochs


def _n_wrong(member: Member, n_examples: int) -> int:
    """Return the number of test examples that a member got wrong, from its measured error rate.

    The product is rounded: CUDA divides by multiplying with the reciprocal, which may be off in
    the last digit.
    """
    return round(member.last("test", "error") * n_examples)


def place(split: Split, population: Population) -> Examples:
    """Copy a split to a population's device, and bring inputs into the form of its network.

    Real-valued inputs and labels are converted to the population's dtype.
    """
    inputs = torch.from_numpy(split.inputs).to(population.device)
    if inputs.is_floating_point():
        inputs = inputs.to(population.dtype)
    labels = torch.from_numpy(split.labels).to(population.device)
    if labels.is_floating_point():
        labels = labels.to(population.dtype)
    return Examples(population.network.prepare(inputs), labels)


def with_variants(train: Examples, task: Task) -> Examples:
    """Return train examples with the augmented variants in which their task shows them."""
    if task.augment == "none":
        return train
    n_stored = train.inputs[0].numel()
    # int32 takes half the memory of the int64 that gather needs, and is converted only there.
    places = torch.from_numpy(variants(task.augment, task.shape, n_stored)).int()
    return dataclasses.replace(train, variants=places.to(train.inputs.device))


def evaluate(
    population: Population, split: Examples, criterion: Criterion
) -> tuple[Tensor, Tensor]:
    """Evaluate the whole network (no dropout) of every member.

    Args:
        population: The members.
        split: The examples, the same for all members.
        criterion: The task's loss and error.

    Returns:
        Mean loss per label, and error (see ``losses.ERRORS``), each ``(M,)`` in float64.
    """
    n_labels = split.labels.numel()
    loss = torch.zeros(len(population.flat), dtype=torch.float64, device=population.device)
    error = torch.zeros_like(loss)
    sums_of = _sums_of(population, split, criterion)
    for rows in _chunks(split, population):
        sums = sums_of(split.inputs[rows], split.labels[rows])
        loss += sums[0]
        error += sums[1]
    return loss / n_labels, error / (n_labels * criterion.error_unit)


def _sums_of(
    population: Population, split: Examples, criterion: Criterion
) -> Callable[[Tensor, Tensor], Sequence[Tensor]]:
    """Return a function of inputs and labels that sums their losses and errors, each ``(M,)``."""
    flat, buffers, network = population.flat, population.buffers, population.network
    names = criterion.loss, criterion.error
    if not population.is_compiled:
        return lambda *examples: evaluation_sums(flat, buffers, examples, network, *names)
    assert isinstance(network, MLP)  # noqa: S101 - no other network can be compiled
    compiled = sums_program(network, *names, flat, split.labels.dtype)
    return lambda inputs, labels: compiled([flat, inputs, labels])


def _chunks(split: Examples, population: Population) -> Iterator[slice]:
    """Yield slices of a split, each of as many examples as the network evaluates at a time."""
    size = population.network.n_evaluated
    return (slice(start, start + size) for start in range(0, len(split.labels), size))


def wrong_answers(population: Population, split: Examples, criterion: Criterion) -> Tensor:
    """Return a mask of the examples that each member classifies wrongly, by its task's error.

    Args:
        population: The members.
        split: The examples, the same for all members.
        criterion: The task's loss and error; ``counts_answers`` must be True.

    Returns:
        ``(M, N)``, boolean, computed without compiling: sums over the examples are the errors
        that `evaluate` counts where steps are not compiled.
    """
    flat, buffers, network = population.flat, population.buffers, population.network
    found = []
    for rows in _chunks(split, population):
        labels = split.labels[rows].expand(len(flat), -1)
        outputs = network.outputs(flat, buffers, split.inputs[rows])
        found.append(ERRORS[criterion.error](outputs, labels))
    return torch.cat(found, dim=1)


def settle_answers_(
    wrong: Tensor, population: Population, split: Examples, criterion: Criterion
) -> None:
    """Correct a mask of wrong answers, in place, so that it agrees with a compiled `evaluate`.

    A compiled program rounds differently from the eager steps, so that an example whose two
    highest outputs are nearly equal may change its answer. The program returns only the number of
    errors in a chunk; but if the label of one example is replaced by a wrong one, the number rises
    by one if and only if the example is classified correctly. So where the number of a chunk
    differs from the mask's, every example of the chunk is tested in a pass of its own. (Two near
    ties in one chunk that change in opposite directions leave the number as it is: they keep the
    answers of the eager steps.)

    Args:
        wrong: The mask that `wrong_answers` returns, ``(M, N)``.
        population: The members.
        split: The examples.
        criterion: The task's loss and error; ``counts_answers`` must be True.
    """
    sums_of = _sums_of(population, split, criterion)
    for rows in _chunks(split, population):
        inputs, labels, found = split.inputs[rows], split.labels[rows], wrong[:, rows]
        counts = sums_of(inputs, labels)[1]
        if torch.equal(found.sum(dim=1).to(counts.dtype), counts):
            continue
        others = -labels if criterion.error == "sign" else (labels == 0).to(labels.dtype)
        for place_of in range(len(labels)):
            asked = labels.clone()
            asked[place_of] = others[place_of]
            found[:, place_of] = sums_of(inputs, asked)[1] != counts + 1


def cosines(population: Population, member: int, task: Task) -> dict[str, float]:
    """Compute cosines between the weights of a linear member and the known solutions of its task.

    Only the weights of features that are not 0 in all train examples are compared.

    Args:
        population: The members.
        member: The member's index in the population.
        task: The task that the member learned.

    Returns:
        The cosine between the member's weights and each solution, by name; empty if the network is
        not linear without bias, if the task knows no solutions, or if all weights are 0.
    """
    if not task.solutions:
        return {}
    own = population.network.score_weights(population.flat[member])
    if own is None:
        return {}
    weights = np.asarray(own.double().cpu())
    is_reached = task.train.inputs.any(axis=0)
    if not weights[is_reached].any():
        return {}
    return {
        name: _cosine(weights[is_reached], solution[is_reached])
        for name, solution in task.solutions.items()
    }


def _cosine(some: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    """Return the cosine of two vectors; exact sums make it independent of the order of summing."""
    scaled = some / np.abs(some).max()
    product = math.fsum(scaled * others)
    return product / math.sqrt(math.fsum(scaled * scaled) * math.fsum(others * others))
