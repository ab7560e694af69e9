"""A figure must be saved with its points and sources, so that it can be checked."""

import json
from pathlib import Path

import pandas as pd

from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.figures.save import new_figure, provenance, save


def test_four_files_beside_each_other(tmp_path: Path) -> None:
    points = pd.DataFrame({"arm": ["sgd"], "mean": [0.1 + 0.2]})
    stem = tmp_path / "figures" / "name"
    paths = save(new_figure(2, 1), points, stem=stem, source={"commands": ["a"]})
    assert [path.name for path in paths] == ["name.pdf", "name.png", "name.csv", "name.json"]
    assert paths[0].read_bytes().startswith(b"%PDF")
    assert paths[1].read_bytes().startswith(b"\x89PNG")
    assert pd.read_csv(paths[2])["mean"].tolist() == [0.1 + 0.2]
    assert json.loads(paths[3].read_text()) == {"commands": ["a"]}


def test_png_has_200_dots_per_inch(tmp_path: Path) -> None:
    paths = save(new_figure(2, 1), pd.DataFrame(), stem=tmp_path / "name", source={})
    header = paths[1].read_bytes()[16:24]
    assert (int.from_bytes(header[:4]), int.from_bytes(header[4:])) == (400, 200)


def test_equal_figures_give_equal_files(tmp_path: Path) -> None:
    first, again = (
        save(new_figure(2, 1), pd.DataFrame(), stem=tmp_path / name, source={})
        for name in ("first", "again")
    )
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]


def test_provenance_names_runs_and_commits(small: Sweep) -> None:
    ids = small.runs["run_id"].tolist()[:3]
    runs = small.runs.assign(**{"git.commit": "abc", "git.is_dirty": "false"})
    runs.loc[runs["run_id"] == ids[2], "git.is_dirty"] = "true"
    runs.loc[~runs["run_id"].isin(ids), "git.commit"] = "of another run"
    source = provenance(runs, run_ids={"sgd": ids}, commands=["make"])
    assert source == {
        "commands": ["make"],
        "commits": ["abc", "abc (with changes)"],
        "run_ids": {"sgd": ids},
    }
