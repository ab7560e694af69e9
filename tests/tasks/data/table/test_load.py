"""A table as a task: features, target, splits; columns that cannot be used are named."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from numpy.typing import NDArray
from sklearn import datasets
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from ffnn_lab.config import UserError, from_leaves, identity, leaves
from ffnn_lab.models import open_network
from ffnn_lab.optimizers.heavy_ball import HeavyBallConfig
from ffnn_lab.records import run_row
from ffnn_lab.scores import counted
from ffnn_lab.tasks import check_task, load_task, settle_task
from ffnn_lab.tasks.data.table import TableSplits, split_table
from ffnn_lab.tasks.data.table.file import checksum
from ffnn_lab.tasks.data.task import Task, random_split
from ffnn_lab.tasks.table import TableConfig
from ffnn_lab.trainer import train
from tests.support.builders import NO_DATA, make_run, with_parts
from tests.support.tasks.tables import make_table_config, write_diabetes, write_wine

N_ROWS = 100
ROWS = np.arange(N_ROWS)
LABELS = ROWS % 2


def write(folder: Path, columns: Mapping[str, Any], name: str = "mine.parquet") -> Path:
    """Write columns to a file, with a target ``y`` of two classes unless they include a ``y``."""
    path = folder / name
    frame = pd.DataFrame({"y": LABELS, **columns})
    if path.suffix == ".parquet":
        frame.to_parquet(path, index=False)
    else:
        frame.to_csv(path, index=False)
    return path


def split(folder: Path, columns: Mapping[str, Any], **changes: Any) -> TableSplits:  # noqa: ANN401
    return split_table(make_table_config(write(folder, columns), **changes))


def refusal(folder: Path, columns: Mapping[str, Any], **changes: Any) -> str:  # noqa: ANN401
    """Return the message that refuses a table, with ``T`` in the place of the table's path."""
    path = write(folder, columns)
    with pytest.raises(UserError) as caught:
        load_task(make_table_config(path, **changes), NO_DATA)
    return str(caught.value).replace(str(path), "T")


def together(splits: TableSplits) -> NDArray[np.float64]:
    """Return the features of all splits, ordered by the last feature, which is left out.

    The last feature must be the number of the row.
    """
    rows = np.concatenate([splits.inputs[name] for name in ("train", "dev", "test")])
    return rows[np.argsort(rows[:, -1])][:, :-1]


# --- a real table ----------------------------------------------------------------------------


@pytest.fixture(name="wine")
def _wine(tmp_path: Path) -> Path:
    return write_wine(tmp_path)


def test_wine_is_as_scikit_learn_has_it(wine: Path) -> None:
    task = load_task(make_table_config(wine), NO_DATA)
    bunch = datasets.load_wine()
    parts = [task.split(name) for name in ("train", "dev", "test")]
    ours = np.column_stack(
        [np.concatenate([p.inputs for p in parts]), np.concatenate([p.labels for p in parts])]
    )
    theirs = np.column_stack([bunch.data, bunch.target])
    assert np.array_equal(ours[np.lexsort(ours.T)], theirs[np.lexsort(theirs.T)])
    assert [len(p.labels) for p in parts] == [106, 36, 36]
    assert task.summary == (
        "task table: 13 features, 3 classes; train 106, dev 36, test 36 (wine.csv: 178 rows, "
        "columns: 13 numeric, target y: class_0 59, class_1 71, class_2 48)"
    )


def test_csv_and_parquet_give_the_same_task(wine: Path) -> None:
    parquet = wine.with_suffix(".parquet")
    pd.read_csv(wine).to_parquet(parquet, index=False)
    tasks = [
        load_task(make_table_config(path, scaling="per_feature"), NO_DATA)
        for path in (wine, parquet)
    ]
    for name in ("train", "dev", "test"):
        first, second = (task.split(name) for task in tasks)
        assert np.array_equal(first.inputs, second.inputs)
        assert np.array_equal(first.labels, second.labels)


def test_encoding_and_scaling_are_scikit_learn_s(tmp_path: Path) -> None:
    """StandardScaler and OneHotEncoder, fitted to the train split alone."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "a": rng.normal(5, 3, N_ROWS),
            "b": rng.choice(["red", "green", "blue"], N_ROWS),
            "c": rng.integers(0, 100, N_ROWS),
            "row": ROWS,
        }
    )
    columns = {str(name): values for name, values in frame.items()}
    raw = split(tmp_path, columns, exclude=["a", "b", "c"])
    train = raw.inputs["train"][:, -1].astype(int)
    theirs = make_column_transformer(
        (StandardScaler(), ["a"]),
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["b"]),
        (StandardScaler(), ["c", "row"]),
    ).fit(frame.iloc[train])
    ours = split(tmp_path, columns, scaling="per_feature")
    for name in ("train", "dev", "test"):
        rows = raw.inputs[name][:, -1].astype(int)
        np.testing.assert_allclose(
            ours.inputs[name], theirs.transform(frame.iloc[rows]), rtol=1e-12, atol=1e-12
        )


# --- features --------------------------------------------------------------------------------


def test_each_kind_of_column(tmp_path: Path) -> None:
    splits = split(
        tmp_path,
        {
            "number": ROWS / 4,
            "decimal": [Decimal(i) / 8 for i in range(N_ROWS)],
            "flag": LABELS == 1,
            "word": np.where(ROWS % 4 == 0, "b", "a"),
            "label": pd.Categorical(np.where(ROWS % 5 == 0, "z", "x"), categories=["z", "q", "x"]),
            "small": ROWS.astype(np.int8),
            "row": ROWS,
        },
    )
    expected = np.column_stack(
        [
            ROWS / 4,
            ROWS / 8,
            LABELS,
            *(ROWS % 4 != 0, ROWS % 4 == 0),  # a, b
            *(ROWS % 5 != 0, ROWS % 5 == 0),  # x, z: a category without rows makes no feature
            ROWS,
        ]
    )
    assert np.array_equal(together(splits), expected)


def test_numbers_may_stand_for_categories(tmp_path: Path) -> None:
    columns = {"zone": 10 * (ROWS % 3), "row": ROWS}
    splits = split(tmp_path, columns, categorical=["zone"])
    expected = np.column_stack([k == ROWS % 3 for k in range(3)])
    assert np.array_equal(together(splits), expected)


def test_a_category_that_is_not_a_number_is_missing(tmp_path: Path) -> None:
    """A parquet file that pandas did not write may hold NaN and null; both are missing."""
    path = tmp_path / "mine.parquet"
    zone = [float("nan"), None, *(ROWS[2:] % 3).astype(float).tolist()]
    pq.write_table(pa.table({"y": LABELS, "zone": pa.array(zone), "row": ROWS}), path)
    splits = split_table(make_table_config(path, categorical=["zone"], missing="drop"))
    assert together(splits).shape == (98, 3)
    assert "zone 3" in splits.note


def test_a_word_that_train_does_not_have_is_none_of_its_words(tmp_path: Path) -> None:
    plain = split(tmp_path, {"row": ROWS})
    unseen = int(plain.inputs["test"][0, -1])
    words = np.where(ROWS % 2 == 0, "even", "odd").astype(object)
    words[unseen] = "other"
    features = together(split(tmp_path, {"word": words, "row": ROWS}))
    assert features.shape == (N_ROWS, 2)
    assert features[unseen].tolist() == [0, 0]
    assert (np.delete(features, unseen, axis=0).sum(axis=1) == 1).all()


def test_scaling_leaves_categories_and_flags(tmp_path: Path) -> None:
    columns = {"flag": LABELS == 1, "word": np.where(LABELS, "b", "a"), "same": 7.0, "row": ROWS}
    splits = split(tmp_path, columns, scaling="per_feature")
    features = together(splits)
    assert np.array_equal(features[:, :3], np.column_stack([LABELS, 1 - LABELS, LABELS]))
    assert not features[:, 3].any()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"day": pd.date_range("2026-01-01", periods=N_ROWS), "at": [dt.time(1)] * N_ROWS},
            "T: day, at: dates and times cannot be features. Turn them into numbers (days since "
            "the first, say), or leave them out: task.exclude=[day,at]",
        ),
        (
            {"list": [[1, 2]] * N_ROWS, "raw": [b"a"] * N_ROWS},
            "T: list (list<element: int64>), raw (binary): only numbers, words, true and false "
            "are read; leave out other columns: task.exclude=[list,raw]",
        ),
        (
            {"nothing": [None] * N_ROWS, "no number": [np.nan] * N_ROWS},
            "T: there are no values in nothing, no number; leave them out: "
            "task.exclude=[nothing,'no number']",
        ),
        ({"a": [np.inf, -np.inf, *ROWS[2:]]}, "T: column a has 2 infinite values"),
        (
            {"id": [f"wine {i}" for i in ROWS]},
            "T: column id has 100 different words, more than task.max_categories=50. If they "
            "are names or ids, leave the column out: task.exclude=[id]",
        ),
        (
            {"price": [f"{i},5" for i in ROWS]},
            "T: column price holds text that looks like numbers, such as '0,5'. Write plain "
            "numbers, as 1234.5, and nothing where one is missing; or take the texts for "
            "categories: task.categorical=[price]",
        ),
        (
            {"price": ["unknown", *(str(i) for i in ROWS[1:])]},
            "T: column price holds text that looks like numbers, such as '1' and 'unknown'. Write "
            "plain numbers, as 1234.5, and nothing where one is missing; or take the texts "
            "for categories: task.categorical=[price]",
        ),
    ],
)
def test_columns_that_are_no_features(
    columns: Mapping[str, Any], message: str, tmp_path: Path
) -> None:
    assert refusal(tmp_path, columns) == message
    left = split(tmp_path, {**columns, "row": ROWS}, exclude=list(columns))
    assert left.inputs["train"].shape[1] == 1


@pytest.mark.parametrize(
    "word", ["12 %", "$1,234.50", "1.234,50", "1e5", "-3", "1'000", "1 000", "€ 5"]
)
def test_what_looks_like_a_number(word: str, tmp_path: Path) -> None:
    assert "looks like numbers" in refusal(tmp_path, {"a": [word] * N_ROWS})


@pytest.mark.parametrize("word", ["1st", "a1", "v1.2.3", "12 kg", "nan", "infinity", "-", "1-2"])
def test_what_does_not(word: str, tmp_path: Path) -> None:
    assert split(tmp_path, {"a": [word] * N_ROWS}).inputs["train"].shape[1] == 1


def test_text_that_looks_like_numbers_may_be_categories(tmp_path: Path) -> None:
    columns = {"zip": np.where(LABELS, "01234", "98765"), "row": ROWS}
    features = together(split(tmp_path, columns, categorical=["zip"]))
    assert np.array_equal(features, np.column_stack([LABELS, 1 - LABELS]))


# --- missing values --------------------------------------------------------------------------


def _with_gaps() -> dict[str, Any]:
    number = ROWS.astype(float)
    number[[3, 4]] = np.nan
    word = np.where(LABELS, "b", "a").astype(object)
    word[[4, 5, 6]] = None
    return {"number": number, "word": word, "row": ROWS}


def test_missing_values_are_refused_with_counts(tmp_path: Path) -> None:
    assert refusal(tmp_path, _with_gaps()) == (
        "T has missing values: number 2, word 3. task.missing=drop leaves out the 4 rows of 100 "
        "that have any; impute puts the train split's mean, or its most frequent category, in "
        "their place; or leave columns out, "
        "task.exclude=[number,word]"
    )


def test_rows_with_missing_values_are_left_out(tmp_path: Path) -> None:
    splits = split(tmp_path, _with_gaps(), missing="drop")
    features = together(splits)
    assert features[:, 0].tolist() == [i for i in ROWS if i not in (3, 4, 5, 6)]
    assert "96 rows, 4 with missing values left out" in splits.note


def test_the_mean_of_train_stands_for_a_missing_number(tmp_path: Path) -> None:
    splits = split(tmp_path, _with_gaps(), missing="mean")
    train = splits.inputs["train"][:, -1].astype(int)
    features = together(splits)
    mean = np.mean([i for i in train if i not in (3, 4)])
    assert features[[3, 4], 0].tolist() == [mean, mean]
    assert features[[0, 1, 99], 0].tolist() == [0, 1, 99]
    assert features[[4, 5, 6], 1:].tolist() == [[0, 0]] * 3
    scaled = split(tmp_path, _with_gaps(), missing="mean", scaling="per_feature")
    np.testing.assert_allclose(scaled.inputs["train"][:, 0].mean(), 0, atol=1e-12)
    np.testing.assert_allclose(scaled.inputs["train"][:, 0].std(), 1, rtol=1e-12)


def test_imputed_values_are_scikit_learn_s(tmp_path: Path) -> None:
    """SimpleImputer imputes the mean or the most frequent value of the train split alone."""
    rng = np.random.default_rng(0)
    columns: dict[str, Any] = {
        "number": np.where(rng.random(N_ROWS) < 0.2, np.nan, rng.normal(5, 3, N_ROWS)),
        "flag": [None if r < 0.2 else r < 0.7 for r in rng.random(N_ROWS)],
        "word": [None if r < 0.2 else "ab"[int(r < 0.7)] for r in rng.random(N_ROWS)],
        "row": ROWS,
    }
    splits = split(tmp_path, columns, missing="impute")
    train = splits.inputs["train"][:, -1].astype(int)
    frame = pd.DataFrame(columns).astype({"flag": float, "word": object})
    frame["word"] = frame["word"].where(frame["word"].notna(), None)
    theirs = make_column_transformer(
        (SimpleImputer(), ["number"]),
        (SimpleImputer(strategy="most_frequent"), ["flag"]),
        (
            make_pipeline(
                SimpleImputer(strategy="most_frequent", missing_values=None),
                OneHotEncoder(sparse_output=False),
            ),
            ["word"],
        ),
    ).fit(frame.iloc[train])
    np.testing.assert_allclose(together(splits), theirs.transform(frame), rtol=1e-12)


def test_of_values_that_are_as_frequent_the_first_is_imputed(tmp_path: Path) -> None:
    train = split(tmp_path, {"row": ROWS}).inputs["train"][:, 0].astype(int)
    word = np.full(N_ROWS, None, dtype=object)
    flag = np.full(N_ROWS, None, dtype=object)
    word[train[:4]], flag[train[:4]] = ["b", "a", "a", "b"], [True, False, False, True]
    columns = {"word": word, "flag": flag, "row": ROWS}
    features = together(split(tmp_path, columns, missing="impute"))
    others = [row for row in ROWS if row not in train[:4]]
    assert (features[others] == [1, 0, 0]).all()


def test_what_dev_and_test_hold_imputes_nothing(tmp_path: Path) -> None:
    train = split(tmp_path, {"row": ROWS}).inputs["train"][:, 0].astype(int)
    word = np.full(N_ROWS, "often in dev and test", dtype=object)
    word[train] = "in train"
    word[train[0]] = None
    features = together(split(tmp_path, {"word": word, "row": ROWS}, missing="impute"))
    assert features.shape == (N_ROWS, 1)
    assert features[train[0]] == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"missing": "refuse"},
            "T has missing values: y 1. task.missing=drop leaves out the 1 rows of 100 that have "
            "any; impute puts the train split's mean, or its most frequent category, in their "
            "place",
        ),
        *(
            (
                {"missing": missing},
                f"T: the target y is missing in 1 of 100 rows, which task.missing={missing} does "
                "not fix; task.missing=drop leaves these rows out",
            )
            for missing in ("mean", "impute")
        ),
    ],
)
def test_a_missing_target(changes: dict[str, str], message: str, tmp_path: Path) -> None:
    columns = {"y": [None, *LABELS[1:].tolist()], "a": ROWS}
    assert refusal(tmp_path, columns, **changes) == message
    kept = split(tmp_path, columns, missing="drop")
    assert sum(len(targets) for targets in kept.targets.values()) == 99


def test_a_table_of_gaps_is_refused(tmp_path: Path) -> None:
    even, odd = (np.where(k == LABELS, ROWS, np.nan) for k in (0, 1))
    assert refusal(tmp_path, {"a": even, "b": odd}, missing="drop") == (
        "T: every row has a missing value (a 50, b 50), so task.missing=drop fails"
    )


def test_a_column_with_nothing_in_train_is_refused(tmp_path: Path) -> None:
    tested = split(tmp_path, {"row": ROWS}).inputs["test"][:, 0]
    gaps = np.where(np.isin(ROWS, tested), ROWS, np.nan)
    words = ["a" if row in tested else None for row in ROWS]
    for column, missing in ((gaps, "mean"), (gaps, "impute"), (words, "impute")):
        assert refusal(tmp_path, {"a": column}, missing=missing) == (
            "T: there are no values in a in the train split; leave it out: task.exclude=[a]"
        )


# --- the target ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (np.where(LABELS, "no", "yes"), ("no", "yes")),
        (LABELS == 1, ("false", "true")),
        (10 - LABELS, ("9", "10")),
        (np.where(LABELS, 1.0, -1.0), ("-1", "1")),
        (ROWS % 20, tuple(str(i) for i in range(20))),
        (pd.Categorical(np.where(LABELS, "a", "b")), ("a", "b")),
    ],
    ids=["words", "flags", "integers", "whole floats", "twenty", "categorical"],
)
def test_targets_that_are_classes(values: Any, names: tuple[str, ...], tmp_path: Path) -> None:  # noqa: ANN401 - a column
    splits = split(tmp_path, {"y": values, "row": ROWS})
    assert splits.class_names == names
    target = np.asarray(values)
    texts = [str(v) if isinstance(v, str) else str(int(v)) for v in target]
    for name in ("train", "dev", "test"):
        rows = splits.inputs[name][:, 0].astype(int)
        found = [names[int(label)] for label in splits.targets[name]]
        expected = [
            str(bool(target[row])).lower() if target.dtype == bool else texts[row] for row in rows
        ]
        assert found == expected


@pytest.mark.parametrize(
    "values",
    [ROWS % 21, ROWS / 2, 0.1 + LABELS],
    ids=["21 integers", "halves", "two numbers that are not whole"],
)
def test_targets_that_are_quantities(values: NDArray[Any], tmp_path: Path) -> None:
    splits = split(tmp_path, {"y": values, "row": ROWS})
    assert splits.class_names is None
    for name, n_rows in (("train", 60), ("dev", 20), ("test", 20)):
        rows = splits.inputs[name][:, 0].astype(int)
        assert len(rows) == n_rows
        assert np.array_equal(splits.targets[name], values[rows])


def test_the_kind_may_be_said(tmp_path: Path) -> None:
    """``task.kind`` can make a quantity of few whole numbers, and classes of other numbers."""
    columns = {"y": ROWS % 5, "row": ROWS}
    assert split(tmp_path, columns, kind="regression").class_names is None
    halves = {"y": LABELS / 2, "row": ROWS}
    assert split(tmp_path, halves, kind="classification").class_names == ("0", "0.5")
    texts = {"y": np.where(LABELS, "1,5", "2,5"), "row": ROWS}
    assert split(tmp_path, texts, kind="classification").class_names == ("1,5", "2,5")


def _tested() -> NDArray[np.int64]:
    """Return the rows of the test split if the target is numeric."""
    return random_split(N_ROWS, shares={"test": 0.2, "dev": 0.1}, split_seed=0)["test"]


@pytest.mark.parametrize(
    ("values", "changes", "message"),
    [
        (["a"] * N_ROWS, {}, "T: the target y is 'a' in every row: there is nothing to learn"),
        ([3] * N_ROWS, {}, "T: the target y is '3' in every row: there is nothing to learn"),
        ([0.5] * N_ROWS, {}, "T: the target y is '0.5' in every row: there is nothing to learn"),
        (
            [f"wine {i % 30}" for i in ROWS],
            {"max_classes": 3},
            "task.target=y has 30 different values, more than task.max_classes=3: ",
        ),
        (
            [chr(65 + i % 26) for i in ROWS],
            {},
            "task.target=y has 26 different values, more than task.max_classes=20: A, B, C, D, E, "
            "F, G, H, I, J, K, L, M, N, O, P, Q, R, S, ... (6 more), Z. If they are classes, set "
            "task.max_classes=26",
        ),
        (
            ROWS / 2,
            {"kind": "classification"},
            "task.target=y has 100 different values, more than task.max_classes=20: 0, 0.5, 1, ",
        ),
        (
            np.where(LABELS, "a", "b"),
            {"kind": "regression"},
            "task.kind=regression needs numbers in task.target=y, which holds 'a'",
        ),
        (
            np.where(LABELS, "1,5", "2,5"),
            {},
            "T: column y holds text that looks like numbers, such as '1,5'. ",
        ),
        (
            pd.date_range("2026-01-01", periods=N_ROWS),
            {},
            "T: the target y holds timestamp[us]: only numbers, words, true and false can be ",
        ),
        (
            [None] * N_ROWS,
            {},
            "T: the target y holds nothing: only numbers, words, true and false can be predicted",
        ),
        (
            ["rare"] * 4 + ["common"] * 96,
            {},
            "task.dev_fraction=0.1 and task.test_fraction=0.2 leave a split without examples of "
            "class rare, which has 4",
        ),
        (
            np.where(np.isin(ROWS, _tested()), 1.5, 2.5),
            {},
            "T: the target y is 2.5 in every row of the train split: there is nothing to learn",
        ),
    ],
)
def test_targets_that_cannot_be_learned(
    values: Any,  # noqa: ANN401 - a column
    changes: dict[str, Any],
    message: str,
    tmp_path: Path,
) -> None:
    told = refusal(tmp_path, {"y": values, "row": ROWS}, dev_fraction=0.1, **changes)
    assert told.startswith(message)


# --- regression ------------------------------------------------------------------------------

_EXACT: dict[str, Any] = {
    "model.widths": [],
    "trainer.batch_size": "full",
    "trainer.save_weights": True,
}
"""Changes of a config: a linear member at full batch, in float64, without dropout."""


def test_a_numeric_target_is_standardized_by_train(tmp_path: Path) -> None:
    values = 1000 + 7.5 * np.random.default_rng(0).standard_normal(N_ROWS)
    path = write(tmp_path, {"y": values, "row": ROWS})
    task = load_task(make_table_config(path), NO_DATA)
    assert (task.n_classes, task.n_outputs, task.loss, task.error) == (0, 1, "squared", "variance")
    train = values[task.train.inputs[:, 0].astype(int)]
    assert (task.label_mean, task.label_deviation) == (train.mean(), train.std())
    assert task.rmse_unit == pytest.approx(train.std(), rel=1e-12)
    for name in ("train", "dev", "test"):
        split_ = task.split(name)
        own = split_.labels * task.label_deviation + task.label_mean
        np.testing.assert_allclose(own, values[split_.inputs[:, 0].astype(int)], rtol=1e-12)
    assert f"; in train mean {train.mean():.4g}, standard deviation {train.std():.4g})" in (
        task.summary
    )
    assert task.summary.startswith("task table: 1 features, a number to predict; train 60, dev 20")


def test_a_unit_of_the_target_moves_nothing(tmp_path: Path) -> None:
    """In kilometers or miles, a member learns the same labels; only the task knows the unit."""
    values = np.random.default_rng(0).standard_normal(N_ROWS)
    tasks = []
    for place, target in enumerate((values, 4 * values - 64)):
        path = write(tmp_path, {"y": target, "row": ROWS}, f"{place}.parquet")
        tasks.append(load_task(make_table_config(path), NO_DATA))
    for name in ("train", "dev", "test"):
        some, others = (task.split(name).labels for task in tasks)
        np.testing.assert_allclose(some, others, rtol=1e-10, atol=1e-12)
    first, second = (task.rmse_unit or 0.0 for task in tasks)
    assert second == pytest.approx(4 * first, rel=1e-12)


def test_a_linear_member_finds_ordinary_least_squares(tmp_path: Path) -> None:
    """On scikit-learn's diabetes data the member equals LinearRegression, and so does its R^2.

    Answers are compared in the target's own unit.
    """
    table = load_task(make_table_config(write_diabetes(tmp_path), scaling="per_feature"), NO_DATA)
    method = HeavyBallConfig(
        name="heavy_ball", lr=0.1, momentum=0.95, weight_decay=0.0, decay="coupled"
    )
    length = {"trainer.max_epochs": 1500, "trainer.evaluate_every": 1500}
    config = make_run({**_EXACT, **length}, optimizer=method)
    (result,) = train([config], table, weights_folder=tmp_path)
    network = open_network(tmp_path / f"{result.run_id}.pt")
    mean, deviation = table.label_mean, table.label_deviation
    own = {name: table.split(name).labels * deviation + mean for name in ("train", "test")}
    theirs = LinearRegression().fit(table.train.inputs, own["train"])
    answers = theirs.predict(table.test.inputs)
    scores = network(torch.from_numpy(table.test.inputs)).detach().numpy()[:, 0]
    np.testing.assert_allclose(scores * deviation + mean, answers, rtol=1e-6)
    ends = {point.split: point for point in result.curve}
    r_squared = theirs.score(table.train.inputs, own["train"])
    assert ends["train"].error == pytest.approx(1 - r_squared, rel=1e-6)
    assert ends["train"].loss == pytest.approx(ends["train"].error, rel=1e-12)
    residual = float(((answers - own["test"]) ** 2).mean())
    error = ends["test"].error
    assert error == pytest.approx(residual / own["train"].var(), rel=1e-6)
    assert table.rmse_unit == pytest.approx((residual / error) ** 0.5, rel=1e-6)
    assert error < 0.7 < table.chance_error == result.chance_error == 1


def test_always_answering_the_mean_of_train_errs_by_1(tmp_path: Path) -> None:
    """A member whose weights stay near 0 answers the mean of train; on train its error is 1."""
    table = load_task(make_table_config(write_diabetes(tmp_path), scaling="per_feature"), NO_DATA)
    config = make_run({"model.widths": [], "optimizer.lr": 1e-300, "initializer.gain": 1e-300})
    (result,) = train([config], table)
    assert result.metrics()["last.train.error"] == pytest.approx(table.chance_error, rel=1e-12)


def test_a_run_that_diverges_counts_as_the_mean_of_train(tmp_path: Path) -> None:
    table = load_task(make_table_config(write_diabetes(tmp_path), scaling="per_feature"), NO_DATA)
    (result,) = train([make_run({"model.widths": [], "optimizer.lr": 1e3})], table)
    assert result.status == "diverged"
    row = pd.DataFrame([run_row(result)])
    assert counted(row, "last.test.error").tolist() == [1.0]


# --- splits ----------------------------------------------------------------------------------


def test_splits_are_stratified_and_seeded(tmp_path: Path) -> None:
    columns = {"y": ROWS % 10 == 0, "row": ROWS}
    first, again, other = (split(tmp_path, columns, split_seed=seed) for seed in (0, 0, 1))
    for name, n_true in (("train", 6), ("dev", 2), ("test", 2)):
        assert first.targets[name].sum() == n_true
        assert np.array_equal(first.inputs[name], again.inputs[name])
        assert not np.array_equal(first.inputs[name], other.inputs[name])


# --- numbers beyond what floats hold ---------------------------------------------------------


def test_numbers_whose_squares_are_infinite(tmp_path: Path) -> None:
    huge = np.where(LABELS, 1e308, -1e308)
    expected = (
        " has numbers up to 1e+308, whose squares are too large for a float64: divide the numbers "
        "by a constant"
    )
    assert refusal(tmp_path, {"a": huge}, scaling="per_feature") == f"T: column a{expected}"
    told = refusal(tmp_path, {"y": huge, "row": ROWS}, kind="regression")
    assert told == f"T: the target y{expected}"


def _constant_in_train(folder: Path, elsewhere: float | None) -> dict[str, Any]:
    """Return a column that is 0.1 in all train rows; their mean differs from 0.1 by rounding.

    Args:
        folder: Folder in which a table is written.
        elsewhere: The column's value in one row of test; None for 0.1.
    """
    plain = split(folder, {"row": ROWS})
    values = np.full(N_ROWS, 0.1)
    assert values[:60].std() > 0
    if elsewhere is not None:
        values[plain.inputs["test"][0, 0].astype(int)] = elsewhere
    return {"a": values, "row": ROWS}


def test_rounding_is_no_variation(tmp_path: Path) -> None:
    """A column is 0.1 in all of train, and 0.3 once in test.

    Earlier versions scaled the 0.3 to 1e16, by the rounding error of train.
    """
    columns = _constant_in_train(tmp_path, 0.3)
    splits = split(tmp_path, columns, scaling="per_feature", reading="exact")
    assert not splits.inputs["train"][:, 0].any()
    assert splits.inputs["test"][:, 0].tolist() == pytest.approx([0.2] + [0.0] * 19, abs=1e-15)
    with pytest.raises(UserError, match="was scaled by its rounding"):
        split(tmp_path, columns, scaling="per_feature")
    assert split(tmp_path, columns, scaling="none").inputs["train"][0, 0] == 0.1


def test_a_gap_in_a_column_of_equal_numbers_is_filled_with_that_number(tmp_path: Path) -> None:
    columns = _constant_in_train(tmp_path, None)
    columns["a"][split(tmp_path, {"row": ROWS}).inputs["train"][:9, 0].astype(int)] = np.nan
    changes: dict[str, Any] = {"scaling": "per_feature", "reading": "exact"}
    splits = split(tmp_path, columns, missing="impute", **changes)
    assert not any(inputs[:, 0].any() for inputs in splits.inputs.values())


def test_a_column_that_is_the_same_everywhere_is_read_as_ever(tmp_path: Path) -> None:
    """Rounding moves no example away from another there, so the ids of runs stay the same."""
    splits = split(tmp_path, _constant_in_train(tmp_path, None), scaling="per_feature")
    assert len({value for inputs in splits.inputs.values() for value in inputs[:, 0]}) == 1


# --- settling --------------------------------------------------------------------------------


def _run(task: TableConfig) -> Any:  # noqa: ANN401 - a run's config
    return with_parts(make_run(), task=task)


def test_settling_says_where_the_table_is_and_what_it_holds(
    wine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(wine.parent)
    config = settle_task(_run(make_table_config(Path("wine.csv"))))
    assert config.task == make_table_config(wine, sha256=checksum(wine))
    assert settle_task(config) == config
    assert settle_task(make_run()) == make_run()


def _zip_codes(folder: Path, words: Sequence[str]) -> TableConfig:
    path = folder / "zips.csv"
    rows = [f"{words[i % len(words)]},{i},{'ab'[i % 2]}" for i in range(N_ROWS)]
    path.write_text("\n".join(["zip,row,y", *rows]))
    return make_table_config(path, categorical=["zip"])


def test_settling_tells_a_table_that_was_read_otherwise_by_its_id(tmp_path: Path) -> None:
    """No other table's id moves: both leaves that were added have neutral values there."""
    plain = identity(settle_task(_run(_zip_codes(tmp_path, ["01", "11"]))))
    assert not {"task.reading", "task.decimal"} & set(plain)
    reread = settle_task(_run(_zip_codes(tmp_path, ["0123", "123"])))
    assert identity(reread)["task.reading"] == "exact"
    assert settle_task(reread) == reread
    assert load_task(reread.task, NO_DATA).n_features == 3


def test_a_recorded_run_that_took_two_categories_for_one_is_refused(tmp_path: Path) -> None:
    """The recorded config has no ``task.reading``, so its numbers are not those of the table."""
    settled = settle_task(_run(_zip_codes(tmp_path, ["0123", "123"])))
    recorded = {k: v for k, v in leaves(settled).items() if k != "task.reading"}
    with pytest.raises(UserError, match="A run that was recorded with it cannot be trained"):
        load_task(from_leaves(recorded).task, NO_DATA)


def test_a_table_that_changed_after_settling_is_refused(wine: Path) -> None:
    config = settle_task(_run(make_table_config(wine)))
    wine.write_text(wine.read_text().replace("14.23", "14.24"))
    with pytest.raises(UserError, match="does not hold the table that was asked for"):
        load_task(config.task, NO_DATA)


def test_a_settled_table_is_loaded_once(wine: Path) -> None:
    task = settle_task(_run(make_table_config(wine))).task
    assert load_task(task, NO_DATA) is load_task(task, NO_DATA)
    assert check_task(task, NO_DATA) == load_task(task, NO_DATA).summary


def test_a_table_that_is_not_settled_is_read_again(tmp_path: Path) -> None:
    def train(values: NDArray[Any]) -> Task:
        return load_task(make_table_config(write(tmp_path, {"a": values})), NO_DATA)

    assert train(ROWS).train.inputs.max() < train(ROWS + 1000).train.inputs.min()
    assert "mine.parquet" in check_task(make_table_config(write(tmp_path, {"a": ROWS})), NO_DATA)


def test_a_table_s_config_survives_json(wine: Path) -> None:
    task = settle_task(_run(make_table_config(wine, exclude=["ash"]))).task
    assert TableConfig(**json.loads(json.dumps(leaves(task)))) == task
