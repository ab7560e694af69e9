"""One training step as functions of tensors: gather, forward, loss, backward, update.

Nothing here knows runs or epochs. The same functions run as they are (``trainer.compile=false``)
or compiled ahead of time (``ffnn_lab.programs``); they must therefore decide by shapes and by what
is fixed for a partition alone, never by the contents of a tensor.
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
    """One split on the device."""

    inputs: Tensor
    """``(N, ...)``, as ``Network.prepare`` returns them."""
    labels: Tensor
    """``(N,)``, or ``(N, n_labels)`` where an example has several."""
    variants: Tensor | None = None
    """Ways in which an example may be shown, ``(n_variants, n_stored)``: the place of a flattened
    example that each number is taken from, or ``n_stored`` for 0. None: always as it is."""


@dataclass(frozen=True)
class Dropout:
    """Per-member dropout at one site: thresholds of the drawn numbers, rescaling factors."""

    thresholds: Tensor
    """A unit is dropped where its number is below, ``(M, 1, 1)``, 32-bit integers."""
    scales: Tensor
    """``1 / (1 - rate)``, ``(M, 1, 1)``."""


@dataclass(frozen=True)
class Batch:
    """The examples of one step for all members: some rows of a block drawn for many steps.

    Members of equal seed, at one epoch, see the same.
    """

    order: Tensor
    """Examples, in the order of each distinct seed, ``(S, R)``."""
    numbers: Sequence[Tensor | None]
    """What each site's masks are made of, ``(S, R, n_stored)`` of that site, or None."""
    rows: Tensor
    """Which of the ``R`` rows this step takes, ``(B,)``."""
    place: Tensor
    """Which seed's they are for each member, ``(M,)``."""
    variants: Tensor | None = None
    """Which of ``Examples.variants`` each example is shown as, ``(S, R)``, or None."""

    def __len__(self) -> int:
        """Count the examples that each member sees."""
        return len(self.rows)

    def of_members(self, drawn: Tensor) -> Tensor:
        """Return each member's rows of this step, of what was drawn for its seed, ``(M, B, ...)``.

        One seed's are expanded, not copied: the matrix library then reads them once.
        """
        n_seeds, n_rows, *rest = drawn.shape
        if n_seeds == 1:
            shared = drawn.index_select(1, self.rows)
            return shared.expand(self.place.shape[0], *shared.shape[1:])
        places = (self.place * n_rows).unsqueeze(1) + self.rows
        taken = drawn.view(n_seeds * n_rows, *rest).index_select(0, places.view(-1))
        return taken.view(*places.shape, *rest)

    def _of_step(self, drawn: Tensor) -> Tensor:
        """Return this step's rows, ``(M, B, ...)``; of a single seed ``(1, B, ...)``."""
        return drawn.index_select(1, self.rows) if len(drawn) == 1 else self.of_members(drawn)

    def examples(self, train: Examples) -> tuple[Tensor, Tensor]:
        """Gather each member's inputs and labels, ``(M, B, ...)``."""
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
    """One of ``losses.LOSSES``."""
    precision: str = "full"
    """What numbers the matrix products are taken of; see ``networks.mlp.PRODUCTS``."""


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
        buffers: What members keep beside them, ``(M, ...)`` each; moved in place.
        examples: Inputs and labels that each member sees, as ``batch`` gathers them.
        batch: The step's rows, and the numbers drawn for them.
        dropout: Of each site, or None where nobody drops any.
        recipe: Network and loss.

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
    """Decay and step members of one method, in place.

    Args:
        params: Theirs, or some columns of them, ``(n, n_columns)``.
        grads: Shaped likewise.
        state: Their optimizer's.
        method: The optimizer.
        hyperparameters: By name, ``(n,)`` each.
        decay: Coefficients of coupled and of decoupled decay, ``(n,)`` each, if anybody has any.
    """
    if decay is not None:
        coupled, decoupled = decay
        lr = hyperparameters["lr"]
        grads = decay_(params, grads, lr=lr, coupled=coupled, decoupled=decoupled)
    method.step_(params, grads, state, **hyperparameters)


CLIP_EPS = 1e-6
"""Added to a gradient's norm before it divides, as ``torch.nn.utils.clip_grad_norm_`` does."""


def clip_gradients_(grads: Sequence[Tensor], limits: Tensor) -> None:
    """Shorten each member's whole gradient to its limit, in place.

    Padding is zero, so a member's norm is that of its own parameters. A member without a limit
    keeps its gradient to the bit. One with a limit whose norm is not finite gets a gradient that
    is 0 or not a number; no neighbor is touched.

    Args:
        grads: Of each of ``network.segments`` the gradients, ``(M, n)``.
        limits: The longest norm of each member, ``(M,)``; infinite for who has none.

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
        buffers: What members keep beside them, ``(M, ...)`` each.
        examples: Inputs and labels, the same for all members.
        network: Their architecture.
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
    """Shorten each hidden unit's incoming weight vector to the member's limit, ``(M,)``."""
    for weight in network.hidden_weights(flat):
        norm = (weight * weight).sum(dim=2, keepdim=True).sqrt()
        # A limit of infinity must leave the weights as they are, over a norm of 0 and over one
        # that overflowed (infinity over infinity) alike.
        factor = (limits.view(-1, 1, 1) / norm.clamp_min(1e-30)).clamp_max(1.0)
        weight.mul_(factor.nan_to_num(nan=1.0))
