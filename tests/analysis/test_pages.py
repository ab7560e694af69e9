"""Pages must be made from published records alone, and be the same each time."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure

from analysis import default
from analysis.pages import RESULTS, Page, PageError, make_all
from ffnn_lab.records import read_runs

WORDS = pd.DataFrame({"arm": ["sgd"], "error (%)": ["1.00"]})


def test_every_page_with_a_script_is_made_again_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The tables are those of the page, and making one twice changes no byte."""
    results = tmp_path / "results"
    shutil.copytree(RESULTS, results)
    pages = {path.name: path.read_bytes() for path in results.glob("*.md")}
    for figure in (results / "figures").glob("default_*.png"):
        figure.unlink()
    made = make_all(results)
    assert "default" in made
    assert {f"{name}.md" for name in made} <= set(pages)
    assert capsys.readouterr().out == "".join(f"{results / name}.md\n" for name in made)
    once = contents(results)
    assert {name: once[name] for name in pages} == pages
    drawn = ("learning_curves", "paired_differences")
    assert {f"figures/default_{name}.png" for name in drawn} <= set(once)
    default.make(Page("default", results))
    assert contents(results) == once


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_the_page_shows_the_figures_that_are_made() -> None:
    text = (RESULTS / "default.md").read_text()
    for name in ("learning_curves", "paired_differences"):
        assert f"](figures/default_{name}.png)" in text
        assert (RESULTS / "figures" / f"default_{name}.png").exists()


def test_a_table_takes_its_place_and_leaves_the_words_around_it(tmp_path: Path) -> None:
    page = Page("mine", tmp_path)
    page.path.write_text("# Mine\n\n<!-- table one -->\nold\n<!-- end -->\n\nAfter.\n")
    page.table("one", WORDS)
    expected = (
        "# Mine\n\n<!-- table one -->\n\n| arm | error (%) |\n| --- | --------: |\n"
        "| sgd |      1.00 |\n\n<!-- end -->\n\nAfter.\n"
    )
    assert page.path.read_text() == expected
    page.table("one", WORDS)
    assert page.path.read_text() == expected


def test_a_page_without_the_place_is_an_error(tmp_path: Path) -> None:
    page = Page("mine", tmp_path)
    page.path.write_text("<!-- table one -->\n<!-- end -->\n" * 2)
    for name in ("one", "two"):
        with pytest.raises(PageError, match=f"must have one place <!-- table {name} -->"):
            page.table(name, WORDS)


def test_a_figure_is_named_after_its_page(tmp_path: Path) -> None:
    Page("mine", tmp_path).figure("one", Figure())
    assert [path.name for path in (tmp_path / "figures").iterdir()] == ["mine_one.png"]


def test_published_records_are_small() -> None:
    """They are less than a megabyte; of a study of many replicates, 200 bytes a run."""
    for folder in (RESULTS / "records").iterdir():
        files = [path for path in folder.rglob("*") if path.is_file()]
        most = max(1_000_000, 200 * len(read_runs(folder)))
        assert sum(path.stat().st_size for path in files) < most, folder.name
