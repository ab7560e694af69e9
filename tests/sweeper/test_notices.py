"""Notices of workers reach the user through the process that started the workers."""

import os
from pathlib import Path

import pytest

from ffnn_lab.sweeper import notices
from ffnn_lab.sweeper.notices import FOLDER, Notices


def test_a_line_of_several_workers_is_read_once(tmp_path: Path) -> None:
    board = Notices(tmp_path, "parent")
    assert board.read() == []
    for worker in ("one", "two"):
        notices.leave(tmp_path, "parent", worker, "no room\nleft")
    notices.leave(tmp_path, "parent", "two", "run [b] failed")
    assert board.read() == ["no room\nleft", "run [b] failed"]
    assert board.read() == []
    notices.leave(tmp_path, "parent", "one", "later")
    notices.leave(tmp_path, "parent", "two", "no room\nleft")
    assert board.read() == ["later"]


def test_a_line_that_is_half_written_is_read_when_it_is_whole(tmp_path: Path) -> None:
    board = Notices(tmp_path, "parent")
    notices.leave(tmp_path, "parent", "one", "first")
    path = tmp_path / FOLDER / "parent" / "one"
    with path.open("a") as file:
        file.write('"sec')
        file.flush()
        assert board.read() == ["first"]
        file.write('ond"\n')
    assert board.read() == ["second"]


def test_lines_for_another_process_are_left_to_it(tmp_path: Path) -> None:
    mine, other = Notices(tmp_path, "mine"), Notices(tmp_path, "other")
    notices.leave(tmp_path, "other", "one", "a line")
    assert mine.read() == []
    mine.remove()
    assert other.read() == ["a line"]
    other.remove()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="the system cannot refuse links")
def test_a_line_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    """A link in the place of the file, or a file in the place of the folder, is left as it was."""
    victim = tmp_path / "victim"
    victim.write_text("as it was")
    (tmp_path / FOLDER / "parent").mkdir(parents=True)
    (tmp_path / FOLDER / "parent" / "one").symlink_to(victim)
    notices.leave(tmp_path, "parent", "one", "a line")
    assert victim.read_text() == "as it was"
    notices.forget(tmp_path)
    (tmp_path / FOLDER).write_text("a file")
    notices.leave(tmp_path, "parent", "one", "a line")
    assert (tmp_path / FOLDER).read_text() == "a file"
