"""Any number of workers, killed or not, proposes, prunes and records the same to the bit."""

import sys
from pathlib import Path

import pytest

from ffnn_lab.records import read_runs, read_trials
from tests.support.command_line import run_lab
from tests.support.exhaustive import rest
from tests.support.kill import Command, Watch, kill
from tests.support.sweeps import Alone
from tests.test_launchers import assert_same

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")

WORDS = (
    "optimizer=sgd,adam",
    "optimizer.lr=tag(log,interval(0.0001,3))",
    "initializer.gain=interval(0.5,2)",
    "trainer.max_epochs=4",
    "trainer.checkpoint_seconds=0.2",
    "tracking=off",
    "hydra.sweeper.name=s",
    "hydra.sweeper.tune.n_seeds=2",
    "hydra.sweeper.confirm.n_seeds=2",
    "hydra.sweeper.protocol.n_settings=13",  # TPE begins to learn after ten settings
    "hydra.sweeper.protocol.n_parallel=3",
    "hydra.sweeper.pruner.n_startup_trials=2",
    "hydra.sweeper.pruner.reduction_factor=2",
)
CASES = {
    "tpe": ("tpe", "none"),
    "cmaes": ("cmaes", "none"),
    "median": ("tpe", "median"),
    "halving": ("tpe", "successive_halving"),
    "hyperband": ("random", "hyperband"),
}
OWN: tuple[str, ...] = ()
JOBLIB = ("hydra/launcher=joblib",)


def words_of(case: str, launcher: tuple[str, ...], n_workers: int) -> tuple[str, ...]:
    protocol, pruner = CASES[case]
    return (
        *WORDS,
        f"hydra.sweeper.protocol.name={protocol}",
        f"hydra.sweeper.pruner.name={pruner}",
        *launcher,
        f"hydra.sweeper.n_workers={n_workers}",
    )


def swept(root: Path, words: tuple[str, ...]) -> Path:
    """Work through a sweep, and return its folder."""
    root.mkdir()
    said = run_lab(root, "-m", *words)
    assert said.exit_code == 0, said.error
    return root / "outputs" / "s"


def assert_is_sampled(folder: Path, case: str) -> None:
    """Assert that each arm tried 13 settings with 2 seeds, and that pruners pruned some runs."""
    trials = read_trials(folder)
    tune = trials[trials["stage"] == "tune"]
    assert tune.groupby("arm").size().to_dict() == {"sgd": 26, "adam": 26}
    runs = read_runs(folder)
    assert tune.merge(runs, on="run_id").groupby("arm")["optimizer.lr"].nunique().min() == 13
    assert ("pruned" in set(runs["status"])) == (CASES[case][1] != "none")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("case", "launcher", "n_workers"),
    [("tpe", OWN, ()), *(rest(case, JOBLIB, (1, 4)) for case in sorted(CASES))],
)
def test_any_number_of_workers_proposes_the_same(
    case: str,
    launcher: tuple[str, ...],
    n_workers: tuple[int, ...],
    alone: Alone,
    tmp_path: Path,
) -> None:
    """One undisturbed worker and two workers that are killed record the same.

    First the command is killed with both its workers. Then it is started again, and one of its two
    workers is killed.
    """
    root = tmp_path / "killed"
    root.mkdir()
    folder, words = root / "outputs" / "s", words_of(case, launcher, 2)
    watch = Watch(folder)
    for n_runs, kills_all in ((8, True), (30, False)):
        command = Command(words, root, root / "log")
        try:
            # Fewer runs than these may all have been in training before the first kill.
            while len(watch.trainings) < n_runs or not command.workers():
                code = command.wait(command.seconds + 0.02, watch)
                assert code is None, (root / "log").read_text()
            if kills_all:
                command.kill_all()
            else:
                kill(command.workers()[0].pid)
                assert command.wait(120, watch) == 0, (root / "log").read_text()
        finally:
            command.kill_all()
    calm = alone(folder, None)
    assert_is_sampled(calm, case)
    assert_same(calm, folder)
    assert watch.twice() == []
    for n in n_workers:
        assert_same(calm, swept(tmp_path / str(n), words_of(case, launcher, n)))
