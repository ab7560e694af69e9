"""The evidence that a sweep has for claims, and exceptions for a sweep without evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from ffnn_lab.definition import label_of
from ffnn_lab.report.claims.rule import Effect
from ffnn_lab.report.data.arms import Contrast, of_family
from ffnn_lab.report.data.rows import errors_by_seed, results
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.data.winners import Winner, find_winners
from ffnn_lab.report.statistics import differences_by_seed


class MissingEvidenceError(Exception):
    """Raised if a sweep lacks what a claim is about; the message names what is missing."""


class UnfinishedError(MissingEvidenceError):
    """Raised if a sweep is to have what a claim is about, but no such run is recorded yet."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """The winners, errors and contrasts that claims read from a sweep.

    The sweep may also be one replicate of a sweep, or the comparison under one condition.
    """

    sweep: Sweep

    @cached_property
    def winners(self) -> Mapping[str, Winner]:
        """The winner of each arm, if the sweep has a single replicate."""
        return find_winners(self.sweep)

    @cached_property
    def replicates(self) -> "Sequence[Evidence]":
        """The evidence of each replicate; this object alone if there is a single replicate."""
        found = self.sweep.replicates
        return (self,) if len(found) == 1 else tuple(Evidence(each) for each in found)

    @cached_property
    def conditions(self) -> "Sequence[Evidence]":
        """The evidence under each condition; empty for a sweep without conditions."""
        return tuple(Evidence(each) for each in self.sweep.conditions)

    @property
    def label(self) -> str:
        """The name of the condition that this is the evidence of, ``n=25``; else empty."""
        return label_of(self.sweep.definition.condition)

    def contrasts(self) -> list[Contrast]:
        """Return the declared contrasts of an adaptive method against a plain method.

        Raises:
            MissingEvidenceError: If there are no such contrasts.
        """
        arms, definition = self.sweep.arms, self.sweep.definition
        adaptive, plain = (of_family(definition, family) for family in ("adaptive", "plain"))
        found = [
            pair
            for pair in self.sweep.contrasts
            if arms[pair.arm].optimizer in adaptive and arms[pair.against].optimizer in plain
        ]
        if not found:
            msg = "it has no adaptive arm (adagrad, rmsprop, adam) beside sgd or heavy_ball"
            raise MissingEvidenceError(msg)
        return found

    def arms_of(self, optimizer: str) -> list[str]:
        """Return the names of the arms that have an optimizer.

        Args:
            optimizer: Name of the optimizer.

        Raises:
            MissingEvidenceError: If there is no such arm.
        """
        found = [name for name, arm in self.sweep.arms.items() if arm.optimizer == optimizer]
        if not found:
            msg = f"it has no arm {optimizer} or {optimizer}_..."
            raise MissingEvidenceError(msg)
        return found

    def confirmed(self, arm: str) -> pd.DataFrame:
        """Return the rows of the runs of an arm's winner on the fresh seeds.

        Raises:
            MissingEvidenceError: If there is no such arm.
            UnfinishedError: If the winner has no result on the fresh seeds; its errors on the tune
                seeds, which chose it, are biased.
        """
        if arm not in self.sweep.arms:
            msg = f"it has no arm {arm}"
            raise MissingEvidenceError(msg)
        winner = self.winners.get(arm)
        if winner is None or winner.stage != "confirm" or results(winner.rows).empty:
            msg = f"the winner of {arm} has no runs on fresh seeds"
            raise UnfinishedError(msg)
        return winner.rows

    def defaults(self, arm: str) -> pd.DataFrame:
        """Return the rows of the runs of an arm's untuned default on the fresh seeds.

        Raises:
            UnfinishedError: If no such run has a result.
        """
        rows = self.sweep.default_of(arm)
        if results(rows).empty:
            msg = f"the untuned default of {arm} has no runs"
            raise UnfinishedError(msg)
        return rows

    def errors(self, rows: pd.DataFrame, *, split: str = "test") -> "pd.Series[float]":
        """Return the error of each run that has a result, indexed by seed.

        Args:
            rows: Rows of one setting, such as those of `confirmed`.
            split: Split on which the error is measured.
        """
        return errors_by_seed(self.sweep, rows, split=split)

    def difference(self, arm: str, against: str) -> "pd.Series[float]":
        """Return the difference of test error between the winners of two arms, by fresh seed.

        Args:
            arm: Name of the first arm.
            against: Name of the second arm, whose error is subtracted.

        Raises:
            MissingEvidenceError: If one of the winners has no runs on fresh seeds.
        """
        sides = [self.errors(self.confirmed(each)) for each in (arm, against)]
        return differences_by_seed(*sides)


def run_ids(*tables: pd.DataFrame) -> list[str]:
    """Return the ids of the runs in some tables, each once."""
    return list(dict.fromkeys(str(each) for table in tables for each in table["run_id"]))


def winners_effect(
    evidence: Evidence,
    what: str,
    values: "pd.Series[float]",
    *,
    plus: Sequence[str],
    minus: Sequence[str],
    reach: float = 1.0,
) -> Effect:
    """Return the effect whose values are differences between winners, one per fresh seed.

    Args:
        evidence: Evidence of one replicate.
        what: Name of the effect: the arms that it compares.
        values: One value per seed, the seeds as index.
        plus: The arms whose winners enter with a plus sign.
        minus: The arms whose winners enter with a minus sign.
        reach: Bound on the absolute value of each difference between an arm of ``plus`` and one of
            ``minus``, in units of the highest possible error.
    """
    added, taken = (run_ids(*(evidence.confirmed(arm) for arm in arms)) for arms in (plus, minus))
    most = reach * evidence.sweep.most
    return Effect.of_values(
        what,
        values.tolist(),
        plus=added,
        minus=taken,
        span=(-most * len(plus), most * len(plus)),
    )
