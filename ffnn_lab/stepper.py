"""Steppers, which take a population's training steps: eager, compiled, or as a CUDA graph."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

from ffnn_lab.blocks import Block, blocks_of
from ffnn_lab.draws import batch_bounds, dropout_rules, epoch_batches
from ffnn_lab.optimizers import State
from ffnn_lab.population import Population
from ffnn_lab.programs import gradients_program, update_program
from ffnn_lab.steps import (
    Batch,
    Examples,
    Recipe,
    clip_gradients_,
    clip_norms_,
    gradients,
    update_,
)

SHARED_FROM = 8
"""Smallest number of members, all with the same seed, for which a program is compiled that reads
their common batch once."""


class Stepper:
    """A stepper that takes eager training steps of one population, until members join or leave.

    In shapes, ``M`` is the number of members.
    """

    passes_often = True
    """True if an update passes over a block's columns once for each operation, not just once."""

    def __init__(self, population: Population, train: Examples, loss: str) -> None:
        """Prepare the steps: cut the population into blocks.

        Args:
            population: The members in training.
            train: The examples to train on.
            loss: One of ``losses.LOSSES``.
        """
        self._population = population
        self._train = train
        precision = population.members[0].config.trainer.precision
        self._recipe = Recipe(population.network, loss, precision)
        self._dropout = dropout_rules(population)
        has_columns = self.passes_often and population.device.type == "cpu"
        self._blocks = list(blocks_of(population, has_columns=has_columns))

    @property
    def n_steps(self) -> int:
        """Return the number of steps of an epoch."""
        batch_size = self._population.members[0].config.trainer.batch_size
        return len(batch_bounds(len(self._train.labels), batch_size))

    def keep_parameters(self) -> None:
        """Copy the members' parameters to ``previous``, to which a diagnosis compares them."""
        if self._population.previous is not None:
            self._population.previous.copy_(self._population.flat)

    def epoch(self) -> Iterator[Batch]:
        """Yield the batches of the coming epoch."""
        variants = self._train.variants
        n_variants = 1 if variants is None else len(variants)
        return epoch_batches(self._population, len(self._train.labels), n_variants)

    def step_(self, batch: Batch) -> Tensor:
        """Take one step, and return each member's loss before the step, ``(M,)``."""
        losses, grads = self.gradients(batch)
        self.update_(grads)
        return losses

    def gradients(self, batch: Batch) -> tuple[Tensor, list[Tensor]]:
        """Compute each member's loss on a batch, and that loss's gradient.

        Args:
            batch: The batch.

        Returns:
            Losses ``(M,)``, and gradients ``(M, n)`` for each of ``network.segments``.
        """
        examples = batch.examples(self._train)
        population = self._population
        return gradients(
            population.flat, population.buffers, examples, batch, self._dropout, self._recipe
        )

    def update_(self, grads: Sequence[Tensor]) -> None:
        """Clip gradients, update every member by its own optimizer, then clip norms of weights.

        Args:
            grads: Gradients ``(M, n)`` for each of ``network.segments``, which may be changed.
        """
        population = self._population
        if population.clip_norm is not None:
            clip_gradients_(grads, population.clip_norm)
        for block in self._blocks:
            self._move(block, block.gradients(grads), block.state_of_step())
        if population.max_norm is not None:
            clip_norms_(population.flat, population.max_norm, population.network)

    def _move(self, block: Block, grads: Tensor, state: State) -> None:
        part = block.part
        decay = (part.coupled, part.decoupled) if part.has_decay else None
        update_(block.params, grads, state, part.method, part.hyperparameters, decay)


class CompiledStepper(Stepper):
    """A stepper that runs compiled programs (see ``programs``).

    Its results can differ from the eager stepper's by rounding.
    """

    passes_often = False

    def __init__(self, population: Population, train: Examples, loss: str) -> None:
        """Load the programs, or compile them.

        Args:
            population: The members in training.
            train: The examples to train on.
            loss: One of ``losses.LOSSES``.

        Raises:
            ProgramError: If a program can be neither loaded nor compiled.
            ValueError: If a network has large weights and the population has several members:
                programs take contiguous tensors, and one segment of several members' rows is not
                contiguous.
        """
        super().__init__(population, train, loss)
        if len(population.network.segments) > 1 and len(population) > 1:
            msg = "members whose weights are as large as these are compiled one by one"
            raise ValueError(msg)
        like, labels = population.flat, train.labels.dtype
        drops = tuple(rule is not None for rule in self._dropout)
        n_batches = len({(member.config.seed, member.epoch) for member in population.members})
        self._shares_batch = n_batches == 1 and len(population) >= SHARED_FROM
        self._gradients = gradients_program(
            self._recipe, drops, like, labels, shares_batch=self._shares_batch
        )
        self._updates = {
            part.method: update_program(part.method, like)
            for part in population.slices
            if part.method.scope == "number"
        }

    def gradients(self, batch: Batch) -> tuple[Tensor, list[Tensor]]:
        """Compute each member's loss on a batch, and that loss's gradient.

        Args:
            batch: The batch.

        Returns:
            Losses ``(M,)``, and gradients ``(M, n)`` for each of ``network.segments``.
        """
        # Gathered outside: torch copies whole rows in a third of the time of compiled code.
        inputs, labels = batch.examples(self._train)
        if self._shares_batch:
            inputs, labels = inputs[:1], labels[:1]
        values = [self._population.flat, inputs.contiguous(), labels.contiguous()]
        values += [batch.rows, batch.place]
        for numbers, rule in zip(batch.numbers, self._dropout, strict=True):
            if numbers is not None and rule is not None:
                values += [numbers, rule.thresholds, rule.scales]
        losses, *grads = self._gradients(values)
        return losses, grads

    def _move(self, block: Block, grads: Tensor, state: State) -> None:
        part = block.part
        if part.method not in self._updates:
            super()._move(block, grads, state)
            return
        values = [part.hyperparameters[name] for name in part.method.hyperparameters]
        inputs = [block.params, grads, *state.values(), *values, part.coupled, part.decoupled]
        self._updates[part.method](inputs)


class GraphStepper(Stepper):
    """A stepper that replays a recorded CUDA graph, without a call for each operation.

    Batches are copied to the tensors that the graph reads; nothing waits for the device.
    """

    def __init__(self, population: Population, train: Examples, loss: str) -> None:
        """Prepare the steps; the graph is recorded when the first batch comes.

        Args:
            population: The members in training.
            train: The examples to train on.
            loss: One of ``losses.LOSSES``.
        """
        super().__init__(population, train, loss)
        self._graph: torch.cuda.CUDAGraph | None = None
        self._batch: Batch | None = None
        self._losses = torch.empty(0)

    def step_(self, batch: Batch) -> Tensor:
        """Take one step, and return each member's loss before the step, ``(M,)``."""
        with self._products():
            if self._batch is None:
                self._batch = _own_copy(batch)
                self._record()
            if self._graph is None or len(batch) != len(self._batch):  # a smaller last batch
                return super().step_(batch)
            _copy_(batch, self._batch)
            self._graph.replay()
            return self._losses.clone()

    @contextmanager
    def _products(self) -> Iterator[None]:
        """Let matrix products round to TensorFloat-32 if ``trainer.precision`` asks for it."""
        before = torch.backends.cuda.matmul.allow_tf32
        torch.backends.cuda.matmul.allow_tf32 = self._recipe.precision == "tf32"
        try:
            yield
        finally:
            torch.backends.cuda.matmul.allow_tf32 = before

    def _record(self) -> None:
        """Record one training step on ``self._batch`` as a CUDA graph, which `step_` replays.

        Parameters and optimizer states are the same afterwards: two steps that are taken first, as
        a warm-up, are undone, and the recording itself computes nothing.
        """
        assert self._batch is not None  # noqa: S101 - the caller has just made it
        population = self._population
        moving = [population.flat, *(t for part in population.slices for t in part.state.values())]
        kept = [tensor.clone() for tensor in moving]
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):  # a warm-up: libraries cannot initialize in a capture
            for _ in range(2):
                super().step_(self._batch)
        torch.cuda.current_stream().wait_stream(stream)
        for tensor, before in zip(moving, kept, strict=True):
            tensor.copy_(before)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._losses = super().step_(self._batch)


def _own_copy(batch: Batch) -> Batch:
    """Return a copy of a batch, in new tensors that have only the rows of its step."""
    order = batch.order.index_select(1, batch.rows)
    numbers = [None if n is None else n.index_select(1, batch.rows) for n in batch.numbers]
    rows = torch.arange(len(batch), device=batch.rows.device)
    shown = None if batch.variants is None else batch.variants.index_select(1, batch.rows)
    return Batch(order, numbers, rows, batch.place.clone(), shown)


def _copy_(batch: Batch, target: Batch) -> None:
    """Copy the rows of a batch into ``target``, the tensors that the recorded step reads."""
    torch.index_select(batch.order, 1, batch.rows, out=target.order)
    for numbers, place in zip(batch.numbers, target.numbers, strict=True):
        if numbers is not None and place is not None:
            torch.index_select(numbers, 1, batch.rows, out=place)
    if batch.variants is not None and target.variants is not None:
        torch.index_select(batch.variants, 1, batch.rows, out=target.variants)
    target.place.copy_(batch.place)
