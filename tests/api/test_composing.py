"""Runs and sweeps can be composed in any process, repeatedly and from several threads."""

import os
import threading
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra

from ffnn_lab.api.composing import compose_run, compose_sweep, make_console
from ffnn_lab.config import ConfigError, RunConfig, UserError


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OMP_WAIT_POLICY", os.environ.get("OMP_WAIT_POLICY", "PASSIVE"))
    monkeypatch.delenv("FFNN_LAB_OUTPUTS", raising=False)


def test_overrides_mean_what_they_mean_on_the_command_line() -> None:
    run = compose_run(["optimizer=adam", "optimizer.lr=0.3", "seed=7"])
    assert (run.optimizer.name, run.optimizer.lr, run.seed) == ("adam", 0.3, 7)
    assert compose_run([]).optimizer.name == "heavy_ball"


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("optimizer=adm", r"optimizer=adm: there is no such choice; .* \(did you mean adam\?\)"),
        ("optimizer.lr=-1", "optimizer.lr must be positive, got -1.0"),
        ("optimizer.lrr=1", "optimizer.lrr: there is no such field"),
        ("optimizer.lr=0.1,0.2", "several values make a sweep"),
        ("sweeps=default", "sweeps=default: this describes a sweep; run it with ffnn_lab.sweep"),
        ("--help", "--help: flags are for the command line"),
        ("+new=1", r"\+new=1: fields of a run cannot be added"),
    ],
)
def test_a_slip_is_a_user_error(word: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        compose_run([word])
    assert not GlobalHydra.instance().is_initialized()


def test_a_sweep_of_the_users_own_folder_is_found(tmp_path: Path) -> None:
    (tmp_path / "sweeps").mkdir()
    for name in ("one", "two"):  # each call searches the current folder again
        text = "hydra:\n  sweeper:\n    space: {optimizer.lr: '0.1,0.2'}\n"
        (tmp_path / "sweeps" / f"{name}.yaml").write_text(text)
        composed = compose_sweep([f"sweeps={name}", "trainer.max_epochs=3"])
        assert composed.master.hydra.sweeper.space == {"optimizer.lr": "0.1,0.2"}
    with pytest.raises(UserError, match="sweeps=three: there is no such choice"):
        compose_sweep(["sweeps=three"])
    with pytest.raises(ConfigError, match="-m: flags are for the command line"):
        compose_sweep(["-m"])


def test_another_use_of_hydra_is_not_disturbed(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("answer: 42\n")
    with initialize_config_dir(str(tmp_path), version_base="1.3"):
        assert compose_run(["seed=3"]).seed == 3
        assert compose("mine").answer == 42
    assert not GlobalHydra.instance().is_initialized()


def test_threads_compose_at_the_same_time() -> None:
    found: dict[int, RunConfig] = {}

    def work(seed: int) -> None:
        found[seed] = compose_run([f"seed={seed}"])

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {seed: run.seed for seed, run in found.items()} == {seed: seed for seed in range(4)}


def test_a_quiet_console_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    make_console(is_quiet=True).print("a")
    make_console(is_quiet=False).print("b")
    assert capsys.readouterr().out == "b\n"
