"""Measure the cost of the report of a sweep with many replicates, and its growth with them.

``python -m benchmarks.replicated`` writes the records of made-up sweeps, 50 replicates of 400 runs
and 400 replicates of 80 runs. For each sweep it starts ``python -m analysis SWEEP`` and ``python
-m analysis claims SWEEP`` as a user does, each in a process of its own. Nothing is trained: the
results of the runs are drawn at random.

The sweep has four arms (SGD and Adam, in a small space and in a larger one), random settings with
one tuning seed, and the best setting and the default of each arm on fresh seeds; one run in thirty
diverged.

``--folder FOLDER`` writes the records into that folder and leaves them, so that two versions of
the lab can report them.
"""

import argparse
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.machine import at_least_one, compose_run, print_machine, print_table
from benchmarks.watched import watch
from ffnn_lab.config import RunConfig, run_id, with_values
from ffnn_lab.config.sweep import ObjectiveConfig, ProtocolConfig
from ffnn_lab.definition import CONFIRM_FROM, REPLICATE_SHIFT, Arm, Definition, write_definition
from ffnn_lab.protocols.space import Interval
from ffnn_lab.records import DEFAULT_SETTING, CurvePoint, RecordWriter, RunResult, TrialRow

SMALL: Mapping[str, Interval] = {"optimizer.lr": Interval(1e-3, 1.0, log=True)}
LARGE: Mapping[str, Interval] = {
    **SMALL,
    "initializer.gain": Interval(0.25, 4.0, log=True),
    "dropout.hidden": Interval(0.0, 0.8, log=False),
}
ARMS = [
    (f"{optimizer}_{suffix}", optimizer, space)
    for suffix, space in (("lr", SMALL), ("all", LARGE))
    for optimizer in ("sgd", "adam")
]
N_EPOCHS = 4
CHANCE = 0.9
SHARE_DIVERGED = 1 / 30
COMMANDS = {"report": (), "claims": ("claims",)}
"""Arguments of ``python -m analysis`` before the sweep's folder, by the measured command."""


@dataclass(frozen=True)
class Shape:
    """The size of a made-up sweep: replicates, and an arm's settings and fresh seeds in each."""

    n_replicates: int
    n_settings: int
    n_fresh: int

    @property
    def n_runs(self) -> int:
        """Return the number of runs of all replicates."""
        return self.n_replicates * len(ARMS) * (self.n_settings + 2 * self.n_fresh)

    @property
    def name(self) -> str:
        """Return the name of the sweep and of its folder."""
        return f"made_up_{self.n_replicates}"


SHAPES = (Shape(50, 90, 5), Shape(400, 12, 4))


def write(folder: Path, shape: Shape) -> None:
    """Write the definition and the records of a made-up sweep.

    Args:
        folder: Folder of the sweep.
        shape: Size of the sweep.
    """
    configs = {
        name: compose_run(
            f"optimizer={optimizer}",
            f"trainer.max_epochs={N_EPOCHS}",
            "tracking=off",
            f"dropout.input={0.1 * (space is LARGE)}",
        )
        for name, optimizer, space in ARMS
    }
    definition = Definition(
        name=shape.name,
        command=f"python -m ffnn_lab.run -m hydra.sweeper.name={shape.name}",
        arms=tuple(Arm.of(name, configs[name], [], space) for name, _, space in ARMS),
        protocol=ProtocolConfig(
            name="random", n_settings=shape.n_settings, seed=0, max_points=15, n_parallel=1
        ),
        objective=ObjectiveConfig(
            split="dev", metric="error", moment="last", n_last=1, aggregate="mean"
        ),
        tune_seeds=(0,),
        confirm_seeds=tuple(range(CONFIRM_FROM, CONFIRM_FROM + shape.n_fresh)),
        pruner=None,
        population_size=32,
        n_replicates=shape.n_replicates,
    )
    write_definition(folder, definition)
    writer, rng = RecordWriter(folder), np.random.default_rng(shape.n_replicates)
    for replicate in range(shape.n_replicates):
        results, trials = [], []
        for place, (name, _, space) in enumerate(ARMS):
            for stage, setting, seed, config, error in _runs(configs[name], space, shape, rng):
                shift = replicate * REPLICATE_SHIFT
                moved = {"task.split_seed": shift, "seed": seed + shift}
                result = _result(with_values(config, moved), error + 0.01 * place, rng)
                results.append(result)
                run = (seed + shift, result.run_id)
                trials.append(TrialRow(stage, name, setting, *run, replicate=replicate))
        writer.write(results, trials)
    writer.compact()


def _runs(
    default: RunConfig, space: Mapping[str, Interval], shape: Shape, rng: np.random.Generator
) -> Iterator[tuple[str, int, int, RunConfig, float]]:
    """Draw the runs of an arm in one replicate.

    Args:
        default: Config of the arm's untuned default.
        space: Axes of the arm, by the config's dotted names.
        shape: Size of the sweep.
        rng: Generator of the draws.

    Returns:
        For each run its stage, setting, seed, config and approximate error.
    """
    settings = []
    for _ in range(shape.n_settings):
        places = rng.random(len(space))
        values = {
            key: _at(axis, place) for (key, axis), place in zip(space.items(), places, strict=True)
        }
        settings.append(
            (with_values(default, values), 0.05 + 0.5 * float(((places - 0.6) ** 2).sum()))
        )
    for setting, (config, error) in enumerate(settings):
        yield "tune", setting, 0, config, error
    best = min(range(len(settings)), key=lambda setting: settings[setting][1])
    for setting, (config, error) in ((best, settings[best]), (DEFAULT_SETTING, (default, 0.3))):
        for seed in range(CONFIRM_FROM, CONFIRM_FROM + shape.n_fresh):
            yield "confirm", setting, seed, config, error


def _at(axis: Interval, place: float) -> float:
    if axis.log:
        return float(axis.low * (axis.high / axis.low) ** place)
    return float(axis.low + (axis.high - axis.low) * place)


def _result(config: RunConfig, error: float, rng: np.random.Generator) -> RunResult:
    is_diverged = rng.random() < SHARE_DIVERGED
    n_epochs = 1 if is_diverged else N_EPOCHS
    noise = rng.integers(-10, 11, (n_epochs + 1, 3)) / 1000
    curve = [
        CurvePoint(epoch, 7 * epoch, split, 2.0 * left + 0.1, rate, config.optimizer.lr)
        for epoch in range(n_epochs + 1)
        for left in [CHANCE ** (2 * epoch + 1)]
        for split, off, rate_noise in zip(
            ("train", "dev", "test"), (0.0, 0.02, 0.03), noise[epoch], strict=True
        )
        for rate in [min(CHANCE, max(0.0, error + off + 0.3 * left + float(rate_noise)))]
    ]
    return RunResult(
        config=config,
        run_id=run_id(config),
        status="diverged" if is_diverged else "completed",
        n_epochs=n_epochs,
        n_steps=7 * n_epochs,
        diverged_step=3 if is_diverged else None,
        seconds=0.1,
        chance_error=CHANCE,
        curve=curve,
    )


def measure(shapes: Sequence[Shape], outputs: Path) -> list[list[str]]:
    """Write the records of each sweep, and time its report and its report on claims.

    Args:
        shapes: Sizes of the sweeps.
        outputs: Folder of the records and the reports.

    Returns:
        The rows of a table of strings.
    """
    rows = []
    for shape in shapes:
        folder = outputs / shape.name
        if not folder.exists():
            write(folder, shape)
        for name, words in COMMANDS.items():
            to = outputs / f"{shape.name}_{name}"
            seen = watch(
                ["-m", "analysis", *words, str(folder), "--to", str(to)],
                outputs / f"{shape.name}_{name}.log",
            )
            rows.append(
                [
                    name,
                    f"{shape.n_replicates}",
                    f"{shape.n_runs:,}",
                    f"{seen.seconds:.1f}",
                    f"{seen.cpu_seconds:.1f}",
                    f"{1000 * seen.cpu_seconds / shape.n_replicates:.0f}",
                    f"{seen.peak_mb:.0f}",
                ]
            )
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the reports of made-up sweeps, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    said = "of each sweep, replicates (default: 50 400)"
    counts = [shape.n_replicates for shape in SHAPES]
    parser.add_argument("--replicates", type=at_least_one, nargs="*", default=counts, help=said)
    parser.add_argument("--folder", type=Path, help="write the records there, and leave them")
    asked = parser.parse_args(arguments)
    known = {shape.n_replicates: shape for shape in SHAPES}
    shapes = [known.get(n, Shape(n, 12, 4)) for n in asked.replicates]
    with tempfile.TemporaryDirectory() as held:
        rows = measure(shapes, asked.folder or Path(held))
    title = "the report of made-up sweeps: four arms, random settings, each command in a process"
    columns = ("command", "replicates", "runs", "s", "s of CPU", "ms of CPU a replicate", "MB")
    print_table(title, columns, rows)
    print_machine()


if __name__ == "__main__":
    main()
