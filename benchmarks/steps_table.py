"""The results of `benchmarks.steps`, in tables in the terminal and as CSV, and what is required.

A cell is a workload (a network and its data), an optimizer and a number of members, which are the
networks trained together; a way is one of the programs that train it, such as the lab's or JAX.
"""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from benchmarks.machine import print_table
from benchmarks.measure import Found
from benchmarks.ways import WAYS
from benchmarks.workloads import WORKLOADS, Cell

OURS = ("eager", "compiled")
"""Names of the lab's ways. The times of every way are compared with theirs; in the terminal, only
with those of the last of them that was measured."""


@dataclass(frozen=True)
class Requirement:
    """A bound that the ratio of two ways' times on one core has to keep."""

    what: str
    """Description of the ratio."""
    workload: str
    n_members: int
    above: str
    below: str
    """The ratio is the time of the way ``above`` divided by that of the way ``below``."""
    at_least: float = 0.0
    at_most: float = math.inf

    @property
    def bound(self) -> str:
        """Return the bound as text, such as ``>= 10``."""
        return f">= {self.at_least:g}" if self.at_least else f"<= {self.at_most:g}"

    def is_met_by(self, ratio: float) -> bool:
        """Return whether a measured ratio keeps the bound."""
        return self.at_least <= ratio <= self.at_most


def requirements() -> list[Requirement]:
    """Return the requirements on all workloads."""
    small, middle, wide, _ = WORKLOADS.values()
    listed = []
    for workload, faster, limit in ((small, 10, 3), (middle, 3, 2.2), (wide, 1.6, 1.15)):
        at = (workload.name, workload.judged_members)
        listed += [
            Requirement("plain fused over compiled", *at, "fused", "compiled", at_least=faster),
            Requirement("compiled over JAX", *at, "compiled", "jax", at_most=1),
            Requirement("compiled over products", *at, "compiled", "products", at_most=limit),
        ]
    at = (small.name, small.judged_members)
    listed.append(Requirement("plain fused over eager", *at, "fused", "eager", at_least=5))
    return listed + [
        Requirement("eager over plain loop", name, 1, "eager", "plain", at_most=1.2)
        for name in WORKLOADS
    ]


def title(cell: Cell, n_cores: int) -> str:
    """Return the title of a cell: cores, workload, optimizer and number of members."""
    cores = "1 core" if n_cores == 1 else f"{n_cores} cores"
    return f"{cores}, {cell.workload.name}, {cell.optimizer}, M = {cell.n_members}"


class Results:
    """The times measured so far, by number of cores and cell."""

    def __init__(self, facts: Mapping[str, str]) -> None:
        """Create an empty table of results.

        Args:
            facts: Columns that all rows share: machine, versions, command.
        """
        self._facts = facts
        self._found: dict[tuple[int, str, str, int], Mapping[str, Found]] = {}

    def add(self, cell: Cell, n_cores: int, found: Mapping[str, Found]) -> None:
        """Add the times that were measured in a cell.

        Args:
            cell: The workload, the optimizer and the number of members.
            n_cores: Number of cores.
            found: The times of each way.
        """
        key = (n_cores, cell.workload.name, cell.optimizer, cell.n_members)
        self._found[key] = found

    def rows(self) -> pd.DataFrame:
        """Return a table with a row for each number of cores, cell and way.

        The column ``us`` is the median over the turns of microseconds per step and member; the
        columns ``times_eager`` and ``times_compiled`` are medians over the turns of the ratio of
        this time to that of the lab's eager and compiled way.
        """
        rows = []
        for (n_cores, workload, optimizer, n_members), found in self._found.items():
            for way, each in found.items():
                row = {
                    "cores": n_cores,
                    "workload": workload,
                    "batch_size": WORKLOADS[workload].batch_size,
                    "optimizer": optimizer,
                    "members": n_members,
                    "way": way,
                    "us": statistics.median(each.us),
                    "us_min": min(each.us),
                    "us_max": max(each.us),
                }
                for name in OURS:
                    row |= _spread(f"times_{name}", ratios(found, way, name))
                rows.append(
                    {
                        **row,
                        "n_turns": len(each.us),
                        "compile_seconds": each.compile_seconds,
                        "members_trained": each.n_trained,
                        "rows": each.n_rows,
                        **self._facts,
                    }
                )
        return pd.DataFrame(rows)

    def write(self, path: Path) -> None:
        """Write the table of `rows` as CSV."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.rows().to_csv(path, index=False, float_format="%.5g")

    def print(self, n_cores: int) -> None:
        """Print a table for each workload and optimizer, with a row per way and a column per size.

        A size is the number of members of a population.

        Args:
            n_cores: Number of cores on which the printed times were measured.
        """
        keys = [key for key in self._found if key[0] == n_cores]
        for workload, optimizer in dict.fromkeys(key[1:3] for key in keys):
            columns = [self._found[key] for key in keys if key[1:3] == (workload, optimizer)]
            sizes = [key[3] for key in keys if key[1:3] == (workload, optimizer)]
            ways = [way for way in WAYS if any(way in found for found in columns)]
            ours = [way for way in OURS if way in ways][-1:]
            said = f"; in brackets, times {WAYS[ours[0]].label}" if ours else ""
            head = (
                f"{workload}, batch {WORKLOADS[workload].batch_size}, {optimizer}, cores: "
                f"{n_cores};\nmicroseconds per step and run{said}"
            )
            body = [
                [WAYS[way].label, *(_text(found, way, ours) for found in columns)] for way in ways
            ]
            compiling = [
                [
                    f"  to compile {way}",
                    *(_compile_text(found, way) for found in columns),
                ]
                for way in ways
                if WAYS[way].compiles
            ]
            print_table(head, ("way", *(f"M = {size}" for size in sizes)), body + compiling)

    def print_requirements(self, optimizer: str) -> None:
        """Print each requirement, the ratio that was measured on one core, and if it is met."""
        measured = self.rows()
        rows = []
        for asked in requirements():
            ratio = measured_ratio(measured, asked, optimizer)
            cells = [asked.workload, f"{asked.n_members}", asked.bound]
            if ratio is None:
                cells += ["not measured", ""]
            else:
                cells += [f"{ratio:.2f}", "yes" if asked.is_met_by(ratio) else "no"]
            rows.append([asked.what, *cells])
        print_table(
            f"required on one core, {optimizer}: ratios of time, medians of turn by turn",
            ("ratio", "workload", "M", "required", "found", "met"),
            rows,
        )


def measured_ratio(rows: pd.DataFrame, asked: Requirement, optimizer: str) -> float | None:
    """Return the ratio of a requirement as it was measured on one core; None if it was not.

    Args:
        rows: The table that `Results.rows` returns, or the CSV file of an earlier measurement.
        asked: The requirement. One of its two ways is one of the lab's.
        optimizer: The optimizer of the cell.
    """
    is_upside_down = asked.above in OURS
    ours, other = (asked.above, asked.below) if is_upside_down else (asked.below, asked.above)
    here = rows[
        (rows["cores"] == 1)
        & (rows["workload"] == asked.workload)
        & (rows["optimizer"] == optimizer)
        & (rows["members"] == asked.n_members)
        & (rows["way"] == other)
    ]
    found = here[f"times_{ours}"].dropna().tolist()
    if not found:
        return None
    (times,) = found
    return float(1 / times if is_upside_down else times)


def ratios(found: Mapping[str, Found], above: str, below: str) -> list[float]:
    """Return the ratios of two ways' times, turn by turn; an empty list if one was not measured.

    Args:
        found: The times of each way in a cell.
        above: The way whose time is the numerator.
        below: The way whose time is the denominator.
    """
    if above not in found or below not in found:
        return []
    return [a / b for a, b in zip(found[above].us, found[below].us, strict=True)]


def _spread(name: str, values: Sequence[float]) -> dict[str, float | None]:
    if not values:
        return dict.fromkeys((name, f"{name}_min", f"{name}_max"))
    return {
        name: statistics.median(values),
        f"{name}_min": min(values),
        f"{name}_max": max(values),
    }


def _text(found: Mapping[str, Found], way: str, ours: Sequence[str]) -> str:
    if way not in found:
        return ""
    times = "".join(f" ({statistics.median(r):.2f})" for r in [ratios(found, way, *ours)] if r)
    us = statistics.median(found[way].us)
    return f"{us:.{0 if us >= 1000 else 1}f}{times}"  # noqa: PLR2004 - four digits are enough


def _compile_text(found: Mapping[str, Found], way: str) -> str:
    seconds = found[way].compile_seconds if way in found else None
    return "" if seconds is None else f"{seconds:.1f} s"
