"""Kills a sweep at random moments, and compares its records with those of an undisturbed one.

``python -m tests.support.kill --kills 20 --workers 2 --protocol grid --seed 0`` trains a sweep of
some 80 short runs on the digits once by one worker, undisturbed. Then it trains the same sweep in
another folder by several workers, and kills processes with SIGKILL: every process of the sweep,
its first process alone, or one worker. The moments of the kills are drawn over the time that the
undisturbed sweep took, its start included.

- If the first process was killed, all others must be gone in 20 s; if they are not, this counts as
  a difference and they are killed. Then the study's journal is damaged at random: left as it is,
  cut off in the middle of a line, or deleted. Then the same command is started again.
- If one worker was killed, the command must go on and end well by itself. The journal of a
  living sweep is not damaged.

A round ends when the command ends by itself, which must be with exit code 0. The records of the
round are compared, and the next round begins in a new folder, until there were as many kills as
asked for.

The tables ``runs``, ``curves`` and ``trials`` are compared to the bit, key by key: the keys and
all numbers must be the same. Columns that name time, worker, population or commit are left out.
Every round must have exactly the budget, a run for each trial, and a whole curve for each run.

A run that was trained twice is recognized by its ``seconds``, which differ from one training to
another and are kept when parts are compacted. All parts of ``runs`` are read as they appear, some
twenty times a second. Two things go unseen: a second row that was written and compacted away
between two such readings, and a run that was trained but not recorded when its worker was killed
(the sweep has to train that run again).

Processes are found in ``/proc`` by a variable of their environment, so this runs on Linux only.
"""

import argparse
import io
import math
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from benchmarks.machine import at_least_one, print_machine
from ffnn_lab.records import DEFAULT_SETTING, read_curves, read_runs, read_trials
from tests.support.command_line import Forked, start_lab_forked, users_environment
from tests.support.tasks.texts import write_letters

N_EPOCHS, N_SEEDS, N_CONFIRM = 30, 4, 3
LISTED = "optimizer.lr=0.003,0.01,0.03"
DRAWN = ("optimizer.lr=tag(log,interval(0.002,0.05))", "initializer.gain=interval(0.5,2)")
WIDTHS = "model.widths=[64],[32,32]"
"""Runs of unequal widths cannot share a population."""
SHAPES: Mapping[str, Sequence[str]] = {
    "mlp": (WIDTHS,),
    "cnn": ("model=cnn", "model.channels=[3],[2,3]"),
    "char_lstm": (
        *("model=char_lstm", "model.width=6,8", "model.embedding=4", "model.layers=1"),
        *("task=char_text", "task.path=letters.txt", "task.stretch=10"),
    ),
}
"""The arguments that replace ``WIDTHS``, by the network that is trained."""
BUDGETS: Mapping[str, tuple[Sequence[str], Sequence[str], int]] = {
    "grid": (("sgd", "heavy_ball", "adam"), (WIDTHS, LISTED), 6),
    "random": (("sgd", "adam"), (WIDTHS, *DRAWN), 10),
    "qmc": (("sgd", "adam"), (WIDTHS, *DRAWN), 10),
    "tpe": (("sgd", "adam"), (WIDTHS, *DRAWN), 12),  # its sampler begins to learn after ten
    "cmaes": (("sgd", "adam"), DRAWN, 12),
}
"""Arms, axes, and number of settings per arm of each protocol."""

ALL, PARENT, WORKER = "all", "parent", "worker"
NO_DAMAGE, CUT, DELETED = "none", "cut", "deleted"
DAMAGES = (NO_DAMAGE, CUT, DELETED)

LOOK_SECONDS = 0.05
GONE_SECONDS = 20.0
"""Time that workers have to notice that their parent is gone."""
MOST_SECONDS = 300.0
"""Time after which a command that was left alone counts as hanging."""

MARK = "FFNN_LAB_KILL_TEST_SWEEP"
"""Environment variable by which the processes of one command are found."""
HELPERS = ("resource_tracker", "semaphore_tracker", "forkserver", "mirror.py")
"""Text in the command line of a Python process that is no worker."""
NOT_COMPARED = re.compile(r"(^|[._])(seconds|time|at|worker|part|population|git)([._]|$)")

KEYS: Mapping[str, list[str]] = {
    "runs": ["run_id"],
    "curves": ["run_id", "epoch", "split"],
    "trials": ["stage", "arm", "setting", "seed"],
}
READ: Mapping[str, Callable[[Path], pd.DataFrame]] = {
    "runs": read_runs,
    "curves": read_curves,
    "trials": read_trials,
}
MOST_TOLD = 5
"""The most differences of one kind that are written out."""


@dataclass(frozen=True)
class Process:
    """A living process."""

    pid: int
    command: tuple[str, ...]
    is_forked: bool = False
    """True for a copy of the process that started it, as the lab's forked workers are."""

    @property
    def is_worker(self) -> bool:
        """Return True if this child of the command trains; others do housekeeping or are git."""
        if self.is_forked:
            return True
        python = Path(self.command[0]).name.startswith("python")
        return python and not any(name in word for name in HELPERS for word in self.command)


def processes(mark: str, session: int | None = None) -> list[Process]:
    """List the living processes with the mark in their environment, and those of the session."""
    wanted = f"{MARK}={mark}".encode()
    found: dict[int, tuple[int, tuple[str, ...]]] = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        with suppress(OSError):  # the process is another user's, or gone by now
            state, parent, _, own = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
            is_marked = wanted in (folder / "environ").read_bytes().split(b"\0")
            if is_marked or (int(own) == session and state != "Z"):
                words = (folder / "cmdline").read_bytes().decode().split("\0")
                found[int(folder.name)] = int(parent), tuple(words)
    return [
        Process(pid, words, is_forked=parent in found and found[parent][1] == words)
        for pid, (parent, words) in sorted(found.items())
    ]


class Watch:
    """Notes every training of a run that is recorded while a sweep works."""

    def __init__(self, folder: Path) -> None:
        """Watch the sweep in ``folder``, which may not be there yet."""
        self.name = folder.name
        self._folder = folder
        self._seen: set[tuple[str, int]] = set()
        self.trainings: defaultdict[str, set[float]] = defaultdict(set)
        """The seconds of each recorded run, one number for each time that it was trained."""

    def look(self) -> None:
        """Read new parts; rows of a part that is compacted meanwhile are in the compacted part."""
        for path in (self._folder / "runs").glob("[!.]*.parquet"):
            with suppress(FileNotFoundError):
                key = (path.name, path.stat().st_mtime_ns)
                if key in self._seen:
                    continue
                rows = pq.read_table(path, columns=["run_id", "seconds"]).to_pydict()
                self._seen.add(key)
                for run_id, seconds in zip(rows["run_id"], rows["seconds"], strict=True):
                    self.trainings[run_id].add(seconds)

    def twice(self) -> list[str]:
        """List the runs that were trained more than once."""
        return sorted(run_id for run_id, each in self.trainings.items() if len(each) > 1)


class Command:
    """A sweep's command line at work."""

    def __init__(
        self, arguments: Sequence[str], folder: Path, log: Path, *, is_fresh: bool = False
    ) -> None:
        """Start ``python -m ffnn_lab.run`` in ``folder``; its output is appended to ``log``.

        A new Python process runs the command if ``is_fresh``, or if ``arguments`` name a launcher,
        which starts workers in the way in which the command was started. Otherwise the command is
        forked from a process that has imported the lab.
        """
        self._mark = uuid.uuid4().hex
        self._log = log
        self._process: subprocess.Popen[bytes] | Forked
        # As a launcher, joblib leaves its temporary folders behind when it is killed.
        more = {MARK: self._mark, "JOBLIB_TEMP_FOLDER": str(folder)}
        if not is_fresh and not any(word.startswith("hydra/launcher=") for word in arguments):
            self._process = start_lab_forked(folder, ["-m", *arguments], log, more)
            self._started = time.monotonic()
            return
        self._started = time.monotonic()
        with log.open("ab") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "ffnn_lab.run", "-m", *arguments],
                cwd=folder,
                env=users_environment(**more),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def seconds(self) -> float:
        """Measure the time since the start."""
        return time.monotonic() - self._started

    def wait(self, until: float, watch: Watch) -> int | None:
        """Watch until ``until`` seconds after the start, or to the end; return the exit code."""
        while self.seconds < until:
            with suppress(subprocess.TimeoutExpired):
                code = self._process.wait(LOOK_SECONDS)
                watch.look()
                return code
            watch.look()
        return None

    def children(self) -> list[Process]:
        """List all processes of the command except the first one, in the order of their ids."""
        every = processes(self._mark, self._process.pid)
        return [each for each in every if each.pid != self._process.pid]

    def workers(self) -> list[Process]:
        """List the command's workers."""
        return [each for each in self.children() if each.is_worker]

    def kill_all(self) -> None:
        """Kill every process of the command, also those that start meanwhile."""
        self.kill_parent()
        while left := self.children():
            for process in left:
                kill(process.pid)
            time.sleep(LOOK_SECONDS)
        # The resource tracker, which would have removed semaphores, is killed as well.
        for semaphore in Path("/dev/shm").glob(  # noqa: S108 - only semaphores of this command
            f"sem.loky-{self._process.pid}-*"
        ):
            semaphore.unlink(missing_ok=True)

    def kill_parent(self) -> None:
        """Kill the first process alone."""
        kill(self._process.pid)
        self._process.wait()

    def wait_gone(self) -> float | None:
        """Wait until no child is left; return the seconds it took, None if it took too many."""
        began = time.monotonic()
        while self.children():
            if time.monotonic() - began > GONE_SECONDS:
                return None
            time.sleep(LOOK_SECONDS)
        return time.monotonic() - began

    def last_words(self) -> str:
        """Return the last line that the command printed."""
        return self._log.read_text(errors="replace").strip().rpartition("\n")[2] or "nothing said"


def kill(pid: int) -> None:
    """Kill a process, unless it is gone."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def damage(journal: Path, how: str, rng: np.random.Generator) -> str:
    """Damage a study's journal, and return a description of the damage."""
    if how == NO_DAMAGE:
        return NO_DAMAGE
    if not journal.exists() or not journal.stat().st_size:
        return f"{NO_DAMAGE} (no journal yet)"
    if how == DELETED:
        journal.unlink()
        return DELETED
    lines = journal.read_bytes().splitlines(keepends=True)
    place = int(rng.integers(len(lines)))
    n_kept = int(rng.integers(1, max(2, len(lines[place]) - 1)))
    journal.write_bytes(b"".join([*lines[:place], lines[place][:n_kept]]))
    return f"{CUT} in line {place + 1} of {len(lines)}"


@dataclass
class Kill:
    """One kill and its consequences."""

    number: int
    sweep: str
    moment: float
    """Seconds from the start of the killed command to the kill."""
    killed: str
    n_recorded: int
    damage: str = ""
    gone: str = ""
    then: str = ""
    """The end of the command that went on: its exit code, ``hangs``, or ``next kill``."""

    def row(self) -> list[str]:
        """Return the kill's row of the printed table."""
        shown = [
            str(self.number),
            self.sweep.removeprefix("round_"),
            f"{self.moment:.2f}",
            self.killed,
        ]
        return [*shown, self.damage, str(self.n_recorded), self.gone, self.then]


COLUMNS = (
    "kill",
    "round",
    "s since its start",
    "killed",
    "damage to the journal",
    "runs recorded",
    "s until all were gone",
    "exit code of what went on",
)


@dataclass
class Outcome:
    """The findings of a kill test."""

    n_compared: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KEYS, 0))
    """Rows of each table that were compared, over all rounds."""
    kills: list[Kill] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    """Descriptions of everything that is not as it should be."""
    not_compared: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class KillTest:
    """A sweep that is trained once undisturbed, and then again while processes are killed."""

    protocol: str
    n_workers: int
    folder: Path
    """An empty folder for the outputs and logs of the commands."""
    rng: np.random.Generator
    """Draws moments, victims and damage."""
    damages: Sequence[str] = DAMAGES
    n_epochs: int = N_EPOCHS
    n_seeds: int = N_SEEDS
    model: str = "mlp"
    """The network that is trained, a key of ``SHAPES``."""
    say: Callable[[str], None] = lambda line: None  # noqa: ARG005 - silent unless asked

    def run(self, n_kills: int) -> Outcome:
        """Train undisturbed, then in rounds until there were ``n_kills``; compare each round."""
        undisturbed, outcome = self.outputs / "undisturbed", Outcome()
        command = self._start("undisturbed", n_workers=1)
        watch = Watch(undisturbed)
        try:
            code = command.wait(MOST_SECONDS, watch)
        finally:
            span = command.seconds
            command.kill_all()
        if code != 0:
            msg = f"the undisturbed sweep ended with {code}: {command.last_words()}"
            raise RuntimeError(msg)
        outcome.differences += self._checked("undisturbed", watch)
        n_runs, training = len(watch.trainings), read_runs(undisturbed)["seconds"].sum()
        self.say(
            f"Undisturbed, one worker: {n_runs} runs in {span:.1f} s, {training:.1f} s of them "
            "training."
        )
        self.say("")
        self.say("| " + " | ".join(COLUMNS) + " |")
        self.say("| " + " | ".join("---:" if i in (2, 5, 6) else "---" for i in range(8)) + " |")
        number, is_well = 0, True
        while is_well and len(outcome.kills) < n_kills:
            number += 1
            is_well = self._round(f"round_{number}", n_kills, span, outcome)
        self._say_end(outcome, n_rounds=number)
        return outcome

    @property
    def outputs(self) -> Path:
        """The folder of all sweeps."""
        return self.folder / "outputs"

    def _start(self, name: str, *, n_workers: int) -> Command:
        arms, axes, n_settings = BUDGETS[self.protocol]
        shapes = SHAPES[self.model] if WIDTHS in axes else ()
        if self.model == "char_lstm":
            write_letters(self.folder)
        arguments = [
            f"optimizer={','.join(arms)}",
            *shapes,
            *(axis for axis in axes if axis != WIDTHS),
            f"trainer.max_epochs={self.n_epochs}",
            "trainer.checkpoint_seconds=0.5",
            "tracking=off",
            f"paths.outputs={self.outputs}",
            f"hydra.sweeper.name={name}",
            f"hydra.sweeper.protocol.name={self.protocol}",
            f"hydra.sweeper.protocol.n_settings={n_settings}",
            f"hydra.sweeper.tune.n_seeds={self.n_seeds}",
            f"hydra.sweeper.confirm.n_seeds={N_CONFIRM}",
            "hydra.sweeper.population_size=8",
            f"hydra.sweeper.n_workers={n_workers}",
        ]
        return Command(arguments, self.folder, self.folder / f"{name}.log")

    def _round(self, name: str, n_kills: int, span: float, outcome: Outcome) -> bool:
        """Kill one sweep until it ends by itself, and compare it; return True if it ended well."""
        watch = Watch(self.outputs / name)
        newest: Kill | None = None
        command = self._start(name, n_workers=self.n_workers)
        try:
            while True:
                is_left_alone = len(outcome.kills) == n_kills
                moment = command.seconds + float(self.rng.uniform(0, span))
                code = command.wait(MOST_SECONDS if is_left_alone else moment, watch)
                then = str(code) if code is not None else "hangs" if is_left_alone else "next kill"
                if newest is not None:
                    newest.then = then
                    self.say("| " + " | ".join(newest.row()) + " |")
                if code is not None or is_left_alone:
                    break
                newest = self._kill(command, watch, len(outcome.kills) + 1, outcome)
                outcome.kills.append(newest)
                if newest.killed != WORKER:
                    command = self._start(name, n_workers=self.n_workers)
            if code == 0 and command.wait_gone() is None:
                outcome.differences.append(f"{name}: processes were left at its end")
        finally:
            command.kill_all()
        if code != 0:
            told = f"{name}: the exit code was {then}, the last words: {command.last_words()}"
            outcome.differences.append(told)
            return False
        outcome.differences += self._checked(name, watch)
        self._compare(name, outcome)
        return True

    def _kill(self, command: Command, watch: Watch, number: int, outcome: Outcome) -> Kill:
        workers = command.workers()
        killed = str(self.rng.choice([ALL, PARENT, WORKER] if workers else [ALL, PARENT]))
        found = Kill(number, watch.name, command.seconds, killed, len(watch.trainings))
        if killed == WORKER:
            kill(workers[int(self.rng.integers(len(workers)))].pid)
            return found
        command.kill_parent()
        if killed == ALL:
            command.kill_all()
        gone = command.wait_gone()
        found.gone = f"{gone:.2f}" if gone is not None else f"more than {GONE_SECONDS:g}"
        if gone is None:
            left = [" ".join(each.command)[:80] for each in command.children()]
            outcome.differences.append(f"kill {number}: left was {', '.join(left)}")
            command.kill_all()
        watch.look()
        journal = self.outputs / watch.name / "study.journal"
        found.damage = damage(journal, str(self.rng.choice(list(self.damages))), self.rng)
        return found

    def _checked(self, name: str, watch: Watch) -> list[str]:
        """List the problems of one finished sweep: runs trained twice, and faulty records."""
        return [
            f"{name}: {problem}"
            for problem in (
                *(f"run {run_id} was trained twice" for run_id in watch.twice()),
                *self._accounts(self.outputs / name),
            )
        ]

    def _accounts(self, folder: Path) -> list[str]:
        """List the problems that the records of a finished sweep show without a comparison."""
        arms, _, n_settings = BUDGETS[self.protocol]
        runs, curves, trials = (READ[table](folder) for table in ("runs", "curves", "trials"))
        problems = []
        parts = [
            pq.read_table(path, columns=["run_id"]) for path in (folder / "runs").glob("part-*")
        ]
        n_rows = sum(len(part) for part in parts)
        if n_rows != len(runs):
            problems.append(f"{n_rows} rows of {len(runs)} runs")
        if odd := set(runs["run_id"]) ^ set(trials["run_id"]):
            problems.append(
                f"runs without trials, or trials without runs: {', '.join(sorted(odd))}"
            )
        if odd := set(runs["status"]) - {"completed"}:
            problems.append(f"runs are {', '.join(sorted(odd))}")
        n_points = curves.groupby("run_id").size().reindex(runs["run_id"], fill_value=0)
        if (n_points != 3 * (self.n_epochs + 1)).any():
            problems.append(
                f"curves with gaps: {int((n_points != 3 * (self.n_epochs + 1)).sum())}"
            )
        places = zip(*(trials[key] for key in KEYS["trials"]), strict=True)
        tuned = {tuple(place[1:]) for place in places if place[0] == "tune"}
        asked = {(a, n, s) for a in arms for n in range(n_settings) for s in range(self.n_seeds)}
        if tuned != asked:
            problems.append(
                f"tuning lacks {len(asked - tuned)} runs, has {len(tuned - asked)} beyond"
            )
        is_winner = (trials["stage"] == "confirm") & (trials["setting"] != DEFAULT_SETTING)
        winners = trials[is_winner].groupby("arm")["setting"].agg(list).to_dict()
        return problems + [
            f"{arm} confirmed the settings {winners.get(arm)}"
            for arm in arms
            if len(winners.get(arm, ())) != N_CONFIRM or len(set(winners[arm])) != 1
        ]

    def _compare(self, name: str, outcome: Outcome) -> None:
        for table in KEYS:
            there, here = (READ[table](self.outputs / each) for each in ("undisturbed", name))
            outcome.n_compared[table] += len(here)
            outcome.not_compared |= {k for k in map(str, here) if NOT_COMPARED.search(k)}
            found = differences(there, here, KEYS[table])
            outcome.differences += [f"{name}: {table}: {each}" for each in found]

    def _say_end(self, outcome: Outcome, *, n_rounds: int) -> None:
        counts = [f"{n} rows of `{table}`" for table, n in outcome.n_compared.items() if n]
        self.say("")
        self.say(
            f"{len(outcome.kills)} kills in {n_rounds} rounds; compared to the bit with the "
            f"undisturbed sweep: {', '.join(counts) or 'nothing'}."
        )
        self.say(f"Left out: {', '.join(sorted(outcome.not_compared)) or 'nothing'}.")
        for told in outcome.differences:
            self.say(f"- {told}")
        self.say(f"Differences: {len(outcome.differences) or 'none'}.")


def differences(there: pd.DataFrame, here: pd.DataFrame, keys: Sequence[str]) -> list[str]:
    """List the differences of two tables, except in ``NOT_COMPARED``; floats differ by bits."""
    there, here = (table.set_index(list(keys)).sort_index() for table in (there, here))
    lacking, beyond = there.index.difference(here.index), here.index.difference(there.index)
    found = [f"lacks {key}" for key in lacking[:MOST_TOLD]]
    found += [f"has {key} beyond" for key in beyond[:MOST_TOLD]]
    if list(there.columns) != list(here.columns):
        found.append(f"columns differ: {sorted(set(there.columns) ^ set(here.columns))}")
    both = there.index.intersection(here.index)
    for name in there.columns.intersection(here.columns):
        if NOT_COMPARED.search(name):
            continue
        one, other = there.loc[both, name], here.loc[both, name]
        unequal = both[[a != b for a, b in zip(_bits(one), _bits(other), strict=True)]]
        found += [
            f"{name} of {key} is {here.loc[key, name]!r}, not {there.loc[key, name]!r}"
            for key in unequal[:MOST_TOLD]
        ]
    return found


def _bits(column: pd.Series) -> list[object]:
    """Convert values so that they are equal if their bits are; all missing values are equal."""
    return [
        value.hex() if isinstance(value, float) and not math.isnan(value) else str(value)
        for value in column.tolist()
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the kill test and print its findings; return 1 if anything differs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=at_least_one, default=20, help="of each protocol")
    parser.add_argument("--workers", type=at_least_one, default=2, help="of the killed sweep")
    said = "one or more (default: grid)"
    parser.add_argument("--protocol", nargs="+", choices=BUDGETS, default=["grid"], help=said)
    parser.add_argument("--seed", type=int, default=0, help="draws moments, victims, damage")
    parser.add_argument("--folder", type=Path, help="a new one for all outputs, which are kept")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="a Markdown page of the output")
    asked = parser.parse_args(arguments)
    if asked.folder is not None and asked.folder.exists():
        parser.error(f"argument --folder: {asked.folder} is there already; name a new one")

    protocols = " ".join(asked.protocol)
    command = f"--kills {asked.kills} --workers {asked.workers} --protocol {protocols}"
    lines = ["# Kill test", "", f"`python -m tests.support.kill {command} --seed {asked.seed}`"]

    def say(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
        lines.append(line)

    n_differences = 0
    with tempfile.TemporaryDirectory() as nowhere:
        for protocol in asked.protocol:
            say(f"\n## {protocol}, workers: {asked.workers}\n")
            folder = (asked.folder or Path(nowhere)).absolute() / protocol
            folder.mkdir(parents=True)
            rng = np.random.default_rng(asked.seed)
            test = KillTest(protocol, asked.workers, folder, rng, say=say)
            n_differences += len(test.run(asked.kills).differences)
    with redirect_stdout(io.StringIO()) as machine:
        print_machine()
    say(f"\n```\n{machine.getvalue().strip()}\n```")
    if asked.write is not None:
        asked.write.write_text("\n".join(lines) + "\n")
    return 1 if n_differences else 0


if __name__ == "__main__":
    sys.exit(main())
