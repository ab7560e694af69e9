"""Lines between networks must be convex where theory says so, and matching leave the function."""

import itertools
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from analysis.landscape import (
    POSITIONS,
    between,
    gradient_norm,
    has_hidden_layer,
    lines_of,
    loss_of,
    matched,
    measure,
    parameters_of,
    relative_distance,
)
from ffnn_lab.api.recorded import Run
from ffnn_lab.config import RunConfig
from ffnn_lab.report.data.measured import MeasureError
from ffnn_lab.tasks.data.task import Task
from ffnn_lab.trainer import train
from tests.support.builders import make_run
from tests.support.report.starts_builders import GAINS, Ended, make_starts

N_UNITS = 5


def network(*widths: int) -> nn.Sequential:
    """Return a network in float64 whose parameters depend on its widths alone."""
    layers: list[nn.Module] = []
    for inputs, outputs in itertools.pairwise((3, *widths, 4)):
        layers += [nn.Linear(inputs, outputs, dtype=torch.float64), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def drawn(module: nn.Module, seed: int) -> dict[str, Tensor]:
    """Return parameters of a module's shapes, drawn from the normal distribution."""
    rng = torch.Generator().manual_seed(seed)
    return {
        name: torch.randn(each.shape, generator=rng, dtype=torch.float64)
        for name, each in module.named_parameters()
    }


def examples() -> tuple[Tensor, Tensor]:
    rng = torch.Generator().manual_seed(7)
    inputs = torch.randn(20, 3, generator=rng, dtype=torch.float64)
    return inputs, torch.randint(4, (20,), generator=rng)


def line(module: nn.Module, one: dict[str, Tensor], other: dict[str, Tensor]) -> list[float]:
    ends = one, other
    return [float(loss_of(module, between(*ends, each), *examples())) for each in POSITIONS]


@pytest.mark.parametrize("seed", range(20))
def test_logistic_regression_is_convex_along_every_line(seed: int) -> None:
    """The theorem: second differences of a convex function are not negative."""
    module = network()
    losses = line(module, drawn(module, seed), drawn(module, 100 + seed))
    assert min(np.diff(losses, n=2)) >= -1e-12


def test_a_network_is_not_convex_by_hand() -> None:
    """Two units tell x = 1 from x = -1; half way to their exchange they have weights of 0.

    The loss is log(1 + exp(-4)) at both ends, and log 2 between them.
    """
    module = nn.Sequential(nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 2)).double()
    one = {name: torch.zeros_like(each) for name, each in parameters_of(module).items()}
    one["0.weight"] = torch.tensor([[1.0], [-1.0]], dtype=torch.float64)
    one["2.weight"] = 4 * torch.eye(2, dtype=torch.float64)
    inputs, labels = torch.tensor([[1.0], [-1.0]], dtype=torch.float64), torch.tensor([0, 1])
    other, end = exchanged(one, [1, 0]), math.log1p(math.exp(-4))
    losses = [
        float(loss_of(module, between(one, other, each), inputs, labels)) for each in (0, 0.5, 1)
    ]
    assert losses == pytest.approx([end, math.log(2), end])


def exchanged(parameters: dict[str, Tensor], order: Sequence[int]) -> dict[str, Tensor]:
    """Return parameters with the hidden units in another order."""
    places = list(order)
    return {
        **parameters,
        "0.weight": parameters["0.weight"][places],
        "0.bias": parameters["0.bias"][places],
        "2.weight": parameters["2.weight"][:, places],
    }


def test_matching_undoes_an_exchange_of_hidden_units() -> None:
    module = network(N_UNITS)
    one = drawn(module, 0)
    found = matched(one, exchanged(one, [3, 0, 4, 1, 2]))
    assert all(torch.equal(found[name], one[name]) for name in one)


@pytest.mark.parametrize("seed", range(5))
def test_no_order_is_nearer_than_the_matched_one(seed: int) -> None:
    """All 120 orders of five units are tried, and the function of the network stays the same."""
    module = network(N_UNITS)
    one, other = drawn(module, seed), drawn(module, 50 + seed)
    found = matched(one, other)
    orders = itertools.permutations(range(N_UNITS))
    nearest = min(relative_distance(one, exchanged(other, order)) for order in orders)
    assert relative_distance(one, found) == pytest.approx(nearest, rel=1e-12)
    before, after = (float(loss_of(module, each, *examples())) for each in (other, found))
    assert after == pytest.approx(before, rel=1e-12)


def test_distance_by_hand() -> None:
    """The norms are 5 and 13, whose mean is 9, and the difference has the norm 12."""
    one = {"a": torch.tensor([3.0, 4.0]), "b": torch.tensor([[0.0]])}
    other = {"a": torch.tensor([3.0, 4.0]), "b": torch.tensor([[12.0]])}
    assert relative_distance(one, other) == pytest.approx(12 / 9)
    assert relative_distance(one, one) == 0.0


def test_the_gradient_is_that_of_loss_and_decay() -> None:
    """It is compared with differences of the objective."""
    config = make_run({"optimizer.weight_decay": 0.3})
    module = network()
    parameters, h = drawn(module, 3), 1e-6

    def objective(name: str, place: int, step: float) -> float:
        moved = {key: each.clone() for key, each in parameters.items()}
        moved[name].view(-1)[place] += step
        squared = sum(float(each.square().sum()) for each in moved.values())
        return float(loss_of(module, moved, *examples())) + 0.15 * squared

    slopes = [
        (objective(name, place, h) - objective(name, place, -h)) / (2 * h)
        for name, each in parameters.items()
        for place in range(each.numel())
    ]
    found = gradient_norm(module, parameters, *examples(), config)
    assert found == pytest.approx(float(np.linalg.norm(slopes)), rel=1e-7)


def test_other_networks_are_refused() -> None:
    assert not has_hidden_layer(network())
    assert has_hidden_layer(network(N_UNITS))
    with pytest.raises(MeasureError, match="Linear, ReLU, Linear; got Linear, ReLU, Linear, ReLU"):
        has_hidden_layer(network(N_UNITS, N_UNITS))


@pytest.fixture
def pair(blobs: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    """Train two networks that differ in the seed alone, and record their last train losses."""
    monkeypatch.setattr(Run, "task", lambda _: blobs)
    changes = {"model.widths": [4], "trainer.save_weights": True, "dropout.hidden": 0.0}
    configs = [make_run(changes, seed=seed) for seed in (0, 1)]
    results = train(configs, blobs, weights_folder=tmp_path / "weights")
    return [with_config(tmp_path, each.config, each.metrics(), each.run_id) for each in results]


def with_config(
    folder: Path, config: RunConfig, metrics: dict[str, float | None], run_id: str
) -> Run:
    run = Run(folder, {**metrics, "run_id": run_id})
    run.__dict__["config"] = config  # as if it had been read from the records
    return run


def test_the_ends_of_a_line_have_the_recorded_losses(pair: list[Run]) -> None:
    as_trained, in_order = lines_of(pair)
    recorded = [run.row["last.train.loss"] for run in pair]
    for each in (as_trained, in_order):
        losses = [point["loss"] for point in each["points"]]
        assert [losses[0], losses[-1]] == pytest.approx(recorded, rel=1e-9)
        assert len(losses) == len(POSITIONS)
    assert (as_trained["is_matched"], in_order["is_matched"]) == (False, True)
    assert in_order["distance"] < as_trained["distance"]
    assert (as_trained["seed.0"], as_trained["seed.1"]) == (0, 1)


def test_a_network_of_another_record_is_refused(pair: list[Run]) -> None:
    row = {**pair[1].row, "last.train.loss": 2 * pair[1].row["last.train.loss"]}
    other = with_config(pair[1].folder, pair[1].config, row, pair[1].run_id)
    with pytest.raises(MeasureError, match=f"the network of {other.run_id} has the train loss"):
        list(lines_of([pair[0], other]))


def test_a_sweep_without_two_starts_is_an_error(tmp_path: Path) -> None:
    def ended(*_: object) -> Ended:
        return 0.1, 0.0

    sweep = make_starts(tmp_path, ended, n_replicates=1, n_seeds=1)
    with pytest.raises(MeasureError, match="no two starts of an arm at gain 1 that completed"):
        measure(sweep, gain=GAINS[1])


def test_parameters_are_those_of_the_module() -> None:
    module = network(N_UNITS)
    assert list(parameters_of(module)) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert not any(each.requires_grad for each in parameters_of(module).values())
