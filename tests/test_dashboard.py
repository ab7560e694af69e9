"""Optuna's dashboard opens the journal of a sweep."""

import json
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.sweeps import make_definition, work

SECONDS_TO_START = 60
"""Most seconds that the dashboard may take to start on a busy machine; otherwise it takes two."""

pytest.importorskip(
    "optuna_dashboard",
    reason="the extra `dashboard` is not installed: pip install -e .[dashboard]",
)


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


@contextmanager
def dashboard(journal: Path) -> Iterator[str]:
    """Start the dashboard's command line, and yield its address once its page answers."""
    command = Path(sysconfig.get_path("scripts")) / "optuna-dashboard"
    address = f"127.0.0.1:{free_port()}"
    host, port = address.split(":")
    log = journal.with_name("dashboard.log")
    with log.open("w") as told:
        server = subprocess.Popen(
            [sys.executable, command, journal, "--host", host, "--port", port],
            stdout=told,
            stderr=told,
        )
        try:
            wait_for(f"http://{address}/dashboard/", server, log)
            yield f"http://{address}"
        finally:
            server.terminate()
            server.wait(timeout=30)


def wait_for(page: str, server: subprocess.Popen[bytes], log: Path) -> None:
    patience = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < patience:
        assert server.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(page, timeout=10) as answer:  # noqa: S310 - our own server
                assert answer.status == 200
                return
        except urllib.error.URLError:
            time.sleep(0.1)
    pytest.fail(f"{page} did not answer in {SECONDS_TO_START} s:\n{log.read_text()}")


def ask(page: str) -> dict[str, object]:
    with urllib.request.urlopen(page, timeout=10) as answer:  # noqa: S310 - our own server
        return dict(json.load(answer))


@pytest.mark.slow
def test_the_dashboard_shows_every_arm_with_its_settings(tmp_path: Path) -> None:
    folder = work(tmp_path, make_definition("grid", confirm_seeds=()))
    with dashboard(folder / "study.journal") as address:
        listed = ask(f"{address}/api/studies")["study_summaries"]
        assert isinstance(listed, list)
        by_name = {study["study_name"]: study["study_id"] for study in listed}
        assert set(by_name) == {"test/sgd", "test/adam", "test/.workers"}
        for name in ("test/sgd", "test/adam"):
            number = by_name[name]
            trials = ask(f"{address}/api/studies/{number}")["trials"]
            assert isinstance(trials, list)
            tried = sorted(trial["params"][0]["param_external_value"] for trial in trials)
            assert tried == ["0.01", "0.1", "1.0"]
            assert [trial["state"] for trial in trials] == ["Complete"] * 3
