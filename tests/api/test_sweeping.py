"""`ffnn_lab.sweep` with the name of a sweep, with overrides, or with a dictionary."""

import signal
import threading
from pathlib import Path
from typing import Any

import pytest
import torch

import ffnn_lab
from ffnn_lab.api.sweeping import _words_of
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.sweeper.processes import CAN_FORK
from tests.support.command_line import run_python

QUICK = ("trainer.max_epochs=1", "trainer.batch_size=full", "tracking=off", "device=cpu")
TWO: dict[str, Any] = {
    "name": "two",
    "arms": {"sgd": {"optimizer": "sgd"}, "adam": {"optimizer": "adam", "optimizer.eps": 1e-6}},
    "space": {"optimizer.lr": "0.01,0.1"},
    "tune": {"n_seeds": 1},
    "confirm": {"n_seeds": 2},
}


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FFNN_LAB_OUTPUTS", raising=False)


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("default", ["sweeps=default"]),
        ("optimizer=sgd,adam", ["optimizer=sgd,adam"]),
        (
            {"arms": {"a": {"optimizer": "sgd"}}, "protocol": {"name": "qmc", "n_settings": 8}},
            [
                "+hydra.sweeper.arms={a:{optimizer:sgd}}",
                "hydra.sweeper.protocol.name=qmc",
                "hydra.sweeper.protocol.n_settings=8",
            ],
        ),
        (
            {"space": {"optimizer.lr": {"center": 0.1, "ratio": 2, "n_points": 5}}},
            ["+hydra.sweeper.space={optimizer.lr:{center:0.1,ratio:2,n_points:5}}"],
        ),
    ],
)
def test_what_names_or_describes_a_sweep(what: Any, words: list[str]) -> None:  # noqa: ANN401
    assert _words_of(what) == words


def test_a_sweep_of_a_dictionary_runs_and_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    handlers = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    n_threads = torch.get_num_threads()
    words = (*QUICK, "hydra.sweeper.n_threads=1")
    records = ffnn_lab.sweep(TWO, *words, quiet=True)
    assert capsys.readouterr() == ("", "")
    assert records.folder == Path("outputs/two")
    assert list(records.arms) == ["sgd", "adam"]
    assert len(records.trials) == 2 * (2 * 1 + 2 * 2)
    assert set(records.runs["optimizer.eps"].dropna()) == {1e-6}
    assert {each: signal.getsignal(each) for each in handlers} == handlers
    assert torch.get_num_threads() == n_threads
    # The same call resumes the sweep, and the sweep stores a command with its arms.
    stamp = records.folder.joinpath("definition.json").read_text()
    found: list[Sweep] = []
    work = threading.Thread(target=lambda: found.append(ffnn_lab.sweep(TWO, *words, quiet=True)))
    work.start()
    work.join()
    assert found[0].runs["run_id"].tolist() == records.runs["run_id"].tolist()
    assert records.folder.joinpath("definition.json").read_text() == stamp
    assert "'+hydra.sweeper.arms={sgd:{optimizer:sgd}" in records.command


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("nosuch", "sweeps=nosuch: there is no such choice; sweeps has decay, "),
        ({"protokol": 3}, r"hydra\.sweeper\.protokol: there is no such field"),
        ({"arms": {"a": {"optimizer": "adm"}}}, "optimizer=adm: there is no such choice"),
        ("optimizer.lrr=1,2", r"optimizer\.lrr: there is no such field"),
        ("", "sweeps=: "),
    ],
)
def test_a_slip_is_a_user_error(what: Any, message: str, tmp_path: Path) -> None:  # noqa: ANN401
    with pytest.raises(ffnn_lab.UserError, match=message):
        ffnn_lab.sweep(what, *QUICK, quiet=True)
    assert list(tmp_path.iterdir()) == []


SCRIPT = """
import ffnn_lab

two = {two!r}
records = ffnn_lab.sweep(two, *{words!r}, quiet=True)
print(len(records.runs))
"""


@pytest.mark.slow
@pytest.mark.skipif(not CAN_FORK, reason="workers are forked on Linux alone")
def test_a_script_without_a_guard_shares_its_sweep_among_processes(tmp_path: Path) -> None:
    """The script has no ``if __name__ == "__main__"`` and asks for two workers.

    A worker that imported the script would begin the sweep again, and so on without end.
    """
    words = (*QUICK, "hydra.sweeper.n_workers=2")
    (tmp_path / "script.py").write_text(SCRIPT.format(two=TWO, words=words))
    said = run_python(["script.py"], tmp_path)
    alone = ffnn_lab.sweep(TWO, *QUICK, "paths.outputs=alone", quiet=True)
    assert (said.exit_code, said.out, said.error) == (0, f"{len(alone.runs)}\n", "")
    parts = (tmp_path / "outputs" / "two" / "runs").glob("part-*")
    assert len(list(parts)) == 1  # compacted by the last worker
