"""One training step as functions of tensors: gather, forward, loss, backward, update.

Nothing here knows runs or epochs. The same functions run as they are (``trainer.compile=false``)
or compiled ahead of time (``ffnn_lab.programs``); they may therefore branch on shapes and on what
is fixed for a partition, never on the contents of a tensor.

In shapes, ``M`` is the number of members, ``B`` that of examples in a step, ``N`` that of examples
in a split, ``S`` that of distinct seeds, and ``n_stored`` the length of a member's row of
parameters, or of a row of activations, with padding.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from ffnn_lab.losses import ERRORS, LOSSES
from ffnn_lab.networks import Network
from ffnn_lab.optimizers import Optimizer, State, decay_


@dataclass(frozen=True)
class Examples:
    """The examples of one split, on the device that trains."""

    inputs: Tensor
    """Inputs, ``(N, ...)``, in the form that ``Network.prepare`` returns."""
    labels: Tensor
    """Labels, ``(N,)``, or ``(N, n_labels)`` if an example has several labels."""
    variants: Tensor | None = None
    """Augmented variants of an example, ``(n_variants, n_stored)``: for each number of a variant
    its index in the flattened example, or ``n_stored`` for a 0. None without augmentation."""


@dataclass(frozen=True)
class Dropout:
    """Each member's dropout at one site: threshold of the random numbers, and rescaling factor."""

    thresholds: Tensor
    """Thresholds, ``(M, 1, 1)``, 32-bit integers: a unit is dropped if its random number is
    smaller."""
    scales: Tensor
    """Factors of the units that are kept, ``1 / (1 - rate)``, ``(M, 1, 1)``."""


@dataclass(frozen=True)
class Batch:
    """The examples of one step for all members: some rows of a block drawn for many steps.

    Members of equal seed, at the same epoch, see the same examples and random numbers. ``R`` is
    the number of rows of the block.
    """

    order: Tensor
    """Indices of examples, in the order of each distinct seed, ``(S, R)``."""
    numbers: Sequence[Tensor | None]
    """Random int32 numbers for each site's dropout masks, ``(S, R, n_stored)`` of that site; None
    if no member drops units there."""
    rows: Tensor
    """Indices, among the ``R`` rows, of those that this step uses, ``(B,)``."""
    place: Tensor
    """Index of each member's seed on the axis of distinct seeds, ``(M,)``."""
    variants: Tensor | None = None
    """Index into ``Examples.variants`` of each example, ``(S, R)``; None without augmentation."""

    def __len__(self) -> int:
        """Count the examples that each member sees."""
        return len(self.rows)

    def of_members(self, drawn: Tensor) -> Tensor:
        """Return the numbers drawn for each member and row of this step, ``(M, B, ...)``.

        The rows of a single seed are expanded, not copied: the matrix library reads them once.

        Args:
            drawn: Numbers that were drawn for each distinct seed, ``(S, R, ...)``.
        """
        n_seeds, n_rows, *rest = drawn.shape
        if n_seeds == 1:
            shared = drawn.index_select(1, self.rows)
            return shared.expand(self.place.shape[0], *shared.shape[1:])
        places = (self.place * n_rows).unsqueeze(1) + self.rows
        taken = drawn.view(n_seeds * n_rows, *rest).index_select(0, places.view(-1))
        return taken.view(*places.shape, *rest)

    def _of_step(self, drawn: Tensor) -> Tensor:
        """Return the numbers that `of_members` returns, but ``(1, B, ...)`` for a single seed."""
        return drawn.index_select(1, self.rows) if len(drawn) == 1 else self.of_members(drawn)

    def examples(self, train: Examples) -> tuple[Tensor, Tensor]:
        """Gather each member's inputs and labels of this step, ``(M, B, ...)`` each."""
        picked = self._of_step(self.order)
        inputs, labels = (
            each.index_select(0, picked.view(-1)).view(*picked.shape, *each.shape[1:])
            for each in (train.inputs, train.labels)
        )
        if self.variants is not None and train.variants is not None:
            places = train.variants.index_select(0, self._of_step(self.variants).view(-1))
            rows = functional.pad(inputs.flatten(2), (0, 1))
            inputs = rows.gather(2, places.long().view(*rows.shape[:2], -1)).view_as(inputs)
        n_members = self.place.shape[0]
        return inputs.expand(n_members, *inputs.shape[1:]), labels.expand(
            n_members, *labels.shape[1:]
        )


@dataclass(frozen=True)
class Recipe:
    """The parts of a step that are fixed for all steps of a partition."""

    network: Network
    loss: str
    """Name of the loss, a key of ``losses.LOSSES``."""
    precision: str = "full"
    """Rounding of the factors of matrix products: ``full`` (none), ``tf32`` or ``bf16``; see
    ``networks.mlp.PRODUCTS``."""


def make_masks(batch: Batch, dropout: Sequence[Dropout | None]) -> list[Tensor | None]:
    """Return the mask of each site, ``(M, B, n_stored)``, or None where nothing is dropped.

    Each entry is 0 with the member's rate and ``1 / (1 - rate)`` otherwise.
    """
    return [
        None
        if numbers is None or rule is None
        else (batch.of_members(numbers) >= rule.thresholds) * rule.scales
        for numbers, rule in zip(batch.numbers, dropout, strict=True)
    ]


def gradients(
    flat: Tensor,
    buffers: Mapping[str, Tensor],
    examples: tuple[Tensor, Tensor],
    batch: Batch,
    dropout: Sequence[Dropout | None],
    recipe: Recipe,
) -> tuple[Tensor, list[Tensor]]:
    """Compute each member's mean loss on its own batch, and that loss's gradient.

    Args:
        flat: Parameters, ``(M, n_stored)``.
        buffers: The members' buffers, ``(M, ...)`` each; updated in place.
        examples: Inputs and labels that each member sees, as ``batch`` gathers them.
        batch: The step's rows, and the numbers drawn for them.
        dropout: Dropout at each site, or None where no member drops units.
        recipe: Network, loss and precision.

    Returns:
        Losses ``(M,)``, and gradients ``(M, n)`` for each of ``network.segments``.
    """
    masks = make_masks(batch, dropout)
    loss = LOSSES[recipe.loss]
    return recipe.network.gradients(flat, buffers, examples, masks, loss, recipe.precision)


def update_(
    params: Tensor,
    grads: Tensor,
    state: State,
    method: Optimizer,
    hyperparameters: Mapping[str, Tensor],
    decay: tuple[Tensor, Tensor] | None,
) -> None:
    """Apply weight decay and one step of an optimizer to its members, in place.

    Args:
        params: The members' parameters, or a block of them, such as ``(n, n_columns)``.
        grads: The gradients, shaped like ``params``.
        state: The optimizer's state.
        method: The optimizer.
        hyperparameters: The optimizer's hyperparameters by name, ``(n,)`` each.
        decay: Coefficients of coupled and of decoupled weight decay, ``(n,)`` each; None for none.
    """
    if decay is not None:
        coupled, decoupled = decay
        lr = hyperparameters["lr"]
        grads = decay_(params, grads, lr=lr, coupled=coupled, decoupled=decoupled)
    method.step_(params, grads, state, **hyperparameters)


CLIP_EPS = 1e-6
"""Number that is added to a gradient's norm before the division by it, as in
``torch.nn.utils.clip_grad_norm_``."""


def clip_gradients_(grads: Sequence[Tensor], limits: Tensor) -> None:
    """Clip the norm of each member's whole gradient to its limit, in place.

    Padding is zero, so a member's norm is that of its own parameters. A member without a limit
    keeps its gradient to the bit. A member that has a limit, and a norm that is not finite, gets
    gradients that are 0 or NaN; other members are not affected.

    Args:
        grads: Gradients for each of ``network.segments``, ``(M, n)``.
        limits: The largest norm of each member, ``(M,)``; infinite for members without a limit.

    Source:
        Pascanu, Mikolov and Bengio (2013), Algorithm 1; as ``torch.nn.utils.clip_grad_norm_``.
    """
    squares = [(each * each).sum(dim=1) for each in grads]
    norm = functools.reduce(torch.add, squares).sqrt()
    factors = (limits / (norm + CLIP_EPS)).clamp_max(1.0).masked_fill(limits.isinf(), 1.0)
    for each in grads:
        each.mul_(factors.unsqueeze(1))


def evaluation_sums(
    flat: Tensor,
    buffers: Mapping[str, Tensor],
    examples: tuple[Tensor, Tensor],
    network: Network,
    loss: str,
    error: str,
) -> tuple[Tensor, Tensor]:
    """Sum the loss and the error of every member's whole network over the same examples.

    Args:
        flat: Parameters, ``(M, n_stored)``.
        buffers: The members' buffers, ``(M, ...)`` each.
        examples: Inputs and labels, the same for all members.
        network: The members' architecture.
        loss: One of ``losses.LOSSES``.
        error: One of ``losses.ERRORS``.

    Returns:
        Both sums, ``(M,)`` in float64.
    """
    inputs, labels = examples
    outputs = network.outputs(flat, buffers, inputs)
    shared = labels.flatten().expand(flat.shape[0], -1)
    losses, errors = LOSSES[loss].value(outputs, shared), ERRORS[error](outputs, shared)
    return losses.double().sum(dim=1), errors.double().sum(dim=1)


def clip_norms_(flat: Tensor, limits: Tensor, network: Network) -> None:
    """Clip the norm of the incoming weights of each hidden unit to its member's limit, in place.

    Args:
        flat: Parameters, ``(M, n_stored)``.
        limits: The largest norm of each member, ``(M,)``; infinite for members without a limit.
        network: The members' architecture.
    """
    for weight in network.hidden_weights(flat):
        norm = (weight * weight).sum(dim=2, keepdim=True).sqrt()
        # An infinite limit must leave the weights as they are, divided by a norm of 0 as well as
        # by one that overflowed (infinity over infinity is NaN).
        factor = (limits.view(-1, 1, 1) / norm.clamp_min(1e-30)).clamp_max(1.0)
        weight.mul_(factor.nan_to_num(nan=1.0))
