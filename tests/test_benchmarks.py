"""The benchmarks run and end in their tables; what they measure is not judged here."""

import os
import re
import sys

import pytest
import torch

from benchmarks import overhead, population_speed, thousand_runs
from benchmarks.machine import one_core


def test_population_speed_prints_times_and_ratios(capsys: pytest.CaptureFixture[str]) -> None:
    population_speed.main(
        ["--members", "4", "--epochs", "1", "--repeats", "1", "--plain-members", "1"]
    )
    out = capsys.readouterr().out
    number = r"\d+\.\d+"
    for way in (population_speed.PLAIN, population_speed.FUSED):
        assert re.search(rf"{way} +{number} +{number} +{number} +{number} to {number}", out)
    assert re.search(rf"{population_speed.POPULATION} +{number} +{number} +1\.00", out)
    assert "the plain loop trained 1 of them" in out
    assert f"torch {torch.__version__}" in out
    assert "commit " in out


@pytest.mark.slow
def test_overhead_says_where_it_goes(capsys: pytest.CaptureFixture[str]) -> None:
    overhead.main(["--runs", "2"])
    out = capsys.readouterr().out
    found = {
        name: (float(off), float(offline))
        for name, off, offline in re.findall(r"^ +(\w[\w, ]*?) +([\d.]+) +([\d.]+) *$", out, re.M)
    }
    parts = {"weights", "ask, tell", "records", "scores", "tracking", "display", "rest"}
    assert set(found) == {"overhead", "training", *parts}
    for column in (0, 1):
        total = sum(found[part][column] for part in parts)
        assert found["overhead"][column] == pytest.approx(total, abs=0.05)
    assert found["tracking"][0] == 0 < found["tracking"][1]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process cannot choose its core")
def test_one_core_leaves_the_process_as_it_was() -> None:
    before = (torch.get_num_threads(), os.sched_getaffinity(0))
    with one_core():
        assert torch.get_num_threads() == len(os.sched_getaffinity(0)) == 1
    assert (torch.get_num_threads(), os.sched_getaffinity(0)) == before


@pytest.mark.parametrize("benchmark", [population_speed, overhead])
def test_counts_below_one_are_refused(
    benchmark: object, capsys: pytest.CaptureFixture[str]
) -> None:
    flag = "--runs" if benchmark is overhead else "--members"
    with pytest.raises(SystemExit):
        benchmark.main([flag, "0"])  # type: ignore[attr-defined]
    assert f"argument {flag}: expected a count of at least 1, got 0" in capsys.readouterr().err


@pytest.mark.slow  # several processes, each with its imports
def test_a_thousand_runs_in_small(capsys: pytest.CaptureFixture[str]) -> None:
    thousand_runs.main(["--runs", "20"])
    out = capsys.readouterr().out
    assert "inf" not in out  # it said that nothing was left
    for row in (
        "ms a run beside training",
        "MB more",
        "s of the same command again",
        "s in all, tables",
    ):
        assert row in out
