"""Which intervals of a report need a word: those that were cut, and those that are left out.

A t interval of few seeds may reach below an error of 0, where no truth is; what lies there is cut
off, and that is told, since it shows that the seeds are too few. Equal values give no interval.
"""

import math
from collections.abc import Mapping

import pandas as pd

HAIR = 1e-9
"""Rounding that makes no interval lopsided."""
_SEEDS = "n_seeds"
_INTERVALS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "arms": {"test.error": ("test error", _SEEDS)},
    "gain_of_tuning": {
        "default.test.error": ("test error of the default", "default.n_seeds"),
        "gain_of_tuning": ("gain of tuning", "gain_of_tuning.n_pairs"),
    },
    "paired_differences": {"difference": ("difference", "n_pairs")},
    "spreads": {"interquartile": ("interquartile mean", _SEEDS)},
    "progress": {
        "first.train": ("train error of the first epoch", _SEEDS),
        "first.test": ("test error of the first epoch", _SEEDS),
        "last.test": ("test error of the last epoch", _SEEDS),
        "late": ("test error lost in the second half", _SEEDS),
    },
    "matched_train_loss": {
        "test.error": ("test error at equal train loss", _SEEDS),
        "gap": ("test - train at equal train loss", _SEEDS),
    },
}
"""To each sheet the estimates whose intervals it shows: what to call each, and its count."""
LISTED = ("arms", "gain_of_tuning", "paired_differences")
"""Sheets whose rows are told one by one; of the others it is told that there are some."""
CUT = "an interval is cut where no error or no difference of errors lies beyond its end"
EQUAL = "no interval is given where all seeds came to the same value"


def in_caption(sheet: str, numbers: pd.DataFrame) -> str:
    """Return what the caption of a sheet must add about its intervals; empty if nothing."""
    odd = [_odd(numbers, name, n) for name, (_, n) in _INTERVALS.get(sheet, {}).items()]
    said = [text for text, place in ((CUT, 0), (EQUAL, 1)) if any(each[place] for each in odd)]
    return "".join(f" {text[0].upper()}{text[1:]}." for text in said)


def remarks(sheets: Mapping[str, pd.DataFrame]) -> list[str]:
    """Return sentences that say which intervals of a report are cut and which are left out.

    Args:
        sheets: The numbers of each sheet, by its name.
    """
    cut: list[str] = []
    equal: list[str] = []
    for sheet, numbers in sheets.items():
        for name, (words, n) in _INTERVALS.get(sheet, {}).items():
            for found, rows in zip((cut, equal), _odd(numbers, name, n), strict=True):
                if rows and sheet in LISTED:
                    found.append(f"{words} of {', '.join(rows)}")
                elif rows:
                    found.append(f"in {sheet.replace('_', ' ')}")
    why = {
        CUT: "the t interval of so few seeds reaches further",
        EQUAL: "equal values do not say how others would spread",
    }
    return [
        f"{text}, for {why[text]}: {'; '.join(dict.fromkeys(found))}"
        for text, found in ((CUT, cut), (EQUAL, equal))
        if found
    ]


def _odd(numbers: pd.DataFrame, name: str, n: str) -> tuple[list[str], list[str]]:
    """List the rows whose interval was cut, and those that have none for equal values."""
    ends = f"{name}.low", f"{name}.high"
    low, high = ends if ends[0] in numbers else ("low", "high")
    cut, equal = [], []
    for row in numbers.to_dict("records"):
        who = f"{row['arm']} - {row['baseline']}" if "baseline" in row else str(row["arm"])
        mean = float(row[name])
        if not math.isfinite(mean):
            continue
        if math.isnan(row[low]):
            if row[n] > 1:
                equal.append(who)
        elif abs((mean - row[low]) - (row[high] - mean)) > HAIR * max(1.0, abs(mean)):
            cut.append(who)
    return cut, equal
