"""Each activation's value and slope equal those of the ``torch.nn`` module that it names."""

import pytest
import torch
from torch import nn

from ffnn_lab.activations import ACTIVATIONS


@pytest.fixture
def numbers() -> torch.Tensor:
    """Numbers of both signs, 0 among them."""
    return torch.linspace(-3, 3, 61, dtype=torch.float64)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_value_and_slope_are_those_of_its_module(name: str, numbers: torch.Tensor) -> None:
    activation = ACTIVATIONS[name]
    argument = numbers.clone().requires_grad_()
    expected = getattr(nn, activation.module)()(argument)
    slope = torch.linspace(1, 2, 61, dtype=torch.float64)
    (gradient,) = torch.autograd.grad(expected, argument, slope)
    active = activation.value(numbers)
    torch.testing.assert_close(active, expected.detach(), rtol=0, atol=0)
    torch.testing.assert_close(activation.slope(slope, numbers, active), gradient, rtol=0, atol=0)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_it_says_whether_it_keeps_zero(name: str) -> None:
    activation = ACTIVATIONS[name]
    assert activation.keeps_zero == (activation.value(torch.zeros(1)).item() == 0)
