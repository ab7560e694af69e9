"""The folder of compiled programs: files that are read from it, and files that are refused."""

import os
import stat
from pathlib import Path

import pytest

from ffnn_lab.vault import DamagedError, FolderError, opened


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    with opened(tmp_path / "new" / "folder") as found:
        assert found.read("it") is None
        found.write("it", b"first")
        found.write("it", b"second")
        assert found.read("it") == b"second"
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == [
        "it",
        "it.sha256",
    ]


@pytest.mark.parametrize("mask", [0o000, 0o002, 0o022])
def test_what_is_made_is_for_this_user_alone(tmp_path: Path, mask: int) -> None:
    """The user's umask does not matter, though many systems let the group write."""
    before = os.umask(mask)
    try:
        with opened(tmp_path / "folder") as found:
            found.write("it", b"contents")
            with found.locked("it.lock"):
                pass
            assert found.read("it") == b"contents"
    finally:
        os.umask(before)
    assert _mode(tmp_path / "folder") == 0o700
    assert {_mode(path) for path in (tmp_path / "folder").iterdir()} == {0o600}


@pytest.mark.parametrize("mode", [0o770, 0o720, 0o702, 0o1777])
def test_a_folder_that_others_can_write_is_refused(tmp_path: Path, mode: int) -> None:
    tmp_path.chmod(mode)
    said = f"can be written by other users \\(mode {mode:04o}\\).*chmod go-w {tmp_path}"
    with pytest.raises(FolderError, match=f"(?s){said}"), opened(tmp_path):
        pass


def test_a_link_to_such_a_folder_is_refused_and_to_another_is_none(tmp_path: Path) -> None:
    for name, mode in (("open", 0o777), ("own", 0o755)):
        (tmp_path / name).mkdir()
        (tmp_path / name).chmod(mode)
        (tmp_path / f"to-{name}").symlink_to(name)
    with opened(tmp_path / "to-own") as found:
        found.write("it", b"contents")
    with pytest.raises(FolderError, match="can be written"), opened(tmp_path / "to-open"):
        pass


def test_what_belongs_to_another_user_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files may belong to root, as in a folder that an administrator filled for all users."""
    with opened(tmp_path) as found:
        found.write("it", b"contents")
        monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
        if tmp_path.stat().st_uid == 0:
            assert found.read("it") == b"contents"
            for path in (tmp_path, *tmp_path.iterdir()):
                os.chown(path, 12345, -1)
        with pytest.raises(DamagedError, match=r"it belongs to another user \(number "):
            found.read("it")
    with pytest.raises(FolderError, match="belongs to another user"), opened(tmp_path):
        pass


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with opened(tmp_path) as found:
        for name in ("folder", "pipe"):
            with pytest.raises(DamagedError, match=f"{name} is not a file"):
                found.read(name)


def test_a_lock_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("kept")
    (tmp_path / "it.lock").symlink_to(precious)
    with (
        opened(tmp_path) as found,
        pytest.raises(OSError, match="symbolic"),
        found.locked("it.lock"),
    ):
        pass
    assert precious.read_text() == "kept"


def test_a_place_that_is_no_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(FolderError, match=r"cannot be opened .*FFNN_LAB_CACHE"), opened(place):
            pass


def test_a_write_that_fails_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path) as found:
        found.write("it", b"contents")

        def full(*_: object, **__: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "replace", full)
        with pytest.raises(OSError, match="No space left"):
            found.write("it", b"more")
        assert found.read("it") == b"contents"
    assert len(list(tmp_path.iterdir())) == 2
