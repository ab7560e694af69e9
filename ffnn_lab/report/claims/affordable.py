"""Claims that no affordable number of replicates or draws can decide, found before the first run.

A verdict needs enough values to distinguish an effect of 0 from the margin that the claim
declares.
"""

from collections.abc import Iterable
from pathlib import Path

from ffnn_lab.definition import DamagedError, Definition, read_definition
from ffnn_lab.records import RecordError
from ffnn_lab.report.claims import CLAIMS
from ffnn_lab.report.claims.claim import Claim

AFFORDABLE = 100
"""Most replicates, or draws of the separable problem, that a sweep can reasonably have."""
FEWEST = 3
"""Fewest replicates from which a spread is estimated well enough for planning."""


def about_margins(definition: Definition, folder: Path) -> list[str]:
    """Return a sentence on each claim of a sweep whose margin takes more values than `AFFORDABLE`.

    A margin takes as many values as are needed to distinguish an effect of 0 from the margin. For
    a claim over replicates, their number is computed from the spread in the records of the sweep
    itself, or of another sweep that was made for the claim. For a claim over draws of the
    separable problem, their number is computed as if all draws had the effect 0, which needs the
    fewest.

    Args:
        definition: Definition of the sweep.
        folder: Present or future folder of its records, beside those of other sweeps.
    """
    asked = [claim for claim in CLAIMS.values() if claim.is_asked_of(definition.name)]
    told = [_about_draws(claim) for claim in asked if claim.over == "draws"]
    of_replicates = [claim for claim in asked if claim.over == "replicates"]
    if of_replicates:
        known = [each for each in (folder, *_beside(folder)) if _has_replicates(each)]
        told += [_about_replicates(claim, known) for claim in of_replicates]
    return [each for each in told if each]


def _beside(folder: Path) -> list[Path]:
    if not folder.parent.is_dir():
        return []
    return sorted(each for each in folder.parent.iterdir() if each != folder and each.is_dir())


def _has_replicates(folder: Path) -> bool:
    try:
        definition = read_definition(folder)
    except (OSError, RecordError, DamagedError):
        return False
    return definition is not None and definition.n_replicates >= FEWEST


def _about_draws(claim: Claim) -> str:
    from ffnn_lab.report.statistics import tied_values_to_resolve  # noqa: PLC0415 - scipy
    from ffnn_lab.report.statistics.significance import LEVEL  # noqa: PLC0415 - scipy

    if claim.unit != "percentage points":  # other units have no lowest and highest value
        return ""
    margin = _margin(claim)
    needed = tied_values_to_resolve([0.0], border=margin, low=-1.0, high=1.0, level=LEVEL)
    return _sentence(claim, needed, "draws", "even if all of their effects are 0")


def _about_replicates(claim: Claim, folders: Iterable[Path]) -> str:
    from ffnn_lab.report.claims.evidence import (  # noqa: PLC0415 - pandas
        Evidence,
        MissingEvidenceError,
    )
    from ffnn_lab.report.claims.family import measure  # noqa: PLC0415 - pandas
    from ffnn_lab.report.data.sweep import Sweep, load  # noqa: PLC0415 - pandas
    from ffnn_lab.report.statistics import replicates_to_resolve, sample_std  # noqa: PLC0415 - scipy
    from ffnn_lab.report.statistics.significance import LEVEL  # noqa: PLC0415 - scipy

    for folder in folders:
        if not claim.is_asked_of(folder.name):
            continue
        try:
            sweep = load(folder)
            effects = measure(claim, Evidence(sweep)) if isinstance(sweep, Sweep) else []
        except (RecordError, MissingEvidenceError):
            continue
        stds = [sample_std(each.values) for each in effects if each.n >= FEWEST]
        if stds:
            level = LEVEL / len(effects)
            needed = replicates_to_resolve(_margin(claim), std=min(stds), level=level)
            spread = f"{100 * min(stds):.2g} {claim.unit} or more"
            reason = f"judging by the spread in {folder.name}, which is {spread}"
            return _sentence(claim, needed, "replicates", reason)
    return ""


def _margin(claim: Claim) -> float:
    return min(abs(end) for end in claim.region.ends)


def _sentence(claim: Claim, needed: int | None, of: str, reason: str) -> str:
    if needed is not None and needed <= AFFORDABLE:
        return ""
    number = f"more than {AFFORDABLE}" if needed is None else f"about {needed}"
    return (
        f"{claim.name}: no affordable number of {of} can distinguish an effect of 0 from the "
        f"claim's margin of {100 * _margin(claim):g} {claim.unit}; {number} would be needed, "
        f"{reason}"
    )
