"""Killed sweeps end as undisturbed ones, and the kill test notices all that it has to notice."""

import subprocess
import sys
import time
import uuid
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ffnn_lab.config import run_id
from ffnn_lab.records import CurvePoint, RecordWriter, RunResult
from tests.support import kill
from tests.support.builders import make_run
from tests.support.exhaustive import rest
from tests.support.kill import (
    CUT,
    DELETED,
    NO_DAMAGE,
    KillTest,
    Watch,
    damage,
    differences,
    processes,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "protocol", "n_kills", "n_epochs", "n_seeds"),
    [
        ("mlp", "grid", 2, 10, 2),
        rest("mlp", "grid", 5, 30, 4),
        rest("mlp", "tpe", 3, 30, 4),
        rest("cnn", "grid", 3, 6, 2),
        rest("char_lstm", "grid", 3, 15, 2),
    ],
)
def test_a_killed_sweep_ends_as_an_undisturbed_one(
    model: str, protocol: str, n_kills: int, n_epochs: int, n_seeds: int, tmp_path: Path
) -> None:
    said: list[str] = []
    rng = np.random.default_rng(0)
    test = KillTest(
        protocol,
        2,
        tmp_path,
        rng,
        n_epochs=n_epochs,
        n_seeds=n_seeds,
        model=model,
        say=said.append,
    )
    outcome = test.run(n_kills)
    assert not outcome.differences, "\n".join(said)
    assert len(outcome.kills) == n_kills
    assert outcome.n_compared["runs"] > 0
    assert outcome.n_compared["curves"] > outcome.n_compared["runs"]


TWO_WORKERS = """
import time, joblib
joblib.Parallel(n_jobs=2)(joblib.delayed(time.sleep)(60) for _ in range(2))
"""


def test_workers_are_told_from_helpers(tmp_path: Path) -> None:
    """A parent and two workers do the work; two processes that track resources are helpers."""
    mark = uuid.uuid4().hex
    environment = {kill.MARK: mark, "JOBLIB_TEMP_FOLDER": str(tmp_path)}
    parent = subprocess.Popen([sys.executable, "-c", TWO_WORKERS], env=environment)
    expected, found = [False, False, True, True, True], list[bool]()
    try:
        until = time.monotonic() + 30
        while found != expected and time.monotonic() < until:
            time.sleep(0.05)
            found = sorted(each.is_worker for each in processes(mark))
        assert found == expected
    finally:
        while left := processes(mark):  # the trackers tidy up and go by themselves
            for process in left:
                if process.is_worker:
                    kill.kill(process.pid)
            time.sleep(0.05)
        parent.wait()


def test_differences_are_of_bits() -> None:
    there = pd.DataFrame({"run_id": ["a", "b"], "x": [0.1, np.nan], "seconds": [1.0, 2.0]})
    assert differences(there, there.assign(seconds=3.0).iloc[::-1], ["run_id"]) == []
    here = there.assign(x=[np.nextafter(0.1, 1), np.nan])
    (told,) = differences(there, here, ["run_id"])
    assert "x of a is" in told
    (told,) = differences(there.assign(x=[0.0, 1.0]), there.assign(x=[-0.0, 1.0]), ["run_id"])
    assert "x of a is" in told


def test_rows_that_lack_or_are_beyond_are_differences() -> None:
    there = pd.DataFrame({"run_id": ["a", "b"], "x": [1, 2]})
    here = pd.DataFrame({"run_id": ["b", "c"], "x": [2, 3]})
    assert differences(there, here, ["run_id"]) == ["lacks a", "has c beyond"]


def _result() -> RunResult:
    config = make_run()
    return RunResult(
        config=config,
        run_id=run_id(config),
        status="completed",
        n_epochs=0,
        n_steps=0,
        diverged_step=None,
        seconds=0.5,
        chance_error=0.9,
        curve=[CurvePoint(0, 0, split, 1.0, 0.5, 0.1) for split in ("train", "dev", "test")],
    )


def test_a_second_training_is_seen_through_compaction(tmp_path: Path) -> None:
    result, watch, writer = _result(), Watch(tmp_path), RecordWriter(tmp_path)
    writer.write([result])
    watch.look()
    writer.write([replace(result, seconds=result.seconds + 1)])
    watch.look()
    assert watch.twice() == [result.run_id]


def test_a_compaction_is_no_second_training(tmp_path: Path) -> None:
    result, watch, writer = _result(), Watch(tmp_path), RecordWriter(tmp_path)
    other = replace(result, run_id="another")
    for each in (result, other):
        writer.write([each])
        watch.look()
    writer.compact()
    watch.look()
    assert len(watch.trainings) == 2
    assert watch.twice() == []


def test_a_journal_is_cut_in_the_middle_of_a_line(tmp_path: Path) -> None:
    journal, rng = tmp_path / "study.journal", np.random.default_rng(0)
    lines = [f'{{"line": {n}}}\n' for n in range(5)]
    for _ in range(20):
        journal.write_text("".join(lines))
        said = damage(journal, CUT, rng)
        kept = journal.read_text()
        assert "".join(lines).startswith(kept)
        assert not kept.endswith(("\n", "}"))
        assert said == f"{CUT} in line {kept.count(chr(10)) + 1} of 5"


def test_a_journal_is_deleted_or_left(tmp_path: Path) -> None:
    journal, rng = tmp_path / "study.journal", np.random.default_rng(0)
    assert damage(journal, DELETED, rng) == f"{NO_DAMAGE} (no journal yet)"
    journal.write_text("{}\n")
    assert damage(journal, NO_DAMAGE, rng) == NO_DAMAGE
    assert journal.exists()
    assert damage(journal, DELETED, rng) == DELETED
    assert not journal.exists()
