"""The code and the versions that a process runs, as each row of ``runs`` stores them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ffnn_lab.records.environment import _git


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_look_at_a_repository_writes_nothing_there(tmp_path: Path) -> None:
    """A plain ``git status`` locks the index and writes it anew if the time of a file changed."""

    def git(*words: str) -> None:
        identity = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")
        command = ["git", "-C", str(tmp_path), *identity, *words]
        subprocess.run(command, check=True, capture_output=True)

    file, index = tmp_path / "a", tmp_path / ".git" / "index"
    file.write_text("as committed")
    git("init")
    git("add", "a")
    git("commit", "-m", "a")
    os.utime(file, (1, 1))
    before = index.read_bytes()
    assert _git(tmp_path, "status", "--porcelain") == ""
    assert index.read_bytes() == before
    git("status")  # a check of this test: the plain command does write
    assert index.read_bytes() != before
    file.write_text("changed")
    assert _git(tmp_path, "status", "--porcelain") == "M a"
