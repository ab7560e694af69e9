"""Small data sets in place of official ones: files, their packed forms, and descriptions."""

import dataclasses
import gzip
import hashlib
import io
import struct
import tarfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ffnn_lab.tasks.data.official import OfficialFile, Source

FOLDER = "small"
NOWHERE = "file:///nowhere/"


def describe(name: str, contents: bytes) -> OfficialFile:
    """Describe contents as an official file is described: by name, size and SHA-256."""
    return OfficialFile(name, len(contents), hashlib.sha256(contents).hexdigest())


@dataclasses.dataclass(frozen=True)
class SmallSet:
    """A source and the contents of its files."""

    source: Source
    contents: Mapping[str, bytes]
    """The contents of each unpacked file, by name."""
    packed: Mapping[str, bytes]
    """The contents of each packed file, as an address serves it, by name."""

    def put(self, data: Path) -> Path:
        """Put the packed files where they belong below a data folder, and return their folder."""
        folder = self.source.place(data)
        folder.mkdir(parents=True, exist_ok=True)
        for name, contents in self.packed.items():
            (folder / name).write_bytes(contents)
        return folder

    def at(self, *addresses: str) -> Source:
        """Return the source with other addresses."""
        return dataclasses.replace(self.source, addresses=addresses)


def small_set(contents: Mapping[str, bytes]) -> SmallSet:
    """Make a source of files that are packed one by one."""
    packed = {f"{name}.gz": gzip.compress(each, mtime=0) for name, each in contents.items()}
    return _set(contents, packed)


def small_archive(contents: Mapping[str, bytes]) -> SmallSet:
    """Make a source of files in one archive, which has one more file that the source omits."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, each in {"readme.html": b"<html>", **contents}.items():
            member = tarfile.TarInfo(f"{FOLDER}/{name}")
            member.size = len(each)
            archive.addfile(member, io.BytesIO(each))
    return _set(contents, {"small.tar.gz": buffer.getvalue()})


def _set(contents: Mapping[str, bytes], packed: Mapping[str, bytes]) -> SmallSet:
    source = Source(
        folder=FOLDER,
        files=tuple(describe(name, each) for name, each in contents.items()),
        packed=tuple(describe(name, each) for name, each in packed.items()),
        addresses=(NOWHERE,),
    )
    return SmallSet(source, contents, packed)


def idx(array: NDArray[np.uint8]) -> bytes:
    """Write an array as an IDX file."""
    shape = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes([0, 0, 8, array.ndim]) + shape + array.tobytes()
