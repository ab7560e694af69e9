"""Tables, files, captions and remarks of a report must name the condition they are about."""

import io
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from ffnn_lab.report.measures.numbers import Numbers
from ffnn_lab.report.reports.captions import caption
from ffnn_lab.report.reports.content import content_of, stem_under
from ffnn_lab.report.reports.report import report
from ffnn_lab.report.reports.summary import readable_summary, summary_table
from ffnn_lab.report.sheets import SHEETS
from tests.support.report.conditioned import make_conditioned_sweep

SMALL, LARGE = "batch_size=8", "batch_size=32"


def test_tables_have_the_condition_in_front(tmp_path: Path) -> None:
    sweep = make_conditioned_sweep(tmp_path / "s", n_replicates=3)
    content = content_of(sweep)
    tables = {table.name: table for table in content.sheets}
    arms = tables["arms"]
    assert list(arms.words)[:2] == ["batch_size", "arm"]
    assert arms.words["batch_size"].tolist() == ["8", "8", "32", "32"]
    assert arms.words["arm"].tolist() == ["sgd", "adam"] * 2
    assert arms.numbers is not None
    assert arms.numbers["trainer.batch_size"].tolist() == [8, 8, 32, 32]
    across = tables["across"].words
    assert list(across)[1:] == [SMALL, LARGE]
    assert across.iloc[:, 0].tolist() == ["sgd", "adam", "adam - sgd"]
    assert across[SMALL].iloc[2].startswith("-5.05 [")
    assert across[LARGE].iloc[2].startswith("5.05 [")
    headings = [line for line in content.commands if line.startswith("#")]
    assert headings[1].startswith(f"# adam@{SMALL}")


def test_the_caption_tells_the_family(tmp_path: Path) -> None:
    numbers = Numbers(make_conditioned_sweep(tmp_path / "s", n_replicates=3))
    text = caption(numbers, SHEETS["paired_differences"])
    assert "after Holm over the contrasts that were declared, under all conditions;" in text
    assert "n = 3 replicates of 2 fresh seeds each" in text
    assert "conditions are not compared" in caption(numbers, SHEETS["arms"])
    (alone, _) = numbers.conditions
    assert "under all conditions" not in caption(alone, SHEETS["paired_differences"])


def test_what_holds_under_every_condition_is_told_once(tmp_path: Path) -> None:
    content = content_of(make_conditioned_sweep(tmp_path / "s"))
    (family,) = [remark for remark in content.remarks if "p (Holm)" in remark]
    assert "adjusted over the 2 contrasts declared beforehand" in family
    assert family.endswith("under each of 2 conditions")
    assert len(content.remarks) == len(set(content.remarks))


def test_a_remark_on_one_condition_names_it(tmp_path: Path) -> None:
    def came(condition: object, replicate: int, arm: str, setting: int, seed: int) -> object:
        is_lost = "8}" in str(condition) and (arm, setting, seed) == ("sgd", 0, 1000)
        error = 0.1 + 0.01 * replicate + 0.01 * setting + 0.001 * (seed % 10)
        return "diverged" if is_lost else (0.0, error, error)

    content = content_of(make_conditioned_sweep(tmp_path / "s", came))  # type: ignore[arg-type]
    told = [remark for remark in content.remarks if "count as chance" in remark]
    assert len(told) == 1
    assert told[0].startswith(f"{SMALL}: sgd: 1 of 2 seeds")


@pytest.mark.usefixtures("_no_pictures")
def test_each_condition_has_figures_of_its_own_and_old_ones_go(tmp_path: Path) -> None:
    sweep = make_conditioned_sweep(tmp_path / "s")
    figures = sweep.folder / "figures"
    figures.mkdir()
    stale = [figures / f"learning_curves@batch_size=4.{suffix}" for suffix in ("png", "csv")]
    other = figures / "mine@home.png"
    for path in (*stale, other):
        path.write_bytes(b"old")
    text = io.StringIO()
    paths = report(sweep.folder, console=Console(file=text, width=200))
    names = {path.name for path in paths if path.suffix == ".png"}
    assert {f"learning_curves@{label}.png" for label in (SMALL, LARGE)} <= names
    assert "across.png" in names
    assert not any(path.exists() for path in stale)
    assert other.exists()
    assert "s: across" in text.getvalue()
    points = pd.read_csv(figures / "across.csv")
    assert points["trainer.batch_size"].tolist() == [8, 8, 32, 32, 8, 32]


@pytest.mark.parametrize(
    ("label", "stem"),
    [(SMALL, f"forest@{SMALL}"), ("", "forest")],
)
def test_the_file_of_a_figure_under_a_condition(tmp_path: Path, label: str, stem: str) -> None:
    numbers = Numbers(make_conditioned_sweep(tmp_path / "s"))
    assert stem_under("forest", label, numbers) == stem


def test_the_summary_has_a_column_for_each_condition(tmp_path: Path) -> None:
    table = summary_table([make_conditioned_sweep(tmp_path / "s", n_replicates=2)])
    assert table["condition"].drop_duplicates().tolist() == [SMALL, LARGE]
    best = table[table["is_best"]]
    assert best["arm"].tolist() == ["adam", "sgd"]
    assert list(readable_summary(table))[1:] == [f"s (digits), {SMALL}", f"s (digits), {LARGE}"]
