"""The cost of a sweep of a thousand tiny runs: time beside its training, memory, and once more.

``python -m benchmarks.thousand_runs`` starts ``python -m ffnn_lab.run -m`` as a user does, in a
process of its own and on all cores: one arm, 1,000 random learning rates, one seed each, one epoch
of a net 64-16-10 on a tenth of the digits, one worker, no confirm, tracking off. It watches the
process from outside.

- Time beside training is the time on the wall less the recorded ``seconds`` of all runs. Start-up
  and end (imports, composing, table, figures) are measured by a sweep of 10 runs, the quickest of
  three, and taken out with those runs; the same with all of it left in stands below.
- Resident memory is read some twenty times a second (``VmRSS``, so this needs Linux); given is the
  first reading with so many runs recorded. Table and figures come later and are left out; the
  peak, of all processes, has them.
- The same command again, with everything recorded, shows the result and trains nothing.

``--peer`` trains the same runs by Hydra's basic sweeper, one job after another in one process,
each a single run of this project with a folder of its own. ``--peer-runs 100`` trains the first
100 of them and scales up: each of the others counts for what a run took beyond the 10 of a first,
shorter sweep.
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
"""What a run may cost beside its training."""
MOST_GROWTH_MB = 50.0
"""What memory may grow by from a tenth of the runs to all of them."""
NOTHING_LEFT = "all of it is recorded"
"""How a plan says so."""
MOST_AGAIN_SECONDS = 5.0
"""What the command may take to say that all its runs are recorded."""
N_FEW = 10
"""Runs of the sweep that measures start-up and end."""
N_STARTS = 3
"""Times that it is started; the quickest counts, the first is slow anyhow."""
LAB = ("-m", "ffnn_lab.run", "-m")
RUN = (
    "optimizer=adam",
    "task.dev_fraction=0.45",
    "task.test_fraction=0.45",
    "model.widths=[16]",
    "trainer.max_epochs=1",
    "tracking=off",
    "hydra.sweeper.n_workers=1",  # whose memory is measured
)
"""What every run is, its learning rate apart."""


class Records:
    """Counts the runs that a sweep has recorded, while it works."""

    def __init__(self, folder: Path) -> None:
        """Count those in ``folder``, which may not be there yet."""
        self._folder = folder
        self._read: set[str] = set()
        self._known: set[str] = set()

    def count(self) -> int:
        """Read the parts that are new, and count."""
        for path in (self._folder / "runs").glob("part-*.parquet"):
            if path.name not in self._read:
                with suppress(FileNotFoundError):  # compacted meanwhile
                    self._known.update(pq.read_table(path, columns=["run_id"])[0].to_pylist())
                    self._read.add(path.name)
        return len(self._known)


class Onlooker:
    """Looks at a sweep while it works: its memory, and what it says."""

    def __init__(self, folder: Path, counts: Sequence[int]) -> None:
        """Look at the sweep in ``folder``, at these counts of recorded runs."""
        self.log = folder.with_suffix(".log")
        self.resident_mb: dict[int, float] = {}
        """When so many runs were recorded first."""
        self.seconds_until_left = math.inf
        """When it said that nothing is left to do; never, if it did not."""
        self._counts = counts
        self._records = Records(folder)

    def __call__(self, pid: int, seconds: float) -> None:
        """Look, so long after the start."""
        if len(self.resident_mb) < len(self._counts):
            known = resident_mb(pid)  # before the count: it may grow meanwhile
            n_recorded = self._records.count()
            for count in self._counts:
                if n_recorded >= count and known is not None:
                    self.resident_mb.setdefault(count, known)
        if math.isinf(self.seconds_until_left) and NOTHING_LEFT in self.log.read_text():
            self.seconds_until_left = seconds


def resident_mb(pid: int) -> float | None:
    """Read a process's resident memory; None if it is gone."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return None


def sweep(
    n_runs: int, outputs: Path, counts: Sequence[int] = (), *, protocol: str = "random"
) -> tuple[Watched, Onlooker, Path]:
    """Run a sweep of so many runs; give what was seen, and its folder."""
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
    """Train the first runs of a sweep by Hydra's basic sweeper; give the seconds.

    Raises:
        RuntimeError: If its runs are not those of the sweep.
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
    """Write a row for what is required."""
    return [name, f"{most:g}", f"{measured:.2f}", "yes" if measured <= most else "no"]


def told(name: str, measured: float) -> list[str]:
    """Write a row for what is not."""
    return [name, "", f"{measured:.2f}", ""]


def measure(n_runs: int, peer_runs: int | None) -> list[list[str]]:
    """Measure everything, one after the other; give the table's rows."""
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
    """Measure, and print one table."""
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
