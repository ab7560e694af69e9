"""The interface of a network: all that a population knows of an architecture.

In shapes, ``M`` is the number of members and ``B`` the number of examples of a batch. A member's
row is the vector of all its parameters, with padding, ``(n_stored,)``.
"""

from __future__ import annotations

import abc
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch

from ffnn_lab.initializers import initialize

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ffnn_lab.config import RunConfig
    from ffnn_lab.losses import Loss

ALIGNMENT = 32
"""Number of which the stored sizes of rows and hidden layers are multiples: two vectors of 16
single-precision numbers, the widest step of torch's CPU loops."""

Role = Literal["weight", "bias", "own"]
"""Source of a part's initial values: the run's ``initializer`` for ``weight``, its
``bias_initializer`` for ``bias``, and the module itself for ``own``."""


Walk = Literal["stacked", "one_by_one", "vmap"]
"""The way members are computed: by products of stacked matrices (``stacked``), one member after
another (``one_by_one``), or all at once by ``torch.func.vmap`` (``vmap``)."""


@dataclass(frozen=True)
class Part:
    """One trainable tensor of a member, and its place in the member's row."""

    name: str
    """The tensor's name in ``nn.Module.named_parameters``."""
    start: int
    """Index of the tensor's first number in the row."""
    shape: tuple[int, ...]
    """Shape of the tensor in the user's network."""
    stored: tuple[int, ...]
    """Shape of the tensor with padding; equal to `shape` if there is none."""
    role: Role
    layer: int = 0
    """Number of the tensor's layer, which names the random stream of the initial values."""
    fan_in: int = 0
    fan_out: int = 0

    @property
    def stop(self) -> int:
        """Return the index after the tensor's last number in the row."""
        return self.start + math.prod(self.stored)

    @property
    def columns(self) -> slice:
        """Return the slice of the row that has the tensor's numbers."""
        return slice(self.start, self.stop)

    def view(self, rows: Tensor) -> Tensor:
        """Return the tensor of each member, with padding.

        Args:
            rows: The rows of members, ``(M, n_stored)``.

        Returns:
            A view of the rows, ``(M, *stored)``.
        """
        return rows[:, self.columns].view(rows.shape[0], *self.stored)

    def unpadded(self, rows: Tensor) -> Tensor:
        """Return the tensor of each member without padding.

        Args:
            rows: The rows of members, ``(M, n_stored)``.

        Returns:
            A view of the rows, ``(M, *shape)``.
        """
        return self._cut(self.view(rows))

    def matrices(self, numbers: Tensor) -> Tensor:
        """Return the tensor of each member as a matrix or a vector, without padding.

        Each kernel of a convolution is a row of the matrix: a unit, whose inputs are the entries.

        Args:
            numbers: The tensor's numbers in the rows of members, ``(M, stop - start)``.

        Returns:
            Weights, ``(M, n_units, n_inputs)``, or other tensors, ``(M, n)``.
        """
        own = self._cut(numbers.view(numbers.shape[0], *self.stored))
        return own.flatten(2) if own.ndim > 2 else own.flatten(1)  # noqa: PLR2004 - axes

    def _cut(self, stored: Tensor) -> Tensor:
        return stored[(slice(None), *(slice(length) for length in self.shape))]


@dataclass(frozen=True)
class Site:
    """A place of the network at which units are dropped in training."""

    stream: int
    """Number that names the random stream of the masks."""
    shape: tuple[int, ...]
    """Shape of the random numbers for one example; units along an axis of length 1 are dropped
    together."""
    rate: Literal["input", "hidden"]
    """The field of the config's ``dropout`` that has the probability to drop a unit here."""
    n_stored: int
    """Length of one example's mask, with padding."""

    @property
    def width(self) -> int:
        """Return the number of random numbers for one example, without padding."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Signals:
    """The values of one layer in a forward and a backward pass, for each member.

    In shapes, ``N`` is the number of examples, times the number of positions for convolutions and
    sequences, and ``n_units`` is the number of units, which for a convolution are its channels.
    """

    name: str
    """Name of the layer's module, as in ``nn.Module.named_modules``."""
    parts: Sequence[Part]
    """The layer's weights and biases."""
    before: Tensor | None
    """Preactivations, ``(M, N, n_units)``; None if the layer's module hides them, as a recurrent
    layer does."""
    active: Tensor | None
    """Activations, ``(M, N, n_units)``; None if no activation follows, as after the output
    layer."""
    slope: Tensor | None = None
    """Derivative of each member's mean loss in ``before``, or in ``active`` where that is None;
    None if there was no backward pass or if the loss does not depend on the layer."""
    activation: str | None = None
    """The activation, one of ``activations.ACTIVATIONS``; None if it is not one of them."""
    is_hidden: bool = True
    """True if the layer has hidden units, each with weights and perhaps a bias of its own."""


class Network(abc.ABC):
    """The architecture of a population's members, for one task.

    A network has no parameters: these are in the members' rows and buffers, which the methods take
    as arguments.
    """

    @property
    @abc.abstractmethod
    def parts(self) -> Sequence[Part]:
        """Return the trainable tensors of a member, in the order in which its row has them."""

    @property
    @abc.abstractmethod
    def sites(self) -> Sequence[Site]:
        """Return the places of the network at which units can be dropped."""

    @property
    @abc.abstractmethod
    def n_activations(self) -> int:
        """Return the number of activations of one example, over all layers."""

    @property
    @abc.abstractmethod
    def n_evaluated(self) -> int:
        """Return the number of examples that are evaluated at a time.

        The number depends on the network alone: if it depended on the number of members, a run's
        sums would depend on the other members.
        """

    @property
    def buffers(self) -> Mapping[str, Tensor]:
        """Return the initial value of each buffer by name, without the members' axis.

        Buffers are tensors that a member keeps beside its trained parameters, such as running
        means. A network has none unless its class overrides this property.
        """
        return {}

    @property
    def walk(self) -> Walk:
        """Return the way members are computed; see `Walk`."""
        return "one_by_one"

    @property
    def needs_batches(self) -> bool:
        """Return True if a step needs more than one example, as batch normalization does."""
        return False

    @property
    def tells_hidden_units(self) -> bool:
        """Return True if `hidden_weights` can tell hidden units from output units."""
        return True

    @property
    def n_stored(self) -> int:
        """Return the length of a member's row, a multiple of `ALIGNMENT`."""
        return -(-self.parts[-1].stop // ALIGNMENT) * ALIGNMENT

    @property
    def segments(self) -> Sequence[slice]:
        """Return the slices of a row for which `gradients` returns a tensor each."""
        return [slice(0, self.n_stored)]

    def start_(self, row: Tensor, config: RunConfig) -> None:
        """Write a member's initial values into its row: scheme times gain, drawn in float64.

        Args:
            row: The member's row, ``(n_stored,)``: zeros, changed in place.
            config: The config of the member's run.
        """
        for part in self.parts:
            scheme = config.bias_initializer if part.role == "bias" else config.initializer
            place = part.unpadded(row.unsqueeze(0))[0]
            if part.role == "own":  # left to networks that have such parts
                continue
            drawn = initialize(
                scheme,
                seed=config.seed,
                layer=part.layer,
                fan_in=part.fan_in,
                fan_out=part.fan_out,
                is_bias=part.role == "bias",
                shape=as_matrix(part.shape),
            )
            place.copy_(drawn.view(part.shape))

    @abc.abstractmethod
    def prepare(self, inputs: Tensor) -> Tensor:
        """Return the inputs of examples in the form that steps take, ``(N, ...)``.

        Args:
            inputs: The inputs of examples as a task has them, ``(N, n_features)``.
        """

    @abc.abstractmethod
    def gradients(
        self,
        rows: Tensor,
        buffers: Mapping[str, Tensor],
        examples: tuple[Tensor, Tensor],
        masks: Sequence[Tensor | None],
        loss: Loss,
        precision: str,
    ) -> tuple[Tensor, list[Tensor]]:
        """Compute each member's mean loss on its own batch, and that loss's gradient.

        Args:
            rows: Parameters, ``(M, n_stored)``.
            buffers: The members' buffers by name, ``(M, ...)``, updated in place.
            examples: Inputs ``(M, B, ...)`` and labels ``(M, B, ...)``.
            masks: Mask that multiplies the units of each site, ``(M, B, n_stored)`` of the site,
                or None where no member drops units.
            loss: The loss that the members are trained on.
            precision: Rounding of matrix products, a value of ``trainer.precision``.

        Returns:
            The losses, ``(M,)``, and a gradient ``(M, n)`` for each of `segments`, 0 for padding.
        """

    @abc.abstractmethod
    def outputs(self, rows: Tensor, buffers: Mapping[str, Tensor], inputs: Tensor) -> Tensor:
        """Compute every member's outputs on the same examples, by the whole network (no dropout).

        Args:
            rows: Parameters, ``(M, n_stored)``.
            buffers: As for `gradients`, but not changed.
            inputs: As `prepare` returns them, ``(B, ...)``.

        Returns:
            Logits or scores, ``(M, B, n)``; padding may follow the classes or the score. If an
            example has several labels, ``(M, B * n_labels, n)``.
        """

    @abc.abstractmethod
    def signals(
        self,
        rows: Tensor,
        buffers: Mapping[str, Tensor],
        inputs: Tensor,
        labels: Tensor,
        loss: Loss | None,
    ) -> tuple[list[Signals], Tensor]:
        """Compute every layer's signals on the same examples, as in training, without dropout.

        Args:
            rows: Parameters, ``(M, n_stored)``; of a single member unless `walk` is ``stacked``.
            buffers: As for `gradients`; a batch normalization changes them.
            inputs: As `prepare` returns them, ``(B, ...)``.
            labels: Labels, ``(B, ...)``.
            loss: The loss for the backward pass; None to do without this pass.

        Returns:
            The signals of each layer with weights, from the inputs on; and the gradient of each
            member's mean loss, ``(M, n_stored)``, all 0 without a backward pass.
        """

    @abc.abstractmethod
    def export(self, row: Tensor, buffers: Mapping[str, Tensor]) -> nn.Module:
        """Return one member as an ordinary module in evaluation mode.

        Args:
            row: The member's parameters, ``(n_stored,)``.
            buffers: The member's buffers by name, without the members' axis.
        """

    @property
    @abc.abstractmethod
    def description(self) -> Mapping[str, object]:
        """Return all, beside weights, from which another process makes the module of `export`."""

    def hidden_weights(self, rows: Tensor) -> list[Tensor]:
        """Return the weights of each hidden layer's units as views, ``(M, n_units, n_inputs)``.

        Args:
            rows: Parameters, ``(M, n_stored)``.
        """
        weights = [part for part in self.parts if part.role == "weight"][:-1]
        return [part.view(rows).flatten(2) for part in weights]

    def score_weights(self, row: Tensor) -> Tensor | None:
        """Return a member's weights, ``(n_features,)``, if its score is linear, else None.

        A score is the single output of a network. It is linear if the network has neither hidden
        layers nor a bias.

        Args:
            row: The member's parameters, ``(n_stored,)``.
        """
        del row
        return None


def as_matrix(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of a weight as a matrix: its units, and the inputs of each unit.

    A shape of fewer than two axes is returned unchanged.
    """
    return shape if len(shape) < 2 else (shape[0], math.prod(shape[1:]))  # noqa: PLR2004 - axes


def rows_of(network: Network, configs: Sequence[RunConfig], dtype: torch.dtype) -> Tensor:
    """Return rows with the initial values of members, ``(M, n_stored)``, one for each config."""
    rows = torch.zeros(len(configs), network.n_stored, dtype=dtype)
    for row, config in zip(rows, configs, strict=True):
        network.start_(row, config)
    return rows
