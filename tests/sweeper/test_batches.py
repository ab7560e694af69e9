"""Batches decide which settings may be asked for or judged while others have no score."""

import pytest

from ffnn_lab.sweeper.batches import Batches


@pytest.mark.parametrize(
    ("unscored", "number", "expected"),
    [
        ([], 0, True),
        ([], 7, True),
        ([4], 7, True),  # setting 4 is of the same batch
        ([3], 4, False),
        ([3, 6], 7, False),
        ([8], 7, True),  # setting 8 is of a later batch, as when a study was made again
    ],
)
def test_a_setting_waits_for_earlier_batches_alone(
    unscored: list[int], number: int, *, expected: bool
) -> None:
    batches = Batches([("sgd", each) for each in unscored], 4)
    assert batches.knows_enough("sgd", number) is expected
    assert batches.knows_enough("adam", number)  # arms do not wait for one another


@pytest.mark.parametrize(
    ("unscored", "n_asked", "n_settings", "expected"),
    [
        ([], 0, 16, 4),
        ([], 4, 16, 4),
        ([], 12, 14, 2),  # the batch is cut off at the last setting
        ([], 14, 14, 0),
        ([], 15, 14, 0),  # as when a grid grew
        ([4], 6, 16, 2),
        ([4], 8, 16, 0),
    ],
)
def test_a_batch_is_asked_for_at_a_time(
    unscored: list[int], n_asked: int, n_settings: int, expected: int
) -> None:
    batches = Batches([("sgd", each) for each in unscored], 4)
    assert batches.n_askable("sgd", n_asked, n_settings) == expected
