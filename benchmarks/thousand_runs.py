"""The cost of a sweep of a thousand tiny runs: time beside its training, memory, and a repeat.

``python -m benchmarks.thousand_runs`` starts ``python -m ffnn_lab.run -m`` as a user does, in a
process of its own and on all cores: one arm, 1,000 random learning rates, one seed each, one epoch
of a net 64-16-10 on a tenth of the digits, one worker, no confirm stage, tracking off. It watches
the process from outside.

- Time beside training is the wall time minus the recorded ``seconds`` of all runs. Start-up and
  end (imports, composing, table, figures) are measured by a sweep of 10 runs, the quickest of
  three, and subtracted together with those runs; the next line of the table is without this
  subtraction.
- Resident memory is read some twenty times a second (``VmRSS``, so this needs Linux); reported is
  the first reading after a given number of runs is recorded. Table and figures come later and are
  left out; the peak, of all processes, includes them.
- The same command again, with everything recorded, shows the result and trains nothing.

``--peer`` trains the same runs by Hydra's basic sweeper, one job after another in one process,
each a single run of this project with a folder of its own. ``--peer-runs 100`` trains the first
100 of these runs and extrapolates: each remaining run counts the mean time of a run beyond the 10
of a first, shorter sweep.
"""

import argparse
import math
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.machine import at_least_one, print_machine, print_table
from benchmarks.watched import Watched, watch
from ffnn_lab.records import read_runs, read_trials

MOST_MS = 10.0
"""Largest allowed time of a run beside its training, in milliseconds."""
MOST_GROWTH_MB = 50.0
"""Largest allowed growth of memory, in MB, while the runs grow from a tenth to all."""
NOTHING_LEFT = "all of them are recorded"
"""Text in a sweep's plan if nothing is left to train."""
MOST_AGAIN_SECONDS = 5.0
"""Longest time in seconds that the command may take to report that all its runs are recorded."""
N_FEW = 10
"""Number of runs of the sweep that measures start-up and end."""
N_STARTS = 3
"""Number of times that the sweep of `N_FEW` runs is started; the quickest counts, as the first is
slow."""
LAB = ("-m", "ffnn_lab.run", "-m")
RUN = (
    "optimizer=adam",
    "task.dev_fraction=0.45",
    "task.test_fraction=0.45",
    "model.widths=[16]",
    "trainer.max_epochs=1",
    "tracking=off",
    "hydra.sweeper.n_workers=1",  # the process whose memory is measured
)
"""Overrides of every run, apart from its learning rate."""


class Records:
    """Counts the runs that a working sweep has recorded."""

    def __init__(self, folder: Path) -> None:
        """Prepare to count the runs in a sweep's folder, which need not exist yet."""
        self._folder = folder
        self._read: set[str] = set()
        self._known: set[str] = set()

    def count(self) -> int:
        """Return the number of runs recorded so far; files that are new are read."""
        for path in (self._folder / "runs").glob("part-*.parquet"):
            if path.name not in self._read:
                with suppress(FileNotFoundError):  # compacted meanwhile
                    self._known.update(pq.read_table(path, columns=["run_id"])[0].to_pylist())
                    self._read.add(path.name)
        return len(self._known)


class Onlooker:
    """Observes the memory and the output of a working sweep, as a callback of `watch`."""

    def __init__(self, folder: Path, counts: Sequence[int]) -> None:
        """Prepare to observe a sweep.

        Args:
            folder: The sweep's folder.
            counts: Numbers of recorded runs at which the memory is noted.
        """
        self.log = folder.with_suffix(".log")
        self.resident_mb: dict[int, float] = {}
        """Resident memory, in MB of 1024 kB, when a number of recorded runs was first reached, by
        that number."""
        self.seconds_until_left = math.inf
        """Seconds until the sweep reported that nothing is left to train; infinite if it did
        not."""
        self._counts = counts
        self._records = Records(folder)

    def __call__(self, pid: int, seconds: float) -> None:
        """Read the sweep's memory and its output.

        Args:
            pid: Id of the sweep's process.
            seconds: Seconds since the process was started.
        """
        if len(self.resident_mb) < len(self._counts):
            known = resident_mb(pid)  # before the count: it may grow meanwhile
            n_recorded = self._records.count()
            for count in self._counts:
                if n_recorded >= count and known is not None:
                    self.resident_mb.setdefault(count, known)
        if math.isinf(self.seconds_until_left) and NOTHING_LEFT in self.log.read_text():
            self.seconds_until_left = seconds


def resident_mb(pid: int) -> float | None:
    """Return a process's resident memory in MB of 1024 kB; None if it has ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return None


def sweep(
    n_runs: int, outputs: Path, counts: Sequence[int] = (), *, protocol: str = "random"
) -> tuple[Watched, Onlooker, Path]:
    """Run a sweep of tiny runs by the lab's command line.

    Args:
        n_runs: Number of runs.
        outputs: Folder in which the sweep's folder is made, or found with everything recorded.
        counts: Numbers of recorded runs at which the memory is noted.
        protocol: Protocol that proposes learning rates.

    Returns:
        The sweep's time and memory, its observer, and its folder.
    """
    folder = outputs / f"runs_{n_runs}"
    arguments = [
        *RUN,
        "optimizer.lr=tag(log,interval(1e-4,1e-2))",
        f"paths.outputs={outputs}",
        f"hydra.sweeper.name={folder.name}",
        f"hydra.sweeper.protocol.name={protocol}",
        f"hydra.sweeper.protocol.n_settings={n_runs}",
        "hydra.sweeper.tune.n_seeds=1",
        "hydra.sweeper.confirm.n_seeds=0",
    ]
    onlooker = Onlooker(folder, counts)
    seen = watch([*LAB, *arguments], onlooker.log, look=onlooker)
    return seen, onlooker, folder


def peer(folder: Path, n_runs: int, outputs: Path) -> float:
    """Train the first runs of a sweep by Hydra's basic sweeper, and return the seconds.

    Args:
        folder: Folder of the finished sweep.
        n_runs: Number of runs to train.
        outputs: Folder for the output of Hydra's jobs.

    Raises:
        RuntimeError: If the trained runs are not those of the sweep.
    """
    trials = read_trials(folder).sort_values("setting").head(n_runs)
    rates = read_runs(folder).set_index("run_id").loc[trials["run_id"], "optimizer.lr"]
    arguments = [
        "hydra/sweeper=basic",
        *RUN,
        f"optimizer.lr={','.join(map(repr, rates.tolist()))}",
        f"paths.outputs={outputs}",
    ]
    seconds = watch([*LAB, *arguments], outputs / "log").seconds
    trained = {path.name for path in outputs.glob("run-*")}
    if trained != {f"run-{run_id}" for run_id in trials["run_id"]}:
        msg = f"the peer trained {len(trained)} runs, which are not the sweep's {len(trials)}"
        raise RuntimeError(msg)
    return seconds


def judged(name: str, most: float, measured: float) -> list[str]:
    """Return the row of a measurement with a requirement, in a table of strings.

    Args:
        name: Name of the measurement.
        most: Largest allowed value.
        measured: Measured value.
    """
    return [name, f"{most:g}", f"{measured:.2f}", "yes" if measured <= most else "no"]


def told(name: str, measured: float) -> list[str]:
    """Return the row of a measurement without a requirement, in a table of strings."""
    return [name, "", f"{measured:.2f}", ""]


def measure(n_runs: int, peer_runs: int | None) -> list[list[str]]:
    """Measure the sweep, its repeat, and, if asked for, the peer.

    Args:
        n_runs: Number of runs of the sweep.
        peer_runs: Number of runs that the peer trains; None for no peer.

    Returns:
        The rows of a table of strings.
    """
    n_some, n_more = max(1, n_runs // 10), n_runs - N_FEW
    with tempfile.TemporaryDirectory() as held:
        outputs = Path(held)
        few = [sweep(N_FEW, outputs / f"few_{turn}") for turn in range(N_STARTS)]
        all_, onlooker, folder = sweep(n_runs, outputs / "sweep", (n_some, n_runs))
        again, left, _ = sweep(n_runs, outputs / "sweep")
        training = float(read_runs(folder)["seconds"].sum())
        started = min(seen.seconds - float(read_runs(at)["seconds"].sum()) for seen, _, at in few)
        beside = all_.seconds - training
        at_some, at_all = onlooker.resident_mb[n_some], onlooker.resident_mb[n_runs]
        rows = [
            judged("ms a run beside training", MOST_MS, 1000 * (beside - started) / n_more),
            told("  the same, start-up and end left in", 1000 * beside / n_runs),
            told(f"  s in all, {n_runs} runs", all_.seconds),
            told("  s of training", training),
            told(f"  s of start-up and end, {N_FEW} runs", started),
            judged(f"MB more at {n_runs} runs than at {n_some}", MOST_GROWTH_MB, at_all - at_some),
            told(f"  MB resident at {n_some} recorded runs", at_some),
            told(f"  MB resident at {n_runs} recorded runs", at_all),
            told("  MB at the peak, table and figures included", all_.peak_mb),
            judged(
                "s of the same command again, until it says that nothing is left",
                MOST_AGAIN_SECONDS,
                left.seconds_until_left,
            ),
            told("  s in all, tables and figures made again", again.seconds),
        ]
        if peer_runs is None:
            return rows
        peer_few = peer(folder, N_FEW, outputs / "peer_few")
        taken = peer(folder, peer_runs, outputs / "peer")
        each = (taken - peer_few) / (peer_runs - N_FEW)
        whole = taken + (n_runs - peer_runs) * each
    scaled = "" if peer_runs == n_runs else f", scaled up from {peer_runs}"
    return [
        *rows,
        told(f"s in all by Hydra's basic sweeper{scaled}", whole),
        told("  ms a run, start-up left out", 1000 * each),
        told("  times ours, in all", whole / all_.seconds),
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure a sweep of tiny runs, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    said = "runs of the sweep (default: 1000)"
    parser.add_argument("--runs", type=at_least_one, default=1000, help=said)
    said = "train the same runs by Hydra's basic sweeper, one job each"
    parser.add_argument("--peer", action="store_true", help=said)
    said = "how many of them, the time scaled up (default: all)"
    parser.add_argument("--peer-runs", type=at_least_one, help=said)
    asked = parser.parse_args(arguments)
    peer_runs = min(asked.peer_runs or asked.runs, asked.runs) if asked.peer else None
    if asked.runs <= N_FEW or (peer_runs is not None and peer_runs <= N_FEW):
        parser.error(f"more than {N_FEW} runs are needed: {N_FEW} measure start-up alone")
    rows = measure(asked.runs, peer_runs)
    title = (
        f"a sweep of {asked.runs} runs of one epoch, net 64-16-10 on a tenth of the digits, "
        "random learning\nrates, one worker, tracking off, in a process of its own"
    )
    print_table(title, ("measured", "at most", "found", "met"), rows)
    print_machine()


if __name__ == "__main__":
    main()
