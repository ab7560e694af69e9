"""Every task has the catalog's sizes and stratified splits; scaling looks at train alone."""

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ffnn_lab.config import ConfigError
from ffnn_lab.tasks import TASKS as TASK_OPTIONS
from ffnn_lab.tasks import load_task
from ffnn_lab.tasks.char_text import CharTextConfig
from ffnn_lab.tasks.data.task import Split, Task, make_task, stratified_split, stratified_subset
from ffnn_lab.tasks.digits import DigitsConfig
from ffnn_lab.tasks.table import TableConfig
from ffnn_lab.tasks.text import TextConfig
from tests.catalog import TASKS, task_checksum
from tests.support.builders import NO_DATA, make_line
from tests.support.real_data import real_data

SPLITS = ("train", "dev", "test")


def make_config(**changes: Any) -> DigitsConfig:  # noqa: ANN401 - fields of a task's config
    values = {
        "name": "digits",
        "dev_fraction": 0.2,
        "test_fraction": 0.25,
        "split_seed": 0,
        "scaling": "none",
        **changes,
    }
    return DigitsConfig(**values)


# --- the catalog -----------------------------------------------------------------------------


def test_every_task_has_a_loader() -> None:
    assert set(TASK_OPTIONS) == set(TASKS)


@pytest.mark.parametrize(
    "name",
    [pytest.param(k, marks=[pytest.mark.slow] if row.is_slow else []) for k, row in TASKS.items()],
)
def test_task_is_as_the_catalog_says(name: str, tmp_path: Path) -> None:
    row = TASKS[name]
    config = row.config
    if isinstance(config, TableConfig | TextConfig | CharTextConfig):
        path = (
            real_data(str(row.files)) / str(row.files) / row.path
            if row.write is None
            else row.write(tmp_path)
        )
        config = dataclasses.replace(config, path=str(path))
    task = load_task(config, NO_DATA if row.files is None else real_data(row.files))
    labels = np.concatenate([task.split(split).labels for split in SPLITS])
    assert (task.name, task.n_features, task.n_classes) == (name, row.n_features, row.n_classes)
    assert len(labels) == row.n_examples
    assert tuple(np.unique(labels, return_counts=True)[1]) == row.label_counts
    assert task_checksum(task) == row.checksum


@pytest.mark.parametrize("scaling", ["global", "per_feature"])
def test_digits_are_scaled_by_their_train_split(scaling: str) -> None:
    """Scaling is tested for images in test_images.py, and for tables in table/test_load.py."""
    task = load_task(make_config(scaling=scaling), NO_DATA)
    axis = None if scaling == "global" else 0
    mean, deviation = task.train.inputs.mean(axis=axis), task.train.inputs.std(axis=axis)
    np.testing.assert_allclose(mean, 0, atol=1e-12)
    is_constant = np.isclose(deviation, 0)
    np.testing.assert_allclose(deviation[~is_constant], 1, rtol=1e-12)
    assert all(np.isfinite(task.split(split).inputs).all() for split in SPLITS)


# --- splits ----------------------------------------------------------------------------------

LABELS: NDArray[np.int64] = np.repeat([0, 1, 2], [40, 25, 10])


def _split(**changes: Any) -> dict[str, NDArray[np.int64]]:  # noqa: ANN401 - its keywords
    values: dict[str, Any] = {"shares": {"test": 0.4, "dev": 0.2}, "split_seed": 0}
    return stratified_split(LABELS, **(values | changes))


def test_splits_are_disjoint_and_leave_nobody_out() -> None:
    parts = _split()
    together = np.concatenate(list(parts.values()))
    assert sorted(together) == list(range(len(LABELS)))


def test_each_split_holds_its_share_of_every_class() -> None:
    """Of classes of 40, 25 and 10, test has 16, 10, 4, dev has 8, 5, 2, and train has the rest."""
    counts = {name: np.bincount(LABELS[part]).tolist() for name, part in _split().items()}
    assert counts == {"test": [16, 10, 4], "dev": [8, 5, 2], "train": [16, 10, 4]}


def test_the_split_is_drawn_by_its_own_seed() -> None:
    first, again, other = _split(), _split(), _split(split_seed=1)
    for name in SPLITS:
        assert np.array_equal(first[name], again[name])
        assert not np.array_equal(first[name], other[name])


def test_the_dev_fraction_does_not_move_the_test_split() -> None:
    assert np.array_equal(_split()["test"], _split(shares={"test": 0.4, "dev": 0.1})["test"])


def test_a_class_too_small_for_three_splits_is_named() -> None:
    labels = np.array([0] * 20 + [7] * 3)
    with pytest.raises(ConfigError) as caught:
        stratified_split(labels, shares={"test": 0.1, "dev": 0.2}, split_seed=0)
    assert str(caught.value) == (
        "task.dev_fraction=0.2 and task.test_fraction=0.1 leave a split without examples of class "
        "7, which has 3 examples"
    )


def test_a_class_is_called_by_its_name() -> None:
    labels = np.array([0] * 20 + [1] * 3)
    with pytest.raises(ConfigError) as caught:
        stratified_split(labels, shares={"dev": 0.1}, split_seed=0, class_names=["cat", "dog"])
    assert str(caught.value) == (
        "task.dev_fraction=0.1 leaves a split without examples of class dog, which has 3 examples"
    )


# --- subsets ---------------------------------------------------------------------------------


def _subset(size: int, **changes: Any) -> NDArray[np.int64]:  # noqa: ANN401 - its keywords
    values: dict[str, Any] = {"split_seed": 0, "number": 1}
    return stratified_subset(LABELS, size, **(values | changes))


@pytest.mark.parametrize(
    ("size", "counts"),
    [
        (75, [40, 25, 10]),
        (30, [16, 10, 4]),
        # Shares of 5.33, 3.33, 1.33: rounding takes a third from all, so the first gets the rest.
        (10, [6, 3, 1]),
        # Shares of 8.53, 5.33, 2.13: rounding takes most from the first.
        (16, [9, 5, 2]),
        (3, [2, 1, 0]),
    ],
)
def test_a_subset_keeps_the_share_of_every_class(size: int, counts: list[int]) -> None:
    indices = _subset(size)
    assert np.bincount(LABELS[indices], minlength=3).tolist() == counts
    assert len(set(indices.tolist())) == size
    assert indices.tolist() == sorted(indices.tolist())


def test_a_subset_is_drawn_by_the_task_s_seed() -> None:
    assert np.array_equal(_subset(30), _subset(30))
    assert not np.array_equal(_subset(30), _subset(30, split_seed=1))
    assert not np.array_equal(_subset(30), _subset(30, number=2))


# --- loading ---------------------------------------------------------------------------------


def test_a_task_is_loaded_once() -> None:
    assert load_task(make_config(), NO_DATA) is load_task(make_config(), NO_DATA)
    assert load_task(make_config(), NO_DATA) is not load_task(make_config(split_seed=1), NO_DATA)


# --- scaling ---------------------------------------------------------------------------------


def _task(inputs: NDArray[np.float64], **changes: Any) -> Task:  # noqa: ANN401 - as above
    return make_task(make_config(**changes), inputs=inputs, labels=LABELS, n_classes=3)


@pytest.fixture(name="inputs")
def _inputs() -> NDArray[np.float64]:
    """Return 75 x 4 inputs; the features have different scales, and the last one never varies."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((75, 4)) * [1, 10, 100, 0] + [0, 5, -3, 8]


def test_no_scaling_leaves_the_inputs(inputs: NDArray[np.float64]) -> None:
    task = _task(inputs)
    rows = np.concatenate([task.split(name).inputs for name in SPLITS])
    assert np.array_equal(np.sort(rows, axis=0), np.sort(inputs, axis=0))


@pytest.mark.parametrize("scaling", ["global", "per_feature"])
def test_dev_and_test_do_not_enter_the_scaling(scaling: str, inputs: NDArray[np.float64]) -> None:
    """Making every dev and test example absurd leaves the scaled train split as it was."""
    task = _task(inputs, scaling=scaling)
    plain = _task(np.arange(75.0)[:, None])
    absurd = inputs.copy()
    for name in ("dev", "test"):
        absurd[plain.split(name).inputs[:, 0].astype(int)] += 1e6
    changed = _task(absurd, scaling=scaling)
    assert np.array_equal(changed.train.inputs, task.train.inputs)
    assert not np.array_equal(changed.dev.inputs, task.dev.inputs)


def test_all_splits_are_scaled_alike(inputs: NDArray[np.float64]) -> None:
    raw, scaled = _task(inputs), _task(inputs, scaling="per_feature")
    mean, deviation = raw.train.inputs.mean(axis=0), raw.train.inputs.std(axis=0)
    for name in SPLITS:
        expected = (raw.split(name).inputs - mean)[:, :3] / deviation[:3]
        np.testing.assert_allclose(scaled.split(name).inputs[:, :3], expected, rtol=1e-12)


def test_a_feature_that_never_varies_becomes_zero(inputs: NDArray[np.float64]) -> None:
    task = _task(inputs, scaling="per_feature")
    for name in SPLITS:
        assert not task.split(name).inputs[:, 3].any()


def test_global_scaling_keeps_the_ratios_of_the_features(inputs: NDArray[np.float64]) -> None:
    raw, scaled = _task(inputs), _task(inputs, scaling="global")
    ratio = scaled.train.inputs.std(axis=0)[:3] / raw.train.inputs.std(axis=0)[:3]
    np.testing.assert_allclose(ratio, 1 / raw.train.inputs.std(), rtol=1e-12)


def test_chance_error_is_that_of_the_commonest_class(inputs: NDArray[np.float64]) -> None:
    """Train keeps 22 of 40, 14 of 25 and 6 of 10 (test takes 10, 6, 2; dev 8, 5, 2)."""
    assert _task(inputs).chance_error == pytest.approx(1 - 22 / 42)


# --- labels of one output --------------------------------------------------------------------


def test_a_task_with_classes_has_an_output_for_each(blobs: Task) -> None:
    assert (blobs.loss, blobs.error, blobs.n_outputs) == ("cross_entropy", "class", 3)
    assert blobs.error_unit == 1


@pytest.mark.parametrize("loss", ["squared", "logistic"])
def test_chance_error_of_signs_is_that_of_the_commoner(loss: str) -> None:
    task = make_line("signs", loss)
    assert (task.error, task.n_outputs, task.error_unit) == ("sign", 1, 1)
    n_plus = int((task.train.labels > 0).sum())
    assert task.chance_error == pytest.approx(min(n_plus, 50 - n_plus) / 50)
    assert 0 < task.chance_error < 0.5


def test_chance_error_of_reals_is_1_for_always_answering_the_mean_of_train() -> None:
    """The error is the mean squared residual over the variance of the train labels."""
    task = make_line("reals")
    assert (task.error, task.n_outputs, task.chance_error) == ("variance", 1, 1)
    labels = task.train.labels
    mean_answer = float(((labels - labels.mean()) ** 2).mean())
    assert mean_answer / task.error_unit == pytest.approx(task.chance_error, rel=1e-12)


def test_labels_that_never_vary_are_measured_by_their_own_unit() -> None:
    split = Split(np.zeros((4, 1)), np.full(4, 2.5))
    task = Task(name="flat", n_classes=0, train=split, dev=split, test=split, loss="squared")
    assert task.error_unit == 1


@pytest.mark.parametrize(
    ("labels", "n_classes", "loss", "expected"),
    [
        (np.array([0, 1, 3]), 3, "cross_entropy", "classes from 0 to 2"),
        (np.array([0.0, 1.0, 2.0]), 3, "cross_entropy", "classes from 0 to 2"),
        (np.array([0, 0]), 1, "cross_entropy", "classes from 0 to 0"),
        (np.array([-1, 1]), 2, "squared", r"-1\. or \+1\."),
        (np.array([0.0, 1.0]), 2, "logistic", r"-1\. or \+1\."),
        (np.array([0.5, math.nan]), 0, "squared", "finite numbers"),
        (np.array([0.5, 1.5]), 0, "logistic", "finite numbers, under the squared loss"),
        (np.array([0.5, 1.5]), 3, "squared", "finite numbers, under the squared loss"),
    ],
)
def test_labels_that_do_not_fit_are_refused(
    labels: NDArray[Any], n_classes: int, loss: str, expected: str
) -> None:
    split = Split(np.zeros((len(labels), 1)), labels)
    with pytest.raises(ValueError, match=f"train labels of task odd must be {expected}"):
        Task(name="odd", n_classes=n_classes, train=split, dev=split, test=split, loss=loss)


def test_an_unknown_split_is_an_error(inputs: NDArray[np.float64]) -> None:
    task = _task(inputs)
    with pytest.raises(KeyError):
        task.split("validation")


def test_letters_are_judged_in_bits_and_chance_is_what_their_frequencies_give() -> None:
    letters = np.array([[0, 1, 0, 2], [0, 1, 0, 3]])
    split = Split(letters, letters)
    task = Task("letters", 4, split, split, split, n_words=4)
    assert task.error == "bits"
    assert task.chance_error == pytest.approx(1.75, rel=1e-15)  # 1/2, 1/4, 1/8, 1/8
