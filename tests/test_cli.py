"""``ffnn-lab``: every command under one name."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from ffnn_lab import cli
from tests.support.command_line import run_lab, run_module
from tests.support.exhaustive import first
from tests.support.report.builders import write_run, write_sweep


@pytest.fixture(autouse=True)
def _kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONSAFEPATH", os.environ.get("PYTHONSAFEPATH", ""))
    monkeypatch.setattr(sys, "path", ["/bin", *sys.path])


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"], ["help"]])
def test_without_words_there_is_a_short_help(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(words) == 0
    said = capsys.readouterr().out
    assert all(f"  ffnn-lab {name} " in said for name in cli.COMMANDS)
    assert len(said.splitlines()) < 20


def test_a_word_that_is_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["stats"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("error: stats is not a command; the commands are run, sweep, ")
    assert said.err.endswith("(did you mean status?)\n")
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], ["-m"]),
        (["default"], ["-m", "sweeps=default"]),
        (["lr_grid", "seed=0"], ["-m", "sweeps=lr_grid", "seed=0"]),
        (["optimizer=sgd,adam", "seed=0"], ["-m", "optimizer=sgd,adam", "seed=0"]),
        (["--help"], ["-m", "--help"]),
    ],
)
def test_the_words_of_a_sweep(words: list[str], expected: list[str]) -> None:
    assert cli.words_of_sweep(words) == expected


@pytest.mark.parametrize("name", ["status", "replay", "track", "report", "claims", "summary"])
def test_each_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main([name, "--help"])
    assert end.value.code == 0
    said = capsys.readouterr().out
    assert said.startswith(f"usage: ffnn-lab {name} ")
    assert "--outputs" in said
    assert ("--json" in said) == (name != "summary")


@pytest.mark.parametrize(
    ("words", "code"),
    [(["status", "s"], 0), (["status"], 0), (["report", "s"], 0), (["claims", "s"], 0)],
)
def test_json_is_all_there_is_on_standard_output(
    words: list[str], code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_sweep(tmp_path / "s")
    assert cli.main([*words, "--outputs", str(tmp_path), "--json"]) == code
    said = capsys.readouterr()
    assert said.err == ""
    told = json.loads(said.out, parse_constant=pytest.fail)
    if words[0] == "status":
        (sweep,) = told["sweeps"]
        assert (sweep["name"], sweep["n_runs"], len(sweep["arms"])) == ("s", 24, 4)
        assert told["damaged"] == []
    elif words[0] == "report":
        assert [row["arm"] for row in told["tables"]["arms"]] == ["sgd", "adam"]
        assert all(Path(each).exists() for each in told["files"])
    else:
        assert {row["sweep"] for row in told["verdicts"]} == {"s"}
        assert told["remarks"]


@pytest.mark.parametrize("name", ["status", "report", "claims", "replay", "track"])
def test_json_of_a_slip_is_nothing(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([name, "nosuch", "--outputs", str(tmp_path), "--json"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1


def test_report_takes_a_sweep_of_any_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A sweep may be called ``claims``, which is a command of ``python -m analysis``."""
    write_run(tmp_path / "claims")
    assert cli.main(["report", "claims", "--outputs", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "claims"


def test_help_of_a_command_needs_nothing_heavy() -> None:
    heavy = ("torch", "optuna", "wandb", "matplotlib", "hydra")
    code = (
        "import sys\nfrom ffnn_lab.cli import main\n"
        "for name in ('status', 'report', 'track', 'replay'):\n"
        "    try:\n        main([name, '--help'])\n    except SystemExit:\n        pass\n"
        f"print([each for each in {heavy} if each in sys.modules])\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.splitlines()[-1] == "[]"


def test_it_is_installed_as_a_script() -> None:
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    assert project["scripts"] == {"ffnn-lab": f"{cli.__name__}:{cli.main.__name__}"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "words", first(1, [["optimizer=adm"], ["optimizer=adam", "--cfg", "job"], ["--bogus"]])
)
def test_run_is_the_module(words: list[str], tmp_path: Path) -> None:
    said = run_module("ffnn_lab.cli", ["run", *words], tmp_path)
    assert said == run_lab(tmp_path, *words)


@pytest.mark.slow
def test_the_result_of_a_run_as_json(tmp_path: Path) -> None:
    words = ("trainer.max_epochs=1", "tracking=off", "--json")
    said = run_module("ffnn_lab.cli", ["run", *words], tmp_path)
    assert said.exit_code == 0, said.error
    told = json.loads(said.out, parse_constant=pytest.fail)
    assert (told["status"], told["n_epochs"]) == ("completed", 1)
    assert told["folder"] == f"outputs/run-{told['run_id']}"
    assert told["errors"]["test"] == told["metrics"]["last.test.error"]
    replayed = run_module("ffnn_lab.cli", ["replay", told["run_id"], "--json"], tmp_path)
    assert replayed.exit_code == 0
    assert json.loads(replayed.out)["agrees"] is True
    tracked = run_module("ffnn_lab.cli", ["track", f"run-{told['run_id']}", "--json"], tmp_path)
    assert tracked.exit_code == 0
    assert json.loads(tracked.out)["n_offline"] == 1
