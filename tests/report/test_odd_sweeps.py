"""The report of any sweep must succeed, whatever the names and results of its arms."""

import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from ffnn_lab.report.reports.report import report
from tests.report.reports.test_preflight import ODD
from tests.support.exhaustive import first, rest
from tests.support.options import put_variant
from tests.support.report.arm_builders import Built, Came, all_ended, ended, make_arm_sweep
from tests.support.report.latex import check_latex

pytestmark = pytest.mark.slow
NAN = math.nan
GAINS = {"initializer.gain": {"kind": "choice", "values": [0.5, 1.0, 2.0]}}
OF_GAINS = [{"initializer.gain": gain} for gain in (0.5, 1.0, 2.0)]


def reported(folder: Path) -> str:
    file = io.StringIO()
    paths = report(folder, console=Console(file=file, width=100))
    for path in paths:
        assert path.stat().st_size > 0
        if path.suffix == ".tex":
            check_latex(path.read_text(encoding="utf-8"))
    return file.getvalue()


def of_two(came: Came, *, n: int = 2) -> dict[str, Built]:
    """Build two arms, all of whose runs, with ``n`` fresh seeds each, have the result ``came``."""
    same = [came] * n
    return {
        name: Built(tuned=same, default=same, tune=[came] * 3, scores=[0.1] * 3)
        for name in ("sgd", "adam")
    }


CASES: Mapping[str, tuple[Mapping[str, Built], Sequence[str]]] = {
    "one arm, one setting, no fresh seed": ({"sgd": Built()}, ["no confirm stage"]),
    "one arm, one fresh seed": ({"sgd": Built(tuned=all_ended([0.1]))}, []),
    "all diverged": (of_two("diverged"), ["2 of 2 seeds count as chance (2 diverged)"]),
    "all failed": (of_two("failed"), ["2 of 2 seeds have no result and are left out"]),
    "all pruned": (of_two("pruned"), ["pruned before the last epoch"]),
    "all equal": (of_two(ended(0.1)), ["no interval is given where all seeds came to the same"]),
    "all without an error": (of_two([(2.0, 0.9, 0.9, 0.9), (0.0, 0.0, 0.0, 0.0)]), []),
    "losses that are no numbers": (of_two([(2.0, 0.9, 0.9, 0.9), (NAN, 0.5, 0.5, 0.5)]), []),
    "infinite losses": (of_two([(2.0, 0.9, 0.9, 0.9), (math.inf, 0.5, 0.5, 0.5)]), []),
    "test not measured": (of_two([(2.0, 0.9, 0.9, NAN), (1.0, 0.5, 0.5, NAN)]), []),
    "huge errors": (of_two([(1e9, 1e9, 1e9, 1e9), (1e8, 1e8, 1e8, 1e8)]), []),
    "an arm without a winner": (
        {"sgd": Built(tuned=all_ended([0.1, 0.2])), "adam": Built(scores=[0.1], tune=["failed"])},
        ["adam: setting 0 is reported though"],
    ),
    "an arm without runs": (
        {"sgd": Built(tuned=all_ended([0.1, 0.2])), "adam": Built(scores=())},
        ["adam: none is best yet"],
    ),
    "one diverged among many": (
        {
            "sgd": Built(tuned=[*all_ended([0.1, 0.2]), "diverged"]),
            "adam": Built(tuned=["diverged", *all_ended([0.1]), "failed"]),
        },
        ["adam: 1 of 3 seeds have no result"],
    ),
    "gains that tie": (
        {
            name: Built(
                tuned=all_ended([0.1, 0.2]), scores=[0.3] * 3, settings=OF_GAINS, space=GAINS
            )
            for name in ("sgd", "adam")
        },
        ["sgd: no setting is best, for all 3 settings that completed have the same score"],
    ),
    "gains that all diverge": (
        {
            name: Built(
                tuned=["diverged"] * 2,
                tune=["diverged"] * 3,
                scores=[0.3] * 3,
                settings=OF_GAINS,
                space=GAINS,
            )
            for name in ("sgd", "adam")
        },
        ["sgd: no setting is best, for every run of every setting diverged"],
    ),
}


@pytest.mark.parametrize("case", first(3, CASES))
@pytest.mark.usefixtures("_no_pictures")
def test_the_report_of_an_odd_sweep_ends_well(tmp_path: Path, case: str) -> None:
    arms, said = CASES[case]
    text = reported(make_arm_sweep(tmp_path / "odd", arms).folder)
    for line in said:
        assert line in text
    if "tie" in case or "all" in case:
        assert "a better one may lie beyond" not in text


@pytest.mark.parametrize("case", first(2, CASES))
@pytest.mark.usefixtures("_no_pictures")
def test_so_does_that_of_replicates_one_of_which_has_no_run(tmp_path: Path, case: str) -> None:
    arms, _ = CASES[case]
    text = reported(make_arm_sweep(tmp_path / "odd", arms, others=[arms, {}]).folder)
    assert "95% t intervals are over 3 replicates" in text
    assert "at this one setting" not in text
    if "tie" in case or "all" in case:
        assert "a better one may lie beyond" not in text


@pytest.mark.parametrize(
    "names",
    [pytest.param(ODD, id="odd"), rest([f"adam_{i}" for i in range(12)], id="many")],
)
def test_names_are_told_as_they_are(tmp_path: Path, names: Sequence[str]) -> None:
    arms = {
        name: Built(
            tuned=all_ended([0.1 + i / 100, 0.12]),
            scores=[0.2, 0.1],
            settings=OF_GAINS[:2],
            space=GAINS,
        )
        for i, name in enumerate(names)
    }
    sweep = make_arm_sweep(tmp_path / "names", arms)
    text = reported(sweep.folder)
    assert all(name in text for name in names)
    table = pd.read_csv(sweep.folder / "tables" / "arms.csv", keep_default_na=False)
    assert table["arm"].tolist() == list(names)


@pytest.mark.usefixtures("_no_pictures")
def test_a_line_break_in_a_name_is_told_as_its_code(tmp_path: Path) -> None:
    tuned = all_ended([0.1, 0.2])
    sweep = make_arm_sweep(tmp_path / "lines", {"a\nb": Built(tuned), "c\u202ed": Built(tuned)})
    assert list(sweep.arms) == [r"a\nb", r"c\u202ed"]
    text = reported(sweep.folder)
    assert r"a\nb" in text
    assert "\u202e" not in text


@pytest.mark.usefixtures("_no_pictures")
def test_an_optimizer_that_no_table_of_names_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An optimizer without a color, family and claims is reported, and declares no contrast."""
    put_variant(monkeypatch, "optimizer", of="sgd", name="lion", look=None, family="")
    arms = {
        name: Built(
            tuned=all_ended([0.1, 0.12]),
            scores=[0.2, 0.1],
            settings=[{"dropout.hidden": rate, "initializer.gain": rate} for rate in (0.1, 0.2)],
            space={
                key: {"kind": "choice", "values": [0.1, 0.2]}
                for key in ("dropout.hidden", "initializer.gain")
            },
        )
        for name in ("sgd", "lion", "lion_wide", "adam")
    }
    text = reported(make_arm_sweep(tmp_path / "new", arms).folder)
    assert "lion - sgd" in text
    assert "adjusted over the 1 contrast declared beforehand" in text
