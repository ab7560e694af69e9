"""What a sweep leaves to the lab: whether steps are compiled, and how large populations are.

Both are settled once, from the whole sweep's work, before its first run. The first is part of
every run's identity and is kept in the definition; so it must not depend on how busy a machine is,
or on what it has compiled before.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ffnn_lab.config import RunConfig, with_values
from ffnn_lab.draws import batch_bounds
from ffnn_lab.programs import NO_COMPILER, find_compiler
from ffnn_lab.sizes import numbers_of, population_size_for
from ffnn_lab.sweeper.definition import Arm, Definition
from ffnn_lab.sweeper.estimate import shares
from ffnn_lab.tasks import Task, load_task

SECONDS_SAVED = 2.5e-9
"""Per step, member and number that a step touches beside its products: what compiling saves on one
core (``docs/performance.md``), rounded to what decides alike on any machine of its kind."""
SECONDS_TO_COMPILE = 25.0
"""A partition's programs, where none is on disk."""
SECONDS_PER_METHOD = 8.0
"""An optimizer's, likewise."""


def settle_sweep(
    definition: Definition,
    *,
    stored: Mapping[str, Any] | None,
    population_size: int | None,
    notice: Callable[[str], None],
) -> Definition:
    """Settle what a definition leaves open.

    Args:
        definition: What is asked for.
        stored: What the sweep's folder holds; a sweep that was begun goes on as it was settled.
        population_size: As the user set it, or None.
        notice: Told what the user should know.

    Raises:
        UserError: If a task cannot be loaded.
    """
    works = [
        (config, n_runs, load_task(config.task, Path(config.paths.data)))
        for config, n_runs in shares(definition)
    ]
    before = _stored_choice(stored)
    is_wanted = is_worth_compiling(works) if before is None else before
    arms = tuple(_settle_arm(arm, is_wanted=is_wanted, notice=notice) for arm in definition.arms)
    size = population_size or min(population_size_for(config, task) for config, _, task in works)
    return replace(definition, arms=arms, population_size=size)


def _settle_arm(arm: Arm, *, is_wanted: bool, notice: Callable[[str], None]) -> Arm:
    config = settle_compile(arm.config, is_wanted=is_wanted, notice=notice)
    # A run of this arm by itself would not be compiled unless it is told.
    is_told = config.trainer.compile is True and arm.config.trainer.compile == "auto"
    more = ("trainer.compile=true",) if is_told else ()
    return replace(arm, config=config, overrides=(*arm.overrides, *more))


def settle_compile(
    config: RunConfig, *, is_wanted: bool, notice: Callable[[str], None]
) -> RunConfig:
    """Replace ``trainer.compile=auto`` by true or false, and true by false without a compiler."""
    asked = config.trainer.compile
    choice = (is_wanted and config.device == "cpu") if asked == "auto" else asked
    if choice and find_compiler() is None:
        notice(NO_COMPILER)
        choice = False
    return with_values(config, {"trainer.compile": choice})


def is_worth_compiling(works: list[tuple[RunConfig, float, Task]]) -> bool:
    """Whether compiled steps save more time than compiling takes, on a machine that never did.

    Args:
        works: Runs, how many each stands for, and their tasks.
    """
    saved = 0.0
    for config, n_runs, task in works:
        n_train = len(task.train.labels)
        bounds = batch_bounds(n_train, config.trainer.batch_size)
        n_numbers = numbers_of(config, task)
        saved += n_runs * config.trainer.max_epochs * len(bounds) * n_numbers * SECONDS_SAVED
    methods = {type(config.optimizer) for config, _, _ in works}
    shapes = {(task.name, tuple(config.model.widths)) for config, _, task in works}
    return saved > len(shapes) * SECONDS_TO_COMPILE + len(methods) * SECONDS_PER_METHOD


def _stored_choice(stored: Mapping[str, Any] | None) -> bool | None:
    """Say how a sweep that was begun computes its steps."""
    arms = (stored or {}).get("arms", {})
    choices = {arm["config"].get("trainer.compile") for arm in arms.values()}
    return choices.pop() if len(choices) == 1 else None
