"""One step: the hand-written derivatives against autograd and finite differences."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ffnn_lab.activations import ACTIVATIONS
from ffnn_lab.draws import dropout_rules
from ffnn_lab.losses import LOSSES
from ffnn_lab.networks import forward_pass, mlp
from ffnn_lab.networks.mlp import LARGE_WEIGHT
from ffnn_lab.population import Population
from ffnn_lab.steps import Batch, Examples, Recipe, clip_gradients_, gradients, make_masks
from ffnn_lab.tasks.data.task import Task
from tests.catalog import BIAS_INITIALIZERS
from tests.support.builders import (
    ONE_OUTPUT,
    epoch_of,
    make_blobs,
    make_line,
    make_population,
    make_run,
    mlp_of,
    train_examples,
)

TASKS: dict[str, Task] = {
    "classes": make_blobs(),
    **{", ".join(kind): make_line(*kind) for kind in ONE_OUTPUT},
}


def _population(task: Task, changes: dict[str, Any]) -> Population:
    """Make three members with biases, two of them of one seed."""
    has_bias = changes.get("model.bias", True)
    bias = BIAS_INITIALIZERS["normal" if has_bias else "zeros"].config
    return make_population(
        [make_run(changes, seed=seed, bias_initializer=bias) for seed in (3, 1, 3)], task
    )


def _losses(population: Population, train: Examples, batch: Batch, task: Task) -> Tensor:
    """Compute the members' mean losses by the forward pass alone, for autograd."""
    network = mlp_of(population)
    masks = make_masks(batch, dropout_rules(population))
    inputs, labels = batch.examples(train)
    outputs = forward_pass(population.params, inputs, network, masks).outputs
    return LOSSES[task.loss].value(outputs, labels).mean(dim=1)


@pytest.mark.parametrize("bias", [True, False], ids=["biases", "no biases"])
@pytest.mark.parametrize("widths", [[], [9], [5, 33]], ids=str)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("large", [LARGE_WEIGHT, 300], ids=["one row", "segments"])
@pytest.mark.parametrize("kind", TASKS)
def test_gradients_equal_autograd_s(
    kind: str,
    large: int,
    activation: str,
    widths: list[int],
    monkeypatch: pytest.MonkeyPatch,
    *,
    bias: bool,
) -> None:
    """Every layer has dropout; gradients of padding, which are 0, are compared, too."""
    monkeypatch.setattr(mlp, "LARGE_WEIGHT", large)
    task = TASKS[kind]
    population = _population(
        task,
        {
            "model.widths": widths,
            "model.activation": activation,
            "model.bias": bias,
            "dropout.input": 0.3,
            "dropout.hidden": 0.5,
        },
    )
    train = train_examples(population, task)
    for batch in epoch_of(population, task):
        recipe = Recipe(population.network, task.loss)
        losses, grads = gradients(
            population.flat, {}, batch.examples(train), batch, dropout_rules(population), recipe
        )
        population.flat = population.flat.detach().requires_grad_()
        expected = _losses(population, train, batch, task)
        (by_autograd,) = torch.autograd.grad(expected.sum(), population.flat)
        population.flat = population.flat.detach()
        torch.testing.assert_close(losses, expected.detach(), rtol=1e-13, atol=1e-15)
        torch.testing.assert_close(torch.cat(grads, dim=1), by_autograd, rtol=1e-11, atol=1e-14)


class _ByHand(torch.autograd.Function):
    """The losses, with the step's own gradients as their derivative."""

    @staticmethod
    def forward(ctx: Any, flat: Tensor, rest: tuple[Any, ...]) -> Tensor:  # noqa: ANN401
        losses, grads = gradients(flat, *rest)
        ctx.save_for_backward(torch.cat(grads, dim=1))
        return losses

    @staticmethod
    def backward(ctx: Any, *outer: Tensor) -> tuple[Tensor, None]:  # noqa: ANN401
        (grads,) = ctx.saved_tensors
        return outer[0].unsqueeze(1) * grads, None


@pytest.mark.parametrize("norm", ["none", "layer"], ids=["by hand", "by autograd"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("kind", TASKS)
def test_gradients_pass_gradcheck(kind: str, activation: str, norm: str) -> None:
    """A network with layer normalization is a module, whose derivatives come from autograd.

    A ReLU has a corner at 0. None of its 72 arguments (of 3 members, 8 examples and 3 units) is
    within the 1e-6 that gradcheck moves a parameter by.
    """
    task = TASKS[kind]
    changes = {
        "model.activation": activation,
        "model.widths": [3],
        "model.norm": norm,
        "dropout.hidden": 0.5,
    }
    population = _population(task, changes)
    batch = epoch_of(population, task)[0]
    rest: tuple[Any, ...] = (
        {},
        batch.examples(train_examples(population, task)),
        batch,
        dropout_rules(population),
        Recipe(population.network, task.loss),
    )
    flat = population.flat.requires_grad_()
    by_hand: Any = _ByHand.apply
    assert torch.autograd.gradcheck(lambda w: by_hand(w, rest), (flat,), fast_mode=True)


def test_one_seed_is_expanded_and_several_are_copied() -> None:
    drawn = torch.arange(24.0).view(2, 4, 3)  # of two seeds, four rows of three numbers
    rows = torch.tensor([1, 2])
    together = Batch(torch.zeros(1, 4), [], rows, torch.tensor([0, 0, 0]))
    shared = together.of_members(drawn[:1])
    assert torch.equal(shared, drawn[[0, 0, 0], 1:3])
    assert shared.stride(0) == 0
    apart = Batch(torch.zeros(2, 4), [], rows, torch.tensor([1, 0, 1]))
    assert torch.equal(apart.of_members(drawn), drawn[[1, 0, 1], 1:3])


def test_members_that_share_a_batch_compute_as_with_copies_of_it(blobs: Task) -> None:
    """Numbers are equal to the bit: the matrix library reads a stack of stride 0 as any other."""
    changes = {"dropout.input": 0.3, "dropout.hidden": 0.5, "trainer.dtype": "float32"}
    configs = [make_run({**changes, "optimizer.lr": lr}, seed=4) for lr in (0.1, 0.2, 0.3)]
    population = make_population(configs, blobs)
    recipe, rules = Recipe(population.network, "cross_entropy"), dropout_rules(population)
    train = train_examples(population, blobs)
    for batch in epoch_of(population, blobs):
        assert len(batch.order) == 1
        copies = Batch(
            batch.order.repeat(3, 1),
            [None if n is None else n.repeat(3, 1, 1) for n in batch.numbers],
            batch.rows,
            torch.arange(3),
        )
        shared = gradients(population.flat, {}, batch.examples(train), batch, rules, recipe)
        apart = gradients(population.flat, {}, copies.examples(train), copies, rules, recipe)
        for one, other in zip((shared[0], *shared[1]), (apart[0], *apart[1]), strict=True):
            assert torch.equal(one, other)


def test_a_loss_by_hand(blobs: Task) -> None:
    """Weights of zero give every class the same probability, so the loss is log 3."""
    config = make_run({"initializer.gain": 0.0})
    population = make_population([config], blobs)
    batch = epoch_of(population, blobs)[0]
    recipe = Recipe(population.network, "cross_entropy")
    train = train_examples(population, blobs)
    losses, _ = gradients(
        population.flat, {}, batch.examples(train), batch, dropout_rules(population), recipe
    )
    assert losses.tolist() == pytest.approx([math.log(3)], rel=1e-14)


# --- clipping --------------------------------------------------------------------------------


def clipped(grads: Tensor, limits: list[float], cut: int | None = None) -> Tensor:
    """Return gradients whose rows are clipped, in one segment or in two that meet at ``cut``."""
    parts = [grads.clone()] if cut is None else [grads[:, :cut].clone(), grads[:, cut:].clone()]
    clip_gradients_(parts, torch.tensor(limits, dtype=grads.dtype))
    return torch.cat(parts, dim=1)


@pytest.mark.parametrize("cut", [None, 3])
def test_a_gradient_is_clipped_as_torch_clips_it(cut: int | None) -> None:
    grads = torch.randn(5, 8, dtype=torch.float64)
    limits = [0.1, 1.0, 2.0, 100.0, math.inf]
    found = clipped(grads, limits, cut)
    for own, before, limit in zip(found, grads, limits, strict=True):
        parameter = nn.Parameter(torch.zeros(8, dtype=torch.float64))
        parameter.grad = before.clone()
        nn.utils.clip_grad_norm_([parameter], limit)
        torch.testing.assert_close(own, parameter.grad, rtol=1e-14, atol=0)
    assert torch.equal(found[3:], grads[3:])


@pytest.mark.parametrize("odd", [math.nan, math.inf, 1e300])
def test_a_gradient_that_is_not_finite_stays_with_its_member(odd: float) -> None:
    """A member without a limit keeps the gradient: its run ends as it would without neighbors."""
    grads = torch.randn(4, 6, dtype=torch.float64)
    healthy = clipped(grads, [0.5, math.inf, 0.5, math.inf])
    grads[0, 2] = grads[1, 2] = odd
    found = clipped(grads, [0.5, math.inf, 0.5, math.inf])
    assert torch.equal(found[2:], healthy[2:])
    assert found[1, 2].item() == pytest.approx(odd, nan_ok=True)
    assert torch.equal(found[1, 3:], grads[1, 3:])
    assert not found[0].norm() > 0.5


def test_no_gradient_is_no_gradient() -> None:
    assert torch.equal(clipped(torch.zeros(2, 4), [1.0, math.inf]), torch.zeros(2, 4))
