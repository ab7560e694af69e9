"""The plan of a sweep, as JSON fields and as printed lines."""

import json
from dataclasses import asdict, replace

import pytest

from ffnn_lab.sweeper.estimate import Estimate
from ffnn_lab.sweeper.plan import Plan, duration, make_plan, plan_lines
from tests.support.sweeps import make_definition


def _plan(protocol: str = "grid", *, n_workers: int = 1) -> Plan:
    return make_plan(
        make_definition(protocol),
        "outputs/test",
        Estimate(0, 1, n_threads=1, seconds=7.0),
        n_workers=n_workers,
        tasks=["the digits"],
    )


def test_a_plan_is_told_in_lines() -> None:
    assert plan_lines(_plan()) == [
        "sweep test, grid; folder outputs/test",
        "the digits",
        "  sgd: 3 settings x 2 seeds; optimizer.lr in 0.01, 0.1, 1.0",
        "  adam: 3 settings x 2 seeds; optimizer.lr in 0.01, 0.1, 1.0",
        "tune by dev error (last epoch), then confirm each winner and each untuned default on "
        "3 fresh seeds",
        "one replicate: a verdict on tuned methods needs several (hydra.sweeper.replicates), "
        "since a single tuning is one random draw",
        "24 runs; 1 population of at most 8, 1 thread; about 7 s here",
    ]


def test_a_plan_can_be_written_as_json() -> None:
    written = json.loads(json.dumps(asdict(_plan("tpe"))))
    assert written["n_runs"] == 2 * (4 * 2 + 2 * 3)
    assert written["is_sampled"] is True
    (lr, _) = written["arms"][0]["space"].values()
    assert (lr["low"], lr["high"], lr["log"]) == (1e-3, 1.0, True)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "1 s"),
        (59.4, "59 s"),
        (90.0, "2 min"),
        (3600.0, "1 h 0 min"),
        (5000.0, "1 h 23 min"),
        (float("nan"), "an unknown time"),
    ],
)
def test_a_length_of_time_is_told_in_at_most_two_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_the_plan_says_how_many_workers_share_the_sweep() -> None:
    assert plan_lines(_plan(n_workers=3))[-1] == (
        "24 runs; 1 population of at most 8, 3 workers, 1 thread each; about 7 s here"
    )


def test_a_plan_tells_how_often_all_is_repeated() -> None:
    definition = make_definition("grid", n_replicates=4, n_splits=2)
    estimate = Estimate(0, 4, n_threads=1, seconds=7.0)
    plan = make_plan(definition, "outputs/test", estimate, n_workers=1, tasks=["the digits"])
    assert plan.n_runs == 4 * 24
    assert (
        "repeated in 4 replicates on 2 splits, each with its own seeds and proposals; arms are "
        "compared over replicates" in plan_lines(plan)
    )


def test_what_there_is_one_of_is_told_as_one() -> None:
    plan = replace(_plan(n_workers=1), n_tune_seeds=1, n_confirm_seeds=1, n_runs=1)
    told = "\n".join(plan_lines(plan))
    assert "sgd: 3 settings x 1 seed; " in told
    assert "untuned default on 1 fresh seed\n" in told
    assert told.endswith("\n1 run; 1 population of at most 8, 1 thread; about 7 s here")
