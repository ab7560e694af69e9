"""Flip single bits of a sweep's records, one at a time, and sort the outcomes.

``python -m tests.support.damage`` flips 300 bits in the parts of runs, trials and curves, half of
them in the footers, and 200 in ``definition.json``, and prints how many were noticed, were
harmless, or changed the numbers of the report in silence. The records are those of the default
sweep of commit 9b2446f, written anew by the present code.
"""

import argparse
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from ffnn_lab.config import UserError
from ffnn_lab.definition import stored_definition, write_definition
from ffnn_lab.records.parts import write_part
from ffnn_lab.records.read import read_table
from ffnn_lab.report.data.sweep import Sweep, load
from ffnn_lab.report.measures.numbers import Numbers
from ffnn_lab.report.reports.content import tables_of
from tests.support.parts import flip

DEFAULT_SWEEP = Path(__file__).parents[1] / "records_of" / "9b2446f" / "default"
TABLES = ("runs", "trials", "curves")
OUTCOMES = ("noticed", "harmless", "wrong in silence", "traceback")


def write_anew(origin: Path, folder: Path) -> None:
    """Copy a sweep's records into a folder as the present code writes them."""
    for table in TABLES:
        write_part(folder, "0", table, read_table(origin, table))
    write_definition(folder, stored_definition(origin))


def published(folder: Path) -> dict[str, str]:
    """Compute the tables of a sweep's report, with all their digits, by name."""
    sweep = load(folder)
    assert isinstance(sweep, Sweep)
    sheets, _ = tables_of(Numbers(sweep))
    return {
        sheet.name: sheet.numbers.to_csv(index=False)
        for sheet in sheets
        if sheet.numbers is not None
    } | {"settings": sweep.scores.to_csv(index=False), "command": sweep.command}


def bits_of_parts(folder: Path, n_flips: int, seed: int) -> Iterator[tuple[Path, int]]:
    """Draw bits of the parts, from all tables in turn; every second bit lies in a footer."""
    draw = random.Random(seed)  # noqa: S311 - no secret
    for number in range(n_flips):
        (part,) = (folder / TABLES[number % len(TABLES)]).glob("part-*.parquet")
        contents = part.read_bytes()
        n_footer = int.from_bytes(contents[-8:-4], "little") + 8
        first = len(contents) - n_footer if number % 2 else 0
        yield part, draw.randrange(8 * first, 8 * len(contents))


def bits_of_definition(folder: Path, n_flips: int, seed: int) -> Iterator[tuple[Path, int]]:
    """Draw bits of ``definition.json``."""
    draw = random.Random(seed)  # noqa: S311 - no secret
    path = folder / "definition.json"
    for _ in range(n_flips):
        yield path, draw.randrange(8 * path.stat().st_size)


def outcome(folder: Path, expected: dict[str, str]) -> tuple[str, str]:
    """Read damaged records, compute their report, and compare it with the expected one.

    Returns:
        One of `OUTCOMES`, and the message of the error, empty if there was none.
    """
    try:
        found = published(folder)
    except UserError as error:
        return "noticed", str(error)
    except Exception as error:  # noqa: BLE001 - no other error may be raised
        return "traceback", repr(error)
    return ("harmless" if found == expected else "wrong in silence"), ""


def flip_all(
    folder: Path, bits: Iterator[tuple[Path, int]], expected: dict[str, str]
) -> list[tuple[Path, int, str, str]]:
    """Flip each bit by itself, and flip it back before the next one.

    Returns:
        For each bit its file, its position in the file, its outcome, and the message of the error.
    """
    found = []
    for path, bit in bits:
        flip(path, bit)
        found.append((path, bit, *outcome(folder, expected)))
        flip(path, bit)
    return found


def main() -> int:
    """Flip the bits and print the outcomes; return 1 if any is wrong in silence or a traceback."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.damage", description=__doc__)
    parser.add_argument("--parts", type=int, default=300, help="bits flipped in parts")
    parser.add_argument("--definition", type=int, default=200, help="bits in definition.json")
    parser.add_argument("--seed", type=int, default=0, help="draws the bits")
    parser.add_argument("--records", type=Path, help="damage a copy of these, as they are")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "default"
        if asked.records:
            shutil.copytree(asked.records, folder)
        else:
            write_anew(DEFAULT_SWEEP, folder)
        expected = published(folder)
        is_right = True
        for name, bits in (
            ("runs, trials and curves", bits_of_parts(folder, asked.parts, asked.seed)),
            ("definition.json", bits_of_definition(folder, asked.definition, asked.seed)),
        ):
            found = flip_all(folder, bits, expected)
            counts = Counter(each[2] for each in found)
            told = ", ".join(f"{counts[each]} {each}" for each in OUTCOMES)
            sys.stdout.write(f"{len(found)} bits flipped in {name}: {told}\n")
            is_right = is_right and not (counts["wrong in silence"] or counts["traceback"])
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main())
