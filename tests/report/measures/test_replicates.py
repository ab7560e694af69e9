"""Means over replicates must be right for every kind of column, as worked out by hand."""

import math

import numpy as np
import pandas as pd
import pytest

from ffnn_lab.report.measures.replicates import is_over_replicates, listed, over_replicates

# 97.5% quantiles of Student's t with n - 1 degrees of freedom, by n.
T = {2: 12.706204736, 3: 4.302652730}


def table(error: float, *, n: int = 2, arm: str = "a") -> pd.DataFrame:
    """Build a replicate's table with one row, whose interval is over seeds."""
    interval = {"error": error, "error.low": 0.0, "error.high": 1.0}
    return pd.DataFrame([{"arm": arm, **interval, "n_seeds": n}])


def over(*tables: pd.DataFrame | None, **options: object) -> pd.DataFrame:
    return over_replicates(tables, by=["arm"], most=1.0, **options)  # type: ignore[arg-type]


def test_an_estimate_is_a_mean_with_an_interval_over_replicates() -> None:
    values = [0.30, 0.34, 0.41]
    (row,) = over(*map(table, values)).to_dict("records")
    half = T[3] * np.std(values, ddof=1) / math.sqrt(3)
    assert row["error"] == pytest.approx(0.35)
    assert (row["error.low"], row["error.high"]) == pytest.approx((0.35 - half, 0.35 + half))
    assert row["error.std"] == pytest.approx(np.std(values, ddof=1))
    assert (row["n_replicates"], row["n_seeds"]) == (3, 6)


def test_an_interval_is_cut_where_no_error_lies_and_a_difference_at_its_negative() -> None:
    tables = [table(0.0), table(0.2)]  # 0.1 -+ 12.7 * 0.141 / 1.414
    (row,) = over(*tables).to_dict("records")
    assert (row["error.low"], row["error.high"]) == (0.0, 1.0)
    (row,) = over(*tables, differences=("error",)).to_dict("records")
    assert (row["error.low"], row["error.high"]) == (-1.0, 1.0)


def test_a_single_replicate_has_no_interval() -> None:
    (row,) = over(table(0.3), None, table(math.nan)).to_dict("records")
    assert (row["error"], row["n_replicates"]) == (0.3, 1)
    assert math.isnan(row["error.low"])


def test_an_estimate_without_end_has_no_interval() -> None:
    (row,) = over(table(0.3), table(math.inf)).to_dict("records")
    assert row["error"] == math.inf
    assert math.isnan(row["error.low"])


def test_other_columns_are_added_averaged_joined_kept_or_left_out() -> None:
    def one(error: float, **more: str | float) -> pd.DataFrame:
        return table(error).assign(kind="x", **more)

    tables = [
        one(0.1, run_ids="r1 r2", loss=1.0, place="here", **{"runs.failed": 1}),
        one(0.2, run_ids="", loss=math.nan, place="there", **{"runs.failed": 2}),
        one(0.3, run_ids="r3", loss=2.0, place="here", **{"runs.failed": 0}),
    ]
    (row,) = over(*tables).to_dict("records")
    assert (row["run_ids"], row["loss"], row["runs.failed"]) == ("r1 r2 r3", 1.5, 3)
    assert row["kind"] == "x"
    assert "place" not in row


def test_rows_are_those_of_any_replicate_in_order() -> None:
    kinds = pd.CategoricalDtype(["b", "a", "c"])
    tables = [table(0.1, arm="b"), table(0.2, arm="a"), table(0.4, arm="b")]
    found = over(*(each.astype({"arm": kinds}) for each in tables))
    assert found["arm"].tolist() == ["b", "a"]
    assert found["arm"].dtype == kinds
    assert found["n_replicates"].tolist() == [2, 1]
    assert is_over_replicates(found)


def test_ends_may_be_called_plainly() -> None:
    tables = [
        pd.DataFrame({"arm": ["a"], "expected": [value], "low": [0.0], "high": [1.0]})
        for value in (0.5, 0.7)
    ]
    (row,) = over(*tables, plain="expected").to_dict("records")
    assert row["expected"] == pytest.approx(0.6)
    assert row["std"] == pytest.approx(0.2 / math.sqrt(2))
    assert (row["low"], row["high"]) == (0.0, 1.0)


def test_listed_rows_are_numbered_and_empty_tables_keep_their_columns() -> None:
    found = listed([table(0.1), None, table(0.3)])
    assert found["replicate"].tolist() == [0, 2]
    assert found.columns[0] == "replicate"
    assert {"arm", "error"} <= set(listed([table(0.1).iloc[:0], None]))
