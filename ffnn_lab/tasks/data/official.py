"""Official data files: read from the data folder or downloaded, unpacked, and verified.

The function that loads a data set gets the official contents of its files, or an error. The error
names the file that is missing, cut short, damaged or not the official one, and says what to do.
"""

import gzip
import hashlib
import http.client
import logging
import lzma
import os
import tarfile
import typing
import urllib.request
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ffnn_lab.tasks.data.task import DataError

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 30
"""Longest time, in seconds, that a download waits for more data before it fails."""
BLOCK_BYTES = 1 << 20
WHAT_TO_DO = "Put the official file in its place, or delete it and set task.download=true"

ENDINGS = ("", ".gz", ".xz")
"""Endings of the name of a file, uncompressed and compressed; the fastest to unpack come first."""
_BROKEN = (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, tarfile.TarError)
"""Errors that are raised when a damaged or incomplete compressed file is read."""


@dataclass(frozen=True)
class OfficialFile:
    """An official file: its name, its size in bytes, and its sha256 checksum."""

    name: str
    n_bytes: int
    sha256: str


@dataclass(frozen=True)
class Source:
    """The files of a data set, and the addresses that they come from."""

    folder: str
    """Name of the folder of the files, in the data folder."""
    files: tuple[OfficialFile, ...]
    """The files, uncompressed."""
    packed: tuple[OfficialFile, ...]
    """The files that the addresses serve: each of ``files`` compressed (``.gz``), or one archive
    (``.tar.gz``) of the folder."""
    addresses: tuple[str, ...]
    """Prefixes of the files' URLs, the most reliable first."""

    @property
    def is_archive(self) -> bool:
        """Return True if the addresses serve one archive with all files."""
        return self.packed[0].name.endswith(".tar.gz")

    def place(self, data: Path) -> Path:
        """Return the folder into which ``packed`` is downloaded; an archive goes to ``data``."""
        return data if self.is_archive else data / self.folder


def read_official(source: Source, data: Path, *, download: bool) -> Iterator[bytes]:
    """Read every file of a data set, unpacked, and verify its checksum.

    Each file is looked for in the data set's folder, uncompressed or compressed (``.gz``,
    ``.xz``). If one is not there, all files are read from the official archive (``.tar.gz``) in
    the data folder, if the data set has one; nothing is unpacked to the disk.

    Args:
        source: The files of the data set, with their checksums and addresses.
        data: The data folder, as in ``paths.data``; the data set's folder is in it.
        download: True to download the files that are missing.

    Returns:
        An iterator over the contents of the files, in the order of ``source.files``.

    Raises:
        DataError: If a file is missing, cannot be downloaded, is cut short or damaged, or is not
            the official one.
    """
    data = data.absolute()
    missing = _missing(source, data)
    if missing and download:
        # Several packed files are those of `files`, in the same order.
        for packed in source.packed if source.is_archive else (source.packed[i] for i in missing):
            fetch(source, packed, source.place(data))
        missing = _missing(source, data)
    if missing:
        raise DataError(_how_to_get(source, [source.files[i].name for i in missing], data))
    paths = [_place_of(file, source, data) for file in source.files]
    if all(path is not None for path in paths):
        # Unpacking releases Python's global lock, so several files are unpacked in parallel.
        with ThreadPoolExecutor() as pool:
            yield from pool.map(_read, filter(None, paths), source.files)
    else:
        yield from _from_archive(source, source.place(data) / source.packed[0].name)


def _place_of(file: OfficialFile, source: Source, data: Path) -> Path | None:
    folder = data / source.folder
    paths = (folder / f"{file.name}{ending}" for ending in ENDINGS)
    return next((path for path in paths if path.exists()), None)


def _missing(source: Source, data: Path) -> list[int]:
    """Return the indices in ``source.files`` of the files that are missing."""
    if source.is_archive and (source.place(data) / source.packed[0].name).exists():
        return []
    return [i for i, file in enumerate(source.files) if _place_of(file, source, data) is None]


def _how_to_get(source: Source, missing: Sequence[str], data: Path) -> str:
    folder = data / source.folder
    names = ", ".join(missing if source.is_archive else (f"{name}.gz" for name in missing))
    wanted = f"{source.packed[0].name} into {data}" if source.is_archive else "them there"
    return (
        f"{names}: not in {folder}. Put {wanted} (from {source.addresses[0]}), or set "
        f"task.download=true, or name the folder that holds {source.folder}/ by paths.data or "
        "FFNN_LAB_DATA"
    )


def _read(path: Path, file: OfficialFile) -> bytes:
    try:
        with _opened(path, path.name.removeprefix(file.name)) as opened:
            # One byte more than expected, to reach the end, where compressed files are checked.
            contents = opened.read(file.n_bytes + 1)
    except _BROKEN as error:
        msg = f"{path} cannot be unpacked: {_said(error)}. {WHAT_TO_DO}"
        raise DataError(msg) from error
    _verify(path, contents, file)
    return contents


@contextmanager
def _opened(path: Path, ending: str) -> Iterator[BinaryIO]:
    with path.open("rb") as file:
        if ending == ".gz":
            yield typing.cast("BinaryIO", gzip.GzipFile(fileobj=file))
        elif ending == ".xz":
            yield typing.cast("BinaryIO", lzma.LZMAFile(file))  # noqa: SIM115 - `file` is closed
        else:
            yield file


def _from_archive(source: Source, path: Path) -> Iterator[bytes]:
    by_name = {f"{source.folder}/{file.name}": file for file in source.files}
    contents: dict[str, bytes] = {}
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                file = by_name.get(member.name)
                opened = archive.extractfile(member) if file is not None else None
                if file is not None and opened is not None:
                    contents[file.name] = opened.read(file.n_bytes + 1)
    except _BROKEN as error:
        msg = f"{path} cannot be unpacked: {_said(error)}. {WHAT_TO_DO}"
        raise DataError(msg) from error
    for file in source.files:
        if file.name not in contents:
            msg = f"{path} does not hold {source.folder}/{file.name}. {WHAT_TO_DO}"
            raise DataError(msg)
        _verify(path / source.folder / file.name, contents[file.name], file)
        yield contents.pop(file.name)


def _verify(path: Path, contents: bytes, file: OfficialFile) -> None:
    found = hashlib.sha256(contents).hexdigest()
    if found == file.sha256:
        return
    if len(contents) < file.n_bytes:
        what = f"is cut short: it holds {len(contents)} bytes of {file.n_bytes}"
    elif len(contents) > file.n_bytes:
        what = f"is not the official file: it holds more than its {file.n_bytes} bytes"
    else:
        what = (
            f"is damaged, or another file: the sha256 of its contents is {found}, that of the "
            f"official {file.name} is {file.sha256}"
        )
    msg = f"{path} {what}. {WHAT_TO_DO}"
    raise DataError(msg)


def _said(error: BaseException) -> str:
    return (str(error) or type(error).__name__).rstrip(".")


def fetch(source: Source, packed: OfficialFile, folder: Path) -> Path:
    """Download one file into a folder, complete and verified, or not at all.

    Args:
        source: The data set, whose addresses are tried in turn.
        packed: The file, one of ``source.packed``.
        folder: The folder, which is made if it is missing.

    Returns:
        The path of the downloaded file.

    Raises:
        DataError: If no address serves the official file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / packed.name
    begun = folder / f".{packed.name}.{os.getpid()}"
    refusals = []
    for address in source.addresses:
        url = address + packed.name
        logger.warning("fetching %s (%.1f MB) into %s", url, packed.n_bytes / 1e6, folder)
        try:
            _fetch(url, packed, begun)
            begun.replace(path)
        except (OSError, http.client.HTTPException, DataError) as error:
            refusals.append(f"{url}: {_said(error)}")
        else:
            return path
        finally:
            begun.unlink(missing_ok=True)
    msg = (
        f"{packed.name} could not be fetched ({'; '.join(refusals)}). Put it into "
        f"{folder.resolve()} by hand; its sha256 is {packed.sha256}"
    )
    raise DataError(msg)


def _fetch(url: str, packed: OfficialFile, begun: Path) -> None:
    told, n_bytes = hashlib.sha256(), 0
    begun.unlink(missing_ok=True)  # of a process that was killed, or a link to elsewhere
    request = urllib.request.Request(url, headers={"User-Agent": "ffnn_lab"})  # noqa: S310 - ours
    with (
        urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer,  # noqa: S310 - as above
        begun.open("xb") as file,
    ):
        while n_bytes <= packed.n_bytes and (block := answer.read(BLOCK_BYTES)):
            file.write(block)
            told.update(block)
            n_bytes += len(block)
    if n_bytes != packed.n_bytes or told.hexdigest() != packed.sha256:
        found = f"{n_bytes} bytes, sha256 {told.hexdigest()}"
        msg = f"the fetched file is not the official one ({found})"
        raise DataError(msg)
