"""Runs that one worker claims are reserved until that worker dies, falls silent or ends."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pandas as pd
import pytest

from ffnn_lab.records import read_runs
from ffnn_lab.sweeper import leases as module
from ffnn_lab.sweeper.identity import Identity, is_running, this_host
from ffnn_lab.sweeper.leases import EXIT_ORPHANED, LEASE_SECONDS, Leases
from ffnn_lab.sweeper.presence import JOURNAL
from ffnn_lab.sweeper.studies.journal import JournalLock
from ffnn_lab.sweeper.studies.storage import Attributes, Storage
from tests.support.kill import Watch
from tests.support.sweeps import Alone, tables

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="zombies are told by /proc")

REPOSITORY = Path(__file__).parents[2]
PATIENCE = 30
"""Seconds after which an expected event counts as not happening."""


@pytest.fixture
def notes(tmp_path: Path) -> Callable[[], Attributes]:
    """Return a function that opens the same journal once more, as another process would."""

    def open_notes() -> Attributes:
        return Storage(tmp_path, None).open_attributes("s/.workers")

    return open_notes


@dataclass
class Clock:
    """A replacement for the module ``time``, which shows the clock of one machine."""

    now: float = 0.0

    def monotonic(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the leases; a test sets it to the time of the machine that acts next."""
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the intervals between looks and between heartbeats."""
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(module, "BEAT_SECONDS", 0.05)


def local(name: str, pid: int | None = None) -> Identity:
    """Return the identity of a visible worker: this process, or the process with id ``pid``."""
    me = replace(Identity.of_this_process(), name=name)
    return me if pid is None else replace(me, pid=pid, started=None)


def far(name: str) -> Identity:
    """Return the identity of a worker of another machine; its process id means nothing here."""
    return Identity(name, "elsewhere", 1)


@contextmanager
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """Start a process that does nothing."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def comes_true(is_so: Callable[[], object]) -> bool:
    """Wait until ``is_so()`` is true; return False if that takes longer than ``PATIENCE``."""
    until = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def test_a_claim_is_seen_by_the_other(notes: Callable[[], Attributes]) -> None:
    with Leases(notes(), local("a")) as a, Leases(notes(), local("b")) as b:
        a.claim(["2", "1"])
        assert b.claims() == {"1": "a", "2": "a"}
        b.claim(["3"])
        assert a.claims() == b.claims() == {"1": "a", "2": "a", "3": "b"}
        a.claim(["2"])
        assert b.claims() == {"2": "a", "3": "b"}
        a.release()
        assert b.claims() == {"3": "b"}


def test_exit_gives_everything_back(notes: Callable[[], Attributes]) -> None:
    with Leases(notes(), local("b")) as b:
        with Leases(notes(), local("a"), progress=lambda: 1.5) as a:
            a.claim(["1"])
            assert b.living() == {"a": 1.5}
        assert b.claims() == {}
        assert b.living() == {}
    assert set(notes().read().values()) == {None}


def test_an_error_gives_everything_back(notes: Callable[[], Attributes]) -> None:
    with contextlib.suppress(KeyboardInterrupt), Leases(notes(), local("a")) as a:
        a.claim(["1"])
        raise KeyboardInterrupt
    assert set(notes().read().values()) == {None}


def test_a_worker_beats(notes: Callable[[], Attributes], hurried: None) -> None:
    del hurried
    with Leases(notes(), local("a")):
        first = notes().read()["beat/a"]["number"]
        assert comes_true(lambda: notes().read()["beat/a"]["number"] > first + 1)


# --- death -------------------------------------------------------------------------------------

HOLDS = """
import sys, time
from pathlib import Path
from ffnn_lab.sweeper.identity import Identity
from ffnn_lab.sweeper.leases import Leases
from ffnn_lab.sweeper.studies.storage import Storage
attributes = Storage(Path(sys.argv[1]), None).open_attributes("s/.workers")
with Leases(attributes, Identity.of_this_process()) as leases:
    leases.claim(["1", "2"])
    print(leases.me.name, flush=True)
    time.sleep(600)
"""


def test_what_a_killed_worker_held_is_free_at_once(
    tmp_path: Path, notes: Callable[[], Attributes]
) -> None:
    """The runs are free also while the killed worker is a zombie, for which no process waited."""
    held_by: dict[str, str] = {}
    with (
        Leases(notes(), local("a")) as a,
        subprocess.Popen(
            [sys.executable, "-c", HOLDS, str(tmp_path)],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            text=True,
        ) as holder,
    ):
        try:
            assert holder.stdout is not None
            name = holder.stdout.readline().strip()
            held_by = {"1": name, "2": name}
            assert a.claims() == held_by
            assert set(a.living()) == {name}
        finally:
            holder.kill()
        assert comes_true(lambda: not is_running(holder.pid))
        os.kill(holder.pid, 0)  # raises no error: the process still exists, as a zombie
        assert a.claims() == {}
        assert a.living() == {}
    assert notes().read()[f"claim/{name}"] is None


def test_a_process_that_is_gone_does_not_run() -> None:
    with sleeper() as process:
        assert is_running(process.pid)
    assert not is_running(process.pid)
    assert is_running(os.getpid())


@pytest.mark.parametrize("skew", [0.0, 1e7, -1e7])
def test_a_silent_worker_of_another_machine_is_dead_after_the_lease_and_not_before(
    skew: float, clock: Clock, notes: Callable[[], Attributes]
) -> None:
    """The other machine's clock differs from ours by ``skew``, which must not matter."""
    ours = 1e8
    clock.now = ours + skew
    worker = Leases(notes(), far("far"))
    worker._beat()
    worker.claim(["1"])

    looker = Leases(notes(), local("a"))
    for _ in range(3):  # the worker beats, but rarely
        clock.now = ours
        assert looker.claims() == {"1": "far"}
        ours += LEASE_SECONDS - 1
        clock.now = ours
        assert looker.claims() == {"1": "far"}
        clock.now = ours + skew
        worker._beat()
    clock.now = ours
    assert looker.claims() == {"1": "far"}
    clock.now = ours + LEASE_SECONDS - 0.1
    assert looker.claims() == {"1": "far"}
    assert set(looker.living()) == {"far"}
    clock.now = ours + LEASE_SECONDS
    assert looker.living() == {}
    assert looker.claims() == {}
    assert notes().read() == {"claim/far": None, "beat/far": None}


def test_a_worker_that_others_took_for_dead_comes_back(
    clock: Clock, notes: Callable[[], Attributes]
) -> None:
    worker, looker = Leases(notes(), far("far")), Leases(notes(), local("a"))
    worker._beat()
    worker.claim(["1"])
    assert looker.claims() == {"1": "far"}
    clock.now = LEASE_SECONDS + 1
    assert looker.claims() == {}
    worker._beat()
    assert worker.has_lapsed.is_set()
    worker.claim(["2"])
    assert looker.claims() == {"2": "far"}


def test_a_worker_that_was_never_heard_holds_nothing(notes: Callable[[], Attributes]) -> None:
    Leases(notes(), far("far")).claim(["1"])
    assert Leases(notes(), local("a")).claims() == {}


def test_a_worker_lapses_only_by_silence(clock: Clock, notes: Callable[[], Attributes]) -> None:
    worker = Leases(notes(), local("a"))
    for _ in range(5):
        clock.now += LEASE_SECONDS - 1
        worker._beat()
    assert not worker.has_lapsed.is_set()
    clock.now += LEASE_SECONDS + 1
    worker._beat()
    assert worker.has_lapsed.is_set()


@pytest.mark.usefixtures("hurried")
def test_the_dead_are_buried_and_the_living_are_not(
    monkeypatch: pytest.MonkeyPatch, notes: Callable[[], Attributes]
) -> None:
    """A worker of another machine that died days ago left a beat like that of a living one.

    So `Leases.bury` has to wait for further beats, but not if only visible workers are left.
    """
    monkeypatch.setattr(module, "LEASE_SECONDS", 1.0)
    for name in ("gone", "gone_too"):
        dead = Leases(notes(), far(name))
        dead._beat()
        dead.claim([name])
    with Leases(notes(), far("far")) as living, Leases(notes(), local("here")) as here:
        living.claim(["1"])
        here.claim(["2"])
        started = time.monotonic()
        looker = Leases(notes(), local("a"))
        looker.bury()
        assert 0.9 < time.monotonic() - started < PATIENCE
        assert set(looker.living()) == {"far", "here"}
        assert looker.claims() == {"1": "far", "2": "here"}
        left = notes().read()
        for name in ("gone", "gone_too"):
            assert left[f"beat/{name}"] is None
            assert left[f"claim/{name}"] is None
    started = time.monotonic()
    looker.bury()
    assert time.monotonic() - started < 0.9
    assert looker.living() == {}


UNSEEN = {
    "another machine of the same name": {"boot": "cloned"},
    "another container": {"namespaces": "pid:[1] time:[1]"},
}


@pytest.mark.parametrize("place", UNSEEN)
def test_a_worker_that_cannot_be_seen_lives_until_it_is_silent(
    place: str, clock: Clock, notes: Callable[[], Attributes]
) -> None:
    """The worker has our host name, and its process id belongs to no process here.

    It could be taken for a dead process of this machine, but only its silence shows that it died.
    """
    with sleeper() as process:
        pass
    worker = Leases(
        notes(), Identity.from_json("unseen", asdict(local("", process.pid)) | UNSEEN[place])
    )
    worker._beat()
    worker.claim(["1"])
    looker = Leases(notes(), local("a"))
    for clock.now in (0.0, LEASE_SECONDS - 0.1):
        assert looker.claims() == {"1": "unseen"}
    clock.now = LEASE_SECONDS
    assert looker.claims() == {}


def test_a_beat_of_an_earlier_version_is_understood(
    clock: Clock, notes: Callable[[], Attributes]
) -> None:
    """An old beat has fewer fields, so that only silence shows the death of its worker.

    Beats written today must also have the fields that an earlier version reads.
    """
    old = {"name": "old", "host": this_host(), "pid": 2**22 + 1}
    notes().write("beat/old", {**old, "number": 1, "progress": 0.5, "is_worker": True})
    notes().write("claim/old", ["1"])
    looker = Leases(notes(), local("a"))
    assert looker.claims() == {"1": "old"}
    assert looker.living() == {"old": 0.5}
    assert looker.n_workers() == 2
    clock.now = LEASE_SECONDS
    assert looker.claims() == {}
    looker._beat()
    new = notes().read()["beat/a"]
    assert (new["host"], int(new["pid"])) == (this_host(), os.getpid())


def test_a_process_that_got_the_number_of_a_dead_worker_is_not_it(
    notes: Callable[[], Attributes],
) -> None:
    with sleeper() as process:
        worker = Leases(notes(), replace(local("dead", process.pid), started="1"))
        worker._beat()
        worker.claim(["1"])
        assert Leases(notes(), local("a")).claims() == {}


@pytest.mark.usefixtures("hurried")
def test_waiting_for_a_sign_of_life_is_told(
    monkeypatch: pytest.MonkeyPatch, notes: Callable[[], Attributes]
) -> None:
    monkeypatch.setattr(module, "LEASE_SECONDS", 0.5)
    Leases(notes(), far("gone"))._beat()
    said: list[str] = []
    Leases(notes(), local("a")).bury(said.append)
    assert len(said) == 1
    assert said[0].startswith("1 processes that this one cannot see")


# --- parents -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("hurried")
def test_a_worker_stops_when_its_parent_is_killed(notes: Callable[[], Attributes]) -> None:
    with sleeper() as process:
        parent = local("parent", process.pid)
        Leases(notes(), parent)._beat()
        with Leases(notes(), local("a"), parent=parent) as worker:
            assert not worker.stop.wait(0.5)
            process.kill()
            assert worker.stop.wait(PATIENCE)


@pytest.mark.usefixtures("hurried")
def test_a_worker_stops_when_its_parent_says_so(notes: Callable[[], Attributes]) -> None:
    with (
        Leases(notes(), local("parent")) as parent,
        Leases(notes(), local("other")) as other,
        Leases(notes(), local("a"), parent=parent.me) as worker,
        Leases(notes(), local("b"), parent=other.me) as stranger,
        Leases(notes(), local("c")) as alone,
    ):
        assert not worker.stop.wait(0.5)
        parent.tell_to_stop()
        assert worker.stop.wait(PATIENCE)
        assert not stranger.stop.wait(0.5)
        assert not alone.stop.is_set()


@pytest.mark.usefixtures("hurried")
def test_a_worker_stops_when_its_parent_ends(notes: Callable[[], Attributes]) -> None:
    with contextlib.ExitStack() as worker_end:
        with Leases(notes(), local("parent")) as parent:
            worker = worker_end.enter_context(Leases(notes(), local("a"), parent=parent.me))
            assert not worker.stop.wait(0.5)
        assert worker.stop.wait(PATIENCE)


@pytest.mark.usefixtures("hurried")
def test_a_worker_stops_when_its_parent_on_another_machine_falls_silent(
    monkeypatch: pytest.MonkeyPatch, notes: Callable[[], Attributes]
) -> None:
    monkeypatch.setattr(module, "LEASE_SECONDS", 2.0)
    Leases(notes(), far("parent"))._beat()
    with Leases(notes(), local("a"), parent=far("parent")) as worker:
        started = time.monotonic()
        assert worker.stop.wait(PATIENCE)
        assert time.monotonic() - started > 1.5


ORPHANED = """
import sys, time
from dataclasses import replace
from pathlib import Path
from ffnn_lab.sweeper import leases
from ffnn_lab.sweeper.identity import Identity
from ffnn_lab.sweeper.studies.storage import Storage
leases.LOOK_SECONDS, leases.GRACE_SECONDS = 0.05, 0.5
attributes = Storage(Path(sys.argv[1]), None).open_attributes("s/.workers")
me = Identity.of_this_process()
parent = replace(me, name="parent", pid=int(sys.argv[2]), started=None)
with leases.Leases(attributes, me, parent=parent):
    time.sleep(600)  # an epoch without an end
"""


def test_an_orphan_whose_epoch_does_not_end_is_ended(tmp_path: Path) -> None:
    with sleeper() as process:
        pass
    words = [sys.executable, "-c", ORPHANED, str(tmp_path), str(process.pid)]
    done = subprocess.run(words, cwd=REPOSITORY, timeout=PATIENCE, check=False)
    assert done.returncode == EXIT_ORPHANED


# --- sleep -------------------------------------------------------------------------------------

SWEEPS = """
import dataclasses, sys
from pathlib import Path
from ffnn_lab.config import with_values
from ffnn_lab.sweeper import leases
leases.LEASE_SECONDS, leases.BEAT_SECONDS, leases.LOOK_SECONDS = 2.0, 0.1, 0.05
from tests.support.sweeps import make_definition, work
definition = make_definition("grid", name="s", population_size=4)
arms = tuple(
    arm.with_config(with_values(arm.config, {"trainer.max_epochs": 30}))
    for arm in definition.arms
)
work(Path(sys.argv[1]), dataclasses.replace(definition, arms=arms))
"""


@contextmanager
def sweeping(outputs: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Train the sweep of ``SWEEPS`` in another process."""
    process = subprocess.Popen([sys.executable, "-c", SWEEPS, str(outputs)], cwd=REPOSITORY)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def claims_in(folder: Path) -> dict[str, list[str]]:
    """Return the run ids that each worker holds, as the journal has them."""
    notes = Storage(folder, None).open_attributes("s/.workers").read()
    return {
        key.removeprefix("claim/"): value
        for key, value in notes.items()
        if key.startswith("claim/") and value
    }


def is_stopped(pid: int) -> bool:
    """Return True if every thread of a process is stopped."""
    threads = Path(f"/proc/{pid}/task").glob("*/stat")
    return all(thread.read_text().rpartition(")")[2].split()[0] == "T" for thread in threads)


def stop_between_decisions(process: subprocess.Popen[bytes], folder: Path) -> None:
    """Stop a worker while it holds no lock, since others would wait for a lock that it holds."""
    storage, journal = Storage(folder, None), JournalLock(folder / JOURNAL)
    with storage.lock("s"):
        journal.acquire()
        os.kill(process.pid, signal.SIGSTOP)
        assert comes_true(lambda: is_stopped(process.pid))
        journal.release()


@pytest.mark.slow
def test_a_worker_that_sleeps_past_its_lease_trains_nothing_twice(
    alone: Alone, tmp_path: Path
) -> None:
    """A worker is stopped by SIGSTOP as it begins, and wakes when another has taken its runs."""
    watch = Watch(tmp_path / "rough" / "s")
    rough = tmp_path / "rough" / "s"
    with sweeping(tmp_path / "rough") as one:
        assert comes_true(lambda: rough.exists() and claims_in(rough))
        stop_between_decisions(one, rough)
        ((name, asleep),) = claims_in(rough).items()
        with sweeping(tmp_path / "rough") as other:

            def is_taken_over() -> bool:
                watch.look()
                held = {
                    run for key, runs in claims_in(rough).items() if key != name for run in runs
                }
                return bool(held & set(asleep))

            assert comes_true(is_taken_over)
            os.kill(one.pid, signal.SIGCONT)
            for process in (one, other):
                while process.poll() is None:
                    watch.look()
                    time.sleep(0.02)
                assert process.returncode == 0
    watch.look()
    assert watch.twice() == []
    assert set(watch.trainings) == set(read_runs(rough)["run_id"])
    for there, here in zip(tables(alone(rough)), tables(rough), strict=True):
        pd.testing.assert_frame_equal(there, here, check_exact=True)


def test_a_leader_is_no_worker(tmp_path: Path) -> None:
    """Runs and cores are shared between workers, among which a leader does not count."""
    storage = Storage(tmp_path, None)
    lease = [
        Leases(
            storage.open_attributes("s/.workers"),
            Identity.of_this_process(),
            is_worker=each != 0,
        )
        for each in range(3)
    ]
    with lease[0], lease[1], lease[2]:
        assert lease[1].n_workers() == 2
        assert len(lease[1].living()) == 2
