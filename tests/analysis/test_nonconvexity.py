"""The page on starts must show what the records and the measured tables have."""

import math
import shutil
from pathlib import Path

import pandas as pd
import pytest

from analysis import nonconvexity
from analysis.nonconvexity import (
    LINES,
    POINTS,
    barriers,
    end_words,
    line_words,
    relative_losses,
    with_barriers,
)
from analysis.pages import Page
from ffnn_lab.report.data.measured import write_measured
from ffnn_lab.report.measures.starts import starts_table
from ffnn_lab.report.reports.publish import publish
from tests.support.command_line import run_lab_forked
from tests.support.report.builders import CHANCE
from tests.support.report.starts_builders import Ended, make_starts

PAGE = "# Page\n\n" + "\n".join(
    f"<!-- table {name} -->\n<!-- end -->\n" for name in ("ends", "lines", "claims")
)


def ended(arm: str, gain: float, seed: int, replicate: int) -> Ended:
    """Return ends: one loss in each replicate for the linear arm, and the mlp fails at gain 0."""
    if arm == "linear":
        return 0.1 + 0.01 * replicate, 0.0
    return (2.3, CHANCE) if gain == 0 else (0.1 + 0.01 * seed, 0.0)


def points() -> pd.DataFrame:
    """Return the points of two replicates: a flat line, a line with a barrier, a matched one."""
    rows = [
        (arm, replicate, 0, is_matched, position, loss)
        for replicate in (0, 1)
        for arm, is_matched, losses in (
            ("linear", False, (0.1, 0.1, 0.1)),
            ("mlp", False, (0.1, 0.6 + 0.2 * replicate, 0.3)),
            ("mlp", True, (0.1, 0.15, 0.3)),
        )
        for position, loss in zip((0.0, 0.5, 1.0), losses, strict=True)
    ]
    columns = ["arm", "replicate", "pair", "is_matched", "position", "loss"]
    return pd.DataFrame(rows, columns=columns)


def lines() -> pd.DataFrame:
    table = points().query("position == 0").drop(columns=["position", "loss"])
    distance = table["is_matched"].map({False: 1.4, True: 0.7})
    ends = {"gradient.0": 0.001, "gradient.1": 0.02}
    return table.assign(distance=distance.where(table["arm"] == "mlp", 0.0), **ends)


def test_a_barrier_is_above_the_line_between_the_ends() -> None:
    found = barriers(points())
    assert found["barrier"].tolist() == pytest.approx([0.0, 0.4, 0.0, 0.0, 0.6, 0.0])
    assert found["arm"].tolist() == ["linear", "mlp", "mlp"] * 2


def test_lines_in_words() -> None:
    words = line_words(with_barriers(points(), lines()))
    assert words["arm"].tolist() == ["linear", "mlp", "mlp"]
    assert words["hidden units"].tolist() == ["-", "as trained", "matched"]
    assert words["pairs"].tolist() == ["2"] * 3
    assert [cell.split()[0] for cell in words.iloc[:, 3]] == ["0", "1.4", "0.7"]
    assert [cell.split()[0] for cell in words.iloc[:, 4]] == ["0", "0.5", "0"]
    assert set(words["largest gradient at an end"]) == {"2.0e-02"}


def test_ends_in_words(tmp_path: Path) -> None:
    """A spread is one within a replicate: between them the linear arm's losses differ."""
    starts = starts_table(make_starts(tmp_path, ended, n_replicates=2))
    words = end_words(starts).set_index(["arm", "gain"])
    assert words.loc[("linear", "all"), "spread, relative"] == "0.0e+00"
    assert words.loc[("linear", "all"), "mean train loss (nats)"] == "0.1050"
    assert words.loc[("mlp", "0"), "end near chance (%)"] == "100.00"
    assert words.loc[("mlp", "0"), "spread, relative"] == "-"
    assert words.loc[("mlp", "1"), "spread, relative"] == "3.0e-01"
    assert words.loc[("mlp", "all"), "end near chance (%)"] == "50.00"
    assert set(words["starts"]) == {"8", "16"}


def test_losses_are_divided_by_the_lowest_of_their_replicate(tmp_path: Path) -> None:
    starts = starts_table(make_starts(tmp_path, ended, n_replicates=2))
    ratios = starts.assign(ratio=relative_losses(starts)).groupby("arm")["ratio"]
    assert set(ratios.get_group("linear")) == {1.0}
    assert ratios.max()["mlp"] == pytest.approx(23.0)


def test_a_diverged_start_fails_and_has_no_loss(tmp_path: Path) -> None:
    def diverged(arm: str, gain: float, seed: int, replicate: int) -> Ended:
        return None if seed == 0 else ended(arm, gain, seed, replicate)

    starts = starts_table(make_starts(tmp_path, diverged, n_replicates=1))
    words = end_words(starts).set_index(["arm", "gain"])
    assert words.loc[("linear", "1"), "end near chance (%)"] == "25.00"
    assert words.loc[("linear", "1"), "spread, relative"] == "0.0e+00"
    assert math.isinf(relative_losses(starts).max())
    nonconvexity.ends_figure(starts).draw_without_rendering()


def test_the_page_is_made_and_made_again_as_it_was(tmp_path: Path) -> None:
    records = tmp_path / "records" / "nonconvexity"
    make_starts(records, ended)
    for name, table in ((POINTS, points()), (LINES, lines())):
        write_measured(records, name, table)
    page = Page("nonconvexity", tmp_path)
    page.path.write_text(PAGE)
    nonconvexity.make(page)
    text = page.path.read_text()
    for words in ("| mlp", "as trained", "| convex_one_loss", "| nonconvex_losses"):
        assert words in text
    names = {"nonconvexity_ends.png", "nonconvexity_lines.png"}
    assert {path.name for path in page.figures.iterdir()} == names
    once = {path: path.read_bytes() for path in page.figures.iterdir()}
    nonconvexity.make(page)
    assert page.path.read_text() == text
    assert {path: path.read_bytes() for path in page.figures.iterdir()} == once


@pytest.mark.slow
def test_the_smallest_sweep_becomes_a_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The way of a reader: run the sweep, measure its networks, publish it, make the page."""
    said = run_lab_forked(tmp_path, "-m", "sweeps=nonconvexity_smoke")
    assert said.exit_code == 0, said.error
    sweep = tmp_path / "outputs" / "nonconvexity_smoke"
    records = tmp_path / "records" / "nonconvexity"
    assert nonconvexity.main([str(sweep)]) == 0
    # Two replicates, a pair each: of the linear arm a line, of the networks two.
    assert capsys.readouterr().out.endswith("lines.csv: 10 rows\n")
    publish(sweep, records)
    page = Page("nonconvexity", tmp_path)
    page.path.write_text(PAGE)
    shutil.rmtree(sweep)  # the page is made from what was published
    nonconvexity.make(page)
    assert "| mlp_32" in page.path.read_text()
