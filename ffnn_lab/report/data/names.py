"""The names of arms as tables and figures write them."""

from dataclasses import replace
from pathlib import Path

from ffnn_lab.definition import Definition
from ffnn_lab.records import RecordError
from ffnn_lab.terminal import one_line


def with_names_on_a_line(definition: Definition, folder: Path) -> Definition:
    """Return a definition with the names of its arms on one line, as tables and figures show them.

    A line break, or another character of a name that does not print, is replaced by an escape.

    Args:
        definition: The definition of a sweep, as it is stored.
        folder: The sweep's folder, for the error message.

    Raises:
        RecordError: If two arms have the same name on one line.
    """
    arms = tuple(
        replace(arm, name=one_line(arm.name), base_name=one_line(arm.base_name))
        for arm in definition.arms
    )
    if len({arm.name for arm in arms}) < len(arms):
        msg = (
            f"{folder / 'definition.json'} has two arms whose names differ in how a sign is "
            "written alone"
        )
        raise RecordError(msg)
    baseline = None if definition.baseline is None else one_line(definition.baseline)
    pairs = None
    if definition.contrasts is not None:
        pairs = tuple((one_line(arm), one_line(against)) for arm, against in definition.contrasts)
    return replace(definition, arms=arms, baseline=baseline, contrasts=pairs)
