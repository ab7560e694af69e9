"""The state of a population: members, stacked parameters, and a slice for each optimizer.

In shapes, ``M`` is the number of members, and ``n_stored`` the length of a member's row, which has
all of its parameters and padding.
"""

import copy
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor, nn

from ffnn_lab.config import RunConfig, run_id
from ffnn_lab.networks import Network, rows_of
from ffnn_lab.optimizers import OPTIMIZERS, Optimizer, State
from ffnn_lab.records import Correct, CurvePoint, Direction, LayerPoint
from ffnn_lab.schedules import SCHEDULES, ScheduleState

DTYPES = {"float32": torch.float32, "float64": torch.float64}


@dataclass
class Member:
    """One run while it trains."""

    config: RunConfig
    run_id: str
    schedule: ScheduleState = field(default_factory=ScheduleState)
    epoch: int = 0
    """Number of epochs done."""
    n_steps: int = 0
    seconds: float = 0.0
    """The member's equal share, in seconds, of the wall time of the populations that it was in."""
    curve: list[CurvePoint] = field(default_factory=list)
    directions: list[Direction] = field(default_factory=list)
    layers: list[LayerPoint] = field(default_factory=list)
    """The diagnoses of the layers so far."""
    correct: Correct | None = None
    """The test examples classified correctly at the latest epoch that was the moment
    ``correct_at``; None if there was no such epoch yet."""
    correct_at: str | None = None
    """The moment at which answers on test are recorded; None if the run records none."""
    diverged_step: int | None = None
    """The first step, counted from 1, before or after which the train loss was not finite; None if
    the loss was always finite."""

    def copy(self) -> "Member":
        """Return a copy whose curve, directions and diagnoses grow independently."""
        return replace(
            self,
            curve=list(self.curve),
            directions=list(self.directions),
            layers=list(self.layers),
        )

    @property
    def lr(self) -> float:
        """The learning rate of the coming epoch."""
        return self.config.optimizer.lr * self.schedule.factor

    @property
    def status(self) -> str | None:
        """The status of a run that ended (see ``records.STATUSES``), or None while it trains."""
        if self.diverged_step is not None:
            return "diverged"
        return "completed" if self.epoch == self.config.trainer.max_epochs else None

    def last(self, split: str, metric: str) -> float:
        """Return a metric at the last point of the curve on a split; NaN if there is no point."""
        points = [point for point in self.curve if point.split == split]
        return float(getattr(points[-1], metric)) if points else math.nan

    @property
    def is_due(self) -> bool:
        """Return True if the member is to be evaluated after the epoch just done."""
        trainer = self.config.trainer
        return self.epoch % trainer.evaluate_every == 0 or self.epoch == trainer.max_epochs

    def is_diagnosed_at(self, epoch: int) -> bool:
        """Return True if the member is to be diagnosed after ``epoch`` epochs, as its config asks.

        A member that has learned nothing is diagnosed at its end, too; see
        `ffnn_lab.evaluation.Evaluator.measure`.
        """
        every, last = self.config.trainer.diagnose_every, self.config.trainer.max_epochs
        return every is not None and (epoch % every == 0 or epoch == last)


@dataclass(frozen=True)
class Snapshot:
    """The state of one member between two epochs: all that its further training depends on.

    Random streams are named by seed and epoch, so no generator's state is needed.
    """

    member: Member
    params: Tensor
    """The member's row of parameters, ``(n_stored,)``."""
    state: State
    """The optimizer's state for the member, without the members' axis."""
    buffers: Mapping[str, Tensor] = field(default_factory=dict)
    """The network's buffers of the member, without the members' axis."""


@dataclass
class Slice:
    """Contiguous members that share an optimizer, and the optimizer's state."""

    method: Optimizer
    start: int
    stop: int
    state: State
    hyperparameters: dict[str, Tensor]
    """The optimizer's hyperparameters by name, each ``(stop - start,)``."""
    coupled: Tensor
    """The members' coefficients of coupled weight decay, ``(stop - start,)``."""
    decoupled: Tensor
    """The members' coefficients of decoupled weight decay, ``(stop - start,)``."""
    has_decay: bool
    """True if any coefficient of coupled or decoupled weight decay is not 0."""


class Population:
    """Members that are trained together: every tensor has the members on its leading axis.

    Members are ordered by optimizer, so that each optimizer updates one slice of the stack.
    """

    def __init__(
        self,
        configs: Sequence[RunConfig],
        network: Network,
        *,
        snapshots: Mapping[str, Snapshot] | None = None,
    ) -> None:
        """Start every member from its own initializer, or from its snapshot.

        Args:
            configs: The runs, of one partition (see ``config.partition_key``), on a settled
                device (``cpu`` or ``cuda``).
            network: The architecture of all members.
            snapshots: Snapshots of the members that are resumed, by run id.
        """
        self.network = network
        self.dtype = DTYPES[configs[0].trainer.dtype]
        self.device = torch.device(configs[0].device)
        ordered = sorted(configs, key=method_order)
        self.members = [
            Member(config, run_id(config), schedule=first_schedule(config)) for config in ordered
        ]
        self.flat = rows_of(network, ordered, self.dtype).to(self.device)
        self.buffers = {
            name: start.to(self.device).unsqueeze(0).repeat(len(self), *[1] * start.ndim)
            for name, start in network.buffers.items()
        }
        """The network's buffers of all members, by name, each ``(M, ...)``."""
        self.previous: Tensor | None = None
        """The parameters before the last step of the last epoch after which a member was to be
        diagnosed, shaped like ``flat``; None if no member is."""
        self.slices = [
            self._slice(start, stop, state=None) for start, stop in _runs_of_a_method(ordered)
        ]
        self._set_limits()
        for m, member in enumerate(self.members):
            if snapshots and member.run_id in snapshots:
                self._restore(m, snapshots[member.run_id])

    def __len__(self) -> int:
        """Count the members still training."""
        return len(self.members)

    @property
    def is_compiled(self) -> bool:
        """Return True if steps run as compiled programs; all members agree in this.

        On CUDA steps are recorded as CUDA graphs instead.
        """
        return self.members[0].config.trainer.compile is True and self.device.type == "cpu"

    @property
    def params(self) -> list[Tensor]:
        """Return each weight and bias of all members, with padding, as views of ``flat``."""
        return [part.view(self.flat) for part in self.network.parts]

    def _tensor(self, values: list[float]) -> Tensor:
        return torch.tensor(values, dtype=self.dtype, device=self.device)

    def _slice(self, start: int, stop: int, state: State | None) -> Slice:
        optimizers = [member.config.optimizer for member in self.members[start:stop]]
        method = method_of(optimizers[0].name)
        decay = {
            kind: [o.weight_decay if o.decay == kind else 0.0 for o in optimizers]
            for kind in ("coupled", "decoupled")
        }
        if state is None:
            state = first_state(method, self.flat[start:stop], self.network)
        return Slice(
            method=method,
            start=start,
            stop=stop,
            state=state,
            hyperparameters={
                name: self._tensor([getattr(o, name) for o in optimizers])
                for name in method.hyperparameters
            },
            coupled=self._tensor(decay["coupled"]),
            decoupled=self._tensor(decay["decoupled"]),
            has_decay=any(decay["coupled"] + decay["decoupled"]),
        )

    def _set_limits(self) -> None:
        """Set ``max_norm`` and ``clip_norm``, ``(M,)``: infinite for members without a limit.

        If no member has a limit of a kind, its tensor is None.
        """
        trainers = [member.config.trainer for member in self.members]
        self.max_norm = self._limits([trainer.max_norm for trainer in trainers])
        self.clip_norm = self._limits([trainer.clip_norm for trainer in trainers])

    def _limits(self, limits: Sequence[float | None]) -> Tensor | None:
        if all(limit is None for limit in limits):
            return None
        return self._tensor([math.inf if limit is None else limit for limit in limits])

    def set_learning_rates(self) -> None:
        """Set each member's learning rate for the coming epoch, by its schedule."""
        for part in self.slices:
            rates = [member.lr for member in self.members[part.start : part.stop]]
            part.hyperparameters["lr"].copy_(self._tensor(rates))  # in place, for recorded steps

    def part(self, start: int, stop: int) -> "Population":
        """Return neighboring members as a population that shares the memory of this population.

        The part is valid until members join or leave this population. Steps may be taken in the
        part, but no member may join it.

        Args:
            start: Position of the first member.
            stop: Position after the last member.
        """
        part = copy.copy(self)
        part.members = self.members[start:stop]
        part.flat = self.flat[start:stop]
        part.previous = None if self.previous is None else self.previous[start:stop]
        part.buffers = {name: each[start:stop] for name, each in self.buffers.items()}
        part.slices = [
            _cut(own, start, stop) for own in self.slices if own.start < stop and start < own.stop
        ]
        part.max_norm = None if self.max_norm is None else self.max_norm[start:stop]
        part.clip_norm = None if self.clip_norm is None else self.clip_norm[start:stop]
        return part

    def keep(self, kept: Sequence[int]) -> None:
        """Keep only the members at the positions ``kept``, in ascending order."""
        self._rebuild([(self, part, _local(part, kept)) for part in self.slices])

    def merge(self, others: "Population") -> None:
        """Add the members of another population of the same partition."""
        parts = [
            (population, part, range(part.stop - part.start))
            for method in OPTIMIZERS.values()
            for population in (self, others)
            for part in population.slices
            if part.method is method
        ]
        self._rebuild(parts)

    def _rebuild(self, parts: Sequence[tuple["Population", Slice, Sequence[int]]]) -> None:
        """Rebuild the population from some members of some slices.

        Args:
            parts: Population, slice, and positions in the slice of the members to take; slices of
                the same optimizer are neighbors.
        """
        rows: list[Tensor] = []
        buffers: dict[str, list[Tensor]] = {name: [] for name in self.buffers}
        members: list[Member] = []
        found: list[tuple[Optimizer, int, list[State]]] = []
        for population, part, local in parts:
            if not local:
                continue
            rows.append(population.flat[part.start : part.stop][local])
            for name, kept in buffers.items():
                kept.append(population.buffers[name][part.start : part.stop][local])
            members += [population.members[part.start + place] for place in local]
            if not found or found[-1][0] is not part.method:
                found.append((part.method, 0, []))
            method, n_members, states = found[-1]
            states.append({key: tensor[local] for key, tensor in part.state.items()})
            found[-1] = (method, n_members + len(local), states)
        self.flat = torch.cat(rows) if rows else self.flat[:0]
        self.previous = None
        self.buffers = {
            name: torch.cat(kept) if kept else self.buffers[name][:0]
            for name, kept in buffers.items()
        }
        self.members = members
        stops = list(itertools.accumulate(n_members for _, n_members, _ in found))
        self.slices = [
            self._slice(stop - n_members, stop, _joined(states))
            for stop, (_, n_members, states) in zip(stops, found, strict=True)
        ]
        self._set_limits()

    def snapshot(self, place: int) -> Snapshot:
        """Return a snapshot of the member at a position, on the CPU."""
        part = next(part for part in self.slices if part.start <= place < part.stop)
        state = {
            key: tensor[place - part.start].to("cpu", copy=True)
            for key, tensor in part.state.items()
        }
        buffers = {name: each[place].to("cpu", copy=True) for name, each in self.buffers.items()}
        row = self.flat[place].to("cpu", copy=True)
        return Snapshot(self.members[place].copy(), row, state, buffers)

    def export(self, place: int) -> nn.Module:
        """Copy the member at a position into an ordinary module in evaluation mode, on the CPU."""
        kept = self.snapshot(place)
        return self.network.export(kept.params, kept.buffers)

    def _restore(self, place: int, snapshot: Snapshot) -> None:
        self.members[place] = snapshot.member.copy()
        self.flat[place] = snapshot.params
        for name, each in self.buffers.items():
            each[place] = snapshot.buffers[name]
        part = next(part for part in self.slices if part.start <= place < part.stop)
        for key, tensor in part.state.items():
            tensor[place - part.start] = snapshot.state[key]


def first_schedule(config: RunConfig) -> ScheduleState:
    """Return the state of a run's schedule before its first epoch."""
    return SCHEDULES[config.schedule.name].start(config.schedule, config.trainer.max_epochs)


def first_state(method: Optimizer, flat: Tensor, network: Network) -> State:
    """Compute the optimizer's state of members before their first step.

    Args:
        method: The members' optimizer.
        flat: The members' parameters, ``(M, n_stored)``.
        network: The members' architecture.

    Returns:
        The state. For scope ``layer`` each name begins with the number of its parameter, like
        ``2.velocity``; see `of_parameter`.
    """
    if method.scope != "layer":
        return method.start(flat)
    return {
        f"{place}.{key}": tensor
        for place, part in enumerate(network.parts)
        for key, tensor in method.start(part.matrices(flat[:, part.columns])).items()
    }


def of_parameter(state: State, place: int) -> State:
    """Return one parameter's tensors of a state of scope ``layer``, by the parameter's number."""
    prefix = f"{place}."
    return {key[len(prefix) :]: each for key, each in state.items() if key.startswith(prefix)}


def _cut(own: Slice, start: int, stop: int) -> Slice:
    """Return the part of a slice between two positions of the population, on the same memory."""
    first, last = max(start, own.start), min(stop, own.stop)
    here = slice(first - own.start, last - own.start)
    return replace(
        own,
        start=first - start,
        stop=last - start,
        state={key: tensor[here] for key, tensor in own.state.items()},
        hyperparameters={key: tensor[here] for key, tensor in own.hyperparameters.items()},
        coupled=own.coupled[here],
        decoupled=own.decoupled[here],
    )


def _local(part: Slice, places: Sequence[int]) -> list[int]:
    return [place - part.start for place in places if part.start <= place < part.stop]


def _joined(states: Sequence[State]) -> State:
    return {key: torch.cat([state[key] for state in states]) for key in states[0]}


def method_order(config: RunConfig) -> int:
    """Return the position of a run's optimizer among all; optimizers of equal steps share one."""
    return list(OPTIMIZERS).index(method_of(config.optimizer.name).name)


def method_of(name: str) -> Optimizer:
    """Return the first optimizer whose steps are those of the optimizer ``name``: Adam for AdamW.

    So members with Adam and members with AdamW share a slice, and are updated together.
    """
    wanted = _how(OPTIMIZERS[name])
    return next(each for each in OPTIMIZERS.values() if _how(each) == wanted)


def _how(optimizer: Optimizer) -> tuple[object, ...]:
    """Return the fields of an optimizer that determine how it changes parameters."""
    return optimizer.start, optimizer.step_, optimizer.hyperparameters, optimizer.scope


def _runs_of_a_method(ordered: Sequence[RunConfig]) -> list[tuple[int, int]]:
    bounds = [
        place
        for place in range(len(ordered) + 1)
        if place in (0, len(ordered))
        or method_order(ordered[place]) != method_order(ordered[place - 1])
    ]
    return list(itertools.pairwise(bounds))
