"""Comparable arms of a sweep, and the contrasts declared between them.

An arm is one of the things that a sweep compares: a config and a space of tuned axes. Two arms are
comparable if their configs and spaces differ in the optimizer alone. Of the optimizer's fields,
only the weight decay and, unless it is 0, its kind (coupled or decoupled) must agree, or be an
axis of both arms, whose range may differ. Where a sweep has several arms of one optimizer that are
otherwise alike, arms are comparable if the suffixes of their names agree: ``adam_lr`` and
``sgd_lr``. Arms under different conditions are never comparable.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ffnn_lab.config.fields import leaf_fields
from ffnn_lab.config.optimizer import OptimizerConfig
from ffnn_lab.config.run import moves_numbers
from ffnn_lab.definition import Arm, Definition, Method, label_of

_OPTIMIZER = "optimizer."
_OF_OPTIMIZER = (_OPTIMIZER, f"sources.{_OPTIMIZER}")
_DECAY = f"{_OPTIMIZER}weight_decay"
_SHARED = tuple(
    key
    for key, _, _ in leaf_fields(OptimizerConfig, _OPTIMIZER)
    if key not in (f"{_OPTIMIZER}name", f"{_OPTIMIZER}lr")
)


@dataclass(frozen=True)
class Contrast:
    """A comparison of two arms at equal seeds: the error of ``arm`` minus that of ``against``."""

    arm: str
    against: str

    def __str__(self) -> str:
        return f"{self.arm} - {self.against}"


def variants(arms: Mapping[str, Arm]) -> dict[str, dict[str, str]]:
    """Group the arms of a sweep that are comparable.

    Args:
        arms: The arms by name.

    Returns:
        For each group, by its name, a mapping from optimizer to arm. The name of a group is the
        suffix of its first arm's name: ``coupled`` of ``adam_coupled``, empty for ``adam``. It is
        the arm's whole name if that does not begin with the optimizer, or if another group has the
        suffix. A group under a condition has it in its name (``coupled@n=25``). An arm without a
        config is in no group.
    """
    alike: dict[str, list[Arm]] = {}
    for arm in arms.values():
        if arm.optimizer:
            alike.setdefault(_apart_from_the_optimizer(arm), []).append(arm)
    groups: dict[tuple[str, str], list[Arm]] = {}
    for arm in arms.values():
        if arm.optimizer:
            key = _apart_from_the_optimizer(arm)
            optimizers = [each.optimizer for each in alike[key]]
            is_unique = len(set(optimizers)) == len(optimizers)
            groups.setdefault((key, "" if is_unique else _suffix(arm)), []).append(arm)
    found: dict[str, dict[str, str]] = {}
    for group in groups.values():
        name = _suffix(group[0]) + _at(group[0])
        name = group[0].name if name in found else name
        found[name] = {arm.optimizer: arm.name for arm in group}
    return found


def _suffix(arm: Arm) -> str:
    """Return the suffix of an arm's name: ``lr`` of ``adam_lr``, empty for ``adam``.

    A name that does not begin with the arm's optimizer is returned whole. The condition is left
    out.
    """
    optimizer, _, suffix = arm.base.partition(arm.optimizer)
    return arm.base if optimizer or (suffix and suffix[0] != "_") else suffix[1:]


def _at(arm: Arm) -> str:
    """Return the end of an arm's name that shows its condition, ``@n=25``; empty without one."""
    return f"@{label_of(arm.condition)}" if arm.condition else ""


def _apart_from_the_optimizer(arm: Arm) -> str:
    """Return everything in which arms must agree to be comparable, as a text in JSON."""
    config = {
        key: value
        for key, value in arm.leaves.items()
        if (key in _SHARED or (moves_numbers(key) and not key.startswith(_OF_OPTIMIZER)))
        and key not in arm.space
    }
    if _DECAY not in arm.space and not config.get(_DECAY, 0.0):
        config.pop(f"{_OPTIMIZER}decay", None)  # without decay, its coupling does not matter
    axes = {
        key: "" if key in _SHARED else str(axis)
        for key, axis in arm.space.items()
        if key in _SHARED or not key.startswith(_OPTIMIZER)
    }
    return json.dumps([config, axes, _at(arm)], sort_keys=True)


def methods_of(definition: Definition) -> Mapping[str, Method]:
    """Return the family and the look in figures of each optimizer of a sweep, by its name.

    The optimizers are in the order of the registry. If an earlier version wrote the definition,
    which did not store families and looks, those of this version's registry are returned.
    """
    if definition.methods:
        return definition.methods
    from ffnn_lab.optimizers import OPTIMIZERS  # noqa: PLC0415 - loads every option

    return {name: Method(each.family, each.look) for name, each in OPTIMIZERS.items()}


def of_family(definition: Definition, family: str) -> list[str]:
    """Return the names of the optimizers of a family, in the order of the registry.

    Args:
        definition: The definition of a sweep, see `methods_of`.
        family: ``adaptive`` or ``plain``.
    """
    return [name for name, each in methods_of(definition).items() if each.family == family]


def contrasts(definition: Definition) -> list[Contrast]:
    """List the contrasts that were declared before the first run.

    The contrasts are those of the sweep's YAML. If it has none, each arm with an adaptive
    optimizer is contrasted with each comparable arm that has a plain optimizer. If the sweep has
    conditions, every contrast is declared under each of them.
    """
    if definition.conditions:
        return [
            Contrast(full[pair.arm], full[pair.against])
            for of_condition, full in _under_each(definition)
            for pair in contrasts(of_condition)
        ]
    if definition.contrasts is not None:
        return [Contrast(*pair) for pair in definition.contrasts]
    adaptive = of_family(definition, "adaptive")
    return [
        Contrast(arm, of_variant[plain])
        for of_variant in variants(_by_name(definition)).values()
        for plain in of_family(definition, "plain")
        if plain in of_variant
        for optimizer, arm in of_variant.items()
        if optimizer in adaptive
    ]


def baseline_of(arm: str, definition: Definition) -> str:
    """Return the name of the arm with which an arm is compared.

    This is the baseline that the sweep declares. If it declares none, it is the comparable arm
    with the first plain optimizer (SGD, or else heavy ball). If there is no such arm, or ``arm``
    is that arm, it is the arm with the first plain optimizer in the first group of comparable arms
    that has one, or else the first arm of the sweep. Only arms of the same condition are
    considered.

    Args:
        arm: Name of the arm, with its condition.
        definition: The definition of the sweep.

    Returns:
        The name of the other arm; ``arm`` itself if it is the sweep's baseline.
    """
    for of_condition, full in _under_each(definition):
        base = {name: base for base, name in full.items()}.get(arm)
        if base is not None:
            return full[baseline_of(base, of_condition)]
    if definition.baseline is not None:
        return definition.baseline
    own, first = "", ""
    for of_variant in variants(_by_name(definition)).values():
        plain = next(
            (of_variant[each] for each in of_family(definition, "plain") if each in of_variant), ""
        )
        first = first or plain
        if arm in of_variant.values():
            own = plain
    return own if own not in ("", arm) else first or definition.arms[0].name


def _under_each(definition: Definition) -> Iterator[tuple[Definition, dict[str, str]]]:
    """Yield the definition under each condition, and the full names of its arms by base name.

    A full name has the condition, ``adam@n=25``; the base name of this arm is ``adam``.
    """
    for condition in definition.conditions:
        full = {arm.base: arm.name for arm in definition.arms if arm.condition == condition}
        yield definition.under(condition), full


def _by_name(definition: Definition) -> dict[str, Arm]:
    return {arm.name: arm for arm in definition.arms}
