"""All tables of numbers that the report of a folder may need, each computed on first use."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TypeVar

import pandas as pd

from ffnn_lab.definition import Condition
from ffnn_lab.report.data.rows import curves_of, has_result
from ffnn_lab.report.data.sweep import Records, Sweep
from ffnn_lab.report.data.winners import Winner, find_winners
from ffnn_lab.report.kinds import Kind
from ffnn_lab.report.measures import separable
from ffnn_lab.report.measures.across import across_table, holm_over
from ffnn_lab.report.measures.budgets import NotIndependentError, budget_points, mean_budgets
from ffnn_lab.report.measures.differences import paired_differences
from ffnn_lab.report.measures.matched import fitted_runs, matched_table
from ffnn_lab.report.measures.optimum import optimum_table
from ffnn_lab.report.measures.progress import progress_table
from ffnn_lab.report.measures.replicates import listed, over_replicates
from ffnn_lab.report.measures.stability import (
    mean_ranks,
    stability_table,
    variant_table,
)
from ffnn_lab.report.measures.tables import arm_table, run_table, spread_table
from ffnn_lab.report.measures.test_set import with_test_set
from ffnn_lab.report.measures.tuned import (
    Replicate,
    arms_over_replicates,
    differences_over_replicates,
    spreads_over_replicates,
)
from ffnn_lab.seeds import stream

SEED = 0
"""Seed of every draw of a report, so that equal records give equal tables."""
T = TypeVar("T")


class Numbers:
    """The records of a folder, and the tables that are computed from them."""

    def __init__(self, records: Records, *, of_all: "tuple[Numbers, int] | None" = None) -> None:
        """Set up an object whose tables are computed from some records.

        Args:
            records: Records that `ffnn_lab.report.data.sweep.load` returns.
            of_all: For a sweep under one of its conditions, the `Numbers` of the whole sweep and
                the index of the condition; None otherwise.
        """
        self.records = records
        self._of_all = of_all
        self._kept: dict[str, object] = {}

    @cached_property
    def kind(self) -> Kind:
        """The kind of report that is made of the records."""
        if not isinstance(self.records, Sweep):
            return Kind.RUN
        if self._of_all is not None:
            return Kind.SWEEP
        return Kind.SEPARABLE if separable.is_about(self.records) else Kind.SWEEP

    @property
    def sweep(self) -> Sweep:
        """The records, if they are those of a sweep.

        Raises:
            TypeError: If the records are those of single runs.
        """
        if not isinstance(self.records, Sweep):
            msg = f"{self.records.name} is not a sweep"
            raise TypeError(msg)
        return self.records

    @cached_property
    def conditions(self) -> tuple["Numbers", ...]:
        """A `Numbers` for the comparison under each condition of the sweep.

        Empty for a sweep without conditions, and for a sweep on the separable problem, whose
        tables show conditions side by side.
        """
        if self.kind != Kind.SWEEP:
            return ()
        return tuple(
            Numbers(each, of_all=(self, place)) for place, each in enumerate(self.sweep.conditions)
        )

    @property
    def comparisons(self) -> tuple["Numbers", ...]:
        """A `Numbers` for each condition; this object alone if there are no conditions."""
        return self.conditions or (self,)

    @property
    def condition(self) -> Condition:
        """The condition of the comparison; empty for a whole sweep and for single runs."""
        return self.records.definition.condition if isinstance(self.records, Sweep) else {}

    def check_one_comparison(self) -> None:
        """Check that the sweep has no conditions, since arms are never ranked across conditions.

        Raises:
            TypeError: If the sweep has conditions; `conditions` has a `Numbers` for each.
        """
        if isinstance(self.records, Sweep) and self.records.definition.conditions:
            msg = f"arms of {self.records.name} are compared under one condition at a time"
            raise TypeError(msg)

    @cached_property
    def replicates(self) -> tuple["Numbers", ...]:
        """A `Numbers` for each replicate of the sweep; empty if it has a single replicate."""
        if not isinstance(self.records, Sweep) or self.records.definition.n_replicates == 1:
            return ()
        return tuple(Numbers(each) for each in self.records.replicates)

    @property
    def tunings(self) -> tuple["Numbers", ...]:
        """A `Numbers` for each replicate; this object alone if there is a single replicate."""
        return self.replicates or (self,)

    @property
    def commands(self) -> list[str]:
        """The shell commands that make the records and their report again, in order."""
        report = f"python -m analysis {self.records.name}"
        return [report] if self.kind == Kind.RUN else [self.sweep.command, report]

    @cached_property
    def winners(self) -> dict[str, Winner]:
        """The best setting by arm, for a sweep with one replicate and without conditions.

        Arms without a best setting are absent.

        Raises:
            TypeError: If the sweep has several replicates, or conditions, each of which has its
                own best settings.
        """
        self.check_one_comparison()
        if self.replicates:
            msg = f"each replicate of {self.records.name} has its own best settings"
            raise TypeError(msg)
        return dict(find_winners(self.sweep))

    @cached_property
    def reported(self) -> dict[str, list[str]]:
        """By arm, the ids of the reported runs of its best setting in every replicate."""
        rows = self.reported_rows
        return {
            name: rows[name]["run_id"].tolist() if name in rows else [] for name in self.sweep.arms
        }

    @cached_property
    def reported_rows(self) -> dict[str, pd.DataFrame]:
        """By arm, the rows of its reported runs in all replicates; arms without any are absent."""
        found: dict[str, list[pd.DataFrame]] = {}
        for each in self.tunings:
            for arm, winner in each.winners.items():
                found.setdefault(arm, []).append(winner.rows)
        return {arm: pd.concat(found[arm]) for arm in self.sweep.arms if arm in found}

    @cached_property
    def n_reported(self) -> list[int]:
        """For each arm's best setting in each replicate, its number of runs with a result."""
        winners = (winner for each in self.tunings for winner in each.winners.values())
        return [int(has_result(winner.rows).sum()) for winner in winners]

    @cached_property
    def fitted(self) -> dict[str, dict[int, pd.DataFrame]]:
        """By arm and seed, the learning curves of `fitted_runs`, over all replicates.

        No two replicates share a seed.
        """
        found: dict[str, dict[int, pd.DataFrame]] = {}
        self._read_curves()
        for each in self.tunings:
            for arm, winner in each.winners.items():
                found.setdefault(arm, {}).update(fitted_runs(each.sweep, winner.rows))
        return {arm: found[arm] for arm in self.sweep.arms if arm in found}

    @cached_property
    def tried(self) -> dict[str, list[str]]:
        """By arm, the ids of its runs of the tune stage in all replicates."""
        return {
            name: self.sweep.of(name, stage="tune")["run_id"].tolist() for name in self.sweep.arms
        }

    @cached_property
    def has_results(self) -> bool:
        """True if any arm's best setting has runs to report."""
        return any(self.reported.values())

    @cached_property
    def arms(self) -> pd.DataFrame:
        """The table of `ffnn_lab.report.measures.tables.arm_table`, one row per arm.

        For a sweep with several replicates, it is that of `arms_over_replicates`.
        """
        if self.replicates:
            return arms_over_replicates(self._replicates, sweep=self.sweep)
        return arm_table(self.sweep, self.winners)

    @cached_property
    def settings(self) -> pd.DataFrame:
        """The table `arms` of every replicate, concatenated; `arms` itself for one replicate."""
        return listed(each.arms for each in self.replicates) if self.replicates else self.arms

    @cached_property
    def differences(self) -> pd.DataFrame:
        """The table of differences between arms, one row per pair of arms.

        It is that of `paired_differences`, or of `differences_over_replicates` for a sweep with
        several replicates, with the columns of `with_test_set`. If the sweep has conditions,
        ``p.holm`` is adjusted over the contrasts under all of them.
        """
        if self._of_all is None:
            return self.differences_by_themselves
        whole, place = self._of_all
        return whole.differences_of_conditions[place]

    @cached_property
    def differences_of_conditions(self) -> list[pd.DataFrame]:
        """The table of differences under each condition, ``p.holm`` adjusted over all of them."""
        return holm_over([each.differences_by_themselves for each in self.conditions])

    @cached_property
    def across(self) -> pd.DataFrame | None:
        """The table of `across_table`, results by condition; None if there are no conditions."""
        if not self.conditions:
            return None
        return across_table(
            self.sweep.definition.conditions,
            [each.arms for each in self.conditions],
            [each.differences for each in self.conditions],
        )

    @cached_property
    def differences_by_themselves(self) -> pd.DataFrame:
        """The table of differences, ``p.holm`` adjusted over this comparison's contrasts alone.

        The columns of `with_test_set` are included, unless the records are those of one replicate
        of several.
        """
        if self.sweep.whole is not None:
            return self._differences
        winners = [each.winners for each in self.tunings]
        return with_test_set(self._differences, self.sweep, winners)

    @cached_property
    def _differences(self) -> pd.DataFrame:
        rng = stream(SEED, "analysis", 0)
        if self.replicates:
            return differences_over_replicates(self._replicates[0], sweep=self.sweep, rng=rng)
        return paired_differences(self.sweep, self.winners, rng=rng)

    @cached_property
    def _replicates(self) -> list[Replicate]:
        return [Replicate(each.sweep, each.winners, each.arms) for each in self.replicates]

    @cached_property
    def optimum(self) -> pd.DataFrame | None:
        """The table of `optimum_table`, one row per arm and axis; None for a single replicate."""
        return optimum_table(self._replicates) if self.replicates else None

    @cached_property
    def spreads(self) -> pd.DataFrame:
        """The table of `spread_table`: the spread of test errors, one row per arm.

        For a sweep with several replicates, it is that of `spreads_over_replicates`.
        """
        if self.replicates:
            tables = [each.spreads for each in self.replicates]
            return spreads_over_replicates(tables, most=self.sweep.most)
        return spread_table(self.sweep, self.winners)

    @cached_property
    def progress(self) -> pd.DataFrame:
        """The table of `progress_table`, one row per arm; its mean over several replicates."""
        self._read_curves()
        if self.replicates:
            return self._mean([each.progress for each in self.replicates], differences=("late",))
        return progress_table(self.sweep, self.winners)

    @cached_property
    def matched(self) -> pd.DataFrame:
        """The table of `matched_table`, one row per arm; its mean over several replicates."""
        self._read_curves()
        if self.replicates:
            return self._mean([each.matched for each in self.replicates], differences=("gap",))
        return matched_table(self.sweep, self.winners)

    def _read_curves(self) -> None:
        """Read the curves of all reported runs into `Sweep.kept_curves` at once, to save time."""
        curves_of(self.sweep, [run_id for ids in self.reported.values() for run_id in ids])

    def _mean(
        self, tables: Sequence[pd.DataFrame | None], *, differences: Sequence[str] = ()
    ) -> pd.DataFrame:
        """Average tables with one row per arm over replicates, see `over_replicates`.

        Args:
            tables: The table of each replicate, or None.
            differences: The columns that are differences of errors.
        """
        return over_replicates(tables, by=["arm"], most=self.sweep.most, differences=differences)

    @cached_property
    def _budgets(self) -> pd.DataFrame | NotIndependentError:
        self.check_one_comparison()
        try:
            if self.replicates:
                return mean_budgets(self.sweep.replicates)
            return budget_points(self.sweep)
        except NotIndependentError as error:
            return error

    @property
    def budgets(self) -> pd.DataFrame | None:
        """The points of budget curves, the table of `budget_points`; None if there are none.

        For a sweep with several replicates, it is that of `mean_budgets`.
        """
        found = self._budgets
        return None if isinstance(found, NotIndependentError) or found.empty else found

    @property
    def why_no_budgets(self) -> str:
        """The reason why the sweep has no budget curves; empty if it can have them."""
        return str(self._budgets) if isinstance(self._budgets, NotIndependentError) else ""

    @cached_property
    def ranks_in_smaller_spaces(self) -> pd.DataFrame | None:
        """The table of `stability_table`: ranks of arms in smaller spaces; None without `budgets`.

        For a sweep with several replicates, ranks and agreement are means over replicates, and
        ``same_first`` is a share of the replicates.
        """
        if self.budgets is None:
            return None
        if self.replicates:
            rng = stream(SEED, "analysis", 1)  # unused: there are no resamples
            tables = [stability_table(e, rng=rng, n_resamples=0) for e in self.sweep.replicates]
            return mean_ranks(tables)
        return stability_table(self.sweep, rng=stream(SEED, "analysis", 1))

    @cached_property
    def ranks_by_variant(self) -> pd.DataFrame:
        """The table of `variant_table`: ranks of optimizers in each group of comparable arms.

        For a sweep with several replicates, it is the mean over them, from `mean_ranks`.
        """
        if self.replicates:
            rng = stream(SEED, "analysis", 2)  # unused: there are no resamples
            tables = [
                variant_table(each.sweep, each.winners, rng=rng, n_resamples=0)
                for each in self.replicates
            ]
            return mean_ranks(tables)
        return variant_table(self.sweep, self.winners, rng=stream(SEED, "analysis", 2))

    @cached_property
    def separable(self) -> separable.Findings:
        """Return the findings of a sweep on the separable problem."""
        return separable.find(self.sweep)

    @cached_property
    def runs(self) -> pd.DataFrame:
        """The table of `run_table`, one row per run, moment and split."""
        return run_table(self.records)

    def once(self, name: str, compute: Callable[[], T]) -> T:
        """Return the result of a function, cached by name: it is called only once per name."""
        if name not in self._kept:
            self._kept[name] = compute()
        found: T = self._kept[name]  # type: ignore[assignment]
        return found
