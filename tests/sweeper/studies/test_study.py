"""A setting whose proposal was cut off gets the values that it would have got otherwise."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest

from ffnn_lab.definition import Arm, Definition
from ffnn_lab.protocols import Values
from ffnn_lab.protocols.space import Choice, Interval, Space
from ffnn_lab.sweeper.studies.storage import Storage
from ffnn_lab.sweeper.studies.study import Study
from tests.definition.test_definition import make_definition
from tests.support.builders import make_run

LR, GAIN, HIDDEN, SIZE = "optimizer.lr", "initializer.gain", "dropout.hidden", "trainer.batch_size"
SPACE: Space = {
    LR: Interval(1e-3, 1.0, log=True),
    SIZE: Choice((8, 16, 32)),
    HIDDEN: Interval(0.0, 0.5, log=False),
    GAIN: Interval(0.5, 2.0, log=True),
}
N_SETTINGS = 16
"""TPE draws ten settings at random before it learns."""


class KilledError(Exception):
    """Stands for the kill of a process."""


def definition_of(protocol: str) -> Definition:
    arm = Arm.of("sgd", make_run(), (), SPACE)
    return make_definition(arms=(arm,), protocol=protocol, n_settings=N_SETTINGS)


def study_in(folder: Path, definition: Definition) -> Study:
    (arm,) = definition.arms
    return Study(Storage(folder, None), definition, arm)


def proposed(
    folder: Path,
    protocol: str,
    monkeypatch: pytest.MonkeyPatch,
    *,
    n_values: int | None = None,
) -> list[Values]:
    """Propose and score settings, and list them.

    Args:
        folder: The folder of the study.
        protocol: The protocol that proposes the settings.
        monkeypatch: Patches Optuna to stand for the kill of a process.
        n_values: Number of values of each setting after which the process is killed; None for
            no kill.
    """
    definition = definition_of(protocol)
    found: list[Values] = []
    for number in range(N_SETTINGS):
        study = study_in(folder, definition)
        if n_values is None:
            values = study.ask(found, None)
            assert values is not None
        else:
            with monkeypatch.context() as patch:
                patch.setattr(optuna.trial.Trial, "_suggest", suggest_so_many(n_values))
                with pytest.raises(KilledError):
                    study.ask(found, None)
            study = study_in(folder, definition)
            (values,) = study.settings(number, may_complete=True)
        found.append(values)
        study.tell(
            number,
            float(values[LR]) + float(values[GAIN]),
            spread=0.0,
            seeds={0: 0.0},
            n_diverged=0,
            has_failed=False,
        )
    return found


def suggest_so_many(n_values: int) -> Callable[..., Any]:
    """Return Optuna's method for suggesting, changed to raise `KilledError` after ``n_values``."""
    suggest = optuna.trial.Trial._suggest
    n_suggested = 0

    def limited(*arguments: Any) -> Any:  # noqa: ANN401 - whatever Optuna passes
        nonlocal n_suggested
        if n_suggested == n_values:
            raise KilledError
        n_suggested += 1
        return suggest(*arguments)

    return limited


@pytest.mark.parametrize("n_values", range(len(SPACE)))
@pytest.mark.parametrize("protocol", ["tpe", "cmaes"])
def test_a_setting_cut_off_after_some_of_its_values_gets_those_that_were_to_come(
    protocol: str, n_values: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = proposed(tmp_path / "whole", protocol, monkeypatch)
    assert proposed(tmp_path / "cut", protocol, monkeypatch, n_values=n_values) == whole
