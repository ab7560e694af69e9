"""The benchmark of a whole sweep, in small: it runs, and prints its tables."""

import re
import sys
from pathlib import Path

import pytest

from benchmarks import end_to_end
from benchmarks.end_to_end import scaled
from benchmarks.watched import Watched, watch
from benchmarks.whole_sweep import ARMS, Work

NUMBER = r"\d+\.\d+"


def test_the_runs_are_every_optimizer_rate_and_seed() -> None:
    work = Work.of(n_settings=3, n_seeds=2, n_epochs=1)
    assert work.rates == (0.001, 0.00316, 0.01)
    assert work.n_runs == len(work.runs) == len(ARMS) * 3 * 2
    assert len(work.shortest.runs) == len(ARMS)
    assert work.shortest.runs < work.runs


def test_a_part_is_scaled_by_what_a_run_takes_beyond_the_few() -> None:
    """30 runs took 20 s more than 10, so a run takes 1 s, and 100 runs 70 s more than 30."""
    part, few = Watched(35.0, 70.0, 400.0), Watched(15.0, 30.0, 300.0)
    found = scaled(part, few, n_part=30, n_few=10, n_runs=100)
    assert (found.seconds, found.cpu_seconds, found.peak_mb) == (105.0, 210.0, 400.0)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_all_processes_of_a_command_are_watched(tmp_path: Path) -> None:
    """The command waits for one child, and another child may outlive it."""
    (tmp_path / "child.py").write_text(
        "import time\n"
        "held = bytearray(60 << 20)\n"
        "while time.process_time() < 0.4: pass\n"
        "time.sleep(1)\n"  # so that both are seen together even on a busy machine
    )
    (tmp_path / "command.py").write_text(
        "import subprocess, sys\n"
        "subprocess.Popen([sys.executable, 'child.py'])\n"
        "subprocess.run([sys.executable, 'child.py'], check=True)\n"
    )
    seen = watch(["command.py"], tmp_path / "log")
    assert seen.cpu_seconds > 0.8
    assert seen.peak_mb > 100
    assert seen.seconds > 1.4


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_command_that_fails_is_told(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"ended with 3: last words"):
        watch(["-c", "import sys; print('last words'); sys.exit(3)"], tmp_path / "log")


@pytest.mark.exhaustive  # a minute: whole sweeps and their peers
@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_end_to_end_in_small(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--settings", "2", "--seeds", "2", "--epochs", "1", "--turns", "1"]
    end_to_end.main(words)
    out = capsys.readouterr().out
    ways = (
        r"python -m ffnn_lab\.run -m",
        "the same, tracking=off",
        "one Hydra job per run",
        "one Optuna trial per run",
    )
    for way in ways:
        assert re.search(rf"{way} +{NUMBER} +{NUMBER} +\d+ +\d+ +{NUMBER} +{NUMBER}", out)
    assert "20 runs on digits" in out
    assert "the peers trained 10 of the runs, scaled up to all" in out
    for measured in ("times faster than one Hydra job", "times as long with tracking offline"):
        assert re.search(rf"{measured}.* (yes|no)", out)


def test_a_part_of_the_seeds_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        end_to_end.main(["--peer-runs", "41"])
    assert "--peer-runs must be a multiple of the 40 settings" in capsys.readouterr().err
