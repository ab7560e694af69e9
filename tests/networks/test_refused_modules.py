"""Modules that could not be trained reproducibly, or do not fit the task, are refused."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from ffnn_lab.config import ConfigError, with_values
from ffnn_lab.models import network_of
from tests.catalog import MODELS
from tests.support.builders import (
    make_run,
    with_parts,
)
from tests.support.modules import TASKS, made_network


class _Small(nn.Module):
    def __init__(self, after: Callable[[Tensor], Tensor] = lambda x: x) -> None:
        super().__init__()
        self.last = nn.Linear(4, 3)
        self.dropout = nn.Dropout()
        self.after = after

    def forward(self, inputs: Tensor) -> Tensor:
        return self.after(self.last(self.dropout(inputs)))


class _Fixed(nn.Module):
    def forward(self, inputs: Tensor) -> Tensor:
        return inputs[:, :3]


class _Keeping(_Small):
    def forward(self, inputs: Tensor) -> Tensor:
        self.before = inputs
        return super().forward(inputs)


class _Replacing(_Small):
    mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(4))

    def forward(self, inputs: Tensor) -> Tensor:
        self.mean = inputs.mean(dim=0)
        return super().forward(inputs)


class _Sideways(_Small):
    def forward(self, inputs: Tensor) -> Tensor:
        outputs: Tensor = self.last(self.dropout(inputs.flatten()).view(2, 4))
        return outputs


class _Raising(_Small):
    def forward(self, inputs: Tensor) -> Tensor:
        msg = f"{tuple(inputs.shape)} is no picture"
        raise RuntimeError(msg)


def _twins() -> nn.Module:
    dropout = nn.Dropout(0.0)
    return nn.Sequential(dropout, nn.Linear(4, 3), dropout)


class _Twice(_Small):
    def forward(self, inputs: Tensor) -> Tensor:
        return super().forward(self.dropout(inputs))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: _Small(functional.dropout), "draws nothing by itself"),
        (lambda: _Small(lambda x: x[:, :2]), r"maps \(2, 4\) to \(2, 3\), for 2 .*\(2, 2\)"),
        (_Twice, "dropout was applied 2 times"),
        (_twins, "0 was applied 2 times"),
        (_Keeping, "before was replaced by another tensor in a batch"),
        (_Replacing, "mean was replaced by another tensor in a batch"),
        (_Sideways, r"dropout has an input of the shape \(8,\) for 2 examples"),
        (_Raising, r"it raised RuntimeError: \(2, 4\) is no picture"),
        (lambda: nn.utils.parametrizations.weight_norm(nn.Linear(4, 3)), "parametrizations"),
        (_Fixed, "parameters to train"),
        (lambda: _Small(nn.Softmax(dim=-1)), "outputs are probabilities already"),
        (lambda: 3, "a torch.nn.Module; it made int"),
    ],
)
def test_what_cannot_be_right_is_refused(make: Callable[[], Any], says: str) -> None:
    before = torch.get_rng_state()
    with pytest.raises(ConfigError, match=f"^model.factory=f must .*{says}"):
        made_network(make)
    assert torch.equal(before, torch.get_rng_state())


def test_logarithms_of_probabilities_are_scores() -> None:
    """A module may end with a log-softmax: the softmax of a log-softmax is the softmax itself."""
    made = made_network(lambda: _Small(nn.LogSoftmax(dim=-1)))
    assert made.n_stored == made_network(_Small).n_stored


def test_a_last_batch_of_one_is_refused_with_batch_normalization() -> None:
    config = with_parts(make_run({"trainer.batch_size": 7}), model=MODELS["cnn"])
    with pytest.raises(
        ConfigError, match=r"not leave a batch of a single .* got 7, with 50 train examples"
    ):
        network_of(config, TASKS["cnn"])


@pytest.mark.parametrize(
    ("kind", "changes", "says"),
    [
        ("cnn", {"dropout.input": 0.2}, "dropout.input must be 0 with model=cnn"),
        ("char_lstm", {"trainer.walk": "vmap"}, "one_by_one with recurrent layers"),
    ],
)
def test_settings_without_effect_are_refused(
    kind: str, changes: dict[str, Any], says: str
) -> None:
    config = with_values(with_parts(make_run(), model=MODELS[kind]), changes)
    with pytest.raises(ConfigError, match=says):
        network_of(config, TASKS[kind])


def test_an_mlp_takes_no_words() -> None:
    with pytest.raises(ConfigError, match="model=mlp needs quantities"):
        network_of(make_run(), TASKS["dan"])
