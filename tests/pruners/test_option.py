"""Each pruner is a pruner of Optuna, made with the options of the sweep."""

import dataclasses
from typing import Any

import pytest
from optuna import pruners

from ffnn_lab.config import ConfigError
from ffnn_lab.config.fields import check
from ffnn_lab.config.sweep import PrunerConfig
from ffnn_lab.definition import Arm
from ffnn_lab.protocols.space import Choice
from ffnn_lab.pruners import PRUNERS, Pruner
from ffnn_lab.sweeper.studies.sampling import pruner_of
from tests.support.builders import make_run
from tests.support.options import put_option
from tests.support.sweeps import make_definition

CONFIG = PrunerConfig(name="none", n_startup_trials=7, min_epochs=2, reduction_factor=4)


def made_by(name: str, arm: Arm) -> pruners.BasePruner:
    """Return the pruner that Optuna uses for an arm if the sweep chooses the pruner ``name``."""
    chosen = dataclasses.replace(CONFIG, name=name)
    return pruner_of(dataclasses.replace(make_definition(), pruner=chosen), arm)


@pytest.mark.parametrize(
    ("name", "kind", "attributes"),
    [
        ("none", pruners.NopPruner, {}),
        ("median", pruners.MedianPruner, {"_n_startup_trials": 7, "_n_warmup_steps": 2}),
        (
            "successive_halving",
            pruners.SuccessiveHalvingPruner,
            {"_min_resource": 2, "_reduction_factor": 4},
        ),
        (
            "hyperband",
            pruners.HyperbandPruner,
            {"_min_resource": 2, "_max_resource": 9, "_reduction_factor": 4},
        ),
    ],
)
def test_a_pruner_is_made_with_the_options_of_the_sweep(
    name: str, kind: type, attributes: dict[str, Any]
) -> None:
    """The arm's longest setting trains for 9 epochs, which hyperband needs to know."""
    arm = Arm.of("a", make_run(), (), {"trainer.max_epochs": Choice((3, 9))})
    made = made_by(name, arm)
    assert type(made) is kind
    assert {key: getattr(made, key) for key in attributes} == attributes


def test_a_sweep_without_a_pruner_has_one_that_never_prunes() -> None:
    arm = Arm.of("a", make_run(), (), {})
    assert type(pruner_of(make_definition(), arm)) is pruners.NopPruner


def test_one_alone_stops_nothing_early() -> None:
    assert [name for name, each in PRUNERS.items() if not each.stops_early] == ["none"]


def test_the_config_takes_every_pruner(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pruner that is registered later is accepted, too."""
    with pytest.raises(ConfigError) as error:
        check(dataclasses.replace(CONFIG, name="threshold"), "hydra.sweeper.pruner.")
    assert str(error.value) == (
        "hydra.sweeper.pruner.name must be one of none, median, successive_halving, hyperband; "
        "got threshold"
    )
    threshold = Pruner(
        name="threshold",
        pruner="ThresholdPruner",
        arguments=lambda config, _: {"upper": 1.0, "n_warmup_steps": config.min_epochs},
    )
    put_option(monkeypatch, threshold)
    check(dataclasses.replace(CONFIG, name="threshold"), "hydra.sweeper.pruner.")
    assert type(made_by("threshold", Arm.of("a", make_run(), (), {}))) is pruners.ThresholdPruner
