"""Effects on what happens inside the layers: how signals change from layer to layer."""

import math
from collections.abc import Sequence

import pandas as pd

from ffnn_lab.report.claims.evidence import Evidence, UnfinishedError, run_ids
from ffnn_lab.report.claims.rule import Effect
from ffnn_lab.report.measures.signals import END, START, signals_of

ANY = (-math.inf, math.inf)
"""The span of an effect without bounds."""


def kept_beyond(
    evidence: Evidence, *, statistic: str, first: int, last: int, arm: str, against: str
) -> list[Effect]:
    """Compute the share of a signal that is left between two layers, compared between two arms.

    The share is the statistic of the layer ``last`` over that of the layer ``first``, before the
    first step; a run's share for ``arm``, minus that for ``against`` at the same seed.

    Args:
        evidence: Evidence of one replicate.
        statistic: A column of the table ``layers``, such as ``active.std``.
        first: Number of the layer where the signal comes from.
        last: Number of the layer where the signal goes to.
        arm: Name of the arm.
        against: Name of the arm whose share is subtracted.

    Raises:
        MissingEvidenceError: If one of the arms is missing.
        UnfinishedError: If one of the winners was not diagnosed.
    """
    kept, other = (_kept(evidence, name, statistic, first, last) for name in (arm, against))
    return [
        Effect.of_values(
            f"{arm} - {against}",
            (kept - other).dropna().tolist(),
            plus=run_ids(evidence.confirmed(arm)),
            minus=run_ids(evidence.confirmed(against)),
            span=ANY,
        )
    ]


def change(
    evidence: Evidence, *, statistic: str, first: int, last: int, arms: Sequence[str]
) -> list[Effect]:
    """Compute by which share a statistic changes from one layer to another, before the first step.

    Args:
        evidence: Evidence of one replicate.
        statistic: A column of the table ``layers``, such as ``gradient.std``.
        first: Number of the layer whose statistic is 100%.
        last: Number of the other layer.
        arms: Names of the arms, each of which has an effect.

    Raises:
        MissingEvidenceError: If one of the arms is missing.
        UnfinishedError: If one of the winners was not diagnosed.
    """
    return [
        Effect.of_values(
            arm,
            (_kept(evidence, arm, statistic, first, last) - 1).tolist(),
            plus=run_ids(evidence.confirmed(arm)),
            span=(-1.0, math.inf),
        )
        for arm in arms
    ]


def unlike(evidence: Evidence, *, arms: Sequence[str], against: str) -> list[Effect]:
    """Compute how unlike an arm's hidden units are at the end, relative to those of another arm.

    The number is the largest difference between two hidden units of a layer in one of their
    weights or in their bias, in the layer where it is largest.

    Args:
        evidence: Evidence of one replicate.
        arms: Names of the arms, each of which has an effect.
        against: Name of the arm whose number is 100%.

    Raises:
        MissingEvidenceError: If one of the arms is missing.
        UnfinishedError: If one of the winners was not diagnosed.
    """
    whole = _largest(evidence, against)
    return [
        Effect.of_values(
            arm,
            (_largest(evidence, arm) / whole).dropna().tolist(),
            plus=run_ids(evidence.confirmed(arm)),
            minus=run_ids(evidence.confirmed(against)),
            span=(0.0, math.inf),
        )
        for arm in arms
    ]


def _kept(
    evidence: Evidence, arm: str, statistic: str, first: int, last: int
) -> "pd.Series[float]":
    """Return the statistic of one layer over that of another at the start, by seed."""
    found = _signals(evidence, arm, START)
    table = found.pivot_table(index="seed", columns="layer", values=statistic)
    if not {first, last} <= set(table.columns):
        msg = f"the winner of {arm} has no {statistic} of the layers {first} and {last}"
        raise UnfinishedError(msg)
    return table[last] / table[first]


def _largest(evidence: Evidence, arm: str) -> "pd.Series[float]":
    return _signals(evidence, arm, END).groupby("seed")["difference"].max()


def _signals(evidence: Evidence, arm: str, moment: str) -> pd.DataFrame:
    found = signals_of(evidence.sweep.layers, evidence.confirmed(arm))
    own = found[found["moment"] == moment]
    if own.empty:
        msg = f"the winner of {arm} was not diagnosed (trainer.diagnose_every)"
        raise UnfinishedError(msg)
    return own
