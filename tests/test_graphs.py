"""The graphs from which programs are compiled hold for every number of members and examples.

Nothing is compiled here: anything that the exporter would refuse, or turn into a constant, shows
in the graph.
"""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ffnn_lab import programs
from ffnn_lab.activations import ACTIVATIONS
from ffnn_lab.library import Axes, Example, Spec, exported
from ffnn_lab.losses import LOSSES
from ffnn_lab.networks import MLP
from ffnn_lab.networks.network import ALIGNMENT
from ffnn_lab.optimizers import OPTIMIZERS
from ffnn_lab.steps import Recipe
from tests.support.exhaustive import first, rest

LENGTHS = (2, 3, ALIGNMENT - 1, ALIGNMENT, ALIGNMENT + 1, 2 * ALIGNMENT)
"""Numbers of members or examples: few, and around whole vectors, which some losses process."""
LIKE = torch.zeros(1, dtype=torch.float64)
LABELS, ROWS = 2, 3
"""Positions of labels and rows among the inputs of ``gradients``; ``evaluation_sums`` has its
labels at the same position."""

Parts = tuple[nn.Module, list[Tensor], Axes]
Fill = Callable[[Tensor, int, torch.Generator], Tensor]
"""Draws an input of a program. Its arguments are zeros of the input's shape, the input's position
and the random generator."""


@pytest.fixture(autouse=True)
def _no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make ``get_program`` return what it would compile: the module, its inputs and their axes."""

    def parts(_spec: Spec, example: Example) -> Parts:
        return example()

    monkeypatch.setattr(programs, "get_program", parts)


def assert_holds_at_every_length(
    made: Any,  # noqa: ANN401 - `Parts`, in the place of a program
    fill: Fill,
) -> None:
    """Assert that the graph of a module computes what the module does, at all `LENGTHS`.

    Args:
        made: The module, example inputs, and the inputs' named axes.
        fill: Function that draws the inputs.
    """
    module, tensors, axes = made
    graph = exported(module, tensors, axes).module()
    names = sorted({name for each in axes for name in each.values()})
    rng = torch.Generator().manual_seed(0)
    for place in range(len(LENGTHS)):
        lengths = {n: LENGTHS[(place + i) % len(LENGTHS)] for i, n in enumerate(names)}
        if "R" in names:  # as many rows are drawn as a step takes
            lengths["R"] = lengths["B"]
        inputs = []
        for number, (tensor, own) in enumerate(zip(tensors, axes, strict=True)):
            shape = [lengths[own[i]] if i in own else n for i, n in enumerate(tensor.shape)]
            inputs.append(fill(tensor.new_zeros(shape), number, rng))
        written, from_graph = ([each.clone() for each in inputs] for _ in range(2))
        with torch.no_grad():
            expected, found = module(*written), graph(*from_graph)
        for one, other in zip((*expected, *written), (*found, *from_graph), strict=True):
            torch.testing.assert_close(one, other, rtol=0, atol=0, equal_nan=True)


def _normal(zeros: Tensor, _number: int, rng: torch.Generator) -> Tensor:
    return torch.randn(zeros.shape, generator=rng, dtype=zeros.dtype)


def _positive(zeros: Tensor, number: int, rng: torch.Generator) -> Tensor:
    return _normal(zeros, number, rng).abs()


def _examples(loss: str, *, has_rows: bool = True) -> Fill:
    """Return a function that draws the examples of a loss, and rows of a step if there are any."""

    def fill(zeros: Tensor, number: int, rng: torch.Generator) -> Tensor:
        if number == LABELS and loss != "cross_entropy":
            return _normal(zeros, number, rng).sign()
        if number == ROWS and has_rows:
            return torch.arange(len(zeros))
        return _normal(zeros, number, rng) if zeros.is_floating_point() else zeros

    return fill


def _labels(loss: str) -> torch.dtype:
    return torch.int64 if loss == "cross_entropy" else torch.float64


def _network(loss: str, activation: str = "relu", *, bias: bool = True) -> MLP:
    return MLP((5, 9, 3 if loss == "cross_entropy" else 1), activation, has_bias=bias)


@pytest.mark.parametrize("shares_batch", first(1, (False, True)), ids=["own batches", "one batch"])
@pytest.mark.parametrize("loss", LOSSES)
def test_gradients_of_every_loss(loss: str, *, shares_batch: bool) -> None:
    made = programs.gradients_program(
        Recipe(_network(loss), loss), (True, True), LIKE, _labels(loss), shares_batch=shares_batch
    )
    assert_holds_at_every_length(made, _examples(loss))


@pytest.mark.parametrize("bias", first(1, (False, True)), ids=["no biases", "biases"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_of_every_activation(activation: str, *, bias: bool) -> None:
    recipe = Recipe(_network("squared", activation, bias=bias), "squared")
    made = programs.gradients_program(recipe, (False, False), LIKE, torch.float64)
    assert_holds_at_every_length(made, _examples("squared"))


@pytest.mark.parametrize(
    ("loss", "error"),
    [
        ("cross_entropy", "class"),
        ("logistic", "sign"),
        ("squared", "variance"),
        rest("squared", "sign"),
    ],
)
def test_sums_of_every_loss_and_error(loss: str, error: str) -> None:
    made = programs.sums_program(_network(loss), loss, error, LIKE, _labels(loss))
    assert_holds_at_every_length(made, _examples(loss, has_rows=False))


@pytest.mark.parametrize(
    "name", first(2, (name for name, each in OPTIMIZERS.items() if each.scope == "number"))
)
def test_updates_of_every_optimizer(name: str) -> None:
    made = programs.update_program(OPTIMIZERS[name], LIKE)
    assert_holds_at_every_length(made, _positive)
