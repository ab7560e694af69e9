"""The ratios of training steps in several sittings, and their range over machines and days.

A sitting is one run of ``python -m benchmarks.steps``. ``python -m benchmarks.sittings`` reads the
CSV files of all sittings in ``docs/sittings``, named ``steps-DATE-COMMIT.csv``. It prints a list
of the sittings, and for each requirement the ratio in every sitting, the lowest and the highest.
Within a sitting the ways are measured in turn, so what slows the machine down slows all of them.
The range over sittings says how far a ratio carries over to another machine or day.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from benchmarks.machine import print_table
from benchmarks.steps import JUDGED_OPTIMIZER
from benchmarks.steps_table import measured_ratio, requirements

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "sittings"
PREFIX = "steps-"
UNKNOWN = "-"
"""Printed in place of a value that a CSV file does not have."""


def read_sittings(folder: Path) -> dict[str, pd.DataFrame]:
    """Read the tables of all sittings.

    Args:
        folder: Folder with the CSV files.

    Returns:
        The table that `benchmarks.steps_table.Results.rows` describes, for each sitting, in the
        order of their names, which begin with the date.

    Raises:
        SystemExit: If the folder holds no sitting.
    """
    paths = sorted(folder.glob(f"{PREFIX}*.csv"))
    if not paths:
        msg = f"no {PREFIX}DATE-COMMIT.csv in {folder}: copy the steps.csv of a measurement there"
        raise SystemExit(msg)
    return {path.stem.removeprefix(PREFIX): pd.read_csv(path) for path in paths}


def ratio_rows(sittings: Mapping[str, pd.DataFrame]) -> list[list[str]]:
    """Return the rows of the table of requirements, as text.

    Args:
        sittings: The table of each sitting.

    Returns:
        For each requirement its name, its bound, the ratio in each sitting, the lowest and the
        highest ratio, and in how many sittings the bound was kept.
    """
    rows = []
    for asked in requirements():
        each = [measured_ratio(table, asked, JUDGED_OPTIMIZER) for table in sittings.values()]
        found = [ratio for ratio in each if ratio is not None]
        n_met = sum(asked.is_met_by(ratio) for ratio in found)
        rows.append(
            [
                f"{asked.what}, {asked.workload}, M = {asked.n_members}",
                asked.bound,
                *(UNKNOWN if ratio is None else f"{ratio:.2f}" for ratio in each),
                f"{min(found):.2f}" if found else UNKNOWN,
                f"{max(found):.2f}" if found else UNKNOWN,
                f"{n_met} of {len(found)}",
            ]
        )
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the sittings and the ratios in each of them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    said = "folder with the CSV files of the sittings (default: docs/sittings)"
    parser.add_argument("--folder", type=Path, default=FOLDER, help=said)
    sittings = read_sittings(parser.parse_args(arguments).folder)
    letters = [chr(ord("A") + place) for place in range(len(sittings))]
    columns = ("processor", "instructions", "version.torch", "version.jax", "n_turns")
    print_table(
        "sittings",
        ("", "date and commit", "processor", "instructions", "torch", "JAX", "turns"),
        [
            [letter, name, *(str(table.iloc[0].get(column, UNKNOWN)) for column in columns)]
            for letter, (name, table) in zip(letters, sittings.items(), strict=True)
        ],
    )
    print_table(
        f"required on one core, {JUDGED_OPTIMIZER}: ratios of time in each sitting",
        ("ratio", "required", *letters, "lowest", "highest", "met"),
        ratio_rows(sittings),
    )


if __name__ == "__main__":
    main()
