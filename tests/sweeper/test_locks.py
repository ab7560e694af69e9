"""Locks exclude, end with their holder, report a wait for them, and follow no link."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ffnn_lab.records import RecordError
from ffnn_lab.sweeper.locks import locked, open_lock, refuse_link

REPOSITORY = Path(__file__).parents[2]
HOLDS = """
import sys, time
from pathlib import Path
from ffnn_lab.sweeper.locks import locked
with locked(Path(sys.argv[1]), is_passing=True):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(path: Path) -> "subprocess.Popen[str]":
    """Start a process that holds a lock until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(path)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


@pytest.mark.parametrize("is_killed", [False, True])
def test_a_lock_is_waited_for_and_dies_with_its_holder(is_killed: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a parameter
    """A holder that ends removes the locked file, so that the waiting process makes a new file."""
    path, told = tmp_path / ".lock", threading.Event()
    with holder(path) as process:

        def end() -> None:
            assert told.wait(30)
            process.kill() if is_killed else process.communicate()

        thread = threading.Thread(target=end)
        thread.start()
        with locked(path, waiting=told.set, is_passing=True):
            assert told.is_set()
            assert path.exists()
        thread.join()
        process.kill()
    assert not path.exists()


def test_a_free_lock_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    for is_passing in (False, True):
        with locked(path, waiting=pytest.fail, is_passing=is_passing):
            assert path.read_bytes() == b""
        assert path.exists() != is_passing


@pytest.mark.parametrize("is_there", [True, False])
def test_a_link_is_refused_and_what_it_leads_to_is_left_alone(
    is_there: bool,  # noqa: FBT001 - a parameter
    tmp_path: Path,
) -> None:
    precious, path = tmp_path / "precious", tmp_path / ".lock"
    if is_there:
        precious.write_text("my thesis")
    path.symlink_to(precious)
    with pytest.raises(RecordError, match=r"\.lock is a symbolic link, to .*precious;.*Remove it"):
        open_lock(path)
    assert precious.exists() == is_there
    assert not is_there or precious.read_text() == "my thesis"


def test_a_folder_or_a_file_is_no_link(tmp_path: Path) -> None:
    refuse_link(tmp_path)
    refuse_link(tmp_path / "nothing")
    (tmp_path / "file").touch()
    refuse_link(tmp_path / "file")
    with pytest.raises(IsADirectoryError):
        open_lock(tmp_path)


def test_nothing_is_ever_written_into_a_lock(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    path.write_text("kept")
    os.close(open_lock(path))
    with locked(path):
        pass
    assert path.read_text() == "kept"
