"""A margin that is too narrow for any affordable sweep must be reported before the first run."""

from pathlib import Path

import pytest

from ffnn_lab.report.claims.affordable import AFFORDABLE, about_margins
from ffnn_lab.report.statistics import replicates_to_resolve, sample_std
from tests.support.definitions import define_arms
from tests.support.report.arm_builders import Built, all_ended, make_arm_sweep, wobbly

DIGITS = define_arms("sgd", "adam", name="wilson_digits")


def records(folder: Path, wobble: float, *, n_of_replicate: int | None = 1) -> float:
    """Write a sweep of six replicates, and return the standard deviation of their differences.

    SGD's test error is 0.1; Adam's is 0.1 plus and minus ``wobble`` in turn. If ``n_of_replicate``
    is None, the six values are seeds of one tuning.
    """
    errors = wobbly(0.1, wobble, n=6)
    arms = {"sgd": Built(all_ended([0.1] * 6)), "adam": Built(all_ended(errors))}
    make_arm_sweep(folder, arms, n_of_replicate=n_of_replicate)
    return sample_std(errors)


@pytest.mark.parametrize("name", ["wilson_digits", "wilson_digits_small"])
def test_replicates_are_counted_by_a_known_spread(tmp_path: Path, name: str) -> None:
    """The spread is that of the sweep itself, or of a sweep beside it made for the same claims."""
    std = records(tmp_path / name, 0.01)
    needed = replicates_to_resolve(0.001, std=std)
    assert needed is not None
    assert needed > AFFORDABLE
    told = about_margins(DIGITS, tmp_path / "wilson_digits")
    assert told[0] == (
        "wilson_generalization: no affordable number of replicates can distinguish an effect of 0 "
        f"from the claim's margin of 0.1 percentage points; about {needed} would be needed, "
        f"judging by the spread in {name}, which is 1.1 percentage points or more"
    )


def test_a_spread_that_can_be_resolved_is_not_told(tmp_path: Path) -> None:
    std = records(tmp_path / "wilson_digits", 0.001)
    needed = replicates_to_resolve(0.001, std=std)
    assert needed is not None
    assert needed <= AFFORDABLE
    told = about_margins(DIGITS, tmp_path / "wilson_digits")
    assert not [each for each in told if each.startswith("wilson_generalization")]


def test_without_replicates_no_spread_is_known(tmp_path: Path) -> None:
    assert about_margins(DIGITS, tmp_path / "none" / "wilson_digits") == []
    records(tmp_path / "wilson_digits", 0.01, n_of_replicate=None)
    records(tmp_path / "another", 0.01)
    assert about_margins(DIGITS, tmp_path / "wilson_digits") == []


def test_a_damaged_sweep_beside_it_is_passed_over(tmp_path: Path) -> None:
    other = tmp_path / "wilson_digits_small"
    records(other, 0.01)
    (other / "definition.json").write_text("{torn")
    assert about_margins(DIGITS, tmp_path / "wilson_digits") == []


def test_draws_have_a_fewest_number(tmp_path: Path) -> None:
    """A margin of 0.5 points needs 736 draws, because 0.995^n is at most 0.025 from 736 on.

    Claims with a margin of 5 points need 72 draws, because 0.95^n is at most 0.025 from 72 on.
    This is affordable, and not reported.
    """
    definition = define_arms("sgd", "adam", name="wilson_separable_batch")
    assert about_margins(definition, tmp_path) == [
        "separable_plain: no affordable number of draws can distinguish an effect of 0 from the "
        "claim's margin of 0.5 percentage points; about 736 would be needed, even if all of their "
        "effects are 0"
    ]


def test_a_sweep_of_no_claim_is_told_nothing(tmp_path: Path) -> None:
    assert about_margins(define_arms("sgd", "adam", name="mine"), tmp_path) == []
