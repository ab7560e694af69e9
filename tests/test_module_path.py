"""Files in the user's folder shadow no module."""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from ffnn_lab import module_path
from ffnn_lab.module_path import stand_back
from tests.support.command_line import run_lab, run_module, run_python
from tests.support.exhaustive import rest
from tests.support.report.builders import write_run

SHADOWS = (
    *("random", "statistics", "records", "torch", "yaml", "signal", "numpy", "pandas", "typing"),
    *("argparse", "difflib", "json", "hydra", "optuna", "rich"),
)
OF_PYTHON = ("importlib", "runpy", "ffnn_lab")
"""Modules that ``python -m`` itself imports before the lab can do anything."""
SCRIPT = "import sys\nfrom ffnn_lab.cli import main\nsys.exit(main())\n"
"""Contents of the console script."""


def litter(folder: Path, names: Sequence[str] = SHADOWS) -> None:
    """Write modules that must not be imported into the user's folder."""
    (folder / "analysis").mkdir()
    for name in ("analysis/__init__", *names):
        (folder / f"{name}.py").write_text(f"raise RuntimeError('{name} of the user is run')\n")


@pytest.fixture
def _kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setenv("PYTHONSAFEPATH", "")


@pytest.mark.usefixtures("_kept")
def test_the_folder_goes_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path), "/a", "/b"])
    stand_back()
    assert sys.path == ["/a", "/b", str(tmp_path)]
    assert os.environ["PYTHONSAFEPATH"] == "1"
    stand_back()
    assert sys.path == ["/a", "/b", str(tmp_path)]


@pytest.mark.usefixtures("_kept")
def test_a_checkout_stays_in_front(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module_path, "__file__", str(tmp_path / "ffnn_lab" / "module_path.py"))
    monkeypatch.setattr(sys, "path", [str(tmp_path), "/a"])
    stand_back()
    assert sys.path == [str(tmp_path), "/a"]
    assert os.environ["PYTHONPATH"] == str(tmp_path)


@pytest.mark.usefixtures("_kept")
def test_a_checkout_that_is_installed_goes_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An editable install finds the checkout behind all other modules, so it can go last."""
    (tmp_path / "ffnn_lab").mkdir()
    (tmp_path / "ffnn_lab" / "__init__.py").touch()
    monkeypatch.setattr(module_path, "__file__", str(tmp_path / "ffnn_lab" / "module_path.py"))
    monkeypatch.setattr(sys, "path", [str(tmp_path), "/a", str(tmp_path)])
    stand_back()
    assert sys.path == ["/a", str(tmp_path), str(tmp_path)]
    assert "PYTHONPATH" not in os.environ
    assert os.environ["PYTHONSAFEPATH"] == "1"


@pytest.mark.usefixtures("_kept")
def test_processes_of_a_console_script_do_not_look_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", ["/bin", "/a"])
    stand_back()
    assert sys.path == ["/bin", "/a"]
    assert os.environ["PYTHONSAFEPATH"] == "1"


@pytest.mark.parametrize(
    ("module", "words", "exit_code"),
    [
        ("ffnn_lab.run", ["--help"], 0),
        ("ffnn_lab.status", [], 2),
        rest("ffnn_lab.replay", ["--help"], 0),
        rest("ffnn_lab.track", ["--help"], 0),
        rest("ffnn_lab.cli", ["report", "s", "--json"], 0),
        ("ffnn_lab.cli", ["sweep", "--help"], 0),
    ],
)
def test_files_where_the_user_stands_are_not_run(
    module: str, words: list[str], exit_code: int, tmp_path: Path
) -> None:
    litter(tmp_path)
    if "report" in words:
        write_run(tmp_path / "outputs" / "s")
    said = run_module(module, words, tmp_path)
    assert "of the user is run" not in said.error
    assert said.exit_code == exit_code, said.error


@pytest.mark.slow
@pytest.mark.exhaustive
def test_the_console_script_and_its_workers_do_not_run_them(tmp_path: Path) -> None:
    pytest.importorskip("joblib", reason="the extra `launchers` is not installed")
    litter(tmp_path, [*SHADOWS, *OF_PYTHON])
    script = tmp_path / "bin" / "ffnn-lab"
    script.parent.mkdir()
    script.write_text(SCRIPT)
    words = (
        *("sweep", "optimizer=sgd", "optimizer.lr=0.1,0.2", "trainer.max_epochs=1", "seed=0"),
        *("hydra/launcher=joblib", "hydra.launcher.n_jobs=2", "hydra.sweeper.confirm.n_seeds=0"),
    )
    said = run_python([str(script), *words], tmp_path)
    assert said.exit_code == 0, said.error
    assert "of the user is run" not in said.error


@pytest.mark.slow
@pytest.mark.exhaustive
def test_workers_do_not_run_them_either(tmp_path: Path) -> None:
    pytest.importorskip("joblib", reason="the extra `launchers` is not installed")
    litter(tmp_path)
    said = run_lab(
        tmp_path,
        *("-m", "optimizer=sgd", "optimizer.lr=0.1,0.2", "trainer.max_epochs=1", "seed=0"),
        *("hydra/launcher=joblib", "hydra.launcher.n_jobs=2", "hydra.sweeper.confirm.n_seeds=0"),
    )
    assert said.exit_code == 0, said.error
    assert "of the user is run" not in said.error


@pytest.mark.slow
def test_a_checkout_that_is_not_installed_is_whole(tmp_path: Path) -> None:
    """Packages come from this checkout, though another one is installed."""
    checkout = tmp_path / "checkout"
    for name in ("ffnn_lab", "analysis", "hydra_plugins", "conf", "sweeps"):
        shutil.copytree(name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
    plugin = checkout / "hydra_plugins" / "ffnn_lab_sweeper" / "ffnn_lab_sweeper.py"
    plugin.write_text("raise SystemExit('of the checkout')\n")
    said = run_lab(checkout, "-m", "optimizer.lr=0.1,0.2", "hydra.sweeper.dry_run=true")
    assert said.error.strip() == "of the checkout"
