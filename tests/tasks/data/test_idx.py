"""IDX files are read as the format says; other files are refused."""

import struct

import numpy as np
import pytest

from ffnn_lab.tasks.data.idx import parse_idx
from ffnn_lab.tasks.data.task import DataError

HEADER = b"\0\0\x08\x02" + struct.pack(">II", 2, 3)
"""Header of an array of 2 x 3 bytes."""


def test_numbers_are_read_row_after_row() -> None:
    array = parse_idx(HEADER + bytes([1, 2, 3, 4, 5, 255]), name="f")
    assert array.dtype == np.uint8
    assert array.tolist() == [[1, 2, 3], [4, 5, 255]]


def test_any_number_of_axes_is_read() -> None:
    array = parse_idx(b"\0\0\x08\x03" + struct.pack(">III", 2, 1, 2) + b"abcd", name="f")
    assert array.tolist() == [[[97, 98]], [[99, 100]]]


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (b"", "f is not an IDX file of bytes: it begins with "),
        (b"PNG and so on", "f is not an IDX file of bytes: it begins with 50 4e 47 20"),
        (
            b"\0\0\x0d\x01\0\0\0\x01....",
            "f is not an IDX file of bytes: it begins with 00 00 0d 01",
        ),
        (HEADER[:7], "f is cut short within its header"),
        (HEADER + b"12345", "f must hold 2 x 3 bytes by its header, but holds 5"),
        (HEADER + b"1234567", "f must hold 2 x 3 bytes by its header, but holds 7"),
    ],
)
def test_what_is_not_idx_is_named(contents: bytes, message: str) -> None:
    with pytest.raises(DataError) as caught:
        parse_idx(contents, name="f")
    assert str(caught.value) == message
