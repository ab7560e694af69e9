"""A private PostgreSQL server for tests, on a free loopback port, which is removed afterwards.

Only the programs of the machine's own PostgreSQL are used: the cluster lies in a temporary folder,
no service is started, and no Unix socket is made. A test may stop the server, or crash it, and
start it again at the same address, where all that was committed is still there.
"""

import os
import pwd
import random
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

MISSING = "PostgreSQL's server is not installed (Debian: apt-get install postgresql): skipped"

SECONDS_TO_START = 60
"""The most that a start may take, on a busy machine; usually it takes a tenth of a second."""

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    # Commits do not wait for the disk. They still survive a crash of the server, since the
    # operating system holds them. With synchronous_commit off they would not, so it stays on.
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "dynamic_shared_memory_type": "mmap",  # a file in the cluster, which a crash may leave behind
}

PORTS = range(20_000, 32_000)
"""Ports below those that systems assign on request, so that no process gets one by chance."""

GUARD = """
read -r _
pid="$1/data/postmaster.pid"
[ -e "$pid" ] && kill -QUIT "$(head -n 1 "$pid")"
for _ in $(seq 100); do [ -e "$pid" ] || break; sleep 0.1; done
for _ in $(seq 100); do rm -rf "$1" && break; sleep 0.1; done
"""
"""A shell script that stops the server, if it still runs, and removes its folder.

Before that, the script reads until the process at the other end of its pipe closes the pipe or
dies, however it dies.
"""

Mode = Literal["fast", "immediate"]
"""Ways to stop the server.

``fast`` rolls open transactions back and writes everything out. ``immediate`` is a crash: all
processes end at once, and the next start recovers the data.
"""


def find_programs() -> Path | None:
    """Find the folder of the server's programs: on the PATH, else Debian's newest version."""
    on_path = shutil.which("initdb")
    folders = [] if on_path is None else [Path(on_path).resolve().parent]
    # Debian keeps its versions side by side, off the PATH.
    folders += sorted(Path("/usr/lib/postgresql").glob("[0-9]*/bin"), key=_version, reverse=True)
    for folder in folders:
        ours = os.geteuid() != 0 or _open_to_all(folder)
        if ours and all(os.access(folder / name, os.X_OK) for name in ("initdb", "postgres")):
            return folder
    return None


class Cluster:
    """One server with its data, its one user and its port, for the length of a ``with`` block.

    PostgreSQL refuses to run as root; for root, files and processes belong to an unprivileged
    user. Files and processes are gone after the block, also when this process is killed within it.

    Args:
        programs: The folder of ``initdb`` and ``postgres``, as ``find_programs`` gives it.

    Raises:
        RuntimeError: At the start of the block, if the cluster cannot be made or does not start.
    """

    user = "lab"
    """The superuser, and the only one."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._owner = _unprivileged_user() if os.geteuid() == 0 else None
        self._server: subprocess.Popen[bytes] | None = None
        # A superuser can have the server run commands, so nobody else on the machine may log in.
        self.password = secrets.token_hex(16)

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            self._claim = _claim_any()
            undo.callback(self._release)
            # Not pytest's folder: if root runs pytest, it is closed to the cluster's owner.
            self.folder = Path(tempfile.mkdtemp(prefix="postgres-", dir=self._parent()))
            undo.callback(shutil.rmtree, self.folder, ignore_errors=True)
            self._give(self.folder)
            self._log = undo.enter_context((self.folder / "log").open("ab"))
            guard = self._popen(
                Path("/bin/sh"), "-c", GUARD, "guard", self.folder, stdin=subprocess.PIPE
            )
            undo.callback(guard.communicate)  # closes the pipe and waits
            undo.callback(self.stop, "immediate")
            self._create()
            self._start_anywhere()
            self._undo = undo.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._undo.close()

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def url(self) -> str:
        """The address of the database ``postgres``, which is there from the start."""
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        """Return the address of a database, with user and password."""
        return f"postgresql://{self.user}:{self.password}@127.0.0.1:{self.port}/{database}"

    def new_database(self, name: str) -> str:
        """Make an empty database and return its address.

        The server is started if it is down, so that a test that failed while it was down does not
        make other tests fail.
        """
        import psycopg  # noqa: PLC0415 - an extra; without it the fixture skips
        from psycopg import sql  # noqa: PLC0415 - as psycopg

        self.start()
        # PostgreSQL makes no database inside a transaction.
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url_of(name)

    def start(self) -> None:
        """Start the server, unless it runs, and wait until it lets clients in.

        Raises:
            RuntimeError: If the server does not start; the message has the end of its log.
        """
        if self._server is not None and self._server.poll() is None:
            return
        self._release()
        settings = {**SETTINGS, "port": self.port}
        options = [f"--{name}={value}" for name, value in settings.items()]
        server = self._popen(self._programs / "postgres", "-D", self._data, *options)
        patience = time.monotonic() + SECONDS_TO_START
        while not self._lets_clients_in(server.pid):
            if server.poll() is not None or time.monotonic() > patience:
                server.send_signal(signal.SIGQUIT)
                server.wait()
                what = f"PostgreSQL does not start on port {self.port}"
                raise self._failed(what)
            time.sleep(0.01)
        self._server = server

    def stop(self, mode: Mode = "fast") -> None:
        """Stop the server, if it runs, and keep its port until it is started again."""
        if self._server is None:
            return
        self._server.send_signal({"fast": signal.SIGINT, "immediate": signal.SIGQUIT}[mode])
        self._server.wait(timeout=60)
        self._server = None
        self._claim = _claim(self.port, again=True)

    @contextmanager
    def stopped(self, mode: Mode = "fast") -> Iterator[None]:
        """Stop the server for the length of a ``with`` block; then start it, even on an error."""
        self.stop(mode)
        try:
            yield
        finally:
            self.start()

    def _create(self) -> None:
        password = self.folder / "password"
        password.touch(mode=0o600)
        password.write_text(self.password)
        self._give(password)
        options = [
            f"--username={self.user}",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
        ]
        if self._popen(self._programs / "initdb", "-D", self._data, *options).wait() != 0:
            what = "PostgreSQL's initdb failed"
            raise self._failed(what)

    def _start_anywhere(self) -> None:
        """Start the server at the claimed port, or at another if some process took it first."""
        for attempts_left in (2, 1, 0):
            self.port = int(self._claim.getsockname()[1])
            try:
                self.start()
            except RuntimeError:
                if not attempts_left:
                    raise
                self._claim = _claim_any()
            else:
                return

    def _lets_clients_in(self, pid: int) -> bool:
        """Return True if the last line of the lock file says so, as ``pg_ctl --wait`` checks."""
        try:
            lines = (self._data / "postmaster.pid").read_text().split()
        except FileNotFoundError:
            return False
        return lines[:1] == [str(pid)] and lines[-1] == "ready"

    def _popen(
        self, program: Path, *options: str | Path, stdin: int = subprocess.DEVNULL
    ) -> subprocess.Popen[bytes]:
        """Start a program as the cluster's owner, out of reach of the terminal's Ctrl-C."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        return subprocess.Popen(
            [program, *options],
            cwd="/",  # this process's own may be closed to the cluster's owner
            env={**kept, "LC_ALL": "C"},
            stdin=stdin,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
            user=None if self._owner is None else self._owner.pw_uid,
            group=None if self._owner is None else self._owner.pw_gid,
            extra_groups=None if self._owner is None else [],
        )

    def _release(self) -> None:
        self._claim.close()

    def _give(self, path: Path) -> None:
        """Change the owner of a path to the cluster's owner."""
        if self._owner is not None:
            os.chown(path, self._owner.pw_uid, self._owner.pw_gid)

    def _parent(self) -> Path:
        """Choose a folder in which the cluster's owner can make and remove a folder."""
        usual = Path(tempfile.gettempdir()).resolve()
        if self._owner is None or (_open_to_all(usual) and usual.stat().st_mode & 0o2):
            return usual
        return Path("/tmp")  # noqa: S108 - the folder made there has a name of its own

    def _failed(self, what: str) -> RuntimeError:
        said = (self.folder / "log").read_text(errors="replace")
        return RuntimeError(f"{what}; the end of its log:\n{said[-2000:]}")


def _version(folder: Path) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", folder.parent.name)]


def _open_to_all(folder: Path) -> bool:
    return all(each.stat().st_mode & 0o1 for each in (folder, *folder.parents))


def _unprivileged_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _claim_any() -> socket.socket:
    """Claim a free port, chosen at random so that simultaneous tests find different ones."""
    for port in random.SystemRandom().sample(PORTS, len(PORTS)):
        try:
            return _claim(port, again=False)
        except OSError:
            continue
    msg = f"no free port from {PORTS.start} to {PORTS.stop - 1}"
    raise RuntimeError(msg)


def _claim(port: int, *, again: bool) -> socket.socket:
    """Bind a port without listening: clients are refused, and no other process can bind it.

    ``again`` must be True after a server's stop, when the system still remembers its connections.
    """
    claim = socket.socket()
    try:
        claim.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(again))
        claim.bind(("127.0.0.1", port))
    except OSError:
        claim.close()
        raise
    return claim
