"""A sweep with ``until=settled`` ends for good at the first declared look that settles it."""

from dataclasses import replace
from pathlib import Path

import pytest

from ffnn_lab.config import ConfigError, with_values
from ffnn_lab.definition import Arm, Definition, read_definition
from ffnn_lab.protocols.space import Choice
from ffnn_lab.records import read_runs, read_trials
from ffnn_lab.report.data.sweep import Sweep, load
from ffnn_lab.report.measures.settled import contrast_values, settled_contrasts
from ffnn_lab.status import read_status
from ffnn_lab.sweeper.agenda import looks_of
from ffnn_lab.sweeper.checks import check_until
from tests.support.sweeps import make_definition, work


def define(*, are_alike: bool, n_replicates: int = 12) -> Definition:
    """Define a comparison of Adam with an SGD that learns nothing, or, if alike, with Adam."""
    one = make_definition("grid", tune_seeds=(0,), confirm_seeds=(1000,))
    adam = replace(one.arms[1], space={"optimizer.lr": Choice((0.01,))})
    sgd = Arm.of(
        "sgd", with_values(one.arms[0].config, {"optimizer.lr": 1e-6}), ("optimizer=sgd",), {}
    )
    other = replace(adam, name="again") if are_alike else sgd
    return replace(
        one,
        arms=(adam, other),
        contrasts=(("adam", other.name),),
        n_replicates=n_replicates,
        until="settled",
    )


def test_a_clear_difference_ends_the_sweep_at_a_look(tmp_path: Path) -> None:
    definition = define(are_alike=False)
    assert looks_of(definition) == [3, 6, 12]
    folder = work(tmp_path, definition)
    stored = read_definition(folder)
    assert stored is not None
    assert stored.settled_after == 6
    assert stored.n_replicates == 12
    assert set(read_trials(folder)["replicate"]) == set(range(6))
    status = read_status(folder)
    assert status.state == "finished"
    assert status.n_runs == status.n_runs_asked
    sweep = load(folder)
    assert isinstance(sweep, Sweep)
    assert len(sweep.replicates) == 6
    values = contrast_values(sweep, 6)
    assert settled_contrasts(values, [3], 12) == [False]
    assert settled_contrasts(values, [3, 6], 12) == [True]
    runs = read_runs(folder)
    work(tmp_path, definition)  # once more: the sweep stays settled
    assert read_runs(folder).equals(runs)


def test_what_is_one_and_the_same_is_never_settled(tmp_path: Path) -> None:
    folder = work(tmp_path, define(are_alike=True, n_replicates=6))
    stored = read_definition(folder)
    assert stored is not None
    assert stored.settled_after is None
    assert set(read_trials(folder)["replicate"]) == set(range(6))


def test_more_seeds_open_the_question_again(tmp_path: Path) -> None:
    definition = define(are_alike=False)
    work(tmp_path, definition)
    wide = replace(definition, confirm_seeds=(1000, 1001))
    folder = work(tmp_path, wide)
    stored = read_definition(folder)
    assert stored is not None
    assert stored.settled_after == 6
    assert len(read_trials(folder).query("stage == 'confirm'")) == 6 * (2 + 1) * 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"n_replicates": 4}, "must be at least 5, got 4"),
        ({"n_splits": 2}, "leave hydra.sweeper.splits out"),
        ({"confirm_seeds": ()}, "hydra.sweeper.confirm.n_seeds must be at least 1"),
    ],
)
def test_a_sweep_that_cannot_be_looked_at_is_refused(
    changes: dict[str, object], said: str
) -> None:
    definition = define(are_alike=False)
    with pytest.raises(ConfigError, match=said):
        check_until(replace(definition, **changes))  # type: ignore[arg-type]
