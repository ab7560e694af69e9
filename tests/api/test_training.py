"""`ffnn_lab.train`, `ffnn_lab.open_network`, and the `Run` object that ``train`` returns."""

import threading
from contextlib import nullcontext
from pathlib import Path

import pandas as pd
import pytest
import torch

import ffnn_lab
from ffnn_lab.api.recorded import Run
from ffnn_lab.config import RunConfig, run_id
from ffnn_lab.records import RecordError, read_curves

QUICK = ("trainer.max_epochs=1", "trainer.batch_size=full", "tracking=off", "device=cpu")


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FFNN_LAB_OUTPUTS", raising=False)


def test_a_run_is_what_its_records_say(capsys: pytest.CaptureFixture[str]) -> None:
    run = ffnn_lab.train("optimizer=adam", *QUICK, quiet=True)
    assert capsys.readouterr() == ("", "")
    assert run.folder == Path("outputs") / f"run-{run.run_id}"
    assert (run.status, run.n_epochs) == ("completed", 1)
    assert isinstance(run.config, RunConfig)
    assert run.config.optimizer.name == "adam"
    assert run_id(run.config) == run.run_id
    last = run.curve[run.curve["epoch"] == 1].set_index("split")["error"]
    assert run.errors == last.to_dict()
    assert set(run.errors) == {"train", "dev", "test"}
    expected = read_curves(run.folder).drop(columns="run_id")
    pd.testing.assert_frame_equal(run.curve, expected)
    assert repr(run).startswith(f"Run {run.run_id} in {run.folder}: completed after 1 epochs")


def test_a_run_has_its_diagnoses_and_says_what_went_wrong() -> None:
    healthy = ffnn_lab.train(QUICK[0], *QUICK[2:], quiet=True)
    assert healthy.layers.empty
    assert healthy.troubles == []
    zeros = ffnn_lab.train(*QUICK, "initializer=zeros", "trainer.diagnose_every=1", quiet=True)
    assert zeros.layers["epoch"].tolist() == [0, 0, 1, 1]
    assert zeros.layers.loc[zeros.layers["layer"] == 1, "dead"].tolist() == [1.0, 1.0]
    (line,) = zeros.troubles
    assert line.startswith("layer 1: all ")
    assert zeros.as_values()["troubles"] == [line]


def test_a_run_again_and_in_another_thread_gives_the_same_numbers() -> None:
    first = ffnn_lab.train(*QUICK, quiet=True)
    found: list[Run] = []
    thread = threading.Thread(target=lambda: found.append(ffnn_lab.train(*QUICK, quiet=True)))
    thread.start()
    thread.join()
    assert found[0].run_id == first.run_id
    pd.testing.assert_frame_equal(found[0].curve, first.curve)


def test_the_network_gives_what_was_recorded() -> None:
    run = ffnn_lab.train(*QUICK, "trainer.save_weights=true", quiet=True)
    test = run.task().test
    file = run.folder / "weights" / f"{run.run_id}.pt"
    sources: tuple[Run | Path | str, ...] = (run, run.folder, str(file))
    for network in (run.network(), *(ffnn_lab.open_network(source) for source in sources)):
        assert not network.training
        with torch.no_grad():
            answers = network(torch.from_numpy(test.inputs).float()).argmax(dim=1).numpy()
        assert (answers != test.labels).mean() == run.errors["test"]


def test_a_network_that_was_not_kept_is_a_user_error(tmp_path: Path) -> None:
    run = ffnn_lab.train(*QUICK, quiet=True)
    with pytest.raises(ffnn_lab.UserError, match=r"does not exist: .*trainer\.save_weights=true"):
        run.network()
    with pytest.raises(ffnn_lab.UserError, match="must hold a single run, but holds 0"):
        ffnn_lab.open_network(tmp_path)


def test_a_config_that_does_not_fit_is_a_record_error() -> None:
    run = ffnn_lab.train(*QUICK, quiet=True)
    other = Run(run.folder, {**run.row, "config_json": '{"seed": 0}'})
    with pytest.raises(RecordError, match=f"run {run.run_id} of .* cannot be rebuilt"):
        _ = other.config


def test_a_run_that_is_stopped_says_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stop raises ``KeyboardInterrupt`` without ending the process.

    The same call then completes the run.
    """
    from ffnn_lab.api import single  # noqa: PLC0415 - patched

    def stopped_at_once(stop: threading.Event, _notice: object) -> nullcontext[None]:
        stop.set()
        return nullcontext()

    with monkeypatch.context() as patched:
        patched.setattr(single, "stopped_by_signals", stopped_at_once)
        with pytest.raises(KeyboardInterrupt, match="stopped after epoch 0, which is saved in"):
            ffnn_lab.train(*QUICK, quiet=True)
    assert ffnn_lab.train(*QUICK, quiet=True).status == "completed"
