"""Effects of averaging predictions, from the table of `ffnn_lab.report.measures.averages`."""

import pandas as pd

from ffnn_lab.report.claims.evidence import Evidence, MissingEvidenceError, UnfinishedError
from ffnn_lab.report.claims.rule import Effect
from ffnn_lab.report.measures.averages import MASKS, TABLE, read_averages
from ffnn_lab.report.statistics import differences_by_seed

Average = tuple[str, int, str]
"""``over`` (masks or networks), the number ``k`` that is averaged, and the arm of the networks."""


def difference(evidence: Evidence, *, average: Average, against: Average) -> list[Effect]:
    """Compute the test error of one average minus that of another, at equal fresh seeds.

    Args:
        evidence: Evidence of one replicate.
        average: The average whose error is taken.
        against: The average whose error is subtracted.

    Returns:
        One effect, whose values are differences by the seed of the (first) network.

    Raises:
        UnfinishedError: If the averages were not measured.
        MissingEvidenceError: If one of the averages was not measured.
    """
    table = read_averages(evidence.sweep)
    if table is None:
        name = evidence.sweep.name
        msg = f"it has no table {TABLE}; python -m analysis.averages {name} measures it"
        raise UnfinishedError(msg)
    values = differences_by_seed(_errors(table, average), _errors(table, against))
    return [
        Effect.of_values(
            f"{_name(average)} - {_name(against)}",
            values.tolist(),
            plus=_ids(evidence, average),
            minus=_ids(evidence, against),
        )
    ]


def _errors(table: pd.DataFrame, average: Average) -> "pd.Series[float]":
    over, k, arm = average
    rows = table[(table["over"] == over) & (table["k"] == k) & (table["arm"] == arm)]
    if rows.empty:
        msg = f"it has no average of {_name(average)}"
        raise MissingEvidenceError(msg)
    return rows.set_index("seed")["error"]


def _name(average: Average) -> str:
    """Return a short name of an average: ``10 none``, ``dropout``, ``dropout by 50 masks``."""
    over, k, arm = average
    if over == MASKS:
        return f"{arm} by {k} mask{'' if k == 1 else 's'}"
    return arm if k == 1 else f"{k} {arm}"


def _ids(evidence: Evidence, average: Average) -> list[str]:
    """Return the ids of an average's runs, each with the name of the average.

    The averages of one arm stand on the same runs, which must not cancel in the effect.
    """
    runs = evidence.confirmed(average[2])["run_id"]
    return [f"{run_id} ({_name(average)})" for run_id in runs]
