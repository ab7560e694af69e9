"""All tables of numbers that the report of a folder may need, each computed on first use."""

from collections.abc import Callable
from functools import cached_property
from typing import TypeVar

import pandas as pd

from ffnn_lab.report.data.sweep import Records, Sweep
from ffnn_lab.report.data.winners import Winner, find_winners
from ffnn_lab.report.kinds import Kind
from ffnn_lab.report.measures import separable
from ffnn_lab.report.measures.budgets import NotIndependentError, budget_points
from ffnn_lab.report.measures.differences import paired_differences
from ffnn_lab.report.measures.matched import matched_table
from ffnn_lab.report.measures.progress import progress_table
from ffnn_lab.report.measures.stability import stability_table, variant_table
from ffnn_lab.report.measures.tables import arm_table, run_table, spread_table
from ffnn_lab.seeds import stream

SEED = 0
"""Seed of every draw of a report, so that equal records give equal tables."""
T = TypeVar("T")


class Numbers:
    """The records of a folder, and what is computed from them."""

    def __init__(self, records: Records) -> None:
        """Take the records.

        Args:
            records: What `ffnn_lab.report.data.sweep.load` returns.
        """
        self.records = records
        self._kept: dict[str, object] = {}

    @cached_property
    def kind(self) -> Kind:
        """The kind of report that the records have."""
        if not isinstance(self.records, Sweep):
            return Kind.RUN
        return Kind.SEPARABLE if separable.is_about(self.records) else Kind.SWEEP

    @property
    def sweep(self) -> Sweep:
        """The records, where they are a sweep's.

        Raises:
            TypeError: If they are those of single runs.
        """
        if not isinstance(self.records, Sweep):
            msg = f"{self.records.name} is no sweep"
            raise TypeError(msg)
        return self.records

    @property
    def commands(self) -> list[str]:
        """The commands that make the records and their report again, in order."""
        report = f"python -m analysis {self.records.name}"
        return [report] if self.kind == Kind.RUN else [self.sweep.command, report]

    @cached_property
    def winners(self) -> dict[str, Winner]:
        """To each arm that has one its best setting."""
        return dict(find_winners(self.sweep))

    @cached_property
    def reported(self) -> dict[str, list[str]]:
        """To each arm the ids of the runs that are reported of its best setting."""
        return {
            name: self.winners[name].rows["run_id"].tolist() if name in self.winners else []
            for name in self.sweep.arms
        }

    @cached_property
    def tried(self) -> dict[str, list[str]]:
        """To each arm the ids of its tuning runs."""
        return {
            name: self.sweep.of(name, stage="tune")["run_id"].tolist() for name in self.sweep.arms
        }

    @cached_property
    def has_results(self) -> bool:
        """True if any arm's best setting has runs to report."""
        return any(self.reported.values())

    @cached_property
    def arms(self) -> pd.DataFrame:
        """The table `ffnn_lab.report.measures.tables.arm_table`."""
        return arm_table(self.sweep, self.winners)

    @cached_property
    def differences(self) -> pd.DataFrame:
        """The table `ffnn_lab.report.measures.differences.paired_differences`."""
        return paired_differences(self.sweep, self.winners, rng=stream(SEED, "analysis", 0))

    @cached_property
    def spreads(self) -> pd.DataFrame:
        """The table `ffnn_lab.report.measures.tables.spread_table`."""
        return spread_table(self.sweep, self.winners)

    @cached_property
    def progress(self) -> pd.DataFrame:
        """The table `ffnn_lab.report.measures.progress.progress_table`."""
        return progress_table(self.sweep, self.winners)

    @cached_property
    def matched(self) -> pd.DataFrame:
        """The table `ffnn_lab.report.measures.matched.matched_table`."""
        return matched_table(self.sweep, self.winners)

    @cached_property
    def _budgets(self) -> pd.DataFrame | NotIndependentError:
        try:
            return budget_points(self.sweep)
        except NotIndependentError as error:
            return error

    @property
    def budgets(self) -> pd.DataFrame | None:
        """The table `ffnn_lab.report.measures.budgets.budget_points`; None without any row."""
        found = self._budgets
        return None if isinstance(found, NotIndependentError) or found.empty else found

    @property
    def why_no_budgets(self) -> str:
        """The reason why settings say nothing of smaller budgets; empty if there is none."""
        return str(self._budgets) if isinstance(self._budgets, NotIndependentError) else ""

    @cached_property
    def ranks_in_smaller_spaces(self) -> pd.DataFrame | None:
        """The table `ffnn_lab.report.measures.stability.stability_table`, where `budgets` is."""
        if self.budgets is None:
            return None
        return stability_table(self.sweep, rng=stream(SEED, "analysis", 1))

    @cached_property
    def ranks_by_variant(self) -> pd.DataFrame:
        """The table `ffnn_lab.report.measures.stability.variant_table`."""
        return variant_table(self.sweep, self.winners, rng=stream(SEED, "analysis", 2))

    @cached_property
    def separable(self) -> separable.Findings:
        """What a sweep on the separable problem found."""
        return separable.find(self.sweep)

    @cached_property
    def runs(self) -> pd.DataFrame:
        """The table `ffnn_lab.report.measures.tables.run_table`."""
        return run_table(self.records)

    def once(self, name: str, compute: Callable[[], T]) -> T:
        """Return what a function computes, which is called for each name only once."""
        if name not in self._kept:
            self._kept[name] = compute()
        found: T = self._kept[name]  # type: ignore[assignment]
        return found
