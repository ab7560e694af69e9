"""The report on claims must be complete, name what is missing, and be the same if made again."""

import io
import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from ffnn_lab.records import RecordError
from ffnn_lab.report.claims import CLAIMS
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.declaration import declare
from ffnn_lab.report.claims.earlier import BY_AN_EARLIER_RULE
from ffnn_lab.report.reports.verdict_report import region_text, report_claims
from tests.report.claims.test_verdicts import wilson
from tests.support.report.builders import write_run, write_sweep
from tests.support.report.latex import check_latex

ALL = tuple(CLAIMS.values())
ONE = ALL[:1]
"""A single claim, for tests in which it does not matter which claims are reported."""


def reported(
    outputs: Path, *names: str, are_named: bool = False, claims: Sequence[Claim] = ONE
) -> tuple[list[Path], str]:
    file = io.StringIO()
    paths = report_claims(
        [outputs / name for name in names],
        outputs=outputs,
        are_named=are_named,
        claims=claims,
        console=Console(file=file, width=80),
    )
    return paths, file.getvalue()


def test_prints_and_writes_all_verdicts(tmp_path: Path) -> None:
    sweep = wilson(tmp_path / "wilson_digits")
    declare(sweep.folder, n_runs=0)
    paths, text = reported(tmp_path, "wilson_digits", claims=ALL)
    assert text.isascii()
    assert [path.name for path in paths] == [
        *("claims.csv", "claims.md", "claims.tex"),
        *(f"verdicts-wilson_digits.{suffix}" for suffix in ("pdf", "png", "csv", "json")),
    ]
    assert {path.parent for path in paths} == {tmp_path / "claims"}
    assert all(path.is_file() for path in paths)
    line = next(line for line in text.splitlines() if line.startswith("wilson_generalization"))
    assert line.split()[1:6] == ["wilson_digits", "adam", "-", "sgd", "2.00"]
    assert " > 0.10 " in line
    assert "supported" in line
    assert "- adamw_decoupling was not run: no sweep weight_decay with adam_coupled" in text
    assert "no proof" not in text
    check_latex(paths[2].read_text())
    table = pd.read_csv(paths[0])
    assert len(table["claim"].unique()) == len(CLAIMS)
    source = json.loads((tmp_path / "claims" / "verdicts-wilson_digits.json").read_text())
    assert len(source["run_ids"]["wilson_generalization"]) == 20


@pytest.mark.usefixtures("_no_pictures")
def test_the_page_tells_each_claim_whole(tmp_path: Path) -> None:
    wilson(tmp_path / "wilson_digits")
    reported(tmp_path, "wilson_digits", claims=ALL)
    page = (tmp_path / "claims" / "claims.md").read_text()
    for claim in ALL:
        assert f"\n## {claim.name}\n" in page
        assert claim.hypothesis in page
        assert claim.reason in page
        assert claim.source in page
    assert "- claimed: > 0.10 percentage points; margin: 0.1 points: the seeds of one" in page
    assert (
        "- verdicts: 1 supported\n- commands: `python -m ffnn_lab.run -m sweeps=wilson_digits`"
        in page
    )


@pytest.mark.usefixtures("_no_pictures")
def test_claims_that_may_have_been_worded_later_are_told(tmp_path: Path) -> None:
    sweep = wilson(tmp_path / "wilson_digits")
    _, text = reported(tmp_path, "wilson_digits")
    begun = "the sweep does not say what the claim was when it was begun"
    told = "there is no proof that these claims were written before its first run"
    assert f"- wilson_digits: {told} ({begun}): wilson_gen" in text
    declare(sweep.folder, n_runs=40)
    _, text = reported(tmp_path, "wilson_digits")
    assert "(declared after 40 runs had been recorded): wilson_generalization" in text


def test_claims_judged_by_a_later_rule_are_told(tmp_path: Path) -> None:
    """The claim was declared before the runs, but the rule that judges it was changed later."""
    sweep = wilson(tmp_path / "wilson_digits")
    name = ONE[0].name
    declare(sweep.folder, n_runs=0, hashes={name: BY_AN_EARLIER_RULE[name][0]})
    _, text = reported(tmp_path, "wilson_digits")
    told = "these claims and their margins were written before its first run, but the rule"
    assert f"- wilson_digits: {told} that judges them was changed later: {name}" in text
    assert "no proof" not in text


@pytest.mark.usefixtures("_no_pictures")
def test_what_a_sweep_has_nothing_to_say_on_is_told(tmp_path: Path) -> None:
    wilson(tmp_path / "wilson_digits")
    _, text = reported(tmp_path, "wilson_digits", claims=ALL)
    assert "- schmidt_untuned is not applicable (wilson_digits): it has fewer than 3 tuned" in text


def test_equal_records_give_equal_files(tmp_path: Path) -> None:
    wilson(tmp_path / "wilson_digits")
    paths, _ = reported(tmp_path, "wilson_digits")
    before = {path: path.read_bytes() for path in paths}
    reported(tmp_path, "wilson_digits")
    assert {path: path.read_bytes() for path in paths} == before


@pytest.mark.usefixtures("_no_pictures")
def test_a_named_sweep_has_files_of_its_own(tmp_path: Path) -> None:
    wilson(tmp_path / "wilson_digits")
    wilson(tmp_path / "mine")
    reported(tmp_path, "wilson_digits", "mine")
    whole = (tmp_path / "claims" / "claims.md").read_text()
    paths, text = reported(tmp_path, "mine", are_named=True)
    assert paths[0].name == "claims-mine.csv"
    assert "not run" not in text
    assert (tmp_path / "claims" / "claims.md").read_text() == whole
    assert (tmp_path / "claims" / "verdicts-mine.png").is_file()


@pytest.mark.usefixtures("_no_pictures")
def test_a_figure_does_not_outlive_its_reason(tmp_path: Path) -> None:
    sweep = wilson(tmp_path / "mine")
    reported(tmp_path, "mine", are_named=True)
    reported(tmp_path, "mine")
    assert not (tmp_path / "claims" / "verdicts-mine.png").exists()
    assert sweep.folder.is_dir()


def test_sweeps_that_answer_nothing(tmp_path: Path) -> None:
    """The small sweep was tuned once, so no verdict follows from it."""
    write_sweep(tmp_path / "small")
    _, text = reported(tmp_path, "small", are_named=True)
    assert "- one tuning: the sweep tuned each arm once" in text
    assert "supported" not in text
    _, text = reported(tmp_path, claims=ALL)
    assert text.count("was not run") == len(CLAIMS)


def test_what_is_no_sweep_is_passed_over_unless_it_was_named(tmp_path: Path) -> None:
    write_run(tmp_path / "run-0")
    (tmp_path / "empty").mkdir()
    _, text = reported(tmp_path, "run-0", "empty")
    assert f"- passed over: {tmp_path / 'empty'} has no records" in text
    with pytest.raises(RecordError, match="run-0 holds a single run; claims are judged by sweeps"):
        reported(tmp_path, "run-0", are_named=True)
    with pytest.raises(RecordError, match="empty has no records"):
        reported(tmp_path, "empty", are_named=True)


def test_a_sweep_without_arms_for_any_claim(tmp_path: Path) -> None:
    write_sweep(tmp_path / "other", keep=lambda row: row[0] == "tune")
    paths, text = reported(tmp_path, "other", are_named=True)
    assert "- no claim can be judged by these sweeps" in text
    assert [path.name for path in paths] == [
        *("claims-other.csv", "claims-other.md", "claims-other.tex"),
    ]


def test_regions() -> None:
    assert region_text(0.001, float("inf")) == "> 0.10"
    assert region_text(float("-inf"), -0.001) == "< -0.10"
    assert region_text(-0.05, 0.05) == "-5.00 to 5.00"
