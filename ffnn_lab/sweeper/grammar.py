"""Read overrides in Hydra's grammar, and convert them to fixed values and axes."""

import math
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import (
    ChoiceSweep,
    IntervalSweep,
    Override,
    QuotedString,
    RangeSweep,
    Sweep,
)
from hydra.errors import HydraException

from ffnn_lab.config import ConfigError
from ffnn_lab.config.fields import as_override
from ffnn_lab.protocols.space import (
    Axis,
    Choice,
    Interval,
    check_growing,
    check_interval,
    log_grid,
)


@dataclass(frozen=True)
class Assignment:
    """One ``key=...`` of a command line or a sweep's YAML."""

    key: str
    value: Any
    """The fixed value; None if the key has an axis."""
    axis: Axis | None
    """The values or the interval to sweep; None if the value is fixed."""
    text: str = ""
    """The override as written."""

    @property
    def choices(self) -> tuple[Any, ...]:
        """Return every value that the assignment names: a single one if it is fixed.

        Raises:
            ConfigError: If the values are those of an interval.
        """
        if self.axis is None:
            return (self.value,)
        if isinstance(self.axis, Choice):
            return self.axis.values
        msg = f"{self.key} is a group: sweep it with a comma list or choice(...), not an interval"
        raise ConfigError(msg)


MOST_VALUES = 100_000
"""Most values that a range may have on one axis."""
DEFERRED = "deferred"
"""Tag of the wrapper that ``defer`` puts around a value."""
_FUNCTIONS = ("choice(", "range(", "interval(", "tag(", "sort(", "shuffle(", "glob(", "[", "{")
"""Prefixes of values that are not plain text."""


def parse(text: str) -> Override:
    """Parse one override with Hydra's parser.

    Raises:
        ConfigError: If the text does not follow Hydra's grammar. The message has the text as it
            was written, and the quotes that it needs.
    """
    if ("=" not in text and not text.startswith("~")) or text.startswith("="):
        how = "an override is written name=value, and a flag begins with -- (see --help)"
        msg = f"{text or repr(text)}: {how}"
        raise ConfigError(msg)
    try:
        return OverridesParser.create().parse_override(text)
    # Hydra's visitor raises whatever Python does: an integer of 5,000 digits is a ValueError.
    except (HydraException, ValueError, RecursionError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        reason = reason.partition(" expecting {")[0]  # a list of all tokens that there are
        msg = f"{text}: {reason}{_advice(text, reason)}"
        raise ConfigError(msg) from None


def _advice(text: str, reason: str) -> str:
    """Return the end of an error message: how to write an override that Hydra's parser refused.

    Args:
        text: The override as it was written.
        reason: The first line of the parser's message.
    """
    key, _, value = text.partition("=")
    if value.startswith("choice(") and "NoneType" in reason:
        return f"; choice(...) does not take null, a list does: {key}=null,..."
    if value.lstrip().startswith(_FUNCTIONS):
        return "; is a bracket, a comma or a quote missing, or one too many?"
    quoted = f"{key}={as_override(value)}"
    try:
        OverridesParser.create().parse_override(quoted)
    except HydraException:  # then the name is what cannot be read
        return f"; a name is made of a-z, A-Z, 0-9, _ and -, with dots between; got {key}"
    return f"; if it is text, it needs quotes: {shlex.quote(quoted)}"


def defer(text: str) -> str:
    """Wrap an override's value so that Hydra leaves the whole of it to the sweeper.

    Hydra applies a plain value to its one composed config, which need not have the key:
    ``-m optimizer=sgd,adam optimizer.eps=1e-6`` fails on the default optimizer. Hydra leaves alone
    whatever it takes for a sweep, so the value becomes a quoted text in a tagged choice.
    ``as_written`` restores the override to the last character.
    """
    key, _, value = text.partition("=")
    return f"{key}=tag({DEFERRED},choice({as_override(value)}))"


def as_written(text: str) -> str:
    """Return the override that ``defer`` wrapped, or ``text`` if it wrapped none."""
    key, _, value = text.partition("=")
    if not value.startswith(f"tag({DEFERRED},"):
        return text
    sweep = OverridesParser.create().parse_override(text).value()
    assert isinstance(sweep, ChoiceSweep)  # noqa: S101 - as defer wrote it
    return f"{key}={_plain(sweep.list[0])}"


def read_assignment(text: str) -> Assignment:
    """Convert one override, such as ``optimizer.lr=0.1,0.2``, to an assignment.

    ``range(start, stop, step)`` leaves out ``stop``, as Hydra's basic sweeper does.

    Raises:
        ConfigError: If the text does not follow Hydra's grammar, or adds or deletes keys.
    """
    override = parse(text)
    if override.is_add() or override.is_delete() or override.is_force_add():
        msg = f"{text}: a sweep can only change fields that exist; write it without + or ~"
        raise ConfigError(msg)
    key = override.get_key_element()
    axis = _axis(key, override)
    if isinstance(axis, Choice) and len(axis.values) == 1:
        return Assignment(key, axis.values[0], None, to_text(key, as_override(axis.values[0])))
    return Assignment(key, None if axis is not None else override.value(), axis, text)


def read_entry(key: str, value: Any) -> Assignment:  # noqa: ANN401 - what YAML holds
    """Convert one entry of a sweep's YAML to an assignment.

    Args:
        key: Dotted name of a field, or a config group.
        value: A value, a text in Hydra's grammar, or a mapping that describes a log grid, see
            `log_grid`.

    Raises:
        ConfigError: If `read_assignment` or `log_grid` refuses the value.
    """
    if isinstance(value, Mapping):
        return Assignment(key, None, log_grid(key, value), f"{key}={value}")
    return read_assignment(to_text(key, value))


def to_text(key: str, value: Any) -> str:  # noqa: ANN401 - what YAML holds
    """Return an entry of a sweep's YAML as an override; a text is kept as Hydra's grammar."""
    return f"{key}={value if isinstance(value, str) else as_override(value)}"


def _axis(key: str, override: Override) -> Axis | None:
    if not override.is_sweep_override():
        return None
    sweep = override.value()
    odd = sweep.tags - {"log", "grow"} if isinstance(sweep, Sweep) else set()
    if odd:
        msg = f"{key}: the tags are log and grow, got {', '.join(sorted(odd))}"
        raise ConfigError(msg)
    if isinstance(sweep, IntervalSweep):
        ends = (sweep.start, sweep.end)
        if any(end is None for end in ends):
            msg = f"{key}: an interval needs both ends"
            raise ConfigError(msg)
        low, high = (float(end) for end in ends if end is not None)
        interval = Interval(low, high, log="log" in sweep.tags)
        check_interval(key, interval)
        return interval
    if isinstance(sweep, RangeSweep):
        _check_range(override.input_line or key, sweep)
        values = tuple(_plain(each) for each in sweep.range())
    elif isinstance(sweep, ChoiceSweep):
        values = tuple(_plain(each) for each in sweep.list)
    else:
        msg = f"{key}: sweep it with a comma list, choice, range or interval"
        raise ConfigError(msg)
    if not values:
        msg = f"{key}: there is nothing to try in {override.input_line}"
        raise ConfigError(msg)
    if any(isinstance(value, str) and "${" in value for value in values):
        msg = f"{override.input_line}: an interpolation cannot be one of several values"
        raise ConfigError(msg)
    if "grow" in sweep.tags:
        growing = Choice(values, grows=True)
        check_growing(key, growing)
        return growing
    if len({repr(value) for value in values}) < len(values):
        msg = f"{key}: a value is named twice in {override.input_line}"
        raise ConfigError(msg)
    return Choice(values)


def _check_range(text: str, sweep: RangeSweep) -> None:
    """Check that a range has two finite ends, a step, and at most `MOST_VALUES` values.

    Args:
        text: The override that has the range, as it was written.
        sweep: The range.

    Raises:
        ConfigError: If the range is refused; the message has ``text``.
    """
    ends = (sweep.start, sweep.stop)
    if any(end is None or not math.isfinite(end) for end in ends) or not sweep.step:
        msg = f"{text}: a range needs two ends that are numbers, and a step that is not 0"
        raise ConfigError(msg)
    n_values = (float(sweep.stop or 0) - float(sweep.start or 0)) / float(sweep.step)
    if n_values > MOST_VALUES:
        msg = (
            f"{text}: an axis has at most {MOST_VALUES} listed values; sample an interval instead"
        )
        raise ConfigError(msg)


def _plain(value: Any) -> Any:  # noqa: ANN401 - the parser's elements
    if isinstance(value, QuotedString):
        return value.text
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {_plain(key): _plain(each) for key, each in value.items()}
    return value
