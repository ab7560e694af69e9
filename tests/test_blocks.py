"""An optimizer's step sees as much of a member as its scope says, in any company."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ffnn_lab.config import OptimizerConfig, RunConfig
from ffnn_lab.models import mlp
from ffnn_lab.optimizers import Optimizer
from ffnn_lab.population import Population
from ffnn_lab.tasks.data.task import Task
from tests import catalog
from tests.reference.plain_loop import train_alone
from tests.support.builders import (
    assert_same_to_the_bit,
    make_population,
    make_run,
    needs_compiler,
    take_epoch_,
    train_with_weights,
)
from tests.support.options import put_option

SCOPES = ("layer", "member")


@dataclasses.dataclass(kw_only=True)
class TrustConfig(OptimizerConfig):
    """Momentum whose steps are scaled by norms, as LARS scales them; an optimizer of the tests."""


def start(params: Tensor) -> dict[str, Tensor]:
    return {"velocity": torch.zeros_like(params), "n_steps": params.new_zeros(params.shape[0])}


def step_(params: Tensor, grads: Tensor, state: Mapping[str, Tensor], *, lr: Tensor) -> None:
    """Scale each step by the norm of the parameters over that of the gradients."""

    def over_all(each: Tensor) -> Tensor:
        return each.view(-1, *[1] * (params.ndim - 1))

    def norm(each: Tensor) -> Tensor:
        return over_all((each * each).flatten(1).sum(dim=1).sqrt())

    state["n_steps"].add_(1)
    state["velocity"].mul_(0.5).add_(grads)
    trust = (norm(params) + 0.1) / (norm(grads) + 1e-3) / over_all(state["n_steps"])
    params.sub_(over_all(lr) * trust * state["velocity"])


class PlainTrust(torch.optim.Optimizer):
    """The same by the book, for one network."""

    def __init__(self, params: Iterable[nn.Parameter], config: OptimizerConfig) -> None:
        super().__init__(params, {"lr": config.lr})
        self._is_whole = config.name == "trust_member"
        self._n_steps = 0

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Take one step."""
        assert closure is None
        (group,) = self.param_groups
        self._n_steps += 1
        each = group["params"]
        for together in [each] if self._is_whole else [[one] for one in each]:
            size = nn.utils.parameters_to_vector(together).norm()
            slope = nn.utils.parameters_to_vector([one.grad for one in together]).norm()
            trust = (size + 0.1) / (slope + 1e-3) / self._n_steps
            for one in together:
                velocity = self.state[one].setdefault("velocity", torch.zeros_like(one))
                velocity.mul_(0.5).add_(one.grad)
                one.sub_(group["lr"] * trust * velocity)


@pytest.fixture(autouse=True)
def _optimizers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make one optimizer of each scope known, and what it must equal."""
    for scope in SCOPES:
        name = f"trust_{scope}"
        option = Optimizer(
            name=name,
            config=TrustConfig,
            start=start,
            step_=step_,
            hyperparameters=("lr",),
            scope=scope,  # type: ignore[arg-type]
        )
        put_option(monkeypatch, option)
        row = catalog.OptimizerRow(_config(name), PlainTrust, stable_lr=0.02)
        monkeypatch.setitem(catalog.OPTIMIZERS, name, row)


def _config(name: str) -> OptimizerConfig:
    return TrustConfig(name=name, lr=0.02, weight_decay=0.0, decay="decoupled")


def _mixed(changes: Mapping[str, Any] | None = None) -> list[RunConfig]:
    """Two members of each scope, one of them with decay, beside two of other optimizers."""
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
    layout = population.layout
    n_real = sum(each[0].numel() for each in layout.unpadded(population.params))
    assert n_real < layout.n_stored
    assert int((population.flat != 0).sum(dim=1).max()) <= n_real


@pytest.mark.parametrize("place", range(4))
def test_a_snapshot_holds_the_state_of_each_scope(place: int, blobs: Task) -> None:
    configs = _mixed()[:4]
    population = make_population(configs, blobs)
    take_epoch_(population, blobs)
    snapshot = population.snapshot(place)
    config = snapshot.member.config
    resumed = Population([config], population.layout, snapshots={snapshot.member.run_id: snapshot})
    for each in (population, resumed):
        take_epoch_(each, blobs)
    assert torch.equal(population.flat[place], resumed.flat[0])


@needs_compiler
@pytest.mark.slow  # compiles
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
