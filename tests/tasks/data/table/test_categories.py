"""Different values in the file stay different in the task, or the table is refused."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ffnn_lab.config import UserError
from ffnn_lab.tasks.data.table import RereadError, TableSplits, split_table
from tests.support.tasks.tables import make_table_config

N_ROWS = 60
BIG = 2**53


def _csv(folder: Path, words: Sequence[str]) -> Path:
    """Write a CSV whose column x takes the words in turn, beside a target y of two classes."""
    rows = [f"{words[i % len(words)]},{i},{'ab'[i % 2]}" for i in range(N_ROWS)]
    path = folder / "mine.csv"
    path.write_text("\n".join(["x,row,y", *rows]))
    return path


def _parquet(folder: Path, values: pa.Array) -> Path:
    taken = values.take(pa.array(np.arange(N_ROWS) % len(values)))
    labels = ["ab"[i % 2] for i in range(N_ROWS)]
    path = folder / "mine.parquet"
    pq.write_table(pa.table({"x": taken, "row": range(N_ROWS), "y": labels}), path)
    return path


def _as_classes(path: Path, **changes: Any) -> TableSplits:  # noqa: ANN401 - fields
    return split_table(make_table_config(path, target="x", exclude=["y"], **changes))


def _as_categories(path: Path, **changes: Any) -> TableSplits:  # noqa: ANN401 - fields
    return split_table(make_table_config(path, categorical=["x"], **changes))


def _assert_classes(splits: TableSplits, words: Sequence[str]) -> None:
    """Check that each row has the class that stands in the file."""
    assert splits.class_names is not None
    assert sorted(splits.class_names) == sorted(set(words))
    for name in ("train", "dev", "test"):
        rows = splits.inputs[name][:, 0].astype(int)
        found = [splits.class_names[int(label)] for label in splits.targets[name]]
        assert found == [words[row % len(words)] for row in rows]


def _n_features_of_x(splits: TableSplits) -> int:
    """Count the features of x, and check that exactly one of them is 1 in each row.

    The last feature of all is the number of the row.
    """
    for inputs in splits.inputs.values():
        assert (inputs[:, :-1].sum(axis=1) == 1).all()
    return int(splits.inputs["train"].shape[1]) - 1


EXACT = [
    ["0123", "123", "00123"],
    ["00", "0", "000"],
    [str(BIG), str(BIG + 1), str(BIG + 4)],
    [str(-BIG), str(-BIG - 1)],
    ["18446744073709551614", "18446744073709551615", "5"],  # beyond signed integers of 64 bits
    ["340282366920938463463374607431768211456", "340282366920938463463374607431768211457"],
]
"""Lists of words that earlier versions did not tell apart as classes."""


@pytest.mark.parametrize("words", EXACT)
def test_numbers_as_classes_are_exact(words: list[str], tmp_path: Path) -> None:
    path = _csv(tmp_path, words)
    _assert_classes(_as_classes(path, reading="exact"), words)
    with pytest.raises(RereadError, match="reads x as earlier versions did"):
        _as_classes(path)


@pytest.mark.parametrize("words", EXACT)
def test_numbers_as_categories_are_exact(words: list[str], tmp_path: Path) -> None:
    splits = _as_categories(_csv(tmp_path, words), reading="exact")
    assert _n_features_of_x(splits) == len(words)


@pytest.mark.parametrize("words", [["0123", "123", "00123"], EXACT[4]])
def test_categories_that_were_one_are_not_read_as_before(words: list[str], tmp_path: Path) -> None:
    with pytest.raises(RereadError, match="cannot be trained again"):
        _as_categories(_csv(tmp_path, words))


@pytest.mark.parametrize(
    ("words", "order"),
    [
        (["10", "9", "-1"], ["-1", "9", "10"]),
        (["1.0", "2.0"], ["1.0", "2.0"]),
        (["01", "02", "11"], ["01", "02", "11"]),
        (["1582218195625938944", "1582218195625940000"],) * 2,
    ],
)
def test_classes_that_were_told_apart_keep_their_numbers(
    words: list[str], order: list[str], tmp_path: Path
) -> None:
    """Such classes are in the order of the numbers, and are read as before: no run's id moves."""
    splits = _as_classes(_csv(tmp_path, words))
    assert splits.class_names == tuple(order)
    _assert_classes(splits, words)


def test_categories_of_numbers_are_in_the_order_of_their_shortest_text(tmp_path: Path) -> None:
    """The order is that of earlier versions: -1, 1.50, 1.6, 10."""
    splits = _as_categories(_csv(tmp_path, ["10", "1.50", "-1.0", "1.6"]))
    first = {int(row[-1]) % 4: row[:-1].argmax() for row in splits.inputs["train"]}
    assert first == {2: 0, 1: 1, 3: 2, 0: 3}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["1", "1.0"], "'1' and '1.0'"),
        (["1e3", "1000"], "'1000' and '1e3'"),
        (["1000.0", "1000"], "'1000' and '1000.0'"),
        (["+1", "1"], "'+1' and '1'"),
        (["-007", "-7"], "'-007' and '-7'"),
        (["0x1F", "31"], "'0x1F' and '31'"),
        (["1.10", "1.1"], "'1.1' and '1.10'"),
    ],
)
def test_one_number_in_two_ways_is_refused(words: list[str], told: str, tmp_path: Path) -> None:
    expected = (
        f"column x writes one number in two ways, {told}. If they are one category, write them "
        "alike; if they are two, put a letter before each"
    )
    path = _csv(tmp_path, [*words, "5"])
    for read, kind in ((_as_classes, "classification"), (_as_categories, "auto")):
        with pytest.raises(UserError) as caught:
            read(path, kind=kind, reading="exact")
        assert str(caught.value).endswith(expected)


@pytest.mark.parametrize("words", [["-0", "0", "1"], ["-0.0", "0.0", "1.0"]])
def test_negative_zero_is_zero(words: list[str], tmp_path: Path) -> None:
    path = _csv(tmp_path, words)
    assert len(_as_classes(path).class_names or ()) == 2
    assert _n_features_of_x(_as_categories(path, reading="exact")) == 2


def test_a_decimal_comma_is_part_of_a_number(tmp_path: Path) -> None:
    rows = [f"{('1,5', '1,50', '2,5')[i % 3]};{i}" for i in range(N_ROWS)]
    path = tmp_path / "mine.csv"
    path.write_text("\n".join(["x;row", *rows]))
    config = make_table_config(
        path, target="x", delimiter="semicolon", decimal="comma", kind="classification"
    )
    with pytest.raises(UserError, match="writes one number in two ways, '1,5' and '1,50'"):
        split_table(config)


@pytest.mark.parametrize(
    "values",
    [
        pa.array([BIG, BIG + 1, BIG + 4]),
        pa.array([BIG, BIG + 1, BIG + 4]).dictionary_encode(),
        pa.array([2**64 - 1, 2**64 - 2, 2**63], pa.uint64()),
        pa.array([Decimal(BIG), Decimal(BIG + 1), Decimal(BIG + 4)], pa.decimal128(38, 0)),
        pa.array([Decimal(2**60), Decimal(2**60 + 1), Decimal(5)], pa.decimal256(60, 2)),
    ],
    ids=["int64", "dictionary", "uint64", "decimal128", "decimal256"],
)
def test_typed_numbers_are_exact(values: pa.Array, tmp_path: Path) -> None:
    path = _parquet(tmp_path, values)
    words = [str(value) for value in values.to_pylist()]
    _assert_classes(_as_classes(path, reading="exact"), words)
    assert _n_features_of_x(_as_categories(path)) == 3  # as in earlier versions


@pytest.mark.parametrize(
    "values",
    [
        pa.array(["0123", "123", "1e3"], pa.large_string()),
        pa.array(["NA", "", "null"]),
        pa.array(["0123", "123", "00123"]).dictionary_encode(),
    ],
    ids=["large", "words for nothing", "dictionary"],
)
def test_typed_text_is_text(values: pa.Array, tmp_path: Path) -> None:
    splits = _as_classes(_parquet(tmp_path, values), kind="classification")
    _assert_classes(splits, values.to_pylist())


def test_whole_numbers_with_gaps_are_exact(tmp_path: Path) -> None:
    """Pandas would turn integers with gaps into floats."""
    path = _parquet(tmp_path, pa.array([None, BIG, BIG + 1, BIG + 2]))
    splits = _as_classes(path, missing="drop", reading="exact")
    assert splits.class_names == (str(BIG), str(BIG + 1), str(BIG + 2))
    counts = Counter(int(label) for labels in splits.targets.values() for label in labels)
    assert counts == {0: 15, 1: 15, 2: 15}


def test_a_number_that_is_not_whole_in_its_last_digit_is_no_class(tmp_path: Path) -> None:
    """As float64 numbers both of these values are whole."""
    path = _csv(tmp_path, [f"{BIG}.25", f"{10 * BIG}.25"])
    assert _as_classes(path, reading="exact").class_names is None


def test_a_target_that_float64_cannot_hold_is_no_quantity(tmp_path: Path) -> None:
    """Earlier versions reported that such a target has one value in every row."""
    words = [str(1582218195625938944 + i) for i in range(30)]
    for path in (_csv(tmp_path, words), _parquet(tmp_path, pa.array([int(w) for w in words]))):
        with pytest.raises(UserError) as caught:
            _as_classes(path)
        assert str(caught.value) == (
            f"{path}: the values of the target x are so large, and differ by so little, that "
            "some of them are equal as float64 numbers: subtract a constant, such as "
            "1582218195625938944, from all of them; or, if they are classes, set "
            "task.kind=classification task.max_classes=30"
        )


def test_true_and_one_are_not_mixed_in_a_target(tmp_path: Path) -> None:
    assert _as_classes(_csv(tmp_path, ["True", "TRUE", "false"])).class_names == ("false", "true")
    assert _as_classes(_csv(tmp_path, ["True", "TRUE", "no"])).class_names == (
        "TRUE",
        "True",
        "no",
    )
    with pytest.raises(UserError, match="the target x holds both '0' and 'true': write true and "):
        _as_classes(_csv(tmp_path, ["true", "1", "0"]))


def test_an_accented_letter_in_two_forms_is_refused(tmp_path: Path) -> None:
    path = _csv(tmp_path, ["\u00e9t\u00e9", "\u00e9te\u0301", "tea"])
    for read in (_as_classes, _as_categories):
        with pytest.raises(UserError, match="column x holds '\u00e9t\u00e9' in two forms"):
            read(path)


def test_text_that_looks_like_numbers_is_a_class_by_its_kind(tmp_path: Path) -> None:
    path = _csv(tmp_path, ["12 %", "13 %"])
    with pytest.raises(
        UserError, match=r"take the texts for categories: task\.kind=classification$"
    ):
        _as_classes(path)
    assert _as_classes(path, kind="classification").class_names == ("12 %", "13 %")


def test_leading_zeros_of_numbers_are_told(tmp_path: Path) -> None:
    splits = split_table(make_table_config(_csv(tmp_path, ["0123", "7"])))
    assert splits.note.endswith(", leading zeros left out of x (task.categorical keeps them)")
    plain = split_table(make_table_config(_csv(tmp_path, ["10", "0.01", "100"])))
    assert "zeros" not in plain.note


def test_missing_rows_do_not_make_a_table_one_that_was_read_otherwise(tmp_path: Path) -> None:
    """The word that earlier versions merged with another stands only in a row that is left out."""
    rows = [f"{('7', '8')[i % 2]},{i},{'ab'[i % 2]}" for i in range(N_ROWS)]
    path = tmp_path / "mine.csv"
    path.write_text("\n".join(["x,row,y", "07,,a", *rows]))
    assert _n_features_of_x(_as_categories(path, missing="drop")) == 2
