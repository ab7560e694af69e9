"""Tests of options, for a user's own test suite, such as ``check("optimizer", "lion")``.

An option is checked by itself, and then in trainings: every member of a population must compute,
to the last bit, the numbers that it computes alone, in a part of the population, in another order,
and beside a member that diverges. The project's own options pass the same tests.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ffnn_lab.api.composing import compose_run
from ffnn_lab.config import OptimizerConfig, RunConfig, settle_sources, with_values
from ffnn_lab.models import network_of, open_network, settle_model
from ffnn_lab.optimizers import OPTIMIZERS
from ffnn_lab.optimizers.sgd import SGDConfig
from ffnn_lab.option_checks import check_option
from ffnn_lab.records import RunResult
from ffnn_lab.tasks import load_task, settle_task
from ffnn_lab.tasks.data.task import Task
from ffnn_lab.trainer import train

Reference = Callable[[Iterable[nn.Parameter], Any], torch.optim.Optimizer]
"""Function of parameters and an optimizer's config that returns the optimizer of torch whose steps
must be the same."""
N_STEPS = 20
TOLERANCE = 1e-10
"""Largest difference allowed between float64 numbers of order 1 that two implementations
compute."""
FIELDS = {"activation": "model.activation"}
"""Maps a kind of option to the field that chooses it, for kinds whose name is not that of the
field."""


def check(kind: str, name: str, *overrides: str, reference: Reference | None = None) -> None:
    """Check an option by itself and in trainings.

    Args:
        kind: ``activation``, ``initializer``, ``model``, ``optimizer``, ``schedule`` or ``task``.
        name: The option's name.
        *overrides: Further overrides of the trainings, as on the command line, such as
            ``task=waves``; without any they train for two epochs on the digits.
        reference: For an optimizer, makes the optimizer of torch that must take the same steps in
            float64, without decoupled weight decay, which is no part of an option's step.

    Raises:
        AssertionError: If a member's numbers depend on other members, or the reference takes other
            steps.
        ConfigError: If the option does not compute what its kind must.
    """
    words = (f"{FIELDS.get(kind, kind)}={name}", "trainer.max_epochs=2", "trainer.compile=false")
    config = compose_run([*words, "tracking=off", "device=cpu", *overrides])
    config = settle_sources(settle_model(settle_task(config)))
    check_option(kind, name, config)
    if reference is not None:
        assert_takes_steps_of(config.optimizer, reference)
    task = load_task(config.task, Path(config.paths.data))
    for dtype in ("float32", "float64"):
        assert_same_in_any_company(with_values(config, {"trainer.dtype": dtype}), task)


def assert_takes_steps_of(config: OptimizerConfig, reference: Reference) -> None:
    """Assert that an optimizer takes the same steps as a reference in torch, in float64.

    Both take `N_STEPS` steps, from the same random parameters with the same random gradients.

    Args:
        config: The optimizer, and its hyperparameters.
        reference: Makes the ``torch.optim.Optimizer`` to compare with, from a list of parameters
            and ``config``.

    Raises:
        AssertionError: If a parameter differs by `TOLERANCE` or more after a step.
    """
    option = OPTIMIZERS[config.name]
    shape = (4, 3) if option.scope == "layer" else (12,)
    rng = torch.Generator().manual_seed(0)
    start = torch.randn(shape, generator=rng, dtype=torch.float64)
    params, parameter = start[None].clone(), nn.Parameter(start.clone())
    state, theirs = option.start(params), reference([parameter], config)
    values = {
        key: torch.tensor([float(getattr(config, key))], dtype=torch.float64)
        for key in option.hyperparameters
    }
    for step in range(N_STEPS):
        grads = torch.randn(shape, generator=rng, dtype=torch.float64)
        option.step_(params, grads[None].clone(), state, **values)
        parameter.grad = grads
        theirs.step()
        difference = float((params[0] - parameter.detach()).abs().max())
        assert difference < TOLERANCE, (
            f"{config.name} differs by {difference} after {step + 1} steps"
        )


def assert_same_in_any_company(config: RunConfig, task: Task) -> None:
    """Assert that a run's numbers do not depend on the runs that are trained with it.

    Args:
        config: The run. It is trained together with runs of other seeds, learning rates and
            dropout rates, and with a run of SGD.
        task: The task of the run.

    Raises:
        AssertionError: If a number depends on the other runs, or a run does not complete.
    """
    network = network_of(config, task)
    rates = {f"dropout.{site.rate}": 0.5 for site in network.sites}
    sgd = SGDConfig(name="sgd", lr=0.01)
    runs = [
        config,
        with_values(config, {"seed": 1, "optimizer.lr": config.optimizer.lr / 2, **rates}),
        with_values(config, {"seed": 2, **rates}),
        replace(config, seed=3, optimizer=sgd, sources={}),
    ]
    company = train_with_weights(runs, task)
    results = [outcome.result for outcome in company]
    lost = [f"seed {e.config.seed} {e.status}" for e in results if e.status != "completed"]
    assert not lost, (
        f"the check needs runs that complete, but got {', '.join(lost)}; train with other values, "
        f'for example with the override "optimizer.lr={config.optimizer.lr / 10:g}"'
    )
    for part in ([0], [1], [2, 3], [3, 1, 0]):
        some = [runs[place] for place in part]
        assert_same_to_the_bit(train_with_weights(some, task), [company[place] for place in part])
    exploding = replace(config, seed=4, optimizer=replace(sgd, lr=1e30), sources={})
    beside = train_with_weights([runs[0], exploding, runs[1]], task)
    assert_same_to_the_bit([beside[0], beside[2]], company[:2])


@dataclass(frozen=True)
class Outcome:
    """A finished run with its final network."""

    result: RunResult
    network: nn.Module

    @property
    def weights(self) -> list[Tensor]:
        """Return the weight of each layer, followed by its bias if it has one, without padding."""
        return [parameter.detach() for parameter in self.network.parameters()]


def train_with_weights(configs: Sequence[RunConfig], task: Task) -> list[Outcome]:
    """Train runs together, and return their results with the networks that they saved."""
    saving = [with_values(config, {"trainer.save_weights": True}) for config in configs]
    with tempfile.TemporaryDirectory() as folder:
        results = train(saving, task, weights_folder=Path(folder))
        return [
            Outcome(result, open_network(Path(folder) / f"{result.run_id}.pt"))
            for result in results
        ]


def outcomes_by_id(outcomes: Sequence[Outcome]) -> dict[str, Outcome]:
    """Return outcomes by the id of their run."""
    return {outcome.result.run_id: outcome for outcome in outcomes}


def differences(one: Outcome, other: Outcome) -> list[str]:
    """List the fields in which two outcomes of one run differ, to the last bit; not ``seconds``.

    Zeros of either sign count as equal, and NaN as equal to NaN.
    """
    found = [
        field
        for field in (
            *("run_id", "status", "n_epochs", "n_steps", "diverged_step", "curve", "layers"),
        )
        if getattr(one.result, field) != getattr(other.result, field)
    ]
    own, their = one.network.state_dict(), other.network.state_dict()
    assert own.keys() == their.keys()
    found += [
        name
        for name in own
        if not np.array_equal(own[name].numpy(), their[name].numpy(), equal_nan=True)
    ]
    return found


def assert_same_to_the_bit(some: Sequence[Outcome], others: Sequence[Outcome]) -> None:
    """Assert that two trainings of the same runs gave the same numbers.

    Args:
        some: The outcomes of the first training.
        others: The outcomes of the second training, in any order.

    Raises:
        AssertionError: If the runs or their numbers differ.
    """
    other_by_id = outcomes_by_id(others)
    assert len(some) == len(other_by_id)
    found = {
        (place, outcome.result.run_id): differences(outcome, other_by_id[outcome.result.run_id])
        for place, outcome in enumerate(some)
    }
    assert {key: fields for key, fields in found.items() if fields} == {}
