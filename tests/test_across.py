"""A comparison that is repeated under conditions, from the command line to its report."""

from pathlib import Path

import pandas as pd
import pytest

from ffnn_lab.records import read_runs, read_trials
from tests.support.command_line import run_lab_forked

WORDS = (
    "optimizer=sgd,adam",
    "optimizer.lr=0.01,0.1",
    "trainer.max_epochs=2",
    "tracking=off",
    "seed=0",
    "hydra.sweeper.confirm.n_seeds=2",
    "hydra.sweeper.replicates=2",
    "hydra.sweeper.n_workers=2",
    "hydra.sweeper.name=s",
    "hydra.sweeper.across={trainer.batch_size: [128, full]}",
)


@pytest.mark.slow
def test_a_comparison_is_repeated_from_the_command_line(tmp_path: Path) -> None:
    """Two workers finish the sweep; the same command again finds all runs recorded."""
    said = run_lab_forked(tmp_path, "-m", *WORDS)
    assert said.exit_code == 0, said.error
    assert "all arms under each of 2 conditions, which are never ranked together" in said.out
    folder = tmp_path / "outputs" / "s"
    trials = read_trials(folder)
    names = {f"{arm}@batch_size={size}" for arm in ("sgd", "adam") for size in ("128", "full")}
    assert set(trials["arm"]) == names
    table = pd.read_csv(folder / "tables" / "paired_differences.csv")
    assert table["trainer.batch_size"].tolist() == ["128", "full"]
    assert table["arm"].tolist() == ["adam", "adam"]
    assert table["n_replicates"].tolist() == [2, 2]
    assert (folder / "figures" / "across.png").exists()
    n_runs = len(read_runs(folder))
    again = run_lab_forked(tmp_path, "-m", *WORDS)
    assert again.exit_code == 0, again.error
    assert "all of them are recorded" in again.out
    assert len(read_runs(folder)) == n_runs
