"""Weight decay before the step, and broadcasting per member."""

import pytest
import torch

from ffnn_lab.optimizers import decay_
from ffnn_lab.optimizers.update import per_member

NOBODY = torch.zeros(2)


def _weights() -> torch.Tensor:
    return torch.tensor([[3.0, -2.0], [3.0, -2.0]])


def _grads() -> torch.Tensor:
    return torch.ones(2, 2)


def test_coupled_decay_by_hand() -> None:
    """1 + 0.5 * 3 = 2.5 and 1 + 0.5 * (-2) = 0; the second member has no decay."""
    params, grads = _weights(), _grads()
    lr = torch.tensor([0.1, 0.1])
    used = decay_(params, grads, lr=lr, coupled=torch.tensor([0.5, 0.0]), decoupled=NOBODY)
    assert used.tolist() == [[2.5, 0.0], [1.0, 1.0]]
    assert params.tolist() == _weights().tolist()
    assert grads.tolist() == _grads().tolist()


def test_decoupled_decay_by_hand() -> None:
    """(1 - 0.5 * 0.5) * 3 = 2.25 and (1 - 0.25) * (-2) = -1.5; the first member has no decay."""
    params, grads = _weights(), _grads()
    lr = torch.tensor([0.25, 0.5])
    used = decay_(params, grads, lr=lr, coupled=NOBODY, decoupled=torch.tensor([0.0, 0.5]))
    assert params.tolist() == [[3.0, -2.0], [2.25, -1.5]]
    assert torch.equal(used, grads)


def test_coupled_decay_looks_at_the_weights_before_decoupled_shrinks_them() -> None:
    """One member has coupled decay, the other decoupled decay; each gets only its own."""
    params, grads = _weights(), _grads()
    used = decay_(
        params,
        grads,
        lr=torch.tensor([0.5, 0.5]),
        coupled=torch.tensor([0.5, 0.0]),
        decoupled=torch.tensor([0.0, 0.5]),
    )
    assert used.tolist() == [[2.5, 0.0], [1.0, 1.0]]
    assert params.tolist() == [[3.0, -2.0], [2.25, -1.5]]


def test_per_member_broadcasts_over_weights_and_biases() -> None:
    value = torch.tensor([1.0, 2.0])
    assert per_member(value, torch.zeros(2, 3, 4)).shape == (2, 1, 1)
    assert per_member(value, torch.zeros(2, 3)).shape == (2, 1)


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 1)], ids=str)
def test_per_member_refuses_what_is_not_one_number_per_member(shape: tuple[int, ...]) -> None:
    value, like = torch.zeros(shape), torch.zeros(2, 3)
    with pytest.raises(ValueError, match=r"expected \(2,\), one per member; got"):
        per_member(value, like)
