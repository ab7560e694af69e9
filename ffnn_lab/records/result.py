"""The result of a run, with its curve and metrics, and the row of ``trials`` that names a run."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field

from ffnn_lab.config import RunConfig
from ffnn_lab.moments import best_epoch, points_at

STATUSES = ("completed", "diverged", "pruned", "failed")
"""Statuses of runs, best first. Of a run that was recorded twice (it failed, and was trained
again), the row of the better status is read."""
SPLITS = ("train", "dev", "test")
"""The splits of a task's examples: tuning selects by dev; test is only reported."""
MOMENTS = ("last", "best")
"""Moments that have columns in ``runs``, see `ffnn_lab.moments`."""
METRICS = ("loss", "error")
SOLUTIONS = ("min_norm", "sign")
"""Names of the solutions of a task with which the weights of linear networks are compared."""
LAYER_STATISTICS = (
    *("before.mean", "before.std", "active.mean", "active.std", "saturated", "dead"),
    *("backprop.std", "gradient.std", "update.ratio", "difference"),
)
"""Statistics of a layer in the table ``layers``, in the order of its columns."""
DEFAULT_SETTING = -1
"""Number, in ``trials``, of the setting that is an arm's untuned default; confirm trains this
setting beside the winner."""


@dataclass(frozen=True)
class CurvePoint:
    """One measurement of one run on one split."""

    epoch: int
    """Number of epochs done; 0 at the start."""
    step: int
    """Number of updates done."""
    split: str
    loss: float
    """Mean loss: in nats, or under the squared loss in the squared unit of the labels (for a
    table's numeric target, which is standardized, in variances of its train labels)."""
    error: float
    """Error rate in [0, 1]; for real labels the mean squared residual over the variance of the
    train labels; for texts bits per letter. The last two may exceed 1."""
    lr: float
    """Learning rate at the time of the measurement."""


@dataclass(frozen=True)
class Direction:
    """The direction of the weights of one run at one measurement."""

    epoch: int
    step: int
    cosines: Mapping[str, float]
    """Cosines between the weights and the solutions of the task, by the names of `SOLUTIONS`."""


@dataclass(frozen=True)
class LayerPoint:
    """The diagnosis of one layer of one run at one epoch."""

    epoch: int
    step: int
    layer: int
    """Number of the layer, from 1; the output layer has the highest number."""
    module: str
    """Name of the layer's module, as in ``nn.Module.named_modules``."""
    n_units: int
    """Number of units; for a convolution that of its channels."""
    statistics: Mapping[str, float]
    """The statistics by the names of `LAYER_STATISTICS`, without those that the layer lacks."""


@dataclass(frozen=True)
class Correct:
    """The test examples that one run classifies correctly."""

    moment: str
    """The moment at which the answers were given, one of `MOMENTS`; see
    `ffnn_lab.moments.moment_of_answers`."""
    n_examples: int
    bits: bytes
    """One bit for each test example, in the task's own order, packed as by ``numpy.packbits``: the
    first example is the highest bit of the first byte, and the last byte is padded with zeros."""


@dataclass(frozen=True)
class RunResult:
    """The result of one run: its config, its end, its curve and what else was measured."""

    config: RunConfig
    run_id: str
    status: str
    n_epochs: int
    n_steps: int
    diverged_step: int | None
    seconds: float
    """Wall time in seconds: the run's equal share of that of the populations in which it was
    trained."""
    chance_error: float
    """Error that a diverged run counts as: that of always answering the most frequent class. For
    real labels, and for them alone, it is 1, the error of always answering the train mean."""
    curve: list[CurvePoint]
    traceback: str | None = None
    """Traceback of a failed run; None for any other run."""
    directions: list[Direction] = field(default_factory=list)
    """Direction of the weights at each measured epoch at which they are not all 0; empty unless
    the network is linear and the task knows solutions."""
    layers: list[LayerPoint] = field(default_factory=list)
    """Diagnoses of the layers, by epoch and layer; empty unless the run was diagnosed."""
    correct: Correct | None = None
    """Correct answers of a completed run of the confirm stage; None for any other run, and where
    the task's error is not a rate of wrong answers."""

    @property
    def cosines(self) -> Mapping[str, float]:
        """Return the cosines of the final weights; empty if the run did not complete."""
        is_final = self.status == "completed" and bool(self.directions)
        last = self.directions[-1] if is_final else None
        return last.cosines if last is not None and last.epoch == self.n_epochs else {}

    def metrics(self) -> dict[str, float | int | None]:
        """Return every metric by its column: ``last.dev.error``, ``best.test.loss``, ....

        All are None for a run that did not complete. Cosines are included only if the network is
        linear and the task knows solutions.
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
    """A row of ``trials``: the run of one seed, setting, arm, stage and replicate."""

    stage: str
    """``tune`` or ``confirm``."""
    arm: str
    setting: int
    """Number of the setting within the arm and the replicate, which is that of the Optuna trial
    that proposed it; or `DEFAULT_SETTING`."""
    seed: int
    run_id: str
    edges: str = ""
    """The axes on whose edge a confirmed winner lies, as written by `ffnn_lab.edges.edge_text`:
    ``optimizer.lr low; initializer.gain high``. Empty for any other run."""
    replicate: int = 0
    """Number of the replicate that the run belongs to."""
