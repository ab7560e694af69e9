"""The journal of the studies survives a crash, and its lock ends with the holding process."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import optuna
import pandas as pd
import pytest

from ffnn_lab.records import RecordError
from ffnn_lab.sweeper.presence import JOURNAL
from ffnn_lab.sweeper.studies.journal import JournalLock
from ffnn_lab.sweeper.studies.storage import Storage
from tests.support.children import child, heard, start_together
from tests.support.journals import notes_of, read_by_optuna, write_journal
from tests.support.sweeps import Stopper, make_definition, tables, work

OPENS = """
import sys
from contextlib import closing
from pathlib import Path
from ffnn_lab.sweeper.studies.storage import Storage
folder, name, url = Path(sys.argv[1]), sys.argv[2], sys.argv[3] or None
print("ready", flush=True)
sys.stdin.readline()
with closing(Storage(folder, url)) as storage:
    storage.open_attributes("s/.workers").write(name, 1)
print("done", flush=True)
"""
HOLDS_THE_JOURNAL = """
import sys, time
from pathlib import Path
from ffnn_lab.sweeper.studies.journal import JournalLock
lock = JournalLock(Path(sys.argv[1]))
lock.acquire()
with Path(sys.argv[1]).open("ab") as file:
    file.write(b'{"half":')
print("held", flush=True)
time.sleep(60)
"""


def test_a_journal_cut_off_anywhere_in_its_last_two_lines_goes_on(tmp_path: Path) -> None:
    whole = write_journal(tmp_path / "whole").read_bytes()
    lines = whole.splitlines(keepends=True)
    start = len(b"".join(lines[:-2]))
    path = tmp_path / "cut" / JOURNAL
    path.parent.mkdir()
    for n_kept in range(start, len(whole) + 1):
        path.write_bytes(whole[:n_kept])
        Storage(path.parent, None).open_attributes("s/.workers").write("cut", n_kept)
        contents = path.read_bytes()
        n_whole = whole[:n_kept].count(b"\n")
        assert contents.startswith(b"".join(lines[:n_whole]))
        assert contents.endswith(b"\n")
        for line in contents.splitlines():
            json.loads(line)
        assert notes_of(read_by_optuna(path), "s/.workers")["cut"] == n_kept
    assert not path.with_name(f"{JOURNAL}.damaged").exists()


def test_a_line_cut_off_under_an_open_journal_is_mended_by_the_next_append(tmp_path: Path) -> None:
    """Another writer is killed after this process has opened and read the journal."""
    path = write_journal(tmp_path)
    notes = Storage(tmp_path, None).open_attributes("s/.workers")
    for text in (b'{"op_code":2', b"\0" * 5000):
        with path.open("ab") as file:
            file.write(text)
        notes.write("next", len(text))
        assert notes.read()["next"] == len(text)
    assert notes_of(read_by_optuna(path), "s/.workers")["next"] == 5000


@pytest.mark.parametrize(
    "damage",
    [
        lambda lines: [*lines[:3], lines[3][:10], *lines[4:]],  # two lines joined
        lambda lines: [*lines[:3], b"\0" * 300 + b"\n", *lines[3:]],
        lambda lines: [*lines[:3], b"\xff\xfe\x80\n", *lines[4:]],
        lambda lines: [*lines[:3], b"17\n", *lines[3:]],
        lambda lines: [*lines[:3], b"{}\n", *lines[3:]],
        lambda lines: [*lines[:3], b'{"op_code":77}\n', *lines[3:]],
        lambda lines: [b"not a journal\n", *lines[1:]],
        # Optuna's reader overlooks this last line, and fails on it after the next append.
        lambda lines: [*lines, b"not a journal\n"],
    ],
    ids=["joined", "zeros", "bytes", "number", "empty", "unknown", "head", "last"],
)
def test_a_journal_damaged_in_the_middle_is_set_aside(
    damage: Callable[[list[bytes]], list[bytes]], tmp_path: Path
) -> None:
    path = write_journal(tmp_path)
    damaged = b"".join(damage(path.read_bytes().splitlines(keepends=True)))
    path.write_bytes(damaged)
    storage = Storage(tmp_path, None)
    assert path.with_name(f"{JOURNAL}.damaged").read_bytes() == damaged
    assert storage.optuna.get_all_studies() == []
    storage.open_attributes("s/.workers").write("new", 1)
    assert notes_of(read_by_optuna(path), "s/.workers") == {"new": 1}


def test_a_sweep_whose_journal_was_damaged_trains_nothing_again(tmp_path: Path) -> None:
    definition = make_definition("tpe", confirm_seeds=())
    folder = work(tmp_path, definition)
    before = tables(folder)
    lines = (folder / JOURNAL).read_bytes().splitlines(keepends=True)
    (folder / JOURNAL).write_bytes(b"".join([*lines[:9], b"damaged\n", *lines[10:]]))
    stopper = Stopper()
    work(tmp_path, definition, stopper)
    assert stopper.n_trained == 0
    assert (folder / f"{JOURNAL}.damaged").exists()
    for one, two in zip(before, tables(folder), strict=True):
        pd.testing.assert_frame_equal(one, two, check_exact=True)
    studies = optuna.study.get_all_study_names(read_by_optuna(folder / JOURNAL))
    assert {"test/sgd", "test/adam"} <= set(studies)


def test_of_several_processes_one_sets_a_damaged_journal_aside(tmp_path: Path) -> None:
    path = write_journal(tmp_path)
    damaged = b'{"op_code":77}\n' + b"{}\n" * 20_000
    path.write_bytes(damaged)
    with child(OPENS, tmp_path, "a", "") as a, child(OPENS, tmp_path, "b", "") as b:
        start_together(a, b)
    assert path.with_name(f"{JOURNAL}.damaged").read_bytes() == damaged
    assert notes_of(read_by_optuna(path), "s/.workers") == {"a": 1, "b": 1}


def test_the_journals_lock_dies_with_its_holder(tmp_path: Path) -> None:
    path = write_journal(tmp_path)
    with child(HOLDS_THE_JOURNAL, path) as holder:
        assert heard(holder) == "held"
        holder.kill()
        started = time.monotonic()
        Storage(tmp_path, None).open_attributes("s/.workers").write("next", 1)
        assert time.monotonic() - started < 1
    assert notes_of(read_by_optuna(path), "s/.workers")["next"] == 1


@pytest.mark.parametrize("name", [".lock", JOURNAL, f".{JOURNAL}.lock"])
def test_nothing_is_written_through_a_link(name: str, tmp_path: Path) -> None:
    """In a folder that others may write to, someone may place a link to a file of the user."""
    precious, folder = tmp_path / "precious", tmp_path / "s"
    precious.write_text('{"op_code": 0}\nmy thesis')
    folder.mkdir()
    (folder / name).symlink_to(precious)

    def decide() -> None:
        storage = Storage(folder, None)
        with storage.lock("s"):
            storage.open_attributes("s/.workers").write("a", 1)

    with pytest.raises(RecordError, match=rf"{re.escape(name)} is a symbolic link, to "):
        decide()
    assert precious.read_text() == '{"op_code": 0}\nmy thesis'


def test_a_lock_can_be_taken_again(tmp_path: Path) -> None:
    lock = JournalLock(tmp_path / JOURNAL)
    for _ in range(2):
        assert lock.acquire()
        lock.release()
    lock.release()  # no lock is held: no error
