"""Check a sweep's request before anything trains; the message of each error says what to write."""

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ffnn_lab.config import ConfigError, RunConfig, with_values
from ffnn_lab.config.fields import as_override, has_leaf
from ffnn_lab.config.run import may_vary
from ffnn_lab.config.sweep import PrunerConfig, SweeperConfig
from ffnn_lab.definition import CONFIRM_FROM, Arm, Definition
from ffnn_lab.protocols.space import Axis, Choice, Interval
from ffnn_lab.pruners import PRUNERS
from ffnn_lab.sweeper.grammar import Assignment
from ffnn_lab.sweeper.question import check_moves_no_examples, check_one_task

MOST_BYTES = 200
"""Most bytes of a sweep's name in UTF-8; file systems allow 255, and suffixes may be added to the
name."""
_OF_SINGLE_RUNS = re.compile(r"run-[0-9a-f]{12}")
"""Matches the name of a single run's folder."""
MOST_COMBINATIONS = 10_000
"""Most combinations of listed values that are checked before anything trains; checking so many
takes about a second."""
N_SEEDS = "hydra.sweeper.tune.n_seeds="
FEWEST_UNTIL_SETTLED = 5
"""Fewest replicates of a sweep that may end once it is settled: half of them, rounded up, are the
3 that a test needs."""


def check_axis(assignment: Assignment) -> None:
    """Check that the field of an assignment can be an axis, if the assignment has several values.

    Raises:
        ConfigError: If the field changes no result, is ``device`` or ``model.factory``, or chooses
            the examples, or if ``trainer.compile`` has ``auto`` among its values. The message has
            the field, the reason and what to do.
    """
    key, axis = assignment.key, assignment.axis
    if axis is None:
        return
    if not may_vary(key):
        msg = f"{key} does not affect results: give it one value"
        raise ConfigError(msg)
    if key == "device":
        msg = "device: a sweep is trained on one kind of device; give it one value"
        raise ConfigError(msg)
    if key == "model.factory":
        msg = (
            "model.factory: another network is not another setting of the same one; make an arm "
            "for each network, as hydra.sweeper.arms={small: {model.factory: ...}, ...}, or give "
            "it one value"
        )
        raise ConfigError(msg)
    values = axis.values if isinstance(axis, Choice) else ()
    if key == "trainer.compile" and "auto" in values and len(values) > 1:
        msg = "trainer.compile: an axis takes only true and false, since auto is one of the two"
        raise ConfigError(msg)
    check_moves_no_examples(assignment)


def check_arm_names(names: Sequence[str]) -> None:
    """Check that no two arms have the same name.

    Raises:
        ConfigError: If a name occurs twice; the message has the name.
    """
    for name in names:
        if names.count(name) > 1:
            msg = f"hydra.sweeper.arms: two arms are called {name}; an arm needs a name of its own"
            raise ConfigError(msg)


def checked_contrasts(
    options: SweeperConfig, arms: Sequence[str]
) -> tuple[tuple[str, str], ...] | None:
    """Check a sweep's contrasts, which are pairs of arms to be compared, and return them.

    The baseline is checked as well.

    Args:
        options: The options of the sweep.
        arms: The names of the arms.

    Returns:
        Pairs of an arm and the arm that it is compared with; None if none are declared.

    Raises:
        ConfigError: If a contrast is not a pair, an arm is unknown, an arm is compared with
            itself, or a pair occurs twice.
    """
    field = "hydra.sweeper.contrasts"
    named = [("hydra.sweeper.baseline", options.baseline)] if options.baseline is not None else []
    pairs: list[tuple[str, str]] = []
    for pair in options.contrasts or ():
        if not isinstance(pair, list) or len(pair) != 2:  # noqa: PLR2004 - a pair
            msg = f"{field} must list pairs of arms, as [[adam, sgd], [he, glorot]]; got {pair}"
            raise ConfigError(msg)
        arm, against = (str(each) for each in pair)
        if arm == against:
            msg = f"{field}: {arm} is compared with itself"
            raise ConfigError(msg)
        if {arm, against} in [set(each) for each in pairs]:
            msg = f"{field}: {arm} and {against} are compared twice"
            raise ConfigError(msg)
        pairs.append((arm, against))
        named += [(field, arm), (field, against)]
    for where, name in named:
        if name not in arms:
            msg = f"{where}: there is no arm {name}; the arms are {', '.join(arms)}"
            raise ConfigError(msg)
    return tuple(pairs) or None


def check_name(name: str, field: str) -> None:
    """Check that a sweep's name is safe as the name of a folder under ``paths.outputs``.

    Args:
        name: The sweep's name.
        field: The option by which the user set the name, for the message.

    Raises:
        ConfigError: If the name is not safe; the message has the field, the reason and the name.
    """
    reason = None
    if not name or not (name[0].isalnum() or name[0] == "_"):
        reason = "must begin with a letter or a digit"
    elif any(sign in name for sign in "/\\") or not name.isprintable():
        reason = "must be the name of one folder, without / and \\ and control characters"
    elif len(name.encode()) > MOST_BYTES:
        reason = f"must have at most {MOST_BYTES} bytes, has {len(name.encode())}"
    elif _OF_SINGLE_RUNS.fullmatch(name):
        reason = "must not look like the folder of a single run"
    elif name != name.strip():
        reason = "must not end in a space"
    if reason is not None:
        got = name if name.isprintable() else repr(name)
        msg = f"{field} names a folder under paths.outputs; it {reason}; got {got or 'nothing'}"
        raise ConfigError(msg)


def check_arm_value(where: str, assignment: Assignment, *, is_group: bool) -> None:
    """Check that an arm may set a field, or choose an option of a config group, for itself.

    Args:
        where: Dotted name of the arm in the YAML, for the message.
        assignment: One assignment of the arm.
        is_group: True if the assignment chooses an option of a config group.

    Raises:
        ConfigError: If several options of a group are chosen, if the field changes no result or
            cannot be an axis, or if it is ``seed``.
    """
    key = assignment.key
    if is_group and assignment.axis is not None:
        msg = f"{where}: an arm has a single {key}; make an arm for each"
        raise ConfigError(msg)
    is_shared = not may_vary(key)
    if key == "tracking" or is_shared:
        msg = f"{where}: {key} does not affect results: set it for the whole sweep"
        raise ConfigError(msg)
    check_axis(assignment)
    if key == "seed":
        msg = f"{where}.seed: all arms share their seeds; set hydra.sweeper.tune.n_seeds"
        raise ConfigError(msg)


def check_group(assignment: Assignment, setters: Sequence[str], *, has_arms: bool) -> None:
    """Check that options of a config group can be chosen for all arms.

    Args:
        assignment: The assignment that chooses one option or several of them.
        setters: Names of the arms that choose an option of the group themselves.
        has_arms: True if the sweep declares arms. If not, a group with a setter was written twice.

    Raises:
        ConfigError: If several options of ``tracking`` or ``task`` are chosen, or if ``setters``
            is not empty; the message has the group.
    """
    key, choices = assignment.key, ",".join(str(choice) for choice in assignment.choices)
    if key == "tracking" and len(assignment.choices) > 1:
        msg = f"{assignment.text}: tracking does not affect results: give it one value"
        raise ConfigError(msg)
    check_one_task(assignment)
    if setters and not has_arms:
        msg = f"{key}={choices}: {key} is written twice; write it once"
        raise ConfigError(msg)
    if setters:
        msg = f"{key}={choices}: the arms {', '.join(setters)} set {key} themselves"
        raise ConfigError(msg)


def check_combinations(config: RunConfig, space: Mapping[str, Axis]) -> None:
    """Check that a run accepts the combinations of listed values, at most `MOST_COMBINATIONS`.

    Args:
        config: The arm's config, into which the values are put.
        space: The arm's axes; intervals are left out.

    Raises:
        ConfigError: If a combination is not accepted; the message has its values.
    """
    axes = {key: axis.values for key, axis in space.items() if isinstance(axis, Choice)}
    points = itertools.product(*axes.values())
    for point in itertools.islice(points, MOST_COMBINATIONS):
        values = dict(zip(axes, point, strict=True))
        try:
            with_values(config, values)
        except ConfigError as error:
            together = " ".join(f"{key}={as_override(value)}" for key, value in values.items())
            msg = f"{together} do not fit together: {error}"
            raise ConfigError(msg) from None


def check_listed(key: str, axis: Choice) -> None:
    """Check that listed values, converted to the type of their field, can be an axis.

    Raises:
        ConfigError: If a growing axis has values other than real numbers, or a value is listed
            twice.
    """
    if axis.grows and not all(isinstance(value, float) for value in axis.values):
        msg = f"{key}: only an axis of real numbers can grow, got {axis.values}"
        raise ConfigError(msg)
    if len({repr(value) for value in axis.values}) < len(axis.values):
        msg = f"{key}: a value is named twice in {', '.join(str(v) for v in axis.values)}"
        raise ConfigError(msg)


def check_single_seed(seed: int, plain: int) -> None:
    """Check that a sweep's YAML does not set the field ``seed``, since a sweep has several seeds.

    Args:
        seed: The seed of a run that is composed with the sweep's YAML.
        plain: The seed of a run that is composed from the project's defaults alone.

    Raises:
        ConfigError: If the two differ.
    """
    if seed != plain:
        msg = (
            f"seed={seed} of the sweep's YAML: a sweep has several seeds; write how many "
            "as hydra.sweeper.tune.n_seeds, or list them on the command line, as seed=0,1,2"
        )
        raise ConfigError(msg)


def check_used(shared: Iterable[Assignment], arms: Sequence[Arm]) -> None:
    """Check that each assignment for all arms sets a field that at least one arm has.

    Raises:
        ConfigError: If no arm has a field; the message has the field and the arms.
    """
    for assignment in shared:
        if not any(has_leaf(arm.config, assignment.key) for arm in arms):
            names = ", ".join(arm.name for arm in arms)
            # with_values knows best what is wrong with the name.
            try:
                with_values(arms[0].config, {assignment.key: None})
            except ConfigError as error:
                msg = f"{error}; no arm has it ({names})"
                raise ConfigError(msg) from None


def check_condition(key: str, arm: str, config: RunConfig) -> None:
    """Check that an arm has the field that a condition sets.

    Args:
        key: Dotted name of the field.
        arm: The name of the arm.
        config: The arm's config.

    Raises:
        ConfigError: If the arm lacks the field; the message has the field and the arm.
    """
    if has_leaf(config, key):
        return
    try:  # with_values knows best what is wrong with the name
        with_values(config, {key: None})
    except ConfigError as error:
        msg = (
            f"hydra.sweeper.across: {error}; a condition must be a field of every arm, and arm "
            f"{arm} lacks it"
        )
        raise ConfigError(msg) from None


def check_n_seeds(n_seeds: int) -> None:
    """Check that a sweep has at least one tuning seed.

    Raises:
        ConfigError: If ``n_seeds`` is 0.
    """
    if n_seeds < 1:
        msg = "hydra.sweeper.tune.n_seeds must be at least 1, got 0"
        raise ConfigError(msg)


def check_seeds(seeds: Assignment, n_seeds: int, hydra_arguments: Sequence[str]) -> None:
    """Check that tuning seeds are written as a list, and that their number is not written as well.

    Args:
        seeds: The assignment to ``seed``.
        n_seeds: The value of ``hydra.sweeper.tune.n_seeds``, for the message.
        hydra_arguments: The command line's overrides of Hydra's own settings.

    Raises:
        ConfigError: If seeds are refused; the message says what to write.
    """
    if any(text.startswith(N_SEEDS) for text in hydra_arguments):
        msg = f"{seeds.text} {N_SEEDS}{n_seeds}: both set the tuning seeds; write one of the two"
        raise ConfigError(msg)
    if isinstance(seeds.axis, Interval):
        msg = "seed: list the tuning seeds, as seed=0,1,2; got an interval"
        raise ConfigError(msg)


def check_seed(value: Any) -> None:  # noqa: ANN401 - whatever the user wrote
    """Check that a value can be a tuning seed.

    Raises:
        ConfigError: If the value is not an integer from 0 to ``CONFIRM_FROM - 1``; higher seeds
            are those of the confirm stage.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < CONFIRM_FROM:
        msg = f"seed: tuning takes integers from 0 to {CONFIRM_FROM - 1}, got {value}"
        raise ConfigError(msg)


def check_until(definition: Definition) -> None:
    """Check that a sweep with ``until=settled`` can be tested before its last replicate.

    Raises:
        ConfigError: If the sweep has too few replicates, splits that replicates share, or no seeds
            of the confirm stage; the message says what the sweep lacks.
    """
    if definition.until == "all":
        return
    field = f"hydra.sweeper.until={definition.until}"
    if definition.n_replicates < FEWEST_UNTIL_SETTLED:
        msg = (
            f"{field} tests the sweep early, after half of its replicates, half of these and so "
            "on, down to 3; hydra.sweeper.replicates must be at least "
            f"{FEWEST_UNTIL_SETTLED}, got {definition.n_replicates}"
        )
        raise ConfigError(msg)
    if definition.n_splits is not None:
        msg = (
            f"{field} needs a split of its own for each replicate; leave hydra.sweeper.splits out"
        )
        raise ConfigError(msg)
    if not definition.confirm_seeds:
        msg = f"{field} compares fresh seeds: hydra.sweeper.confirm.n_seeds must be at least 1"
        raise ConfigError(msg)


def check_pruner(pruner: PrunerConfig, arms: Sequence[Arm]) -> None:
    """Check that all arms evaluate after every epoch, if a pruner stops settings early.

    Raises:
        ConfigError: If an arm evaluates more rarely; the message has the arm.
    """
    if not PRUNERS[pruner.name].stops_early:
        return
    for arm in arms:
        if "trainer.evaluate_every" in arm.space:
            msg = "trainer.evaluate_every cannot be an axis with a pruner, which needs it to be 1"
            raise ConfigError(msg)
        if arm.config.trainer.evaluate_every != 1:
            msg = (
                "trainer.evaluate_every must be 1 with a pruner, which looks at every epoch; arm "
                f"{arm.name} has {arm.config.trainer.evaluate_every}"
            )
            raise ConfigError(msg)
