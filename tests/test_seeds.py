"""Named streams: equal names agree, different names differ, unknown names are refused."""

import itertools

import numpy as np
import pytest

from ffnn_lab.seeds import PURPOSES, stream, torch_seed

NAMES: list[tuple[int, str, tuple[int, ...]]] = [
    (seed, purpose, numbers)
    for seed in (0, 1, 2**31, 2**32, 2**40 + 1)
    for purpose in PURPOSES
    for numbers in ((0, 0), (0, 1), (1, 0), (7, 300))
]


def test_equal_names_give_equal_draws() -> None:
    for seed, purpose, numbers in NAMES:
        first, again = (stream(seed, purpose, *numbers).random(4) for _ in range(2))
        assert np.array_equal(first, again)
        assert torch_seed(seed, purpose, *numbers) == torch_seed(seed, purpose, *numbers)


def test_different_names_give_different_draws() -> None:
    """With 128 bits each, some two of these streams agree by chance once in 10^34 worlds."""
    draws = [stream(*name[:2], *name[2]).integers(2**63, size=2).tolist() for name in NAMES]
    assert len({tuple(draw) for draw in draws}) == len(NAMES)
    assert len({torch_seed(*name[:2], *name[2]) for name in NAMES}) == len(NAMES)


def test_streams_of_one_seed_are_not_correlated() -> None:
    """A correlation of 4000 normal numbers has a standard deviation of 1/sqrt(4000) = 0.016.

    Six standard deviations are allowed.
    """
    draws = np.array([stream(0, p).standard_normal(4000) for p in PURPOSES])
    for one, other in itertools.combinations(draws, 2):
        assert abs(np.corrcoef(one, other)[0, 1]) < 6 / np.sqrt(4000)


def test_a_stream_starts_anew_each_time_it_is_opened() -> None:
    used = stream(0, "order", 1)
    used.random(100)
    assert stream(0, "order", 1).random() == stream(0, "order", 1).random() != used.random()


def test_torch_seed_is_a_63_bit_integer() -> None:
    seeds = [torch_seed(seed, "init", 0, 0) for seed in range(200)]
    assert all(type(seed) is int and 0 <= seed < 2**63 for seed in seeds)
    assert max(seeds) > 2**62  # the high bits are used


def test_an_unknown_purpose_is_refused() -> None:
    message = (
        "purpose must be one of split, draw, init, order, dropout, augment, proposal, analysis; "
        "got ordre"
    )
    with pytest.raises(ValueError, match=message):
        stream(0, "ordre")
    with pytest.raises(ValueError, match=message):
        torch_seed(0, "ordre")


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="non-negative"):
        stream(-1, "order")
