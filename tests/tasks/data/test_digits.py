"""The digits are what scikit-learn ships, split and scaled as their config says."""

import numpy as np
from sklearn import datasets

from ffnn_lab.tasks import load_task
from ffnn_lab.tasks.data.task import Task
from tests.catalog import TASKS
from tests.support.builders import NO_DATA, make_run


def test_pixels_and_labels_are_the_library_s() -> None:
    """Pairs of image and label are compared as sets, since the split changes their order."""
    task = load_task(TASKS["digits"].config, NO_DATA)
    bunch = datasets.load_digits()
    rows = np.concatenate([task.split(name).inputs for name in ("train", "dev", "test")])
    labels = np.concatenate([task.split(name).labels for name in ("train", "dev", "test")])
    ours = np.column_stack([rows, labels])
    theirs = np.column_stack([bunch.data, bunch.target])
    assert np.array_equal(ours[np.lexsort(ours.T)], theirs[np.lexsort(theirs.T)])


def test_pixels_are_whole_numbers_from_0_to_16_before_scaling() -> None:
    """Over all 1797 x 64 pixels the mean is 4.884, and the standard deviation 6.017."""
    task = load_task(TASKS["digits"].config, NO_DATA)
    rows = np.concatenate([task.split(name).inputs for name in ("train", "dev", "test")])
    assert set(np.unique(rows)) == set(range(17))
    assert round(float(rows.mean()), 3) == 4.884
    assert round(float(rows.std()), 3) == 6.017


def test_split_sizes(digits: Task) -> None:
    """Test and dev are rounded fifths of each class: 178 examples give 36, 36 and 106."""
    counts = TASKS["digits"].label_counts
    n_fifth = sum(round(n / 5) for n in counts)
    assert [len(digits.split(name).labels) for name in ("test", "dev", "train")] == [
        n_fifth,
        n_fifth,
        1797 - 2 * n_fifth,
    ]


def test_chance_error_is_that_of_the_commonest_train_label(digits: Task) -> None:
    counts = np.bincount(digits.train.labels)
    assert digits.chance_error == 1 - counts.max() / counts.sum()
    assert 0.89 < digits.chance_error < 0.9


def test_the_run_s_seed_does_not_move_the_split(digits: Task) -> None:
    """``load_task`` sees the task's part of the config alone."""
    other = load_task(make_run(seed=999).task, NO_DATA)
    for name in ("train", "dev", "test"):
        assert np.array_equal(other.split(name).inputs, digits.split(name).inputs)
        assert np.array_equal(other.split(name).labels, digits.split(name).labels)
