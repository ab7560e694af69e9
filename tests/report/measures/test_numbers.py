"""The numbers of a report must suit the kind of its records, and be computed once."""

from pathlib import Path

import pandas as pd
import pytest

from ffnn_lab.report.data.sweep import Sweep, load
from ffnn_lab.report.kinds import Kind
from ffnn_lab.report.measures.numbers import Numbers
from tests.support.report.builders import write_run

OLD = Path(__file__).parents[2] / "records_of" / "9b2446f"


def test_numbers_are_computed_once(small: Sweep) -> None:
    numbers = Numbers(small)
    assert numbers.arms is numbers.arms
    calls: list[int] = []

    def compute() -> pd.DataFrame:
        calls.append(1)
        return pd.DataFrame()

    assert numbers.once("it", compute) is numbers.once("it", compute)
    assert calls == [1]


def test_the_kind_of_a_report_follows_from_the_records(small: Sweep, tmp_path: Path) -> None:
    assert Numbers(small).kind == Kind.SWEEP
    assert Numbers(load(OLD / "separable-30b585")).kind == Kind.SEPARABLE
    assert Numbers(load(write_run(tmp_path / "run"))).kind == Kind.RUN


def test_commands_make_the_records_and_their_report(small: Sweep, tmp_path: Path) -> None:
    assert Numbers(small).commands == [small.command, "python -m analysis small"]
    run = Numbers(load(write_run(tmp_path / "run")))
    assert run.commands == ["python -m analysis run"]
    with pytest.raises(TypeError, match="run is not a sweep"):
        _ = run.sweep


def test_runs_behind_an_arm_are_those_reported_and_those_tried(small: Sweep) -> None:
    """Each winner has three fresh seeds; three settings with two tuning seeds were tried."""
    numbers = Numbers(small)
    assert {arm: len(ids) for arm, ids in numbers.reported.items()} == {"sgd": 3, "adam": 3}
    assert {arm: len(ids) for arm, ids in numbers.tried.items()} == {"sgd": 6, "adam": 6}
    assert numbers.has_results
