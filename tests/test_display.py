"""What the terminal shows before a sweep."""

import io

import pytest
from rich.console import Console

from ffnn_lab.display import WORTH_WORKERS_SECONDS, print_plan
from ffnn_lab.run import idle_cores
from ffnn_lab.sweeper.estimate import Estimate
from tests.support.sweeps import make_definition

LONG = 2 * WORTH_WORKERS_SECONDS


def _plan(protocol: str, *, seconds: float, n_idle: int) -> str:
    said = io.StringIO()
    print_plan(
        make_definition(protocol),
        "outputs/test",
        Estimate(0, 1, n_threads=1, seconds=seconds),
        Console(file=said),
        n_workers=1,
        n_idle=n_idle,
        tasks=[],
    )
    return said.getvalue()


@pytest.mark.parametrize(
    ("n_cores", "n_threads", "n_left", "n_idle"),
    [
        (16, 1, 100, 15),
        (16, 4, 100, 12),
        (16, 1, 3, 2),
        (2, 2, 9, 0),
        (1, 1, 9, 0),
        (2, 4, 9, 0),
        (2, 1, 0, 0),
    ],
)
def test_a_core_is_idle_that_another_worker_could_use(
    n_cores: int, n_threads: int, n_left: int, n_idle: int
) -> None:
    assert idle_cores(n_cores, n_threads, n_left) == n_idle


@pytest.mark.parametrize(
    ("protocol", "seconds", "n_idle", "tip"),
    [
        ("grid", LONG, 1, "a core has nothing to do: hydra/launcher=joblib starts a worker"),
        ("grid", LONG, 15, "15 cores have nothing to do: hydra/launcher=joblib starts a worker"),
        ("tpe", LONG, 1, "(tpe then proposes by their order)"),
        ("grid", LONG, 0, None),
        ("grid", WORTH_WORKERS_SECONDS / 2, 1, None),
        ("grid", float("nan"), 1, None),
    ],
)
def test_the_plan_tells_of_idle_cores_where_workers_would_pay(
    protocol: str, seconds: float, n_idle: int, tip: str | None
) -> None:
    plan = _plan(protocol, seconds=seconds, n_idle=n_idle)
    assert plan.startswith(f"sweep test, {protocol}; folder outputs/test\n")
    if tip is None:
        assert "nothing to do" not in plan
    else:
        assert tip in plan
    assert ("by their order" in plan) == (protocol == "tpe")
