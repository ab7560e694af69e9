"""Runs as Optuna trials, in two processes of joblib that share a journal.

``python -m benchmarks.peers.optuna_processes FOLDER RUNS`` reads the runs, a list of JSON objects
with ``optimizer``, ``lr``, ``seed`` and ``max_epochs``, from the file ``RUNS``, and enqueues them,
so that Optuna trains the same runs as Hydra.
"""

import json
import sys
from pathlib import Path

import joblib
import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from benchmarks.peers.plain_run import OPTIMIZERS, train

N_PROCESSES = 2
STUDY = "peer"


def objective(trial: optuna.Trial, folder: Path) -> float:
    """Train the run of a trial, write its result into a folder, and return its last dev error."""
    return train(
        optimizer=trial.suggest_categorical("optimizer", list(OPTIMIZERS)),
        lr=trial.suggest_float("lr", 1e-5, 1.0, log=True),
        seed=trial.suggest_int("seed", 0, 10**6),
        max_epochs=trial.suggest_int("max_epochs", 1, 10**6),
        folder=folder / str(trial.number),
    )


def work(folder: Path, n_trials: int) -> None:
    """Train ``n_trials`` enqueued runs of the study whose journal is in ``folder``."""
    study = optuna.load_study(study_name=STUDY, storage=storage_in(folder))
    study.optimize(lambda trial: objective(trial, folder), n_trials=n_trials)


def storage_in(folder: Path) -> JournalStorage:
    """Open Optuna's journal in a folder."""
    return JournalStorage(JournalFileBackend(str(folder / "study.journal")))


def main() -> None:
    """Enqueue the runs, and divide them between the processes."""
    folder, runs = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text())
    study = optuna.create_study(study_name=STUDY, storage=storage_in(folder))
    for run in runs:
        study.enqueue_trial(run)
    # The processes take equal shares of the runs; a remainder goes to the first ones.
    shares = [len(runs[place::N_PROCESSES]) for place in range(N_PROCESSES)]
    joblib.Parallel(n_jobs=N_PROCESSES)(joblib.delayed(work)(folder, share) for share in shares)


if __name__ == "__main__":
    main()
