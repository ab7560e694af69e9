"""Parts of the records that a test changes: with a checksum that fits, or with one bit flipped."""

import hashlib
import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def rewrite(part: Path, rows: pa.Table) -> Path:
    """Put other rows in place of a part, under a name that has their checksum."""
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
