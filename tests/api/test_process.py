"""All five functions of ``import ffnn_lab`` work twice in one process, as in a notebook."""

from pathlib import Path

import pytest

from tests.support.command_line import run_python

SCRIPT = """
import glob, os, signal, threading, time
import ffnn_lab

QUICK = ("trainer.max_epochs=1", "tracking=off", "trainer.save_weights=true")
SWEEP = {
    "name": "mine",
    "arms": {"sgd": {"optimizer": "sgd"}, "adam": {"optimizer": "adam"}},
    "space": {"optimizer.lr": "0.01,0.1"},
    "confirm": {"n_seeds": 2},
}


def use():
    run = ffnn_lab.train("optimizer=adam", *QUICK, quiet=True)
    records = ffnn_lab.sweep(SWEEP, *QUICK, quiet=True)
    summary = ffnn_lab.summarize(ffnn_lab.load("mine"))
    assert list(summary.words["arms"]["arm"]) == ["sgd", "adam"]
    assert len(list(ffnn_lab.open_network(run).parameters())) == 4
    return run.errors, records.runs["last.test.error"].tolist()


first = use()
found = []
thread = threading.Thread(target=lambda: found.append(use()))
thread.start()
thread.join()
assert found == [first]

SLOW = ("trainer.max_epochs=1000000", "trainer.compile=false", "device=cpu", "tracking=off")
NOTED = ("trainer.checkpoint_seconds=0.1",)  # a checkpoint shows that it trains
before = signal.getsignal(signal.SIGINT)


def interrupted(function, folder, *words):
    def interrupt():
        while not glob.glob(folder):
            time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    try:
        function(*words, *SLOW, *NOTED, quiet=True)
    except KeyboardInterrupt as error:
        print(str(error).split()[0])
    assert signal.getsignal(signal.SIGINT) is before


words = ("optimizer=sgd", "seed=0,1", "hydra.sweeper.name=long", "hydra.sweeper.confirm.n_seeds=0")
interrupted(ffnn_lab.train, "outputs/.run-RUN/checkpoint.pt", "seed=7")
interrupted(ffnn_lab.sweep, "outputs/long/checkpoints/*.pt", *words)
"""


@pytest.mark.slow
def test_they_work_twice_in_threads_and_can_be_interrupted(tmp_path: Path) -> None:
    from ffnn_lab.api.composing import compose_run  # noqa: PLC0415 - only the id is needed
    from ffnn_lab.config import run_id  # noqa: PLC0415

    slow = ("trainer.max_epochs=1000000", "trainer.compile=false", "device=cpu", "seed=7")
    (tmp_path / "mine.py").write_text(SCRIPT.replace("RUN", run_id(compose_run(slow))))
    said = run_python(["-W", "error", "mine.py"], tmp_path)
    assert (said.exit_code, said.error) == (0, "")
    assert said.out == "stopped\nstopped:\n"
