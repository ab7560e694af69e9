"""Image tasks: splits, subsets and scaling, on small images made up here."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ffnn_lab.config import ConfigError
from ffnn_lab.tasks.data.images import WHITE, Images, make_image_task, pixel_statistics
from ffnn_lab.tasks.data.task import Task
from ffnn_lab.tasks.mnist import MnistConfig

N_TRAIN, N_TEST, N_FEATURES = 300, 90, 6


def make_config(**changes: Any) -> MnistConfig:  # noqa: ANN401 - fields of a task's config
    values: dict[str, Any] = {
        "name": "mnist",
        "dev_fraction": 0.1,
        "split_seed": 0,
        "scaling": "none",
        "subset": None,
        "test_subset": None,
        "test_seed": None,
        "augment": "none",
        "download": False,
    }
    return MnistConfig(**(values | changes))


def make_images(n_examples: int, seed: int) -> Images:
    """Make images of three equal classes; their last pixel is always black."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (n_examples, N_FEATURES), dtype=np.uint8)
    pixels[:, -1] = 0
    return Images(pixels, np.repeat(np.arange(3), n_examples // 3))


TRAIN, TEST = make_images(N_TRAIN, 0), make_images(N_TEST, 1)


def _task(**changes: Any) -> Task:  # noqa: ANN401 - as above
    return make_image_task(make_config(**changes), train=TRAIN, test=TEST, n_classes=3)


def _pixels(inputs: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the pixels, from 0 to 255, of unscaled inputs."""
    return np.rint(inputs.astype(np.float64) * WHITE).astype(np.uint8)


def _counts(task: Task) -> dict[str, list[int]]:
    return {
        name: np.bincount(task.split(name).labels, minlength=3).tolist()
        for name in ("train", "dev", "test")
    }


# --- splits ----------------------------------------------------------------------------------


def test_dev_is_cut_from_train_and_test_is_the_official_one() -> None:
    task = _task()
    assert _counts(task) == {"train": [90] * 3, "dev": [10] * 3, "test": [30] * 3}
    assert np.array_equal(_pixels(task.test.inputs), TEST.pixels)
    assert np.array_equal(task.test.labels, TEST.labels)
    ours = np.concatenate([_pixels(task.train.inputs), _pixels(task.dev.inputs)])
    assert np.array_equal(np.unique(ours, axis=0), np.unique(TRAIN.pixels, axis=0))


def test_the_split_is_drawn_by_its_own_seed() -> None:
    assert np.array_equal(_task().dev.inputs, _task().dev.inputs)
    assert not np.array_equal(_task().dev.inputs, _task(split_seed=1).dev.inputs)


def test_a_subset_is_of_train_and_dev_together() -> None:
    task = _task(subset=60)
    assert _counts(task) == {"train": [18] * 3, "dev": [2] * 3, "test": [30] * 3}
    assert not np.array_equal(_task(subset=60, split_seed=1).train.inputs, task.train.inputs)


def test_a_subset_of_test() -> None:
    task = _task(test_subset=9)
    assert _counts(task) == {"train": [90] * 3, "dev": [10] * 3, "test": [3] * 3}
    assert np.array_equal(task.train.inputs, _task().train.inputs)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"subset": 301}, "task.subset must be at most 300, the number of images; got 301"),
        ({"test_subset": 91}, "task.test_subset must be at most 90, the number of images; got 91"),
        ({"subset": 2}, "task.subset=2 leaves no example of class 2"),
        ({"test_subset": 1}, "task.test_subset=1 leaves no example of class 1, 2"),
        (
            {"subset": 12},
            "task.dev_fraction=0.1 leaves a split without examples of class 0, which has 4 "
            "examples",
        ),
    ],
)
def test_too_small_or_too_large_subsets_are_refused(changes: dict[str, int], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        _task(**changes)
    assert str(caught.value) == message


# --- scaling ---------------------------------------------------------------------------------


def test_inputs_are_float32() -> None:
    for name in ("train", "dev", "test"):
        assert _task().split(name).inputs.dtype == np.float32


@pytest.mark.parametrize("scaling", ["global", "per_feature"])
def test_train_alone_sets_the_scale(scaling: str) -> None:
    """Each input must be the exact value, rounded once to float32."""
    raw, task = _task(), _task(scaling=scaling)
    axis = None if scaling == "global" else 0
    train = _pixels(raw.train.inputs) / WHITE
    mean, deviation = train.mean(axis=axis), train.std(axis=axis)
    deviation = np.where(deviation > 0, deviation, 1.0)
    for name in ("train", "dev", "test"):
        expected = (_pixels(raw.split(name).inputs) / WHITE - mean) / deviation
        np.testing.assert_allclose(task.split(name).inputs, expected, rtol=1e-7, atol=1e-7)


def test_a_pixel_that_never_varies_in_train_becomes_zero() -> None:
    assert not _task(scaling="per_feature").train.inputs[:, -1].any()


@pytest.mark.parametrize("scaling", ["global", "per_feature"])
def test_statistics_are_numpy_s(scaling: str) -> None:
    """The pixels are more than one chunk of rows."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (3000, 800), dtype=np.uint8)
    axis = None if scaling == "global" else 0
    mean, deviation = pixel_statistics(pixels, scaling)
    np.testing.assert_allclose(mean, np.atleast_1d((pixels / WHITE).mean(axis=axis)), rtol=1e-13)
    np.testing.assert_allclose(
        deviation, np.atleast_1d((pixels / WHITE).std(axis=axis)), rtol=1e-13
    )


def test_statistics_of_white_photographs_do_not_overflow() -> None:
    """The squared pixels of 50,000 images sum to 1e13; times the number of pixels, to 1.5e21."""
    white = np.broadcast_to(np.uint8(WHITE), (50000, 3072))
    mean, deviation = pixel_statistics(white, "global")
    assert mean.tolist() == deviation.tolist() == [1.0]
