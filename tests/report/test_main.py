"""``python -m analysis`` must work as a user starts it, and end with one message on an error."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ffnn_lab.report.command import main
from tests.report.claims.test_verdicts import wilson
from tests.support.report.builders import write_run, write_sweep

ROOT = Path(__file__).parents[2]
# Runs the module as -m does, then prints the names of the imported modules.
WATCHED = """
import runpy, sys
try:
    runpy.run_module("analysis", run_name="__main__", alter_sys=True)
except SystemExit as end:
    code = end.code
heavy = {"torch", "hydra", "omegaconf", "optuna", "wandb", "sklearn", "matplotlib.pyplot"}
inside = {name for name in sys.modules if name.startswith("ffnn_lab.")}
allowed = ("records", "arrow", "files", "scores", "edges", "config", "seeds", "separable")
allowed += ("terminal", "module_path", "report", "definition", "registry", "look")
allowed += ("commands", "moments", "progress", "errors", "outside", "troubles")
# Options are light, and records of earlier formats are completed by what they declare.
from ffnn_lab.registry import FOLDERS
allowed = (*(f"ffnn_lab.{name}" for name in allowed), *FOLDERS.values())
inside = {name for name in inside if not name.startswith(allowed)}
print("imported:", sorted(heavy & set(sys.modules) | inside))
sys.exit(code)
"""


def start(
    *arguments: str, outputs: Path, code: str | None = None
) -> subprocess.CompletedProcess[str]:
    how = ["-c", code] if code else ["-m", "analysis"]
    return subprocess.run(
        [sys.executable, "-W", "error", *how, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={
            **os.environ,
            "FFNN_LAB_OUTPUTS": str(outputs),
            "PYTHONHASHSEED": "0",
            "MPLBACKEND": "no such backend",  # must not affect figures
        },
    )


def files_under(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def test_reports_a_sweep_by_its_name_without_heavy_imports(tmp_path: Path) -> None:
    write_sweep(tmp_path / "small")
    done = start("small", outputs=tmp_path, code=WATCHED)
    assert done.stderr == ""
    assert done.returncode == 0
    assert "12.00 [7.03, 16.97]" in done.stdout
    assert done.stdout.splitlines()[-1] == "imported: []"
    assert (tmp_path / "small" / "tables" / "arms.csv").is_file()


@pytest.mark.exhaustive
def test_judges_claims_without_heavy_imports(tmp_path: Path) -> None:
    wilson(tmp_path / "wilson_digits")
    done = start("claims", outputs=tmp_path, code=WATCHED)
    assert done.stderr == ""
    assert done.returncode == 0
    assert "wilson_generalization" in done.stdout
    assert done.stdout.splitlines()[-1] == "imported: []"
    assert (tmp_path / "claims" / "claims.md").is_file()


def test_claims_of_a_sweep_that_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wilson(tmp_path / "mine")
    assert main(["claims", "absent", "--outputs", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error == (
        f"error: absent is neither a folder nor a sweep under {tmp_path}; there are: mine\n"
    )
    assert not (tmp_path / "claims").exists()


def test_claims_are_asked_of_a_named_sweep(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wilson(tmp_path / "mine")
    assert main(["claims", "mine", "--outputs", str(tmp_path)]) == 0
    assert "wilson_generalization" in capsys.readouterr().out
    assert (tmp_path / "claims" / "claims-mine.csv").is_file()


def test_prints_coverage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["coverage", "--simulations", "3", "--seed", "1"]) == 0
    printed = capsys.readouterr().out
    assert "coverage in %, by the number of seeds" in printed
    assert "3 simulations for each value, seed 1" in printed


def test_reports_a_folder_by_its_path(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_run(tmp_path / "elsewhere" / "run-0")
    assert main([str(folder), "--outputs", str(tmp_path)]) == 0
    assert "run-0: run" in capsys.readouterr().out


def test_a_tilde_after_to_is_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    write_run(tmp_path / "run-0")
    assert main(["run-0", "--outputs", ".", "--to=~/report"]) == 0
    assert (tmp_path / "home" / "report").is_dir()
    assert not (tmp_path / "~").exists()
    capsys.readouterr()


def damage(folder: Path) -> None:
    (write_sweep(folder) / "runs" / "part-0-0.parquet").write_bytes(b"torn")


@pytest.mark.parametrize(
    ("sweep", "message"),
    [
        (
            "absent",
            "absent is neither a folder nor a sweep under {outputs}; there are: damaged, small",
        ),
        ("empty", "{outputs}/empty has no records"),
        ("damaged", "{outputs}/damaged/runs/part-0-0.parquet cannot be read"),
    ],
)
def test_an_error_is_one_message_and_nothing_is_written(
    tmp_path: Path, sweep: str, message: str
) -> None:
    write_sweep(tmp_path / "small")
    damage(tmp_path / "damaged")
    (tmp_path / "empty").mkdir()
    before = files_under(tmp_path)
    done = start(sweep, outputs=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"error: {message.format(outputs=tmp_path)}")
    assert len(done.stderr.splitlines()) == 1
    assert files_under(tmp_path) == before


def test_records_that_may_only_be_read_are_reported_elsewhere(tmp_path: Path) -> None:
    folder = write_sweep(tmp_path / "small")
    before = files_under(folder)
    to = tmp_path / "mine"
    assert main(["small", "--outputs", str(tmp_path), "--to", str(to)]) == 0
    assert files_under(folder) == before
    assert {"arms.csv", "report.md", "learning_curves.pdf"} <= {p.name for p in files_under(to)}


def test_a_place_that_cannot_be_written_is_one_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_sweep(tmp_path / "small")
    (folder / "figures").write_text("")
    other = write_sweep(tmp_path / "other")
    for to in ([], ["--to", str(other)]):
        before = files_under(tmp_path)
        assert main(["small", "--outputs", str(tmp_path), *to]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert len(said.err.splitlines()) == 1
        assert ("--to FOLDER" in said.err) == (not to)
        assert files_under(tmp_path) == before
