"""A sweep under several conditions trains, for each, the runs of a sweep under that one alone."""

from pathlib import Path

import pandas as pd
import pytest

from ffnn_lab.definition import Definition
from ffnn_lab.records import read_trials
from ffnn_lab.status import read_status
from ffnn_lab.sweeper.worker import StoppedError
from tests.definition.test_condition import CONDITIONS, conditioned
from tests.support.definitions import changed
from tests.support.sweeps import Stopper, make_definition, tables, work


def several() -> Definition:
    """Define two arms under two conditions, in two replicates, by random search."""
    spaces = {arm.name: arm.space for arm in make_definition("random").arms}
    whole = conditioned()
    arms = tuple(
        type(arm).of(arm.base, arm.config, arm.overrides, spaces[arm.base], arm.condition)
        for arm in whole.arms
    )
    few = {"n_settings": 2, "tune_seeds": (0,), "confirm_seeds": (1000, 1001)}
    return changed(whole, protocol="random", arms=arms, n_replicates=2, **few)


def test_each_condition_is_the_sweep_that_has_no_other(tmp_path: Path) -> None:
    """Proposals, seeds and splits must be the same, and so the runs and the winners."""
    definition = several()
    folder = work(tmp_path / "whole", definition)
    trials = read_trials(folder)
    assert len(trials) == definition.n_runs == 2 * 2 * 2 * (2 * 1 + 2 * 2)
    assert read_status(folder).state == "finished"
    for condition in CONDITIONS:
        alone = read_trials(work(tmp_path / str(condition), definition.under(condition)))
        bases = {arm.name: arm.base for arm in definition.arms if arm.condition == condition}
        own = trials[trials["arm"].isin(bases)]
        own = own.assign(arm=own["arm"].map(bases))
        order = list(own.columns)
        pd.testing.assert_frame_equal(
            own.sort_values(order, ignore_index=True), alone.sort_values(order, ignore_index=True)
        )


def test_what_was_stopped_goes_on_to_the_same_records(tmp_path: Path) -> None:
    definition = several()
    whole = work(tmp_path / "whole", definition)
    for after in (1, 2):
        with pytest.raises(StoppedError):
            work(tmp_path / "stopped", definition, Stopper(after))
    stopped = work(tmp_path / "stopped", definition)
    for found, expected in zip(tables(stopped), tables(whole), strict=True):
        pd.testing.assert_frame_equal(found, expected)
