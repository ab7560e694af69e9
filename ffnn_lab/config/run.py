"""``RunConfig``: everything that says what one run does."""

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
    """Probability that a unit is dropped while training (inverted scaling)."""

    input: float = ranged("[0, 1)")
    """Probability of each input."""
    hidden: float = ranged("[0, 1)")
    """Probability of each hidden unit."""


@dataclass(kw_only=True)
class TrainerConfig:
    """Fields that say how long a run trains, in which steps, and how often it is evaluated."""

    max_epochs: int = ranged("[1, inf)")
    """Passes over the train split."""
    batch_size: Any  # int | str: OmegaConf 2.3 fails on such a union without a default
    """Examples per step, or ``full`` for the whole train split."""
    evaluate_every: int = ranged("[1, inf)")
    """Epochs between evaluations; the last epoch is always evaluated."""
    dtype: str = one_of("float32", "float64")
    """Type of all parameters and of what is computed."""
    compile: Any  # bool | str: as above
    """Whether steps are compiled (on the CPU), which may round otherwise; ``auto`` is decided once
    for a sweep, by the amount of its work."""
    precision: str = one_of("full", "tf32", "bf16")
    """What the matrix products of training are rounded to: not at all, or, with a float32 network,
    to TensorFloat-32 (on CUDA) or bfloat16. Evaluation rounds nothing."""
    max_norm: Union[float, None] = ranged("(0, inf)")  # noqa: UP007 - as above
    """Longest incoming weight vector of a hidden unit, enforced after each step; null for no
    limit (Srivastava et al. 2014, section 5.1)."""
    clip_norm: Union[float, None] = ranged("(0, inf)", neutral=None)  # noqa: UP007 - as above
    """Longest gradient of a member, over all its weights and biases; a longer one is shortened
    before decay and step, as by ``torch.nn.utils.clip_grad_norm_``; null for no limit."""
    walk: str = one_of("one_by_one", "vmap", neutral="one_by_one")
    """How the members of a population are walked, of models whose derivatives are torch's own: one
    after another, so that no member's numbers depend on the others; or all at once by
    ``torch.func.vmap``, which is faster for small networks on one core, and whose rounding depends
    on the other members."""
    save_weights: bool
    """Whether to save the trained network beside the records."""
    checkpoint_seconds: Union[float, None] = ranged("(0, inf)")  # noqa: UP007 - as above
    """Seconds between two checkpoints of a sweep's populations; null for none."""


@dataclass(kw_only=True)
class TrackingConfig:
    """Fields that say whether and how runs are sent to W&B."""

    mode: str = one_of("offline", "online", "off")
    project: str
    """W&B project that the runs belong to."""
    entity: Union[str, None] = any_value(neutral=None)  # noqa: UP007 - as above
    """W&B team or user that the project belongs to; null for the account's default."""
    tags: list[str] = any_value(neutral=[])
    """Tags of every run, beside its arm."""
    notes: Union[str, None] = any_value(neutral=None)  # noqa: UP007 - as above
    """Notes of every run."""


@dataclass(kw_only=True)
class PathsConfig:
    """Where things lie on this machine; moves no number."""

    outputs: str
    """Folder of all records, tables and figures."""
    data: str
    """Folder of the raw data that are not embedded."""

    def __post_init__(self) -> None:
        """Replace a tilde at the beginning by the home folder that it means."""
        for name in ("outputs", "data"):
            text = getattr(self, name)
            if text.startswith("~"):
                setattr(self, name, str(home(text)))


@dataclass(kw_only=True)
class RunConfig:
    """One run: a setting and its seed."""

    seed: int = ranged("[0, 9e18]")
    """Draws start, order, masks and shown variants, each in a stream of its own."""
    device: str = one_of("auto", "cpu", "cuda")
    """Where it is trained; the records say ``cpu`` or ``cuda``."""
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
    """The sha256 of the file that defines each option from outside, by its kind and name, such as
    ``optimizer.lion``; see `settle_sources`."""

    def __post_init__(self) -> None:
        """Check every range, and what two fields must agree on.

        Raises:
            ConfigError: Naming the field, what was expected and what came.
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
                "trainer.compile must be auto or false with device=cuda, where steps are replayed "
                "as a graph of the device instead; got true"
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
                f"stacked in any case; got {self.trainer.walk}"
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
        schedule = registry.options("schedule")[self.schedule.name]
        if schedule.needs_dev_loss and self.trainer.evaluate_every != 1:
            msg = (
                f"trainer.evaluate_every must be 1 with schedule={schedule.name}, which looks at "
                f"the dev loss after every epoch; got {self.trainer.evaluate_every}"
            )
            raise ConfigError(msg)


def _check_name(group: str, part: Any) -> None:  # noqa: ANN401 - of any group
    """Check that the ``name`` of a part is an option of its group that has the part's class."""
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
"""Each group of ``conf/``, its options, and the class that checks each option's YAML."""
KINDS = {group: group for group in GROUPS if group != "tracking"} | {
    "bias_initializer": "initializer"
}
"""The kind of option, as the registry knows it, that each group chooses from."""

MOVES_NO_NUMBER = (
    "tracking.",
    "paths.",
    "task.download",
    "task.path",  # task.sha256 says what was in it
    "model.folder",  # model.sha256 says what was in the file
    "trainer.save_weights",
    "trainer.checkpoint_seconds",
)
"""Beginnings of the leaves that do not enter a run's id."""


OPEN_IN_RUN = ("model.arguments.",)
"""Beginnings of the leaves whose names the user chooses; Hydra adds or changes such a leaf after
two pluses."""


def moves_numbers(leaf: str) -> bool:
    """Return True if a leaf, by its dotted name, can change numbers, and so enters a run's id."""
    return not leaf.startswith(MOVES_NO_NUMBER)


def check_paths(config: RunConfig) -> None:
    """Check the paths of a run that is to be trained; records of earlier runs are not checked.

    Raises:
        ConfigError: If one begins with a tilde and the name of no user, or is empty.
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
            msg = f"{name} must name a folder, got nothing; . is the folder where you stand"
            raise ConfigError(msg)
        if "\0" in path:
            msg = f"{name} must be a path, which has no zero bytes; got {path!r}"
            raise ConfigError(msg)


def from_leaves(flat: Mapping[str, Any]) -> RunConfig:
    """Rebuild a config from its leaves by dotted name, as a record or a definition stores them.

    A leaf that the record lacks since it was added later gets its neutral value.

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
    "Options from outside are found where their lab_options.py lies, or by the environment "
    "variable FFNN_LAB_OPTIONS, which names the file"
)


def _check_stored(names: set[str], hints: Mapping[str, Any], *, prefix: str) -> None:
    odd = sorted(names ^ set(hints))
    if odd:
        listed = ", ".join(prefix + name for name in odd)
        msg = f"the stored config does not fit this version of ffnn_lab: see {listed}"
        raise ConfigError(msg)


def identity(config: RunConfig) -> dict[str, Any]:
    """Return the leaves that can change a run's numbers, of which its id is the hash.

    A leaf that was added after records were first written is left out if its value is neutral.
    """
    return {
        key: value
        for key, value, metadata in sorted(walk_leaves(config), key=itemgetter(0))
        if moves_numbers(key) and not is_neutral(metadata, value)
    }


def run_id(config: RunConfig) -> str:
    """Hash all that can change the run's numbers to twelve hexadecimal digits.

    Raises:
        ConfigError: If ``device`` or ``trainer.compile`` is still ``auto``, or a table has no
            checksum: the kind of device, how steps are computed and the contents of the table
            change numbers, so they must be settled first.
    """
    if config.device == "auto":
        msg = "device must be settled (cpu or cuda) before a run has an id, got auto"
        raise ConfigError(msg)
    if not config.task.is_settled:
        msg = "task.sha256 must be settled before a run has an id, got null"
        raise ConfigError(msg)
    if not config.model.is_settled:
        msg = "model.sha256 must be settled before a run has an id, got null"
        raise ConfigError(msg)
    if config.trainer.compile == "auto":
        msg = "trainer.compile must be settled (true or false) before a run has an id, got auto"
        raise ConfigError(msg)
    return digest(identity(config))


def digest(value: object) -> str:
    """Hash anything that JSON can hold, the same in every process and on every machine."""
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
