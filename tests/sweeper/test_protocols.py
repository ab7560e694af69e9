"""Protocols propose settings: the points they visit, their budgets, and interrupted proposals."""

import dataclasses
import itertools
import math
from collections.abc import Callable, Mapping
from pathlib import Path

import optuna
import pandas as pd
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from ffnn_lab import scores as module
from ffnn_lab.config import ConfigError
from ffnn_lab.definition import Arm, Definition
from ffnn_lab.definition.stored import from_json, to_json
from ffnn_lab.protocols import PROTOCOLS, Standing, Values
from ffnn_lab.protocols.space import Choice, Interval, Space, log_grid
from ffnn_lab.sweeper.grammar import read_entry
from ffnn_lab.sweeper.studies.sampling import sampler_of
from ffnn_lab.sweeper.studies.storage import Storage
from ffnn_lab.sweeper.studies.study import Study
from tests.definition.test_definition import make_definition
from tests.support.builders import make_run
from tests.support.definitions import changed

LR, GAIN, HIDDEN, EPOCHS = (
    "optimizer.lr",
    "initializer.gain",
    "dropout.hidden",
    "trainer.max_epochs",
)
CHANCE = 0.9
CONTINUOUS: Space = {
    LR: Interval(1e-3, 1.0, log=True),
    HIDDEN: Interval(0.0, 0.5, log=False),
    EPOCHS: Interval(1, 4, log=False, is_int=True),
}


def make(protocol: str, space: Space, **changes: object) -> Definition:
    arm = Arm.of("sgd", make_run(), (), space)
    return make_definition(arms=(arm,), protocol=protocol, **changes)


def play(
    definition: Definition,
    folder: Path,
    score: Callable[[Values], float],
    *,
    restart: bool = False,
) -> list[Values]:
    """Ask and tell to the end, with a function in place of training, and list the proposals.

    With ``restart``, the process is killed in every round after a score was recorded and before
    the study was told it; the next process tells it first, as the agenda does.
    """
    proposed: dict[int, Values] = {}
    scores: dict[int, float] = {}
    study = open_study(folder, definition)
    while True:
        if restart:
            study = open_study(folder, definition)
        trials = study.optuna.get_trials()
        unfinished = {trial.number for trial in trials if not trial.state.is_finished()}
        for number in unfinished & set(scores):
            study.optuna.tell(number, scores[number])
        settings = study.settings(0, may_complete=True)
        pending = {number: settings[number] for number in unfinished - set(scores)}
        while len(pending) < definition.protocol.n_parallel:
            standing = standing_of(scores) if scores and not pending else None
            known = study.settings(0, may_complete=True)
            values = study.ask(known, standing)
            if values is None:
                break
            pending[len(known)] = values
        if not pending:
            return [proposed[number] for number in sorted(proposed)]
        proposed |= pending
        for number, values in pending.items():
            scores[number] = score(values)
            if not (restart and number == max(pending)):
                study.optuna.tell(number, scores[number])


def standing_of(scores: Mapping[int, float]) -> Standing:
    """Return the standing of settings; an infinite score means that all runs diverged."""
    is_diverged = [math.isinf(score) for score in scores.values()]
    return module.standing_of(
        pd.DataFrame(
            {
                "arm": "sgd",
                "setting": list(scores),
                "score": [CHANCE if math.isinf(score) else score for score in scores.values()],
                "tie_break": list(scores.values()),
                "n_seeds": 1,
                "n_diverged": [int(each) for each in is_diverged],
                "n_pruned": 0,
                "n_failed": 0,
            }
        )
    )


def open_study(folder: Path, definition: Definition) -> Study:
    (arm,) = definition.arms
    return Study(Storage(folder, None), dataclasses.replace(definition, name="x"), arm)


def bowl(values: Values) -> float:
    """Return a score (lower is better) that is best at lr = 0.1."""
    return abs(math.log(values[LR] / 0.1)) + 0.1 * float(values.get(HIDDEN, 0))


def away_at(optimum: float) -> Callable[[Values], float]:
    return lambda values: abs(math.log(values[LR] / optimum))


def test_a_log_grid_is_centered_and_round() -> None:
    grid = log_grid(LR, {"center": 0.1, "ratio": 2, "n_points": 5})
    assert grid == Choice((0.025, 0.05, 0.1, 0.2, 0.4), grows=True)


def test_a_grid_grows_until_its_best_is_interior(tmp_path: Path) -> None:
    """The optimum, 3.2, lies three steps above the grid's end, 0.4: one point more shows it."""
    space = {LR: log_grid(LR, {"center": 0.1, "ratio": 2, "n_points": 5})}
    definition = make("grid_until_interior", space, max_points=15)
    visited = [values[LR] for values in play(definition, tmp_path, away_at(3.2))]
    assert visited == [0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4]


def test_a_grid_grows_downward_too(tmp_path: Path) -> None:
    space = {LR: log_grid(LR, {"center": 0.1, "ratio": 2, "n_points": 5})}
    definition = make("grid_until_interior", space, max_points=15)
    visited = [values[LR] for values in play(definition, tmp_path, away_at(0.00625))]
    assert visited[5:] == [0.0125, 0.00625, 0.003125]


def test_a_grid_whose_best_is_interior_does_not_grow(tmp_path: Path) -> None:
    space = {LR: log_grid(LR, {"center": 0.1, "ratio": 2, "n_points": 5})}
    definition = make("grid_until_interior", space, max_points=15)
    assert len(play(definition, tmp_path, away_at(0.2))) == 5


def test_growth_ends_at_the_stated_limit(tmp_path: Path) -> None:
    space = {LR: log_grid(LR, {"center": 0.1, "ratio": 2, "n_points": 5})}
    definition = make("grid_until_interior", space, max_points=7)
    assert len(play(definition, tmp_path, away_at(1e6))) == 7


def diverging_from(limit: float, optimum: float) -> Callable[[Values], float]:
    """Return a score that is best at ``optimum``; from ``limit`` on, runs diverge."""
    away = away_at(optimum)
    return lambda values: math.inf if values[LR] >= limit else away(values)


@pytest.mark.parametrize(
    ("points", "score", "more"),
    [
        # The best point's neighbor diverges about one step beyond it: nothing is left to try.
        ((0.1, 1.0, 10.0), diverging_from(5, 1), []),
        ((1.0, 3.0, 10.0), diverging_from(5, 4), []),
        # The neighbor that diverges lies far beyond: the grid grows between the two, until its
        # best point is in the interior or a new point diverges.
        ((0.001, 0.002, 1e30), diverging_from(1, 0.016), [0.004, 0.008, 0.016, 0.032]),
        ((0.001, 0.002, 1e30), diverging_from(0.02, 1), [0.004, 0.008, 0.016, 0.032]),
        # The grid's steps are so wide that a study could not store the next value.
        ((1e-5, 1e8), away_at(1e30), []),
        # The same at the low end, where values that are too small diverge.
        ((1e-30, 0.5, 1.0), lambda v: math.inf if v[LR] < 0.1 else v[LR], [0.25, 0.125, 0.0625]),
        # All points diverge: smaller ones may not, and the grid grows on from the first such one.
        ((1e3, 1e4), diverging_from(50, 1), [100.0, 10.0, 1.0, 0.1]),
        ((1e28, 1e29), diverging_from(1, 1), [1e27, 1e26, 1e25, 1e24, 1e23]),
        # All scores are equal: the values are too small to have an effect.
        ((1e-5, 1e-4), lambda v: abs(round(v[LR]) - 1), [1e-3, 1e-2, 1e-1, 1.0, 10.0]),
        ((1e-5, 1e-4, 1e30), lambda v: math.inf if v[LR] > 1e-3 else 0.5, [1e-3, 1e-2]),
    ],
)
def test_a_grid_grows_among_points_that_completed(
    tmp_path: Path, points: tuple[float, ...], score: Callable[[Values], float], more: list[float]
) -> None:
    definition = make("grid_until_interior", {LR: Choice(points, grows=True)}, max_points=7)
    visited = [values[LR] for values in play(definition, tmp_path, score)]
    assert visited == [*points, *more]


def test_growth_ends_at_a_natural_bound(tmp_path: Path) -> None:
    """dropout.hidden must stay below 1, so at ratio 2 there is no point to add beyond 0.8."""
    space: Space = {HIDDEN: Choice((0.2, 0.4, 0.8), grows=True)}
    definition = make("grid_until_interior", space, max_points=15)
    visited = play(definition, tmp_path, lambda values: -float(values[HIDDEN]))
    assert [values[HIDDEN] for values in visited] == [0.2, 0.4, 0.8]


def test_every_point_of_a_growing_axis_meets_the_same_others(tmp_path: Path) -> None:
    space: Space = {
        GAIN: Choice((0.5, 1.0)),
        LR: Choice((0.1, 0.2), grows=True),
        HIDDEN: Interval(0.0, 0.5, log=False),
    }
    definition = make("grid_until_interior", space, n_settings=12, max_points=4, n_parallel=5)
    visited = play(definition, tmp_path, away_at(0.4))
    others: dict[float, set[tuple[float, float]]] = {}
    for values in visited:
        others.setdefault(values[LR], set()).add((values[GAIN], values[HIDDEN]))
    assert sorted(others) == [0.1, 0.2, 0.4, 0.8]
    assert len({frozenset(met) for met in others.values()}) == 1
    assert len(others[0.1]) == 6
    assert len(visited) == 4 * 6


def test_a_grid_is_the_product_with_the_last_axis_fastest(tmp_path: Path) -> None:
    space: Space = {GAIN: Choice((1.0, 2.0)), "model.widths": Choice(([8], [4, 4], []))}
    visited = play(make("grid", space), tmp_path, lambda _: 0.0)
    expected = itertools.product((1.0, 2.0), ([8], [4, 4], []))
    assert [tuple(values.values()) for values in visited] == list(expected)


@pytest.mark.parametrize("protocol", ["random", "qmc", "tpe", "cmaes"])
def test_sampled_settings_fill_the_budget_and_stay_inside(protocol: str, tmp_path: Path) -> None:
    definition = make(protocol, CONTINUOUS, n_settings=16)
    visited = play(definition, tmp_path, bowl)
    assert len(visited) == 16
    assert all(1e-3 <= values[LR] <= 1 for values in visited)
    assert all(0 <= values[HIDDEN] <= 0.5 for values in visited)
    assert {values[EPOCHS] for values in visited} <= {1, 2, 3, 4}
    assert all(isinstance(values[EPOCHS], int) for values in visited)
    assert len({values[LR] for values in visited}) == 16


@pytest.mark.parametrize("protocol", ["random", "qmc", "tpe", "cmaes"])
def test_an_interrupted_study_proposes_the_same(protocol: str, tmp_path: Path) -> None:
    definition = make(protocol, CONTINUOUS, n_settings=14)
    calm = play(definition, tmp_path / "calm", bowl)
    assert play(definition, tmp_path / "rough", bowl, restart=True) == calm


def test_an_interrupted_growth_visits_the_same_points(tmp_path: Path) -> None:
    space: Space = {LR: Choice((0.1, 0.2), grows=True), GAIN: Choice((1.0, 2.0, 4.0))}
    definition = make("grid_until_interior", space, max_points=6, n_parallel=2)
    calm = play(definition, tmp_path / "calm", away_at(0.8))
    assert play(definition, tmp_path / "rough", away_at(0.8), restart=True) == calm
    assert len(calm) == 5 * 3


@pytest.mark.parametrize("protocol", ["random", "qmc", "tpe", "cmaes"])
def test_the_seed_moves_the_proposals(protocol: str, tmp_path: Path) -> None:
    one = play(make(protocol, CONTINUOUS, n_settings=4), tmp_path / "one", bowl)
    other = play(make(protocol, CONTINUOUS, n_settings=4, seed=1), tmp_path / "other", bowl)
    assert one != other


def test_a_larger_budget_begins_with_the_smaller_one(tmp_path: Path) -> None:
    for protocol in ("random", "qmc"):
        few = play(make(protocol, CONTINUOUS, n_settings=5), tmp_path / f"{protocol}-5", bowl)
        more = play(make(protocol, CONTINUOUS, n_settings=9), tmp_path / f"{protocol}-9", bowl)
        assert more[:5] == few


def test_quasi_random_points_cover_every_cell(tmp_path: Path) -> None:
    """Of 16 scrambled Sobol points in two dimensions, each cell of a 4 x 4 grid holds one."""
    space: Space = {HIDDEN: Interval(0.0, 0.5, log=False), LR: Interval(1e-4, 1.0, log=True)}
    visited = play(make("qmc", space, n_settings=16), tmp_path, bowl)
    cells = {
        (int(values[HIDDEN] / 0.125), int((math.log10(values[LR]) + 4) / 1)) for values in visited
    }
    assert len(cells) == 16


def test_whole_numbers_are_drawn_evenly(tmp_path: Path) -> None:
    """Of 64 Sobol points on {1, 2, 3, 4}, each number gets exactly a quarter."""
    space: Space = {EPOCHS: Interval(1, 4, log=False, is_int=True)}
    definition = make("qmc", space, n_settings=64, n_parallel=64)
    visited = play(definition, tmp_path, lambda _: 0.0)
    counts = [sum(values[EPOCHS] == n for values in visited) for n in (1, 2, 3, 4)]
    assert counts == [16, 16, 16, 16]


def test_the_study_can_be_read_by_optuna_alone(tmp_path: Path) -> None:
    definition = make("random", CONTINUOUS, n_settings=4)
    play(definition, tmp_path, bowl)
    journal = JournalStorage(JournalFileBackend(str(tmp_path / "study.journal")))
    study = optuna.load_study(study_name="x/sgd", storage=journal)
    assert len(study.trials) == 4
    assert study.best_trial.value == min(bowl(trial.params) for trial in study.trials)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"center": 0.1, "ratio": 2}, "a log grid is written"),
        ({"center": -1, "ratio": 2, "n_points": 5}, "center > 0"),
        ({"center": 0.1, "ratio": 1, "n_points": 5}, "ratio > 1"),
        ({"center": 0.1, "ratio": 2, "n_points": 1}, "n_points an integer > 1"),
        ("tag(grow, choice(0.2, 0.1))", "ascending order"),
        ("tag(grow, choice(0, 0.1))", "positive numbers"),
        ("tag(grow, choice(a, b))", "positive numbers"),
    ],
)
def test_a_growing_grid_written_wrongly_is_refused(written: object, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        read_entry(LR, written)
    assert str(caught.value).startswith(LR)


def test_both_ways_to_write_a_growing_grid_agree() -> None:
    tagged = read_entry(LR, "tag(grow, choice(0.05, 0.1, 0.2))")
    grid = read_entry(LR, {"center": 0.1, "ratio": 2, "n_points": 3})
    assert (tagged.key, tagged.value, tagged.axis) == (grid.key, grid.value, grid.axis)


def test_an_arm_survives_its_json() -> None:
    space: Space = {LR: Choice((0.1, 0.2), grows=True)}
    definition = make("grid_until_interior", space)
    assert from_json(to_json(definition)) == definition
    assert changed(definition, max_points=9) != definition


def test_a_round_cut_short_while_it_asks_proposes_the_same(tmp_path: Path) -> None:
    """The process is killed in a round of four asks: after the first, within the second.

    The second ask has proposed a value for one axis only.
    """
    definition = make("tpe", CONTINUOUS, n_settings=24, n_parallel=4)
    calm = play(definition, tmp_path / "calm", bowl)
    (arm,) = definition.arms
    study = open_study(tmp_path / "rough", definition)
    for _ in range(4):  # four whole rounds: TPE has begun to learn
        asked = []
        for _ in range(4):
            known = study.settings(0, may_complete=True)
            asked.append((len(known), study.ask(known, None)))
        for number, values in asked:
            study.optuna.tell(number, bowl(values or {}))
    assert study.ask(study.settings(0, may_complete=True), None) is not None
    study.optuna.sampler = sampler_of(PROTOCOLS["tpe"], definition.search_of(arm), 17)
    study.optuna.ask().suggest_float(LR, 1e-3, 1.0, log=True)
    assert play(definition, tmp_path / "rough", bowl) == calm[16:]


def test_a_setting_cut_off_while_it_was_asked_for_is_what_the_records_say(tmp_path: Path) -> None:
    """A trial has no values in the study, but one of its runs is recorded.

    The setting must get the values of that run.
    """
    definition = make("tpe", CONTINUOUS, n_settings=24)
    study = open_study(tmp_path, definition)
    study.optuna.ask().suggest_float(LR, 1e-3, 1.0, log=True)
    study.optuna.ask()
    assert study.settings(0, may_complete=False) == []
    recorded: Values = {LR: 0.5, HIDDEN: 0.25, EPOCHS: 3}
    study = open_study(tmp_path, definition)
    study.restore({1: recorded})
    assert study.optuna.get_trials()[1].params == recorded
    assert study.settings(1, may_complete=False) == [recorded]
