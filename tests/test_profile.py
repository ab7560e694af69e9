"""The profile of a sweep, in small: its parts are all there, and add up."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.clock import Clock
from benchmarks.profile import IMPORTED, PARTS

NUMBER = r"\d+\.\d+"


def test_the_clock_gives_a_part_what_others_inside_it_do_not_take() -> None:
    clock = Clock()
    steps = clock.timed("steps", lambda: None)

    def two() -> object:
        yield steps()
        yield steps()

    assert len(list(clock.timed("walk", two)())) == 2
    with clock.part("whole", is_whole=True):
        steps()
    assert clock.calls == {"steps": 2, "walk": 3, "whole": 1}
    assert set(clock.seconds) == {"steps", "walk", "whole"}


@pytest.mark.slow
@pytest.mark.exhaustive
def test_the_profile_adds_up() -> None:
    """The profile runs in a process of its own, since it times the imports."""
    words = ["--settings", "1", "--seeds", "1", "--epochs", "1"]
    words += ["tracking=off", "trainer.compile=false"]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.profile", *words],
        cwd=Path(__file__).parents[1],
        env={k: v for k, v in os.environ.items() if not k.startswith("WANDB")},
        capture_output=True,
        text=True,
        check=True,
    )
    rows = re.findall(
        rf"^ (\w[\w,' ]*?) +({NUMBER}) +({NUMBER}) +{NUMBER} +(\d*) ", done.stdout, re.MULTILINE
    )
    found = {name: (float(seconds), float(cpu_seconds)) for name, seconds, cpu_seconds, _ in rows}
    assert set(found) == {IMPORTED, *PARTS, "all"}
    assert [name for name, _, _, n_calls in rows if n_calls == "0"] == [
        *("compiled gradients", "programs", "tracking")
    ]
    whole = found.pop("all")
    for column in (0, 1):
        total = sum(times[column] for times in found.values())
        assert total == pytest.approx(whole[column], rel=0.05)
