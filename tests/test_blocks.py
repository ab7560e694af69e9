"""An optimizer's step sees as much of a member as its scope says, and nothing of other members."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch

from ffnn_lab.config import RunConfig
from ffnn_lab.models import network_of
from ffnn_lab.networks import mlp
from ffnn_lab.population import Population
from ffnn_lab.tasks.data.task import Task
from ffnn_lab.testing import assert_same_to_the_bit, train_with_weights
from tests import catalog
from tests.reference.plain_loop import train_alone
from tests.support.builders import make_population, make_run, needs_compiler, take_epoch_
from tests.support.scopes import SCOPES, put_scopes


@pytest.fixture(autouse=True)
def _optimizers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register the optimizers whose steps see a layer or a whole member."""
    put_scopes(monkeypatch)


def _mixed(changes: Mapping[str, Any] | None = None) -> list[RunConfig]:
    """Return two runs of each scope and of Adam and SGD; one run of each pair has decay."""
    base = {"model.widths": [9, 7], "dropout.hidden": 0.2, **(changes or {})}
    names = (*[f"trust_{scope}" for scope in SCOPES], "adam", "sgd")
    return [
        make_run(
            {**base, "optimizer.weight_decay": decay},
            seed=seed,
            optimizer=catalog.OPTIMIZERS[name].config,
        )
        for name in names
        for seed, decay in enumerate((0.0, 0.01))
    ]


@pytest.mark.parametrize("bias", [True, False], ids=["biases", "no biases"])
@pytest.mark.parametrize("large", [mlp.LARGE_WEIGHT, 100], ids=["one row", "segments"])
def test_each_scope_equals_the_plain_loop_in_any_company(
    large: int, *, bias: bool, blobs: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mlp, "LARGE_WEIGHT", large)
    configs = _mixed({"model.bias": bias})
    together = train_with_weights(configs, blobs)
    for config, outcome in zip(configs, together, strict=True):
        assert_same_to_the_bit(train_with_weights([config], blobs), [outcome])
        expected = train_alone(config, blobs)
        for w, reference in zip(outcome.weights, expected.weights, strict=True):
            torch.testing.assert_close(w, reference, rtol=1e-10, atol=1e-12)


def test_padding_stays_zero(blobs: Task) -> None:
    population = make_population(_mixed(), blobs)
    take_epoch_(population, blobs)
    network = population.network
    n_real = sum(part.unpadded(population.flat)[0].numel() for part in network.parts)
    assert n_real < network.n_stored
    assert int((population.flat != 0).sum(dim=1).max()) <= n_real


@pytest.mark.parametrize("place", range(4))
def test_a_snapshot_holds_the_state_of_each_scope(place: int, blobs: Task) -> None:
    configs = _mixed()[:4]
    population = make_population(configs, blobs)
    take_epoch_(population, blobs)
    snapshot = population.snapshot(place)
    config = snapshot.member.config
    resumed = Population(
        [config], population.network, snapshots={snapshot.member.run_id: snapshot}
    )
    for each in (population, resumed):
        take_epoch_(each, blobs)
    assert torch.equal(population.flat[place], resumed.flat[0])


@needs_compiler
@pytest.mark.exhaustive  # compiles; no optimizer of the lab has such a scope
def test_other_scopes_step_as_written_between_compiled_gradients(blobs: Task) -> None:
    written = _mixed({"dropout.hidden": 0.0})
    compiled = _mixed({"dropout.hidden": 0.0, "trainer.compile": True})
    together = train_with_weights(compiled, blobs)
    for config, outcome, expected in zip(
        compiled, together, train_with_weights(written, blobs), strict=True
    ):
        assert_same_to_the_bit(train_with_weights([config], blobs), [outcome])
        for w, reference in zip(outcome.weights, expected.weights, strict=True):
            torch.testing.assert_close(w, reference, rtol=1e-10, atol=1e-12)


@needs_compiler
@pytest.mark.exhaustive  # compiles; no optimizer of the lab has such a scope
@pytest.mark.parametrize("clip_norm", [None, 0.3], ids=["not clipped", "clipped"])
def test_each_scope_is_stepped_beside_compiled_gradients_of_several_segments(
    clip_norm: float | None, blobs: Task, set_threads: Callable[[int], None]
) -> None:
    """A weight of 416 x 416 numbers, as stored, has a segment of its own."""
    changes = {
        "model.widths": [400, 400],
        "dropout.hidden": 0.0,
        "trainer.max_epochs": 2,
        "trainer.clip_norm": clip_norm,
    }
    written = _mixed(changes)
    network = network_of(written[0], blobs)
    assert len(network.segments) == 3
    compiled = _mixed({**changes, "trainer.compile": True})
    set_threads(2)
    together = train_with_weights(compiled, blobs)
    for config, outcome, expected in zip(
        compiled, together, train_with_weights(written, blobs), strict=True
    ):
        assert_same_to_the_bit(train_with_weights([config], blobs), [outcome])
        for w, reference in zip(outcome.weights, expected.weights, strict=True):
            torch.testing.assert_close(w, reference, rtol=1e-10, atol=1e-12)
