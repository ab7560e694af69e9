"""The IDX format of MNIST's files: a header of big-endian numbers, then bytes."""

import math
import struct

import numpy as np
from numpy.typing import NDArray

from ffnn_lab.tasks.data.task import DataError

UNSIGNED_BYTES = 0x08
"""Code of the IDX format for unsigned bytes, the only type of number that is read here."""


def parse_idx(contents: bytes, *, name: str) -> NDArray[np.uint8]:
    """Parse the contents of an IDX file of bytes, and return them as an array.

    The file has two zeros, the type's code and the number of axes, a byte each; the length of each
    axis in four bytes; then the numbers, the last axis fastest.

    Args:
        contents: Contents of the file, uncompressed.
        name: Name of the file, for messages.

    Returns:
        The array, which cannot be written to.

    Raises:
        DataError: If the header is invalid, or declares another number of bytes.
    """
    if len(contents) < 4 or contents[:2] != b"\0\0" or contents[2] != UNSIGNED_BYTES:  # noqa: PLR2004
        msg = f"{name} is not an IDX file of bytes: it begins with {contents[:4].hex(' ')}"
        raise DataError(msg)
    n_axes = contents[3]
    start = 4 + 4 * n_axes
    if len(contents) < start:
        msg = f"{name} is cut short within its header"
        raise DataError(msg)
    shape = struct.unpack(f">{n_axes}I", contents[4:start])
    n_bytes = math.prod(shape)
    if len(contents) - start != n_bytes:
        written = " x ".join(str(n) for n in shape)
        msg = f"{name} must hold {written} bytes by its header, but holds {len(contents) - start}"
        raise DataError(msg)
    return np.frombuffer(contents, dtype=np.uint8, offset=start).reshape(shape)
