"""Choose what the user left open: whether steps are compiled, and the size of populations.

Both are chosen once, from the whole sweep's work, before its first run. The choice to compile is
part of every run's identity and is stored in the definition; so it must not depend on how busy a
machine is, or on what it has compiled before.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ffnn_lab.config import RunConfig, with_values
from ffnn_lab.definition import Arm, Definition, Examples
from ffnn_lab.draws import batch_bounds
from ffnn_lab.library import NO_COMPILER, find_compiler
from ffnn_lab.records import SPLITS
from ffnn_lab.sizes import LEAST_MEMBERS, Sizes, population_size_for
from ffnn_lab.sweeper.estimate import shares
from ffnn_lab.tasks import load_task
from ffnn_lab.tasks.data.task import Task

SECONDS_SAVED = 2.5e-9
"""Seconds that compiling saves on one core per step, member and number that a step touches outside
of matrix products (``docs/performance.md``); rounded, so that similar machines decide alike."""
SECONDS_TO_COMPILE = 25.0
"""Seconds to compile the programs of one task and model, where none is on disk."""
SECONDS_PER_METHOD = 8.0
"""Seconds to compile the programs of one optimizer, where none is on disk."""
N_PARALLEL = "hydra.sweeper.protocol.n_parallel"


def settle_sweep(
    definition: Definition,
    *,
    stored: Definition | None,
    population_size: int | None,
    notice: Callable[[str], None],
) -> Definition:
    """Return a definition in which everything that the user left open is chosen.

    This is whether each arm's steps are compiled, the population size, the number of settings in a
    batch, and the numbers of examples.

    Args:
        definition: The definition that is asked for.
        stored: The definition in the sweep's folder, whose choices are kept, or None.
        population_size: The most members of a population, if the user set it, or None.
        notice: Receives lines for the user.

    Raises:
        UserError: If a task cannot be loaded.
    """
    works, examples = [], set()
    for config, n_runs in shares(definition):
        task = load_task(config.task, Path(config.paths.data))
        works.append(Work(config, n_runs, Sizes.of(config, task)))
        examples.add(_examples_of(config, task))
    before = _stored_choices(stored)
    choices = set(before.values())
    new = choices.pop() if len(choices) == 1 else is_worth_compiling(works)
    notices: set[str] = set()
    arms = tuple(
        _settle_arm(
            arm,
            is_wanted=before.get(arm.name, new),
            is_begun=before.get(arm.name, False),
            notice=notices.add,
        )
        for arm in definition.arms
    )
    definition = keep_batches(definition, stored, notices.add)
    for text in notices:  # once, however many arms there are
        notice(text)
    sizes = [population_size_for(work.config, work.sizes) for work in works]
    size = population_size or min(sizes, default=LEAST_MEMBERS)
    of_all = examples.pop() if len(examples) == 1 else None
    return replace(definition, arms=arms, population_size=size, examples=of_all)


def _examples_of(config: RunConfig, task: Task) -> Examples:
    n_train, n_dev, n_test = (len(task.split(name).labels) for name in SPLITS)
    return Examples(n_train, n_dev, n_test, keeps_test=config.task.keeps_test)


def keep_batches(
    definition: Definition, stored: Definition | None, notice: Callable[[str], None]
) -> Definition:
    """Return a definition with the number of settings in a batch that its sweep was begun with.

    Earlier versions derived this number from arms and seeds. The stored number is kept unless the
    command itself asks for another number, which `resume.is_other` refuses.

    Args:
        definition: The definition that is asked for.
        stored: The definition in the sweep's folder, or None.
        notice: Receives a line for the user if the stored number replaces another number.
    """
    if stored is None or not (stored.is_batched and definition.is_batched):
        return definition
    begun_with = stored.protocol.n_parallel
    if begun_with == definition.protocol.n_parallel or N_PARALLEL in definition.command:
        return definition
    notice(f"{N_PARALLEL}={begun_with} is used, since this sweep was begun with it")
    return replace(definition, protocol=replace(definition.protocol, n_parallel=begun_with))


@dataclass(frozen=True)
class Work:
    """A run that represents some runs of a sweep, with their number."""

    config: RunConfig
    n_runs: float
    """Number of runs of one replicate that the run represents."""
    sizes: Sizes
    """Sizes of the run's task and network."""


def _settle_arm(
    arm: Arm, *, is_wanted: bool, is_begun: bool, notice: Callable[[str], None]
) -> Arm:
    """Return an arm in which it is chosen whether training steps are compiled.

    Args:
        arm: The arm.
        is_wanted: The value that ``trainer.compile=auto`` stands for.
        is_begun: True if the arm was begun with compiled steps, which it keeps even if there is no
            compiler now.
        notice: Receives a line if the compiler is missing.
    """
    asked = arm.config.trainer.compile
    config = settle_compile(
        arm.config,
        is_wanted=is_wanted,
        notice=notice,
        has_programs=is_begun and asked is not False,
    )
    # A single run of this arm would not be compiled unless its command says so.
    is_told = config.trainer.compile is True and asked == "auto"
    more = ("trainer.compile=true",) if is_told and "trainer.compile" not in arm.space else ()
    return replace(arm.with_config(config), overrides=(*arm.overrides, *more))


def settle_compile(
    config: RunConfig,
    *,
    is_wanted: bool,
    notice: Callable[[str], None],
    has_programs: bool = False,
) -> RunConfig:
    """Replace ``trainer.compile=auto`` by true or false, and true by false without a compiler.

    Args:
        config: The run's config.
        is_wanted: The value that ``auto`` stands for.
        notice: Receives a line if the compiler is missing.
        has_programs: True if compiled programs may be on disk, so that no compiler is needed.
    """
    asked = config.trainer.compile
    can = config.device == "cpu" and config.model.program is not None
    choice = (is_wanted and can) if asked == "auto" else asked
    if choice and not has_programs and find_compiler() is None:
        notice(NO_COMPILER)
        choice = False
    return with_values(config, {"trainer.compile": choice})


def is_worth_compiling(works: Sequence[Work]) -> bool:
    """Return True if compiled steps save more time than it takes to compile all of their programs.

    Args:
        works: Runs that represent the sweep.
    """
    saved = 0.0
    works = [work for work in works if work.config.model.program is not None]
    for work in works:
        n_steps = len(batch_bounds(work.sizes.n_train, work.config.trainer.batch_size))
        n_steps *= work.config.trainer.max_epochs
        saved += work.n_runs * n_steps * work.sizes.n_numbers * SECONDS_SAVED
    methods = {type(work.config.optimizer) for work in works}
    shapes = {(work.config.task.name, work.config.model.program) for work in works}
    return saved > len(shapes) * SECONDS_TO_COMPILE + len(methods) * SECONDS_PER_METHOD


def _stored_choices(stored: Definition | None) -> dict[str, bool]:
    """Return, by the name of the arm, whether a stored sweep compiles the steps of the arm.

    Arms in which the choice is open are left out; without a stored sweep, the result is empty.
    """
    arms = stored.arms if stored is not None else ()
    choices = {arm.name: arm.config.trainer.compile for arm in arms}
    return {name: choice for name, choice in choices.items() if isinstance(choice, bool)}
