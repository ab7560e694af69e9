"""Official files are found, fetched, unpacked and verified; other files are refused by name."""

import gzip
import http.server
import lzma
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from ffnn_lab.tasks.data.official import WHAT_TO_DO, Source, fetch, read_official
from ffnn_lab.tasks.data.task import DataError
from tests.support.tasks.files import NOWHERE, SmallSet, describe, small_archive, small_set

CONTENTS = {"images": bytes(range(256)) * 40, "labels": b"0123456789"}


@pytest.fixture(name="files")
def _files() -> SmallSet:
    return small_set(CONTENTS)


@pytest.fixture(name="archive")
def _archive() -> SmallSet:
    return small_archive(CONTENTS)


def _read(source: Source, data: Path, *, download: bool = False) -> list[bytes]:
    return list(read_official(source, data, download=download))


def _refusal(source: Source, data: Path, *, download: bool = False) -> str:
    with pytest.raises(DataError) as caught:
        _read(source, data, download=download)
    return str(caught.value)


# --- what is there ---------------------------------------------------------------------------


def test_packed_files_are_read(files: SmallSet, tmp_path: Path) -> None:
    files.put(tmp_path)
    assert _read(files.source, tmp_path) == list(CONTENTS.values())


@pytest.mark.parametrize("ending", ["", ".gz", ".xz"])
def test_a_file_may_lie_there_as_it_is_or_compressed(
    files: SmallSet, ending: str, tmp_path: Path
) -> None:
    folder = files.put(tmp_path)
    (folder / "images.gz").unlink()
    images = CONTENTS["images"]
    packed = {"": images, ".gz": gzip.compress(images), ".xz": lzma.compress(images)}
    (folder / f"images{ending}").write_bytes(packed[ending])
    assert _read(files.source, tmp_path) == list(CONTENTS.values())


def test_an_archive_is_read_where_it_lies(archive: SmallSet, tmp_path: Path) -> None:
    archive.put(tmp_path)
    assert _read(archive.source, tmp_path) == list(CONTENTS.values())
    assert [path.name for path in tmp_path.iterdir()] == ["small.tar.gz"]


def test_the_files_of_an_archive_may_lie_there_unpacked(archive: SmallSet, tmp_path: Path) -> None:
    (tmp_path / "small").mkdir()
    for name, contents in CONTENTS.items():
        (tmp_path / "small" / name).write_bytes(contents)
    assert _read(archive.source, tmp_path) == list(CONTENTS.values())


# --- what is not there -----------------------------------------------------------------------


def test_missing_files_are_named_with_what_to_do(files: SmallSet, tmp_path: Path) -> None:
    folder = files.put(tmp_path)
    (folder / "labels.gz").unlink()
    assert _refusal(files.source, tmp_path) == (
        f"labels.gz: not in {folder}. Put them there (from {NOWHERE}), or set task.download=true, "
        "or name the folder that holds small/ by paths.data or FFNN_LAB_DATA"
    )


def test_a_missing_archive_is_named_with_what_to_do(archive: SmallSet, tmp_path: Path) -> None:
    assert _refusal(archive.source, tmp_path) == (
        f"images, labels: not in {tmp_path}/small. Put small.tar.gz into {tmp_path} (from "
        f"{NOWHERE}), or set task.download=true, or name the folder that holds small/ by "
        "paths.data or FFNN_LAB_DATA"
    )


def test_a_data_folder_that_is_not_there_is_not_made(files: SmallSet, tmp_path: Path) -> None:
    assert _refusal(files.source, tmp_path / "data").startswith("images.gz, labels.gz: not in ")
    assert not (tmp_path / "data").exists()


# --- what is wrong ---------------------------------------------------------------------------


def test_a_cut_download_is_named(files: SmallSet, tmp_path: Path) -> None:
    folder = files.put(tmp_path)
    path = folder / "images.gz"
    path.write_bytes(path.read_bytes()[:-20])
    message = _refusal(files.source, tmp_path)
    assert message.startswith(f"{path} cannot be unpacked: Compressed file ended before")
    assert message.endswith(f". {WHAT_TO_DO}")


@pytest.mark.parametrize(
    ("ending", "contents"),
    [
        (".gz", b"<html>404 Not Found</html>"),
        (".gz", b""),
        (".gz", gzip.compress(CONTENTS["images"])[:-8] + b"\0" * 8),
        (".xz", b"<html>404 Not Found</html>"),
        (".xz", lzma.compress(CONTENTS["images"])[:-9]),
    ],
    ids=["a page", "empty", "gzip's own checksum", "a page as xz", "xz cut short"],
)
def test_what_cannot_be_unpacked_is_named(
    files: SmallSet, ending: str, contents: bytes, tmp_path: Path
) -> None:
    folder = files.put(tmp_path)
    (folder / "images.gz").unlink()
    (folder / f"images{ending}").write_bytes(contents)
    message = _refusal(files.source, tmp_path)
    assert message.startswith(f"{folder}/images{ending} ")
    assert message.endswith(f". {WHAT_TO_DO}")


def test_contents_cut_short_are_named(files: SmallSet, tmp_path: Path) -> None:
    folder = files.put(tmp_path)
    (folder / "images").write_bytes(CONTENTS["images"][:-1])
    assert _refusal(files.source, tmp_path) == (
        f"{folder}/images is cut short: it holds 10239 bytes of 10240. {WHAT_TO_DO}"
    )


def test_contents_too_long_are_named(files: SmallSet, tmp_path: Path) -> None:
    folder = files.put(tmp_path)
    (folder / "images.gz").write_bytes(gzip.compress(CONTENTS["images"] + b"more" * 10**6))
    assert _refusal(files.source, tmp_path) == (
        f"{folder}/images.gz is not the official file: it holds more than its 10240 bytes. "
        f"{WHAT_TO_DO}"
    )


def test_a_flipped_bit_is_named(files: SmallSet, tmp_path: Path) -> None:
    folder = files.put(tmp_path)
    flipped = b"\x01" + CONTENTS["images"][1:]
    (folder / "images").write_bytes(flipped)
    asked, found = files.source.files[0].sha256, describe("", flipped).sha256
    assert _refusal(files.source, tmp_path) == (
        f"{folder}/images is damaged, or another file: the sha256 of its contents is {found}, "
        f"that of the official images is {asked}. {WHAT_TO_DO}"
    )


def test_a_cut_archive_is_named(archive: SmallSet, tmp_path: Path) -> None:
    path = archive.put(tmp_path) / "small.tar.gz"
    path.write_bytes(path.read_bytes()[:-30])
    message = _refusal(archive.source, tmp_path)
    assert message.startswith(f"{path} cannot be unpacked: ")


def test_an_archive_of_something_else_is_named(archive: SmallSet, tmp_path: Path) -> None:
    path = archive.put(tmp_path) / "small.tar.gz"
    path.write_bytes(small_archive({"images": CONTENTS["images"]}).packed["small.tar.gz"])
    assert _refusal(archive.source, tmp_path) == (
        f"{path} does not hold small/labels. {WHAT_TO_DO}"
    )


def test_a_wrong_file_in_an_archive_is_named(archive: SmallSet, tmp_path: Path) -> None:
    path = archive.put(tmp_path) / "small.tar.gz"
    other = small_archive({**CONTENTS, "labels": b"9876543210"})
    path.write_bytes(other.packed["small.tar.gz"])
    message = _refusal(archive.source, tmp_path)
    assert message.startswith(f"{path}/small/labels is damaged, or another file: ")


# --- fetching --------------------------------------------------------------------------------


class _Address(http.server.BaseHTTPRequestHandler):
    """A server that stands in for an official address."""

    contents: ClassVar[dict[str, bytes]] = {}
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        """Send a file of ``contents``, or its first half if the path is below ``/cut/``."""
        self.asked.append(self.path)
        folder, _, name = self.path.rpartition("/")
        if name not in self.contents:
            self.send_error(404)
            return
        contents = self.contents[name]
        self.send_response(200)
        self.send_header("Content-Length", str(len(contents)))
        self.end_headers()
        self.wfile.write(contents[: len(contents) // 2] if folder == "/cut" else contents)

    def log_message(self, *_words: object) -> None:
        """Log nothing."""


@pytest.fixture(name="address")
def _address(files: SmallSet, archive: SmallSet) -> Iterator[str]:
    """Yield an address on this machine that serves both small sets."""
    _Address.contents = {**files.packed, **archive.packed}
    _Address.asked = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Address) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_missing_files_are_fetched_where_that_is_allowed(
    files: SmallSet, address: str, tmp_path: Path
) -> None:
    folder = files.put(tmp_path)
    (folder / "labels.gz").unlink()
    assert _read(files.at(f"{address}/"), tmp_path, download=True) == list(CONTENTS.values())
    assert _Address.asked == ["/labels.gz"]
    assert (folder / "labels.gz").read_bytes() == files.packed["labels.gz"]
    assert _names(folder) == ["images.gz", "labels.gz"]


def test_a_link_under_the_name_of_a_begun_file_is_not_followed(
    files: SmallSet, address: str, tmp_path: Path
) -> None:
    folder = files.put(tmp_path)
    (folder / "labels.gz").unlink()
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (folder / f".labels.gz.{os.getpid()}").symlink_to(victim)
    _read(files.at(f"{address}/"), tmp_path, download=True)
    assert victim.read_text() == "mine"
    assert not (folder / "labels.gz").is_symlink()


def test_what_is_there_is_not_fetched(files: SmallSet, address: str, tmp_path: Path) -> None:
    files.put(tmp_path)
    _read(files.at(f"{address}/"), tmp_path, download=True)
    assert _Address.asked == []


def test_an_archive_is_fetched_into_the_data_folder(
    archive: SmallSet, address: str, tmp_path: Path
) -> None:
    source = archive.at(f"{address}/")
    assert _read(source, tmp_path / "new", download=True) == list(CONTENTS.values())
    assert _names(tmp_path / "new") == ["small.tar.gz"]


def test_a_file_is_fetched_from_a_folder_too(files: SmallSet, tmp_path: Path) -> None:
    folder = files.put(tmp_path / "mirror")
    source = files.at(f"{folder.as_uri()}/")
    assert _read(source, tmp_path / "data", download=True) == list(CONTENTS.values())


def test_the_next_address_is_asked_where_one_fails(
    files: SmallSet, address: str, tmp_path: Path
) -> None:
    source = files.at(f"{address}/cut/", f"{address}/")
    assert _read(source, tmp_path, download=True) == list(CONTENTS.values())
    assert _Address.asked == [
        "/cut/images.gz",
        "/images.gz",
        "/cut/labels.gz",
        "/labels.gz",
    ]
    assert _names(tmp_path / "small") == ["images.gz", "labels.gz"]


def test_where_nothing_comes_the_message_says_what_to_put_where(
    files: SmallSet, address: str, tmp_path: Path
) -> None:
    source = files.at(f"{address}/", f"{address}/cut/")
    wanted = source.packed[0]
    _Address.contents = {"images.gz": gzip.compress(b"other images")}
    message = _refusal(source, tmp_path, download=True)
    assert message.startswith(
        f"images.gz could not be fetched ({address}/images.gz: the fetched file is "
    )
    assert f"; {address}/cut/images.gz: " in message
    assert message.endswith(
        f"). Put it into {tmp_path}/small by hand; its sha256 is {wanted.sha256}"
    )
    assert _names(tmp_path / "small") == []


def test_a_file_that_is_not_served_is_named(files: SmallSet, address: str, tmp_path: Path) -> None:
    _Address.contents = {}
    message = _refusal(files.at(f"{address}/"), tmp_path, download=True)
    assert "/images.gz: HTTP Error 404: Not Found)" in message


def test_nobody_at_the_address_is_said(files: SmallSet, tmp_path: Path) -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), _Address) as server:
        port = server.server_address[1]
    message = _refusal(files.at(f"http://127.0.0.1:{port}/"), tmp_path, download=True)
    assert "Connection refused" in message


def test_a_damaged_file_is_not_replaced(files: SmallSet, address: str, tmp_path: Path) -> None:
    """The damaged file is the user's: the message asks the user to delete it."""
    path = files.put(tmp_path) / "images.gz"
    path.write_bytes(b"mine")
    assert _refusal(files.at(f"{address}/"), tmp_path, download=True).startswith(f"{path} ")
    assert path.read_bytes() == b"mine"
    assert _Address.asked == []


def test_fetching_says_what_it_does(
    files: SmallSet, address: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fetch(files.at(f"{address}/"), files.source.packed[0], tmp_path)
    assert caplog.messages == [f"fetching {address}/images.gz (0.0 MB) into {tmp_path}"]
