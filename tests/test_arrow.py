"""Bytes are copied for Arrow, so that Arrow's threads never hold memory of Python."""

import pyarrow as pa

from ffnn_lab.arrow import in_arrow


def test_the_bytes_are_the_same_and_the_memory_is_not_pythons() -> None:
    contents = b"PAR1" * 1000
    buffer = in_arrow(contents).read_buffer()
    assert buffer.to_pybytes() == contents
    pythons = pa.py_buffer(contents)
    assert buffer.address not in range(pythons.address, pythons.address + len(contents))
