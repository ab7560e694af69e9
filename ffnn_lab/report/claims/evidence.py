"""Evidence: one sweep as claims read it; and the errors of a sweep that cannot answer a claim."""

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
    """Raised for a sweep that lacks what a claim is about; the message names what is missing."""


class UnfinishedError(MissingEvidenceError):
    """Raised for a sweep that is to have what a claim is about, but has no run of it yet."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """One sweep, or one replicate of it, as claims read it."""

    sweep: Sweep

    @cached_property
    def winners(self) -> Mapping[str, Winner]:
        """The winner of each arm; of a replicate, not of several together."""
        return find_winners(self.sweep)

    @cached_property
    def replicates(self) -> "Sequence[Evidence]":
        """Each replicate by itself; a sweep of one replicate is its own."""
        found = self.sweep.replicates
        return (self,) if len(found) == 1 else tuple(Evidence(each) for each in found)

    @cached_property
    def conditions(self) -> "Sequence[Evidence]":
        """The comparison under each condition by itself; empty without conditions."""
        return tuple(Evidence(each) for each in self.sweep.conditions)

    @property
    def label(self) -> str:
        """The name of this evidence's condition; empty for a whole sweep."""
        return label_of(self.sweep.definition.condition)

    def contrasts(self) -> list[Contrast]:
        """Return the declared contrasts of an adaptive method against a plain one.

        Raises:
            MissingEvidenceError: If there are none.
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
        """Return the arms of an optimizer.

        Raises:
            MissingEvidenceError: If there is none.
        """
        found = [name for name, arm in self.sweep.arms.items() if arm.optimizer == optimizer]
        if not found:
            msg = f"it has no arm {optimizer} or {optimizer}_..."
            raise MissingEvidenceError(msg)
        return found

    def confirmed(self, arm: str) -> pd.DataFrame:
        """Return the rows of an arm's winner on the fresh seeds.

        Raises:
            MissingEvidenceError: If there is no such arm.
            UnfinishedError: If the arm has none; errors on the seeds that chose it are biased.
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
        """Return the rows of an arm's untuned default on the fresh seeds.

        Raises:
            UnfinishedError: If there are none.
        """
        rows = self.sweep.default_of(arm)
        if results(rows).empty:
            msg = f"the untuned default of {arm} has no runs"
            raise UnfinishedError(msg)
        return rows

    def errors(self, rows: pd.DataFrame, *, split: str = "test") -> "pd.Series[float]":
        """Return the error of each run, by its seed."""
        return errors_by_seed(self.sweep, rows, split=split)

    def difference(self, arm: str, against: str) -> "pd.Series[float]":
        """Return the winners' difference of test error at each seed.

        Raises:
            MissingEvidenceError: If one of them has no runs on fresh seeds.
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
    """Compute an effect of one value per fresh seed.

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
