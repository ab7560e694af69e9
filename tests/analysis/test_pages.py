"""Pages must be made from published records alone, and be the same each time."""

import importlib
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure

import analysis
from analysis.pages import RESULTS, Page, PageError, make_all
from ffnn_lab.records import read_runs
from tests.support.exhaustive import rest

SCRIPTS = {path.stem for path in Path(analysis.__file__).parent.glob("*.py")}
WITH_SCRIPT = sorted(path.stem for path in RESULTS.glob("*.md") if path.stem in SCRIPTS)
WORDS = pd.DataFrame({"arm": ["sgd"], "error (%)": ["1.00"]})


ALIKE = ("default", "default_split", "wilson_digits", "wilson_fashion_mnist", "wilson_separable")
"""Pages whose tables and figures are made in the same way as those of `wilson_digits`."""


@pytest.mark.parametrize(
    "name",
    [
        rest(each) if each in ALIKE else pytest.param(each, marks=pytest.mark.slow)
        for each in WITH_SCRIPT
    ],
)
def test_a_page_with_a_script_is_made_again_as_it_was(name: str, tmp_path: Path) -> None:
    """The tables are those that the records give, and exactly the shown figures are made."""
    results = with_pages(tmp_path, name)
    importlib.import_module(f"analysis.{name}").make(Page(name, results))
    text = (results / f"{name}.md").read_text()
    assert text == (RESULTS / f"{name}.md").read_text()
    shown = set(re.findall(r"\]\(figures/(.+?)\)", text))
    assert {path.name for path in (results / "figures").glob("*")} == shown
    assert shown <= {path.name for path in (RESULTS / "figures").iterdir()}


def test_all_pages_are_made_as_they_were_and_twice_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = with_pages(tmp_path, "default", "README")
    assert make_all(results) == ["default"]
    assert capsys.readouterr().out == f"{results / 'default'}.md\n"
    assert (results / "default.md").read_text() == (RESULTS / "default.md").read_text()
    once = contents(results)
    make_all(results)
    assert contents(results) == once


def with_pages(folder: Path, *names: str) -> Path:
    """Copy pages into a folder of results that has all published records."""
    results = folder / "results"
    results.mkdir()
    (results / "records").symlink_to(RESULTS / "records")
    for name in names:
        shutil.copy(RESULTS / f"{name}.md", results)
    return results


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


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
    """The records of a sweep take at most 1 MB, or 250 bytes per run if that is more."""
    for folder in (RESULTS / "records").iterdir():
        files = [path for path in folder.rglob("*") if path.is_file()]
        most = max(1_000_000, 250 * len(read_runs(folder)))
        assert sum(path.stat().st_size for path in files) < most, folder.name
