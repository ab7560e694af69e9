"""Losses and errors of stacked outputs equal torch's, and numbers worked by hand."""

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from ffnn_lab.config.task import LOSSES as NAMES
from ffnn_lab.losses import ERRORS, LOSSES
from tests.support.builders import ONE_OUTPUT, make_blobs, make_letters, make_line

STORED = 16
"""Number of outputs that are stored for a few classes, or for one score."""


def _scores(*rows: list[float]) -> Tensor:
    """Return scores as a population of one output stores them, ``(M, B, 16)``."""
    values = torch.tensor(rows, dtype=torch.float64)
    return functional.pad(values.unsqueeze(2), (0, STORED - 1))


def _labels(*rows: list[float]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def test_the_config_and_the_registry_name_the_same_losses() -> None:
    assert set(NAMES) == set(LOSSES)


def test_every_task_has_its_loss_and_its_error() -> None:
    tasks = [make_blobs(), make_letters(), *(make_line(*kind) for kind in ONE_OUTPUT)]
    assert {task.loss for task in tasks} == set(LOSSES)
    assert {task.error for task in tasks} == set(ERRORS)


def test_cross_entropy_keeps_member_and_example_apart() -> None:
    """Entry (m, b) is the loss of logits (m, b) and label (m, b); members have own batches."""
    rng = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 3, 4, generator=rng, dtype=torch.float64)
    labels = torch.tensor([[0, 1, 2], [3, 2, 1]])
    losses = LOSSES["cross_entropy"].value(logits, labels)
    for m in range(2):
        for b in range(3):
            expected = -logits[m, b].log_softmax(dim=0)[labels[m, b]]
            assert losses[m, b].item() == pytest.approx(expected.item(), rel=1e-14)


def test_squared_by_hand() -> None:
    """(0.5 - 1)^2 = 0.25, (-2 - (-1))^2 = 1, (3 - 1)^2 = 4, (0 - 0.1)^2 = 0.01; no factor 1/2."""
    losses = LOSSES["squared"].value(_scores([0.5, -2.0], [3.0, 0.0]), _labels([1, -1], [1, 0.1]))
    assert losses[0].tolist() == [0.25, 1.0]
    assert losses[1].tolist() == pytest.approx([4.0, 0.01], rel=1e-14)


def test_logistic_by_hand() -> None:
    """Margins 0, log 3 and -log 3: log 2, log(1 + 1/3) = log 4/3, and log 4."""
    scores = _scores([0.0, math.log(3)], [-math.log(3), -math.log(3)])
    losses = LOSSES["logistic"].value(scores, _labels([1, 1], [-1, 1]))
    by_hand = [[math.log(2), math.log(4 / 3)], [math.log(4 / 3), math.log(4)]]
    for row, expected in zip(losses.tolist(), by_hand, strict=True):
        assert row == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("margin", [-800.0, -100.0, -45.0, -30.0, -21.0, 21.0, 30.0, 45.0, 700.0])
def test_logistic_and_its_slope_keep_their_digits_far_out(margin: float) -> None:
    """For far margins m, the loss log1p(exp(-m)) is exp(-m) or -m to all digits.

    The slope is -1/(1+e^m). torch's softplus returns x for every x above 20, where the next term
    is 2e-9.
    """
    scores = _scores([margin]).requires_grad_()
    loss = LOSSES["logistic"].value(scores, _labels([1.0]))
    torch.autograd.backward(loss.sum())
    expected = math.log1p(math.exp(-margin)) if margin > -700 else -margin
    assert loss.item() == pytest.approx(expected, rel=1e-14)
    assert scores.grad is not None
    slope = -math.exp(-max(margin, 0.0)) / (1 + math.exp(-abs(margin)))
    assert scores.grad[0, 0, 0].item() == pytest.approx(slope, rel=1e-14)


@pytest.mark.parametrize("n_examples", [1, 7, 32, 33])
def test_losses_of_a_score_are_torch_s(n_examples: int) -> None:
    rng = torch.Generator().manual_seed(n_examples)
    scores = torch.randn(3, n_examples, generator=rng, dtype=torch.float64)
    signs = torch.randn(3, n_examples, generator=rng, dtype=torch.float64).sign()
    stored = functional.pad(scores.unsqueeze(2), (0, STORED - 1))
    torch.testing.assert_close(
        LOSSES["squared"].value(stored, signs),
        functional.mse_loss(scores, signs, reduction="none"),
        rtol=1e-14,
        atol=0,
    )
    torch.testing.assert_close(
        LOSSES["logistic"].value(stored, signs),
        functional.soft_margin_loss(scores, signs, reduction="none"),
        rtol=1e-13,
        atol=0,
    )


@pytest.mark.parametrize("loss", ["squared", "logistic"])
def test_the_slope_in_a_score_is_autograd_s(loss: str) -> None:
    scores = _scores([0.5, -2.0, 0.3, 0.0, 50.0, -50.0]).requires_grad_()
    labels = _labels([1, -1, -1, 1, -1, -1])
    torch.autograd.backward(LOSSES[loss].value(scores, labels).sum())
    slope = LOSSES[loss].slope(scores.detach(), labels)
    torch.testing.assert_close(slope, scores.grad, rtol=1e-14, atol=1e-300)
    assert slope[..., 0].all()
    assert not slope[..., 1:].any()  # padding


def test_the_slope_in_logits_is_autograd_s() -> None:
    """Padded classes, whose logit is minus infinity, have a slope of 0."""
    rng = torch.Generator().manual_seed(0)
    logits = 5 * torch.randn(3, 7, STORED, generator=rng, dtype=torch.float64)
    logits[..., 10:] = -math.inf
    labels = torch.randint(10, (3, 7), generator=rng)
    leaf = logits.clone().requires_grad_()
    torch.autograd.backward(LOSSES["cross_entropy"].value(leaf, labels).sum())
    slope = LOSSES["cross_entropy"].slope(logits, labels)
    torch.testing.assert_close(slope, leaf.grad, rtol=1e-13, atol=1e-15)
    assert not slope[..., 10:].any()


def test_a_wrong_sign_is_an_error_and_so_is_no_sign() -> None:
    """Right, right, wrong, wrong; 0 and NaN have no sign and err, whatever the label."""
    scores = _scores([0.1, -3.0, 2.0, -1e-300, 0.0, -0.0, math.nan])
    wrong = ERRORS["sign"](scores, _labels([1, -1, -1, 1, 1, -1, 1]))
    assert wrong.tolist() == [[False, False, True, True, True, True, True]]


def test_a_wrong_class_is_an_error() -> None:
    logits = torch.tensor([[[0.0, 2.0, 1.0], [3.0, 2.0, -math.inf]]])
    assert ERRORS["class"](logits, torch.tensor([[1, 1]])).tolist() == [[False, True]]


def test_a_residual_is_squared_in_float64() -> None:
    """The square of 1e30 overflows float32."""
    scores = _scores([1.0, 1e30]).float()
    residuals = ERRORS["variance"](scores, _labels([0.5, 0.0]).float())
    assert residuals.dtype == torch.float64
    assert residuals.tolist()[0] == pytest.approx([0.25, 1e60], rel=1e-6)  # 1e30 in float32


def test_bits_are_nats_over_ln_2_in_float64() -> None:
    logits = torch.tensor([[[0.0, 0.0, -math.inf], [math.log(3), 0.0, -math.inf]]])
    found = ERRORS["bits"](logits, torch.tensor([[1, 1]]))
    assert found.dtype == torch.float64
    assert found.tolist()[0] == pytest.approx([1.0, 2.0], rel=1e-6)
