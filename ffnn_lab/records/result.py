"""One run's result: its curve, its final metrics, and which trial it was."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field

from ffnn_lab.config import RunConfig
from ffnn_lab.moments import best_epoch, points_at

STATUSES = ("completed", "diverged", "pruned", "failed")
"""Best first: of a run that was recorded again, after it failed say, the best is read."""
SPLITS = ("train", "dev", "test")
"""Tuning looks at dev; test is only reported."""
MOMENTS = ("last", "best")
"""Those that ``runs`` has columns of, see `ffnn_lab.moments`."""
METRICS = ("loss", "error")
SOLUTIONS = ("min_norm", "sign")
"""Known solutions to which the weights of linear members are compared."""
DEFAULT_SETTING = -1
"""The arm's untuned default, which confirm trains beside the winner: its number in ``trials``."""


@dataclass(frozen=True)
class CurvePoint:
    """One measurement of one run on one split."""

    epoch: int
    """Epochs done; 0 is the start."""
    step: int
    """Updates done."""
    split: str
    loss: float
    """Mean loss: nats, or the squared unit of the labels under the squared loss (of a table's
    numeric target: variances of train, for it is standardized)."""
    error: float
    """Error rate in [0, 1]; for real labels mean squared residual over the variance of the train
    labels, and for letters bits of each, both of which may exceed 1."""
    lr: float
    """Learning rate that was in force when it was measured."""


@dataclass(frozen=True)
class Direction:
    """Where the weights of one run pointed when it was measured."""

    epoch: int
    step: int
    cosines: Mapping[str, float]
    """Of the weights with solutions that the task knows, by the names of `SOLUTIONS`."""


@dataclass(frozen=True)
class Correct:
    """The test examples that one run classifies correctly."""

    moment: str
    """One of `MOMENTS`, see `ffnn_lab.moments.moment_of_answers`."""
    n_examples: int
    bits: bytes
    """One for each test example, in the task's own order, packed as ``numpy.packbits`` packs
    them: the first is the highest of the first byte, and the last byte is filled with zeros."""


@dataclass(frozen=True)
class RunResult:
    """The result of one run."""

    config: RunConfig
    run_id: str
    status: str
    n_epochs: int
    n_steps: int
    diverged_step: int | None
    seconds: float
    """The run's equal share of the wall time of the populations it was in."""
    chance_error: float
    """What a diverged run counts as: the error of always answering the commonest class; 1,
    that of the train mean, for real labels and for them alone."""
    curve: list[CurvePoint]
    traceback: str | None = None
    """What a failed run ended with; None of any other."""
    directions: list[Direction] = field(default_factory=list)
    """Beside the curve, where member and task have them and the weights are not all 0."""
    correct: Correct | None = None
    """Of a run of the confirm stage that completed, where the task's error counts answers."""

    @property
    def cosines(self) -> Mapping[str, float]:
        """Return the cosines of the final weights; none of a run that did not complete."""
        is_final = self.status == "completed" and bool(self.directions)
        last = self.directions[-1] if is_final else None
        return last.cosines if last is not None and last.epoch == self.n_epochs else {}

    def metrics(self) -> dict[str, float | int | None]:
        """Return every metric by its column: ``last.dev.error``, ``best.test.loss``, ....

        A run that did not complete has none at its end: all are None. Cosines are there only for
        a member and a task that have them.
        """
        values: dict[str, float | int | None] = {
            f"{moment}.{split}.{metric}": None
            for moment in MOMENTS
            for split in SPLITS
            for metric in METRICS
        }
        values["best.epoch"] = None
        if self.status != "completed":
            return values
        values["best.epoch"] = best_epoch(self.curve)
        for moment, split in itertools.product(MOMENTS, SPLITS):
            for point in points_at(self.curve, moment, split):
                values[f"{moment}.{split}.loss"] = point.loss
                values[f"{moment}.{split}.error"] = point.error
        return values | {f"cosine.{name}": value for name, value in self.cosines.items()}


@dataclass(frozen=True)
class TrialRow:
    """One seed of one setting of one arm in one replicate: which run it was."""

    stage: str
    """``tune`` or ``confirm``."""
    arm: str
    setting: int
    """The number of the Optuna trial that proposed it, within the arm and the replicate; or
    `DEFAULT_SETTING`."""
    seed: int
    run_id: str
    edges: str = ""
    """Of a confirmed winner, the axes on whose edge it lies, as `ffnn_lab.edges.edge_text` words
    them: ``optimizer.lr low; initializer.gain high``. Empty elsewhere."""
    replicate: int = 0
    """The replicate that the run belongs to."""
