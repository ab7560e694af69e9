"""Claims must read from a sweep only what they are about."""

from pathlib import Path

import pytest

from ffnn_lab.report.claims.evidence import Evidence, MissingEvidenceError
from tests.support.report.builders import load_sweep, make_definition, write_sweep


def test_claims_about_adaptive_methods_read_such_contrasts_alone(tmp_path: Path) -> None:
    """Other contrasts that a sweep declares are no evidence for or against these claims."""
    both = [["sgd", "adam"], ["adam", "sgd"]]
    folder = write_sweep(tmp_path / "both", definition=make_definition(contrasts=both))
    pairs = Evidence(load_sweep(folder)).contrasts()
    assert [str(pair) for pair in pairs] == ["adam - sgd"]
    folder = write_sweep(tmp_path / "other", definition=make_definition(contrasts=both[:1]))
    with pytest.raises(MissingEvidenceError, match="no adaptive arm"):
        Evidence(load_sweep(folder)).contrasts()


def test_arms_of_an_optimizer_are_found_by_their_configs(tmp_path: Path) -> None:
    evidence = Evidence(load_sweep(write_sweep(tmp_path)))
    assert evidence.arms_of("adam") == ["adam"]
    with pytest.raises(MissingEvidenceError, match="it has no arm rmsprop or rmsprop_"):
        evidence.arms_of("rmsprop")
