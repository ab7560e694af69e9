"""Files are replaced as a whole: synced before they get their name, and never through a link."""

import errno
import os
from pathlib import Path

import pytest

from ffnn_lab.files import write_whole


def test_it_replaces_what_was_there_and_leaves_nothing_beside(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "a.json"
    write_whole(path, b"first")
    write_whole(path, b"new ", memoryview(b"contents"))
    assert path.read_bytes() == b"new contents"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="names an open file by /proc")
def test_contents_are_synced_before_the_rename_and_the_name_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "new" / "a"
    seen: list[tuple[str, bool]] = []
    fsync = os.fsync

    def note(descriptor: int) -> None:
        name = Path(f"/proc/self/fd/{descriptor}").readlink().name
        seen.append(("beside" if name.startswith(".a.") else name, path.exists()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    write_whole(path, b"contents")
    # First the folder above is synced, which names the new folder; then the file, under another
    # name; then its folder.
    assert seen == [(tmp_path.name, False), ("beside", False), ("new", True)]


def test_links_are_not_followed(tmp_path: Path) -> None:
    """No link is followed, whether it has the file's own name or another name beside it."""
    victim = tmp_path / "victim"
    victim.write_text("mine")
    folder = tmp_path / "sweep"
    folder.mkdir()
    for name in ("definition.json", ".definition.json"):
        (folder / name).symlink_to(victim)
    write_whole(folder / "definition.json", b"new")
    assert victim.read_text() == "mine"
    assert not (folder / "definition.json").is_symlink()
    assert (folder / "definition.json").read_bytes() == b"new"


def test_a_link_under_the_random_name_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    monkeypatch.setattr("secrets.token_hex", lambda _: "0123")
    (tmp_path / ".a.0123").symlink_to(victim)
    with pytest.raises(FileExistsError):
        write_whole(tmp_path / "a", b"new")
    assert victim.read_text() == "mine"


def test_a_full_disk_leaves_the_former_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    write_whole(path, b"former")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"former"
    assert list(tmp_path.iterdir()) == [path]
