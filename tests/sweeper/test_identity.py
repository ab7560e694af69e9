"""Processes with the same id are told apart: in containers, in clones, and after a death."""

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from ffnn_lab.sweeper import identity as module
from ffnn_lab.sweeper.identity import Identity, is_running

REPOSITORY = Path(__file__).parents[2]
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="told by /proc")


def ended() -> int:
    """Return the process id of a process that ran and ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_names_are_never_the_same() -> None:
    one, other = Identity.of_this_process(), Identity.of_this_process()
    assert one.name != other.name
    assert replace(one, name="") == replace(other, name="")
    assert one.name.replace("_", "").isalnum()  # it becomes part of a file's name


def test_this_process_sees_itself() -> None:
    me = Identity.of_this_process()
    assert me.is_visible
    assert not me.is_dead
    assert Identity.from_json(me.name, {**asdict(me), "number": 1}) == me


@on_linux
def test_a_process_is_told_by_its_start() -> None:
    me = Identity.of_this_process()
    assert me.started is not None
    assert is_running(os.getpid(), me.started)
    assert not is_running(os.getpid(), str(int(me.started) + 1))
    assert replace(me, started="0").is_dead


def test_a_dead_process_is_dead_only_where_it_can_be_seen() -> None:
    gone = replace(Identity.of_this_process(), pid=ended(), started=None)
    assert gone.is_dead
    for change in ({"host": "else"}, {"boot": "else"}, {"namespaces": "pid:[1]"}):
        assert not Identity.from_json("gone", asdict(gone) | change).is_dead


@pytest.mark.parametrize("is_told", [True, False])
def test_cores_are_shared_between_containers(is_told: bool) -> None:  # noqa: FBT001 - a parameter
    boot = "b" if is_told else None
    one = Identity("one", "web-1", 1, boot, "pid:[1]")
    assert one.shares_machine_with(replace(one, host="web-1", namespaces="pid:[2]"))
    assert one.shares_machine_with(replace(one, host="web-2")) == is_told
    assert not one.shares_machine_with(replace(one, host="web-2", boot=boot and "c"))


def test_a_system_without_proc_goes_by_the_host_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """This is so on macOS, which has no containers with process ids of their own."""
    monkeypatch.setattr(module, "_boot_id", lambda: None)
    monkeypatch.setattr(module, "_namespaces", lambda: None)
    monkeypatch.setattr(module, "_stat", lambda _pid: {})
    me = Identity.of_this_process()
    assert (me.boot, me.namespaces, me.started) == (None, None, None)
    assert not me.is_dead
    assert replace(me, pid=ended()).is_dead
    assert not replace(me, pid=ended(), host="else").is_dead


@on_linux
def test_another_namespaces_proc_is_not_believed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """If /proc shows another namespace, a process id there belongs to another process."""
    monkeypatch.setattr(os, "getpid", lambda: 2**22 + 1)
    assert module._stat(1) == {}


IN_NAMESPACE = """
import json, sys
from dataclasses import asdict
from ffnn_lab.sweeper.identity import Identity
asked = json.loads(sys.argv[1])
other = Identity.from_json(asked["name"], asked)
told = {"me": asdict(Identity.of_this_process()), "is_dead": other.is_dead}
print(json.dumps(told), flush=True)
sys.stdin.read()
"""


def unshare(*options: str) -> Callable[..., "subprocess.Popen[str]"]:
    """Return a function that starts Python in a PID namespace of its own."""
    words = ["unshare", "--pid", "--fork", *options]
    if shutil.which("unshare") is None or subprocess.run([*words, "true"], check=False).returncode:
        pytest.skip("this user, or this system, makes no PID namespaces")

    def start(*arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [*words, sys.executable, "-c", *arguments],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    return start


@on_linux
@pytest.mark.parametrize("options", [("--mount-proc",), ()], ids=["own proc", "outer proc"])
def test_a_living_worker_of_another_container_is_not_taken_for_dead(
    options: tuple[str, ...],
) -> None:
    """Of two real PID namespaces of one host name, neither takes the other's process for dead."""
    start = unshare(*options)
    mine = json.dumps({**asdict(Identity.of_this_process()), "pid": ended()})
    with start(IN_NAMESPACE, mine) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        other = Identity.from_json("other", told["me"])
        assert (other.host, other.boot) == (module.this_host(), module._boot_id())
        assert other.pid < 5  # one of the first processes of its namespace
        assert not told["is_dead"]
        assert not other.is_visible
        # The worker counts as living although its process id is that of an ended process here.
        assert not replace(other, pid=ended()).is_dead
        process.communicate()


def test_a_host_name_becomes_part_of_a_file_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "node", lambda: "my.host/../é")
    assert module.this_host() == "my_host_"
    monkeypatch.setattr(platform, "node", lambda: "")
    assert module.this_host() == "host"
