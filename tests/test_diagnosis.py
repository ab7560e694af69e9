"""Diagnoses say what happens inside layers: by hand, by autograd, and the same in any company."""

import math
from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from ffnn_lab.config import ConfigError, RunConfig, with_values
from ffnn_lab.diagnosis import N_DIAGNOSED, Diagnosed, diagnose
from ffnn_lab.evaluation import Evaluator
from ffnn_lab.initializers.fixed import ConstantConfig
from ffnn_lab.models import network_of
from ffnn_lab.population import Population
from ffnn_lab.records import LayerPoint
from ffnn_lab.tasks.data.task import Task
from ffnn_lab.testing import assert_same_in_any_company
from ffnn_lab.trainer import train
from tests.catalog import MODELS
from tests.support.builders import make_blobs, make_run, with_parts
from tests.support.modules import TASKS, made_network

EXACT = {"trainer.dtype": "float64"}
DEEP = {**EXACT, "model.widths": [7, 5]}


def diagnosed(config: RunConfig, task: Task) -> list[Diagnosed]:
    """Diagnose a run before its first step."""
    population = Population([config], network_of(config, task))
    splits = Evaluator(task, population)
    return diagnose(population, [0], splits.train, task.loss, with_updates=False)[0]


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "gelu"])
def test_the_statistics_are_those_of_autograd(activation: str, blobs: Task) -> None:
    """Every statistic of every layer of an MLP is that of torch's own module and autograd."""
    config = make_run({**DEEP, "model.activation": activation})
    population = Population([config], network_of(config, blobs))
    module = population.export(0)
    inputs = torch.from_numpy(blobs.train.inputs).double()[:N_DIAGNOSED]
    labels = torch.from_numpy(blobs.train.labels)[:N_DIAGNOSED]
    assert isinstance(module, nn.Sequential)
    before, active = list[Tensor](), list[Tensor]()
    hidden = inputs
    for each in module:
        hidden = each(hidden)
        (before if isinstance(each, nn.Linear) else active).append(hidden)
    loss = functional.cross_entropy(hidden, labels, reduction="sum")
    slopes = torch.autograd.grad(loss, before, retain_graph=True)
    grads = torch.autograd.grad(loss / len(labels), [p for p in module.parameters() if p.ndim > 1])
    layers = diagnosed(config, blobs)
    assert [layer.n_units for layer in layers] == [7, 5, blobs.n_classes]
    assert [layer.module for layer in layers] == ["0", "2", "4"]
    for number, layer in enumerate(layers):
        expected = {
            "before.mean": before[number].mean(),
            "before.std": before[number].std(correction=0),
            "backprop.std": slopes[number].std(correction=0),
            "gradient.std": grads[number].std(correction=0),
        }
        if number < len(active):
            linear = module.get_submodule(layer.module)
            assert isinstance(linear, nn.Linear)
            units = torch.cat([linear.weight, linear.bias[:, None]], dim=1)
            pairs = (units[:, None] - units[None]).abs().max()
            expected |= {
                "active.mean": active[number].mean(),
                "active.std": active[number].std(correction=0),
                "difference": pairs,
            }
        if number < len(active) and activation == "relu":
            everything = torch.from_numpy(blobs.train.inputs).double()
            seen = module[: 2 * number + 2](everything)
            expected["dead"] = (seen <= 0).all(dim=0).double().mean()
        if number < len(active) and activation in ("tanh", "sigmoid"):
            # tanh(x / 2) = 2 sigmoid(x) - 1: both thresholds are the same share of the range.
            as_tanh = active[number] if activation == "tanh" else 2 * active[number] - 1
            expected["saturated"] = (as_tanh.abs() >= 0.95).double().mean()
        wanted = {name: value.item() for name, value in expected.items()}
        assert dict(layer.statistics) == pytest.approx(wanted, rel=1e-12, abs=1e-15)


def test_a_module_and_the_hand_walked_network_have_the_same_statistics(blobs: Task) -> None:
    """``model.residual`` with unequal widths adds nothing, but goes through autograd."""
    by_hand = make_run(DEEP)
    by_autograd = with_values(by_hand, {"model.residual": True})
    for one, other in zip(diagnosed(by_hand, blobs), diagnosed(by_autograd, blobs), strict=True):
        assert one.n_units == other.n_units
        assert dict(one.statistics) == pytest.approx(dict(other.statistics), rel=1e-12, abs=1e-15)


def test_units_are_dead_only_if_no_train_example_makes_them_positive() -> None:
    """One unit is positive for the very last example alone, which lies in a later chunk."""
    task = make_blobs(n_features=2, n_train=1000)
    task.train.inputs[:] = -1.0
    task.train.inputs[-1] = 1.0
    config = make_run({**EXACT, "model.widths": [3]})
    population = Population([config], network_of(config, task))
    weight, bias, *_ = population.network.parts
    weight.unpadded(population.flat)[0] = torch.tensor([[1.0, 1.0], [1.0, 0.0], [0.0, 0.0]])
    bias.unpadded(population.flat)[0] = torch.tensor([0.0, -2.0, -1.0])
    layer, _ = diagnose(
        population, [0], Evaluator(task, population).train, task.loss, with_updates=False
    )[0]
    assert layer.statistics["dead"] == pytest.approx(2 / 3)  # never positive: the last two


def test_the_update_ratio_is_that_of_the_last_step(blobs: Task) -> None:
    """With one step an epoch and plain SGD, the last step changes weights by lr times gradient."""
    changes = {**EXACT, "trainer.batch_size": "full", "trainer.max_epochs": 2}
    config = make_run({**changes, "trainer.diagnose_every": 1, "optimizer.lr": 0.05})
    (result,) = train([config], blobs)
    first, second, third = (
        [point for point in result.layers if point.epoch == epoch] for epoch in range(3)
    )
    assert all("update.ratio" not in point.statistics for point in first)
    network = network_of(config, blobs)
    rows = Population([config], network).flat
    inputs = network.prepare(torch.from_numpy(blobs.train.inputs).double())
    labels = torch.from_numpy(blobs.train.labels)
    for points in (second, third):
        before = rows.clone()
        module = network.export(rows[0], {})
        loss = functional.cross_entropy(module(inputs[:, : blobs.n_features]), labels)
        for part, grad in zip(
            network.parts, torch.autograd.grad(loss, list(module.parameters())), strict=True
        ):
            part.unpadded(rows)[0].sub_(0.05 * grad)
        for point, part in zip(points, network.parts[::2], strict=True):
            change = (part.view(rows) - part.view(before)).norm() / part.view(before).norm()
            assert point.statistics["update.ratio"] == pytest.approx(change.item(), rel=1e-9)


@pytest.mark.parametrize("model", ["cnn", "char_lstm", "dan"])
def test_any_network_is_diagnosed_and_its_numbers_do_not_depend_on_company(model: str) -> None:
    changes = {"trainer.max_epochs": 2, "trainer.batch_size": 8, "trainer.dtype": "float32"}
    config = with_parts(make_run(changes), model=MODELS[model])
    task = TASKS[model]
    asked = with_values(config, {"trainer.diagnose_every": 1})
    assert_same_in_any_company(asked, task)
    (plain,), (result,) = train([config], task), train([asked], task)
    assert plain.curve == result.curve  # a look inside changes nothing
    assert {point.epoch for point in plain.layers} <= {2}  # none, or why it learned nothing
    assert {point.epoch for point in result.layers} == {0, 1, 2}
    last = [point for point in result.layers if point.epoch == 2]
    assert [point.layer for point in last] == list(range(1, len(last) + 1))
    assert "active.std" not in last[-1].statistics  # the output layer
    assert all(math.isfinite(x) for point in last for x in point.statistics.values())


class InPlace(nn.Module):
    """A network whose ReLU works in place, and whose second ReLU is a function."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.last = nn.Linear(4, 6), nn.Linear(6, 5), nn.Linear(5, 3)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return three outputs of four inputs."""
        hidden = self.relu(self.first(inputs))
        outputs: Tensor = self.last(functional.relu(self.second(hidden)))
        return outputs


def test_activations_in_place_are_seen_and_functions_are_not() -> None:
    network = made_network(InPlace)
    rows = torch.randn(1, network.n_stored, generator=torch.Generator().manual_seed(0))
    first, second, last = network.signals(
        rows, {}, torch.ones(2, 4), torch.zeros(2, dtype=torch.long), None
    )[0]
    assert first.before is not None
    assert first.active is not None
    assert bool((first.before < 0).any())
    assert torch.equal(first.active, first.before.relu())
    assert (first.activation, first.is_hidden) == ("relu", True)
    for layer in (second, last):
        assert layer.active is None
        assert layer.before is not None
        assert not layer.is_hidden


HEALTHY: Mapping[str, Any] = {"trainer.max_epochs": 3, "optimizer.lr": 0.3}


def test_a_run_that_learned_nothing_is_diagnosed_at_its_end(blobs: Task) -> None:
    healthy = make_run(HEALTHY)
    zeros = with_parts(healthy, initializer=ConstantConfig(name="constant", value=0.0, gain=1.0))
    found, nothing = train([zeros, healthy], blobs)
    assert found.curve[-3].error >= 0.95 * blobs.chance_error
    assert {point.epoch for point in found.layers} == {3}
    assert found.layers[0].statistics["dead"] == 1
    assert found.layers[0].statistics["difference"] == 0
    assert nothing.layers == []


def test_the_layers_of_a_diverged_run_stop_where_it_stopped(blobs: Task) -> None:
    config = make_run({"trainer.max_epochs": 4, "optimizer.lr": 1e30, "trainer.diagnose_every": 1})
    (result,) = train([config], blobs)
    assert result.status == "diverged"
    assert {point.epoch for point in result.layers} == {0}


def test_diagnoses_fall_on_measured_epochs(blobs: Task) -> None:
    changes = {"trainer.max_epochs": 7, "trainer.evaluate_every": 2}
    (result,) = train([make_run({**changes, "trainer.diagnose_every": 4})], blobs)
    assert sorted({point.epoch for point in result.layers}) == [0, 4, 7]
    with pytest.raises(ConfigError, match=r"trainer\.diagnose_every must be a multiple of"):
        make_run({**changes, "trainer.diagnose_every": 3})


def test_layers_are_numbered_and_dated(blobs: Task) -> None:
    (result,) = train([make_run({"trainer.max_epochs": 1, "trainer.diagnose_every": 1})], blobs)
    assert all(isinstance(point, LayerPoint) for point in result.layers)
    steps = {point.epoch: point.step for point in result.layers}
    assert steps == {0: 0, 1: result.n_steps}
