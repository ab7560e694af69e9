"""Tables over all conditions of a sweep that repeats its comparison, e.g. at several train sizes.

Arms are compared under one condition, such as one train size, at a time. Two things concern all
conditions together: p values are adjusted over the contrasts under all of them, and errors and
declared differences are shown by condition.
"""

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from ffnn_lab.definition import Condition
from ffnn_lab.report.measures.replicates import COUNT
from ffnn_lab.report.statistics import holm

ERROR, DIFFERENCE = "test.error", "difference"
"""Values of the column ``of`` of `across_table`: a row has a test error or a difference."""


def holm_over(tables: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    """Adjust p values over the declared contrasts under all conditions, as one family.

    Args:
        tables: The table of differences under each condition, with the columns ``p``,
            ``is_declared`` and ``p.holm``.

    Returns:
        Copies of the tables, with ``p.holm`` by Holm's method over all declared rows of all
        tables.
    """
    family = pd.concat([_declared(table) for table in tables])
    adjusted = iter(holm(family.tolist()))
    return [
        table.assign(**{"p.holm": [next(adjusted) for _ in range(len(table))]}) for table in tables
    ]


def _declared(table: pd.DataFrame) -> "pd.Series[float]":
    return table["p"].where(table["is_declared"].astype(bool))


def under_conditions(
    tables: Sequence[pd.DataFrame | None], conditions: Sequence[Condition]
) -> pd.DataFrame:
    """Concatenate the tables of several conditions, with the condition's values as first columns.

    Args:
        tables: The table of each condition; None or empty where there is nothing to show.
        conditions: The conditions in the same order.

    Returns:
        The table; the single table itself for a sweep without conditions.
    """
    if not any(conditions) and len(tables) == 1 and tables[0] is not None:
        return tables[0]
    found = [
        _with_condition(table, condition)
        for table, condition in zip(tables, conditions, strict=True)
        if table is not None
    ]
    kept = [table for table in found if len(table)] or found[:1]
    return pd.concat(kept, ignore_index=True) if kept else pd.DataFrame()


def _with_condition(table: pd.DataFrame, condition: Condition) -> pd.DataFrame:
    # As objects: a value may be a number under one condition and a word under another.
    columns = {
        key: pd.Series([value] * len(table), index=table.index, dtype=object)
        for key, value in condition.items()
    }
    return pd.concat([pd.DataFrame(columns, index=table.index), table], axis=1)


def across_table(
    conditions: Sequence[Condition],
    arms: Sequence[pd.DataFrame],
    differences: Sequence[pd.DataFrame],
) -> pd.DataFrame:
    """Tabulate each arm's test error and each declared difference under every condition.

    Args:
        conditions: The conditions of the sweep.
        arms: The table of arms under each condition, see `numbers.Numbers.arms`.
        differences: The table of differences under each condition, see
            `numbers.Numbers.differences`, with ``p.holm`` over all conditions.

    Returns:
        One row per condition and arm, then per condition and declared pair. Columns are the
        condition's values, by the config's dotted names; ``of``, `ERROR` or `DIFFERENCE`; ``arm``
        and ``baseline`` (empty for an error); the ``value``, a rate, with the ends ``low`` and
        ``high`` of its 95% interval; ``n``, the number of replicates behind the value, or of seeds
        if the sweep has one replicate; and ``p.holm`` (NaN for an error).
    """
    rows = []
    for condition, table in zip(conditions, arms, strict=True):
        for row in table.to_dict("records"):
            n = row[COUNT] if COUNT in table else row["n_seeds"]
            rows.append(_row(condition, ERROR, {**row, "baseline": ""}, n))
    for condition, table in zip(conditions, differences, strict=True):
        for row in table[table["is_declared"].astype(bool)].to_dict("records"):
            n = row[COUNT] if COUNT in table else row["n_pairs"]
            rows.append(_row(condition, DIFFERENCE, row, n))
    found = pd.DataFrame(rows)
    names = list(dict.fromkeys(str(arm) for table in arms for arm in table["arm"]))
    for key in conditions[0]:
        found[key] = pd.Series([row[key] for row in rows], dtype=object)
    return found.assign(arm=pd.Categorical(found["arm"], categories=names))


def _row(
    condition: Condition, of: str, row: Mapping[object, object], n: object
) -> dict[str, object]:
    own = f"{of}.low", f"{of}.high"
    ends = own if own[0] in row else ("low", "high")
    return {
        **condition,
        "of": of,
        "arm": row["arm"],
        "baseline": row["baseline"],
        "value": row[of],
        "low": row[ends[0]],
        "high": row[ends[1]],
        "n": n,
        "p.holm": row.get("p.holm", math.nan),
    }
