"""Identify processes, and check if they still run, as far as this machine can tell.

A host name and a process number do not identify a process: two containers of one machine, or two
virtual machines made from one image, have the same host name and count processes from 1; and the
number of a process that has ended is used again.
"""

import os
import platform
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACES = ("pid", "time")
"""Kinds of namespaces within which process numbers, and the times of starts, are comparable."""


@dataclass(frozen=True)
class Identity:
    """A process that takes part in a sweep.

    ``boot``, ``namespaces`` and ``started`` are None where the system does not tell them (macOS),
    and where an earlier version of ffnn_lab wrote the identity.
    """

    name: str
    host: str
    pid: int
    boot: str | None = None
    """The kernel's random id of the machine's last start."""
    namespaces: str | None = None
    """The namespaces in which ``pid`` is the process's number."""
    started: str | None = None
    """When the process started, in ticks of the kernel's clock."""

    @classmethod
    def of_this_process(cls) -> "Identity":
        """Return an identity of this process, with a new name that no other process has."""
        host, pid = this_host(), os.getpid()
        name = f"{host}_{pid}_{secrets.token_hex(3)}"
        return cls(name, host, pid, _boot_id(), _namespaces(), _stat(pid).get("started"))

    @classmethod
    def from_json(cls, name: str, contents: Mapping[str, Any]) -> "Identity":
        """Create the identity that a process wrote into its heartbeat.

        Args:
            name: The name of the process.
            contents: The fields of the identity, except for its name; other keys are ignored.
        """
        known = {each.name for each in fields(cls)} - {"name"}
        own = {key: value for key, value in contents.items() if key in known}
        return cls(name, **{**own, "pid": int(own["pid"])})

    @property
    def is_visible(self) -> bool:
        """Return True if the calling process can check whether the identified process runs.

        The check is possible if process numbers mean the same to both processes: on one machine,
        since its last start, in the same namespaces. Any other process is known to be dead only by
        its silence.
        """
        here = (this_host(), _boot_id(), _namespaces())
        return (self.host, self.boot, self.namespaces) == here

    @property
    def is_this_process(self) -> bool:
        """Return True if this is the identity of the calling process."""
        return self.is_visible and self.pid == os.getpid()

    @property
    def is_dead(self) -> bool:
        """Return True if the identified process is known to have ended.

        The result is False if the calling process cannot check it, see `is_visible`.
        """
        return self.is_visible and not is_running(self.pid, self.started)

    def shares_machine_with(self, other: "Identity") -> bool:
        """Return True if two processes use the same processor cores, in containers or not."""
        return (self.boot or self.host) == (other.boot or other.host)


def this_host() -> str:
    """Return the name of this machine, in characters that are safe in a file's name."""
    return re.sub(r"[^A-Za-z0-9]+", "_", platform.node()) or "host"


def is_running(pid: int, started: str | None = None) -> bool:
    """Return True if a process runs; a zombie does not.

    Args:
        pid: The process's number in the namespace of the calling process.
        started: When the process started, in ticks of the kernel's clock; None if unknown. A
            process with the same number and another start is another process.
    """
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    found = _stat(pid)
    if not found:
        return True  # The system does not say more.
    return found["state"] not in "ZX" and started in (None, found["started"])


def _boot_id() -> str | None:
    try:
        return _BOOT_ID.read_text().strip() or None
    except OSError:
        return None


def _namespaces() -> str | None:
    found = []
    for kind in _NAMESPACES:
        try:
            found.append(str(Path(f"/proc/self/ns/{kind}").readlink()))
        except OSError:  # An old kernel has no namespaces of time.
            continue
    return " ".join(found) or None


def _stat(pid: int) -> dict[str, str]:
    """Return ``state`` and ``started`` of a process from /proc; {} if /proc does not tell them.

    A container may see the /proc of another namespace, in which numbers mean other processes.
    """
    try:
        if str(Path("/proc/self").readlink()) != str(os.getpid()):
            return {}
        # The name of a program, in parentheses, may hold spaces and parentheses itself.
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return {"state": words[0], "started": words[19]}
    except (OSError, IndexError):
        return {}
