"""The tables of `benchmarks.steps`, in the terminal and as CSV, and the requirements on them."""

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
"""Ways with which the others are compared; in the terminal, only the last one measured."""


@dataclass(frozen=True)
class Requirement:
    """A required ratio of two ways, on one core."""

    what: str
    workload: str
    n_members: int
    above: str
    below: str
    """The ratio is the time of ``above`` over that of ``below``."""
    at_least: float = 0.0
    at_most: float = math.inf


def requirements() -> list[Requirement]:
    """Return all requirements."""
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
    """Return the title of a cell."""
    cores = "1 core" if n_cores == 1 else f"{n_cores} cores"
    return f"{cores}, {cell.workload.name}, {cell.optimizer}, M = {cell.n_members}"


class Results:
    """The measurements so far, by number of cores and cell."""

    def __init__(self, facts: Mapping[str, str]) -> None:
        """Create an empty table of results.

        Args:
            facts: Columns that all rows share: machine, versions, command.
        """
        self._facts = facts
        self._found: dict[tuple[int, str, str, int], Mapping[str, Found]] = {}

    def add(self, cell: Cell, n_cores: int, found: Mapping[str, Found]) -> None:
        """Add the times that were measured in a cell."""
        key = (n_cores, cell.workload.name, cell.optimizer, cell.n_members)
        self._found[key] = found

    def rows(self) -> pd.DataFrame:
        """Return a row for each number of cores, cell and way.

        ``us`` is the median over the turns of microseconds per step and member;
        ``times_eager`` and ``times_compiled`` are medians of the ratio to ours, turn by turn.
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
        """Write the rows as CSV."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.rows().to_csv(path, index=False, float_format="%.5g")

    def print(self, n_cores: int) -> None:
        """Print a table for each workload and optimizer: ways down, populations across."""
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
        """Print each requirement, the ratio measured on one core, and whether it is met."""
        rows = []
        for asked in requirements():
            found = self._found.get((1, asked.workload, optimizer, asked.n_members), {})
            each = ratios(found, asked.above, asked.below)
            bound = f">= {asked.at_least:g}" if asked.at_least else f"<= {asked.at_most:g}"
            cells = [asked.workload, f"{asked.n_members}", bound]
            if each:
                ratio = statistics.median(each)
                is_met = asked.at_least <= ratio <= asked.at_most
                cells += [f"{ratio:.2f}", "yes" if is_met else "no"]
            else:
                cells += ["not measured", ""]
            rows.append([asked.what, *cells])
        print_table(
            f"required on one core, {optimizer}: ratios of time, medians of turn by turn",
            ("ratio", "workload", "M", "required", "found", "met"),
            rows,
        )


def ratios(found: Mapping[str, Found], above: str, below: str) -> list[float]:
    """Divide two ways' times turn by turn; an empty list where one was not measured."""
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
