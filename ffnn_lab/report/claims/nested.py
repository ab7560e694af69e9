"""Variants of a sweep whose search spaces contain one another. No claim: what claims share."""

from itertools import pairwise

from ffnn_lab.report.claims.evidence import Evidence, MissingEvidenceError
from ffnn_lab.report.data.arms import ADAPTIVE, PLAIN, variants
from ffnn_lab.report.data.sweep import Sweep


def nested_pairs(evidence: Evidence) -> list[list[tuple[str, str]]]:
    """Find each adaptive and plain optimizer that occur together in several nested spaces.

    Returns:
        For each two optimizers the arms of both in every variant that has them, the smallest space
        first: a space contains those before it if every axis of theirs is one of its own.

    Raises:
        MissingEvidenceError: If there are none.
    """
    sweep = evidence.sweep
    found = []
    for adaptive in ADAPTIVE:
        for plain in PLAIN:
            pairs = [
                (arms[adaptive], arms[plain])
                for arms in variants(sweep.arms).values()
                if {adaptive, plain} <= arms.keys()
            ]
            pairs.sort(key=lambda pair: len(_axes(sweep, pair)))
            ends = [_axes(sweep, pair) for pair in pairs]
            are_nested = all(small <= large for small, large in pairwise(ends))
            if pairs and are_nested and ends[0] < ends[-1]:
                found.append(pairs)
    if not found:
        msg = "it has no adaptive and plain arm that occur in nested spaces (adam_lr, adam_all)"
        raise MissingEvidenceError(msg)
    return found


def _axes(sweep: Sweep, pair: tuple[str, str]) -> set[str]:
    return {key for arm in pair for key in sweep.arms[arm].space}
