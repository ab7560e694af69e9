"""``RunConfig``, the config of one run; the groups of its options; and the id of a run."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from operator import itemgetter
from typing import Any, Union

from ffnn_lab import registry
from ffnn_lab.config.fields import (
    ConfigError,
    any_value,
    check,
    coerce,
    folded,
    home,
    is_neutral,
    neutral_values,
    one_of,
    ranged,
    type_hints,
    walk_leaves,
)
from ffnn_lab.config.groups import Group
from ffnn_lab.config.initializer import InitializerConfig
from ffnn_lab.config.model import ModelConfig
from ffnn_lab.config.optimizer import OptimizerConfig
from ffnn_lab.config.schedule import ScheduleConfig
from ffnn_lab.config.task import TaskConfig


@dataclass(kw_only=True)
class DropoutConfig:
    """Dropout rates: probability that a unit is dropped in a training step (inverted scaling)."""

    input: float = ranged("[0, 1)")
    """Probability that an input is dropped."""
    hidden: float = ranged("[0, 1)")
    """Probability that a hidden unit is dropped."""


@dataclass(kw_only=True)
class TrainerConfig:
    """Fields that say how long a run trains, in which steps, and how often it is evaluated."""

    max_epochs: int = ranged("[1, inf)")
    """Number of epochs, each a pass over the train split, after which a run is complete."""
    batch_size: Any  # int | str: OmegaConf 2.3 fails on such a union without a default
    """Number of examples per step, or ``full`` for the whole train split."""
    evaluate_every: int = ranged("[1, inf)")
    """Number of epochs from one evaluation to the next; the last epoch is always evaluated."""
    diagnose_every: Union[int, None] = ranged("[1, inf)", neutral=None)  # noqa: UP007 - as above
    """Number of epochs from one diagnosis of the layers to the next, a multiple of
    ``evaluate_every``; the start and the last epoch are diagnosed, too. Null for none: then only a
    run whose train error ends near that of a constant answer is diagnosed, at its end."""
    dtype: str = one_of("float32", "float64")
    """Floating-point type of the parameters and of the computations with them."""
    compile: Any  # bool | str: as above
    """True to compile steps (on the CPU), whose results may then differ by rounding; ``auto`` is
    decided once for a sweep, by the amount of its work."""
    precision: str = one_of("full", "tf32", "bf16")
    """Rounding of the factors of matrix products in training, which is none (``full``) or, for
    float32 networks, to TensorFloat-32 (``tf32``, on CUDA) or bfloat16 (``bf16``). Evaluation
    rounds nothing."""
    max_norm: Union[float, None] = ranged("(0, inf)")  # noqa: UP007 - as above
    """Largest norm of the incoming weights of a hidden unit, enforced after each step; null for no
    limit (Srivastava et al. 2014, section 5.1)."""
    clip_norm: Union[float, None] = ranged("(0, inf)", neutral=None)  # noqa: UP007 - as above
    """Largest norm of a run's gradient, over all weights and biases; a larger gradient is scaled
    down to it before weight decay and step, as by ``torch.nn.utils.clip_grad_norm_``; null for no
    limit."""
    walk: str = one_of("one_by_one", "vmap", neutral="one_by_one")
    """Order in which the members of a population (runs that are trained together) are computed, if
    torch computes their derivatives: one after another (``one_by_one``), so that no member's
    numbers depend on the others; or all at once by ``torch.func.vmap`` (``vmap``), which is faster
    for small networks on one core, but makes rounding depend on the other members."""
    save_weights: bool
    """True to save the trained network beside the records."""
    checkpoint_seconds: Union[float, None] = ranged("(0, inf)")  # noqa: UP007 - as above
    """Seconds between two checkpoints of the runs in training; null for no checkpoints."""


@dataclass(kw_only=True)
class TrackingConfig:
    """Fields that say whether and how runs are sent to Weights & Biases (W&B)."""

    mode: str = one_of("offline", "online", "off")
    project: str
    """W&B project that the runs belong to."""
    entity: Union[str, None] = any_value(neutral=None)  # noqa: UP007 - as above
    """W&B team or user that the project belongs to; null for the account's default."""
    tags: list[str] = any_value(neutral=[])
    """W&B tags of every run, besides the name of its arm."""
    notes: Union[str, None] = any_value(neutral=None)  # noqa: UP007 - as above
    """Text that W&B shows as the notes of every run; null for none."""


@dataclass(kw_only=True)
class PathsConfig:
    """Folders on this machine, on which no result and no run's id depends."""

    outputs: str
    """Folder of all records, tables and figures."""
    data: str
    """Folder of the data sets that no installed package contains, such as MNIST."""

    def __post_init__(self) -> None:
        """Replace a tilde at the beginning of each path by the home folder that it means."""
        for name in ("outputs", "data"):
            text = getattr(self, name)
            if text.startswith("~"):
                setattr(self, name, str(home(text)))


@dataclass(kw_only=True)
class RunConfig:
    """The config of one run: a setting (a value of each field but the seed) and a seed."""

    seed: int = ranged("[0, 9e18]")
    """Seed of initial parameters, order of examples, dropout masks and augmented variants; each of
    these has its own random stream."""
    device: str = one_of("auto", "cpu", "cuda")
    """Device on which the run is trained; ``auto`` is replaced by ``cpu`` or ``cuda`` before the
    run is recorded."""
    task: TaskConfig
    model: ModelConfig
    initializer: InitializerConfig
    bias_initializer: InitializerConfig
    optimizer: OptimizerConfig
    schedule: ScheduleConfig
    dropout: DropoutConfig
    trainer: TrainerConfig
    tracking: TrackingConfig
    paths: PathsConfig
    sources: dict[str, str] = any_value(default={}, neutral={})
    """Checksum (sha256) of the file that defines each option from outside the package, by the kind
    and name of the option, such as ``optimizer.lion``; see `settle_sources`."""

    def __post_init__(self) -> None:
        """Check the value of each field, and that fields which depend on each other agree.

        Raises:
            ConfigError: If they do not; the message names the field, what was expected and what
                came.
        """
        check(self, "")
        for field in fields(self):
            part = getattr(self, field.name)
            if hasattr(part, "__dataclass_fields__"):
                check(part, f"{field.name}.")
            if hasattr(part, "name"):
                _check_name(field.name, part)
        self.model.check_run(self)
        _check_batch_size(self.trainer.batch_size)
        if not isinstance(self.trainer.compile, bool) and self.trainer.compile != "auto":
            msg = f"trainer.compile must be auto, true or false, got {self.trainer.compile}"
            raise ConfigError(msg)
        if self.trainer.compile is True and self.device == "cuda":
            msg = (
                "trainer.compile must be auto or false with device=cuda, where steps are not "
                "compiled but replayed as CUDA graphs; got true"
            )
            raise ConfigError(msg)
        if self.trainer.compile is True and self.model.program is None:
            msg = (
                f"trainer.compile must be auto or false with {self.model.asked}, whose steps "
                "cannot be compiled; got true"
            )
            raise ConfigError(msg)
        if self.trainer.walk != "one_by_one" and self.model.program is not None:
            msg = (
                f"trainer.walk must be one_by_one with {self.model.asked}, whose members are "
                f"always computed together, as stacked matrices; got {self.trainer.walk}"
            )
            raise ConfigError(msg)
        self.task.check_together()
        if self.trainer.precision != "full" and self.trainer.dtype != "float32":
            msg = (
                f"trainer.precision must be full with trainer.dtype={self.trainer.dtype}, got "
                f"{self.trainer.precision}"
            )
            raise ConfigError(msg)
        if self.trainer.precision == "tf32" and self.device == "cpu":
            msg = "trainer.precision must be full or bf16 with device=cpu, got tf32"
            raise ConfigError(msg)
        every = self.trainer.diagnose_every
        if every is not None and every % self.trainer.evaluate_every:
            msg = (
                "trainer.diagnose_every must be a multiple of trainer.evaluate_every, which is "
                f"{self.trainer.evaluate_every}, or null; got {every}"
            )
            raise ConfigError(msg)
        schedule = registry.options("schedule")[self.schedule.name]
        if schedule.needs_dev_loss and self.trainer.evaluate_every != 1:
            msg = (
                f"trainer.evaluate_every must be 1 with schedule={schedule.name}, which looks at "
                f"the dev loss after every epoch; got {self.trainer.evaluate_every}"
            )
            raise ConfigError(msg)


def _check_name(group: str, part: Any) -> None:  # noqa: ANN401 - of any group
    """Check that a part's ``name`` is that of an option of its group with the part's class.

    Args:
        group: The group, such as ``optimizer``.
        part: The part of a run's config that the group's options make.

    Raises:
        ConfigError: If there is no such option.
    """
    options = GROUPS[group]
    if options.get(part.name) is not type(part):
        fitting = [name for name, config in options.items() if config is type(part)]
        fitting = fitting if part.name in options else list(options)
        msg = f"{group}.name must be one of {', '.join(fitting)}; got {part.name}"
        raise ConfigError(msg)


def _check_batch_size(batch_size: object) -> None:
    is_count = isinstance(batch_size, int) and not isinstance(batch_size, bool) and batch_size > 0
    if not is_count and batch_size != "full":
        msg = f"trainer.batch_size must be a positive integer or full, got {batch_size}"
        raise ConfigError(msg)


GROUPS: dict[str, Mapping[str, type]] = {
    "task": Group("task"),
    "model": Group("model"),
    "initializer": Group("initializer"),
    "bias_initializer": Group("initializer", lambda option: option.serves_bias),
    "optimizer": Group("optimizer"),
    "schedule": Group("schedule"),
    "tracking": dict.fromkeys(("offline", "online", "off"), TrackingConfig),
}
"""Maps each group of ``conf/`` to its options: the name of each option to the class against which
Hydra checks its YAML."""
KINDS = {group: group for group in GROUPS if group != "tracking"} | {
    "bias_initializer": "initializer"
}
"""Maps each group of ``conf/`` but ``tracking`` to the kind of its options in the registry."""

UNCOUNTED_GROUPS = ("tracking.", "paths.")
"""Beginnings of the names of leaves that change no result and do not enter a run's id."""
LOCATIONS = {"task": "path", "model": "folder"}
"""For a group, the field that names a file's place. It does not enter a run's id, since the field
``sha256`` of the group, which does, identifies the file's contents."""
LOCATED = frozenset(f"{group}.{field}" for group, field in LOCATIONS.items())
"""Names of these leaves."""
UNCOUNTED_LEAVES = LOCATED | {
    *("task.download", "trainer.save_weights", "trainer.checkpoint_seconds"),
}
"""Names of further leaves that change no result and do not enter a run's id."""


OPEN_IN_RUN = ("model.arguments.",)
"""Beginnings of the names of leaves whose last part the user chooses; Hydra adds or changes such a
leaf only if two pluses precede the override."""


def moves_numbers(leaf: str) -> bool:
    """Return True if the leaf of a dotted name can change results, and so enters a run's id."""
    return leaf not in UNCOUNTED_LEAVES and not leaf.startswith(UNCOUNTED_GROUPS)


def may_vary(leaf: str) -> bool:
    """Return True if a leaf may be an axis or differ between arms or conditions.

    These are the leaves that can change results, and ``task.path``, which names other data.
    """
    return moves_numbers(leaf) or leaf == "task.path"


def check_paths(config: RunConfig) -> None:
    """Check that ``paths.outputs``, ``paths.data`` and ``task.path`` can be paths.

    Only the config of a run that is to be trained is checked, not one that is read from a record.

    Args:
        config: The config of the run.

    Raises:
        ConfigError: If a path is empty, has a zero byte, or begins with ``~`` and the name of a
            user who does not exist.
    """
    named = {"paths.outputs": config.paths.outputs, "paths.data": config.paths.data}
    if getattr(config.task, "path", None) is not None:
        named["task.path"] = str(home(config.task.path))  # type: ignore[attr-defined]
    for name, path in named.items():
        if path.startswith("~"):
            msg = (
                f"{name}={path}: a path that begins with ~ means a home folder, and there is no "
                f"user of that name; a folder of that name is written ./{path}"
            )
            raise ConfigError(msg)
        if not path.strip():
            msg = f"{name} must name a folder, got nothing; write . for the current folder"
            raise ConfigError(msg)
        if "\0" in path:
            msg = f"{name} must be a path without zero bytes, got {path!r}"
            raise ConfigError(msg)


def from_leaves(flat: Mapping[str, Any]) -> RunConfig:
    """Rebuild a config from its leaves by dotted name, as a record or a definition stores them.

    A leaf that the record lacks because its field was added later gets its neutral value.

    Args:
        flat: Values by dotted name.

    Raises:
        ConfigError: If leaves are missing, unknown or out of range.
    """
    hints = type_hints(RunConfig)
    flat = neutral_values(RunConfig) | folded(flat, hints)
    parts_of_run = {name for name, hint in hints.items() if is_dataclass(hint)}
    _check_stored({key.partition(".")[0] for key in flat} | parts_of_run, hints, prefix="")
    parts: dict[str, Any] = {}
    for name, hint in hints.items():
        if name not in parts_of_run:
            parts[name] = coerce(flat[name], hint, name)
            continue
        below = {k.partition(".")[2]: v for k, v in flat.items() if k.startswith(f"{name}.")}
        part, below = hint, neutral_values(hint) | below
        if name in GROUPS and "name" in below:
            if coerce(below["name"], str, f"{name}.name") not in GROUPS[name]:
                msg = f"{name}.name must be one of {', '.join(GROUPS[name])}; got {below['name']}"
                if flat["sources"]:
                    msg += f". {_ELSEWHERE}"
                raise ConfigError(msg)
            part = GROUPS[name][below["name"]]
        inner = type_hints(part)
        below = folded(neutral_values(part) | below, inner)
        _check_stored(set(below), inner, prefix=f"{name}.")
        parts[name] = part(**{k: coerce(v, inner[k], f"{name}.{k}") for k, v in below.items()})
    return RunConfig(**parts)


_ELSEWHERE = (
    "An option of your own is found if lab_options.py in the current folder, or the file that the "
    "environment variable FFNN_LAB_OPTIONS names, registers it"
)


def _check_stored(names: set[str], hints: Mapping[str, Any], *, prefix: str) -> None:
    odd = sorted(names ^ set(hints))
    if odd:
        listed = ", ".join(prefix + name for name in odd)
        msg = f"the stored config does not fit this version of ffnn_lab: see {listed}"
        raise ConfigError(msg)


def identity(config: RunConfig) -> dict[str, Any]:
    """Return the leaves that can change a run's results, by dotted name; its id is their hash.

    A leaf whose field was added after records were first written is left out at its neutral value.
    """
    return {
        key: value
        for key, value, metadata in sorted(walk_leaves(config), key=itemgetter(0))
        if moves_numbers(key) and not is_neutral(metadata, value)
    }


def run_id(config: RunConfig) -> str:
    """Return a run's id: the hash, twelve hexadecimal digits, of all that can change its results.

    Raises:
        ConfigError: If ``device`` or ``trainer.compile`` is still ``auto``, or the file of a task
            or model has no checksum yet: the kind of device, compiled steps and the contents of
            files change results, so they must be settled first.
    """
    if config.device == "auto":
        msg = "device must be cpu or cuda before the id of a run is computed, got auto"
        raise ConfigError(msg)
    if not config.task.is_settled:
        msg = "task.sha256 must be known before the id of a run is computed, got null"
        raise ConfigError(msg)
    if not config.model.is_settled:
        msg = "model.sha256 must be known before the id of a run is computed, got null"
        raise ConfigError(msg)
    if config.trainer.compile == "auto":
        msg = "trainer.compile must be true or false before the id of a run is computed, got auto"
        raise ConfigError(msg)
    return digest(identity(config))


def digest(value: object) -> str:
    """Return a hash of a value that JSON can hold: twelve hexadecimal digits."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def partition_key(config: RunConfig) -> str:
    """Return a key of all fields in which the members of a population must agree.

    Runs of equal keys form a partition: they can be trained together.
    """
    flat = identity(config)
    shared = ("task.", "model.", "device")
    names = ("batch_size", "dtype", "evaluate_every", "compile", "precision", "walk")
    trainer = tuple(f"trainer.{name}" for name in names)
    return json.dumps({k: v for k, v in flat.items() if k.startswith(shared) or k in trainer})
