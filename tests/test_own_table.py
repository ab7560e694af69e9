"""A question about one's own data needs one file of data, one YAML, and no code."""

import json
import shlex
from pathlib import Path

import pytest

from ffnn_lab.definition import read_definition
from ffnn_lab.records import read_runs, read_trials
from ffnn_lab.replay import main as replay
from tests.support.command_line import Said, run_lab_drawing, run_lab_forked
from tests.support.tasks.tables import write_diabetes, write_wine

pytestmark = pytest.mark.slow

SWEEP = """\
# @package _global_
defaults:
  - override /task: table
hydra:
  mode: MULTIRUN
  sweeper:
    arms:
      plain: {dropout.hidden: 0}
      dropout: {dropout.hidden: 0.5}
    space:
      optimizer.lr: 0.01, 0.05
    tune: {n_seeds: 2}
    confirm: {n_seeds: 2}
task:
  path: wine.csv
  target: y
trainer:
  max_epochs: 2
tracking:
  mode: "off"
"""
ONE_RUN = ("task=table", "task.target=y", "trainer.max_epochs=1", "tracking=off")


@pytest.fixture(scope="module", name="desk")
def _desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a table and a sweep over it, which has been run."""
    folder = tmp_path_factory.mktemp("desk")
    write_wine(folder)
    (folder / "sweeps").mkdir()
    (folder / "sweeps" / "mine.yaml").write_text(SWEEP)
    said = run_lab_drawing(folder, "-m", "sweeps=mine")
    assert said.exit_code == 0, said.error
    (folder / "said.json").write_text(json.dumps([said.exit_code, said.out, said.error]))
    return folder


def _said(desk: Path) -> Said:
    return Said(*json.loads((desk / "said.json").read_text()))


def test_one_yaml_gives_table_and_figures(desk: Path) -> None:
    said = _said(desk)
    assert "task table: 13 features, 3 classes; train 106, dev 36, test 36 (wine.csv" in said.out
    assert "dropout - plain" in said.out
    folder = desk / "outputs" / "mine"
    assert len(read_trials(folder)) == 2 * (2 * 2 + 2 * 2)
    assert (folder / "figures" / "learning_curves.pdf").stat().st_size > 0


def test_the_records_say_which_table_it_was(desk: Path) -> None:
    runs = read_runs(desk / "outputs" / "mine")
    assert set(runs["task.path"]) == {str(desk / "wine.csv")}
    assert {len(told) for told in runs["task.sha256"]} == {64}


def test_a_winners_command_works_from_elsewhere(desk: Path, tmp_path: Path) -> None:
    command = next(
        line.strip() for line in _said(desk).out.splitlines() if "-m ffnn_lab.run" in line
    )
    words = shlex.split(command.partition("python -m ffnn_lab.run ")[2])
    said = run_lab_forked(tmp_path, *words, "tracking=off")
    assert said.exit_code == 0, said.error
    (folder,) = (tmp_path / "outputs").iterdir()
    assert read_runs(folder)["run_id"].iloc[0] in set(
        read_runs(desk / "outputs" / "mine")["run_id"]
    )


@pytest.mark.exhaustive
def test_a_run_is_replayed_where_the_table_moved_to(
    desk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = read_runs(desk / "outputs" / "mine")["run_id"].iloc[0]
    there = write_wine(tmp_path)
    outputs = ("--outputs", str(desk / "outputs"))
    assert replay([run, *outputs, "--table", str(there)]) == 0
    assert "agrees to the bit" in capsys.readouterr().out
    there.write_text(there.read_text().replace("14.23", "14.24"))
    assert replay([run, *outputs, "--table", str(there)]) == 2
    assert "does not hold the table that was asked for" in capsys.readouterr().err


def test_another_table_is_another_sweep(tmp_path: Path) -> None:
    """Under the same name the sweep is refused; the difference is the table's checksum."""
    path = write_wine(tmp_path)
    quick = ("hydra.sweeper.name=mine", "hydra.sweeper.confirm.n_seeds=0")
    words = ("-m", *ONE_RUN, "task.path=wine.csv", "seed=0,1", *quick)
    said = run_lab_forked(tmp_path, *words)
    assert said.exit_code == 0, said.error
    path.write_text(path.read_text().replace("14.23", "14.24"))
    said = run_lab_forked(tmp_path, *words)
    assert said.exit_code == 2
    lines = [line.strip() for line in said.error.splitlines() if line.strip()[0] in "-+"]
    assert [line.split(": ")[0] for line in lines] == [
        "- arms.heavy_ball.config.task.sha256",
        "+ arms.heavy_ball.config.task.sha256",
    ]


@pytest.mark.exhaustive
def test_a_file_with_an_awkward_name(tmp_path: Path) -> None:
    folder = tmp_path / "my tables (old)"
    folder.mkdir()
    write_wine(folder)
    arguments = ("-m", *ONE_RUN, f'task.path="{folder}/wine.csv"', "optimizer.lr=0.01,0.1")
    said = run_lab_forked(tmp_path, *arguments, "hydra.sweeper.confirm.n_seeds=0", "seed=0")
    assert said.exit_code == 0, said.error
    (sweep,) = (tmp_path / "outputs").iterdir()
    definition = read_definition(sweep)
    assert definition is not None
    (overrides,) = (arm.overrides for arm in definition.arms if arm.name == "heavy_ball")
    assert f'task.path="{folder}/wine.csv"' in overrides
    said = run_lab_forked(tmp_path, *overrides)
    assert said.exit_code == 0, said.error


def test_one_run(tmp_path: Path) -> None:
    write_wine(tmp_path)
    said = run_lab_forked(tmp_path, *ONE_RUN, "task.path=wine.csv", "task.exclude=[ash, hue]")
    assert said.exit_code == 0, said.error
    assert said.out.startswith("task table: 11 features, 3 classes; train 106, dev 36, test 36 (")
    (folder,) = (tmp_path / "outputs").iterdir()
    assert list(read_runs(folder)["task.exclude"].iloc[0]) == ["ash", "hue"]


def test_what_is_wrong_with_a_table_is_one_message(tmp_path: Path) -> None:
    path = write_wine(tmp_path)
    path.write_text(path.read_text().replace("14.23", ""))
    for mode in ((), ("-m", "seed=0,1")):
        said = run_lab_forked(tmp_path, *mode, *ONE_RUN, "task.path=wine.csv")
        assert said.exit_code == 2
        assert said.error.startswith("error: ")
        assert "has missing values: alcohol 1. task.missing=drop leaves out the 1 " in said.error
        assert said.error.count("\n") == 1
    assert not (tmp_path / "outputs").exists()


NUMBERS = """\
# @package _global_
defaults:
  - override /task: table
hydra:
  mode: MULTIRUN
  sweeper:
    arms:
      linear: {model: linear}
      wide: {model.widths: "[32]"}
    space:
      optimizer.lr: tag(log, interval(0.001, 0.1))
    protocol: {name: random, n_settings: 4}
    tune: {n_seeds: 2}
    confirm: {n_seeds: 3}
task:
  path: diabetes.csv
  target: y
dropout:
  hidden: 0
trainer:
  max_epochs: 5
  save_weights: true
tracking:
  mode: "off"
"""


def test_one_yaml_answers_a_question_about_a_number(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A CSV with a numeric target gives tables and figures, and one of its runs replays."""
    write_diabetes(tmp_path)
    (tmp_path / "sweeps").mkdir()
    (tmp_path / "sweeps" / "mine.yaml").write_text(NUMBERS)
    said = run_lab_drawing(tmp_path, "-m", "sweeps=mine")
    assert said.exit_code == 0, said.error
    assert "task table: 10 features, a number to predict; train 266, dev 88, test 88" in said.out
    assert "test error (% of variance) [95% interval at this one setting]" in said.out
    assert "wide - linear" in said.out
    folder = tmp_path / "outputs" / "mine"
    runs = read_runs(folder)
    assert set(runs["chance_error"]) == {1.0}
    best = runs.sort_values("last.dev.error").iloc[0]
    assert 0.3 < best["last.test.error"] < 0.8  # ordinary least squares leaves about half
    for name in ("learning_curves", "error_against_lr", "budget_curves", "paired_differences"):
        assert (folder / "figures" / f"{name}.pdf").stat().st_size > 0
    outputs = ("--outputs", str(tmp_path / "outputs"))
    assert replay([best["run_id"], *outputs]) == 0
    assert "agrees to the bit" in capsys.readouterr().out


def test_one_run_of_a_number_tells_its_error_in_the_targets_unit(tmp_path: Path) -> None:
    write_diabetes(tmp_path)
    said = run_lab_forked(tmp_path, *ONE_RUN, "task.path=diabetes.csv", "optimizer=adam")
    assert said.exit_code == 0, said.error
    assert "target y: 214 numbers from 25 to 346; in train mean" in said.out
    deviation = float(said.out.partition("standard deviation ")[2].partition(")")[0])
    (folder,) = (tmp_path / "outputs").iterdir()
    row = read_runs(folder).iloc[0]
    words = next(line.split() for line in said.out.splitlines() if line.startswith(" test"))
    assert words[2] == f"{row['last.test.error']:.2%}"
    expected = deviation * row["last.test.error"] ** 0.5
    assert float(words[4]) == pytest.approx(expected, rel=1e-3)  # four digits are printed
