"""Changes to parts of the records: other rows with a checksum that fits, or one flipped bit."""

import hashlib
import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def rewrite(part: Path, rows: pa.Table) -> Path:
    """Replace a part by other rows, under a name with their checksum, and return its new path."""
    buffer = io.BytesIO()
    pq.write_table(rows, buffer)
    checksum = hashlib.sha256(buffer.getvalue()).hexdigest()[:16]
    part.unlink()
    renamed = part.with_name("-".join([*part.stem.split("-")[:3], checksum]) + ".parquet")
    renamed.write_bytes(buffer.getvalue())
    return renamed


def flip(path: Path, bit: int) -> None:
    """Flip one bit of a file, counted from its beginning."""
    contents = bytearray(path.read_bytes())
    contents[bit // 8] ^= 1 << bit % 8
    path.write_bytes(contents)
