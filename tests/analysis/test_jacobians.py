"""Singular values must be those of a Jacobian that torch computes, at the start of a run."""

import math
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.func import jacrev, vmap

from analysis.jacobians import mean_singular_values, measure
from ffnn_lab.report.data.measured import MeasureError
from tests.support.report.arm_builders import Built, all_ended, make_arm_sweep


@pytest.mark.parametrize("activation", [nn.Tanh(), nn.ReLU(), nn.Sigmoid()])
def test_singular_values_are_those_of_autograd(activation: nn.Module) -> None:
    generator = torch.Generator().manual_seed(0)
    module = nn.Sequential(
        nn.Linear(5, 4), activation, nn.Linear(4, 6), activation, nn.Linear(6, 3)
    )
    for parameter in module.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
    inputs = torch.randn(7, 5, generator=generator, dtype=torch.float64)
    first, second = module[:2], module[2:4]
    expected = [
        torch.linalg.svdvals(vmap(jacrev(layer))(values)).mean().item()
        for layer, values in ((first, inputs), (second, first(inputs)))
    ]
    assert mean_singular_values(module, inputs) == pytest.approx(expected, rel=1e-12)


def test_a_wide_random_layer_has_the_mean_of_the_quarter_circle_law() -> None:
    """Entries of variance 1 / n give 8 / (3 pi); 200 units are 1 % off at most."""
    weight = torch.randn(200, 200, generator=torch.Generator().manual_seed(0)) / math.sqrt(200)
    module = nn.Sequential(nn.Linear(200, 200), nn.Identity(), nn.Linear(200, 2))
    module[0].weight.data = weight
    (found,) = mean_singular_values(module, torch.zeros(1, 200))
    assert found == pytest.approx(8 / (3 * math.pi), rel=0.01)


def test_networks_are_made_anew_from_the_configs_of_reported_runs(tmp_path: Path) -> None:
    arms = {"sgd": Built(tuned=all_ended([0.1, 0.2])), "adam": Built(tuned=all_ended([0.1, 0.2]))}
    sweep = make_arm_sweep(tmp_path / "s", arms, n_of_replicate=1)
    table = measure(sweep)
    n_hidden = int(table["layer"].max())
    assert table.groupby(["arm", "replicate"]).size().to_dict() == {
        (arm, replicate): n_hidden for arm in arms for replicate in (0, 1)
    }
    assert (table["singular.value"] > 0).all()
    # The optimizer does not change a start, and each seed has its own.
    values = table.pivot_table(
        index=["replicate", "layer"], columns="arm", values="singular.value"
    )
    assert (values["sgd"] == values["adam"]).all()
    assert values["sgd"].nunique() == len(values)
    assert measure(sweep).equals(table)


def test_a_sweep_without_reported_runs_is_an_error(tmp_path: Path) -> None:
    unfinished = make_arm_sweep(tmp_path / "s", {"sgd": Built()}, confirm={"seeds": [1000]})
    with pytest.raises(MeasureError, match="s has no reported runs"):
        measure(unfinished)
