"""A claim that was reworded after the runs must be found out."""

from pathlib import Path

import pytest

from ffnn_lab.records import RecordError
from ffnn_lab.report.claims import CLAIMS
from ffnn_lab.report.claims.declaration import STORE, claim_hashes, declare, when_declared

CLAIM = "\nCLAIM = Claim(...)\n"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "rule.py").write_text("the rule\n")
    (folder / "one.py").write_text(f"MARGIN = 0.001\n{CLAIM}")
    (folder / "helper.py").write_text("no claim\n")
    return folder


def test_every_claim_is_a_file_of_its_name() -> None:
    assert set(claim_hashes()) == {claim.name for claim in CLAIMS}


def test_what_is_no_claim_is_not_hashed_but_the_rule_is(files: Path) -> None:
    before = claim_hashes(files)
    assert list(before) == ["one"]
    (files / "helper.py").write_text("other\n")
    assert claim_hashes(files) == before
    (files / "rule.py").write_text("a laxer rule\n")
    assert claim_hashes(files) != before


def test_a_claim_that_stays_as_it_was(tmp_path: Path, files: Path) -> None:
    hashes = claim_hashes(files)
    declare(tmp_path, n_runs=0, hashes=hashes)
    assert when_declared(tmp_path, "one", digest=hashes["one"]) == "before"


def test_a_margin_that_was_moved_is_told_however_often_it_is_declared(
    tmp_path: Path, files: Path
) -> None:
    declare(tmp_path, n_runs=0, hashes=claim_hashes(files))
    (files / "one.py").write_text(f"MARGIN = 0.0001\n{CLAIM}")
    moved = claim_hashes(files)
    declare(tmp_path, n_runs=50, hashes=moved)
    assert when_declared(tmp_path, "one", digest=moved["one"]) == "changed"


def test_a_claim_that_came_late_says_how_late(tmp_path: Path, files: Path) -> None:
    declare(tmp_path, n_runs=0, hashes=claim_hashes(files))
    (files / "two.py").write_text(CLAIM)
    hashes = claim_hashes(files)
    declare(tmp_path, n_runs=50, hashes=hashes)
    assert when_declared(tmp_path, "one", digest=hashes["one"]) == "before"
    assert when_declared(tmp_path, "two", digest=hashes["two"]) == "after 50 runs"


def test_a_sweep_that_says_nothing(tmp_path: Path) -> None:
    assert when_declared(tmp_path, "one", digest="0") == "unknown"


def test_a_damaged_store_is_an_error(tmp_path: Path) -> None:
    (tmp_path / STORE).write_text("{torn")
    with pytest.raises(RecordError, match=r"claims\.json cannot be read"):
        when_declared(tmp_path, "one", digest="0")
