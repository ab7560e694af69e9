"""The command line of ``ffnn_lab.run``, checked and put in order before Hydra reads it."""

from collections.abc import Sequence
from typing import Any, NoReturn

from hydra._internal.utils import get_args_parser
from hydra.core.override_parser.types import ChoiceSweep, Override, QuotedString, RangeSweep, Sweep

from ffnn_lab.config import GROUPS, ConfigError
from ffnn_lab.config.run import OPEN_IN_RUN
from ffnn_lab.sweeper.grammar import defer, parse

OF_A_SWEEP = ("hydra.sweeper.", "hydra/sweeper", "hydra.launcher.", "hydra/launcher")
"""Beginnings of names that mean nothing for a single run."""
JSON = "--json"
"""The lab's own flag, which Hydra does not know."""
OPEN = ("hydra.sweeper.arms=", "hydra.sweeper.space=", "hydra.sweeper.across=")
"""Beginnings of overrides whose keys the user chooses: Hydra adds a new key only after a plus."""
_SHOWS = ("help", "hydra_help", "info", "shell_completion")
"""Flags that show something and start nothing."""


def read_command(arguments: Sequence[str]) -> tuple[list[str], bool]:
    """Check the lab's command line, and write it as Hydra needs it.

    Args:
        arguments: What follows the name of the program.

    Returns:
        The arguments for Hydra, and whether the command prints its result as JSON.

    Raises:
        ConfigError: For the reasons of `read_arguments`, and for ``--json`` beside another flag.
    """
    prints_json = JSON in arguments
    words = read_arguments([word for word in arguments if word != JSON])
    flag = next((word for word in words if word.startswith("-")), None)
    if prints_json and flag is not None:
        msg = (
            f"{JSON} prints the result of one run: write it without {flag}. The tables of a sweep "
            f"as JSON: ffnn-lab report NAME {JSON}"
        )
        raise ConfigError(msg)
    return words, prints_json


def read_arguments(arguments: Sequence[str]) -> list[str]:
    """Check a command line, and write it as Hydra needs it.

    Flags may stand anywhere; they are put first, since Hydra takes no override after a flag that
    follows an override. ``sweeps=NAME`` implies ``-m``. In a sweep, the values of a run's fields
    are deferred to the sweeper (see ``grammar.defer``).

    Args:
        arguments: What follows the name of the program.

    Raises:
        ConfigError: For flags that do not go together, text that is not an override, a name that
            is written twice, or a value that is set or swept and would have no effect.
    """
    flags, texts, options = split_flags(arguments)
    overrides = [parse(text) for text in texts]
    check_twice(overrides)
    sweep = next((name_of_sweep(o) for o in overrides if o.key_or_group == "sweeps"), None)
    if any(getattr(options, name) for name in _SHOWS):
        flags = [flag for flag in flags if flag not in ("-m", "--multirun")]
        return [*flags, *(o.input_line or "" for o in overrides if not o.is_sweep_override())]
    is_sweep = options.multirun or sweep is not None or "hydra.mode=MULTIRUN" in texts
    check_flags(options, is_sweep=is_sweep)
    for override in overrides:
        check_override(override, is_sweep=is_sweep)
    if not is_sweep:
        return [*flags, *(f"++{text}" if text.startswith(OPEN_IN_RUN) else text for text in texts)]
    if "hydra.mode=RUN" in texts:
        msg = "hydra.mode=RUN means one run: leave it out, or write it without -m and sweeps="
        raise ConfigError(msg)
    if not options.multirun:
        flags.append("--multirun")
    pairs = zip(texts, overrides, strict=True)
    return [*flags, *(_as_hydra_takes_it(text, override) for text, override in pairs)]


def _as_hydra_takes_it(text: str, override: Override) -> str:
    """Return an override of a sweep in the form that Hydra accepts."""
    if text.startswith(OPEN):
        return f"+{text}"
    return defer(text) if is_leaf(override) else text


def split_flags(arguments: Sequence[str]) -> tuple[list[str], list[str], Any]:
    """Split a command line into its flags and its overrides, and read the flags.

    Returns:
        The flags with their values, the overrides, and Hydra's namespace of both.

    Raises:
        ConfigError: If a flag does not exist, or lacks its value.
    """
    parser = get_args_parser()
    parser.error = refuse_flags  # type: ignore[method-assign]  # it would print Hydra's usage
    options = parser.parse_intermixed_args(list(arguments))
    flags = list(arguments)
    for text in options.overrides:
        flags.remove(text)
    return flags, options.overrides, options


def refuse_flags(message: str) -> NoReturn:
    """Raise the message of argparse, without its usage text, as a `ConfigError`.

    Raises:
        ConfigError: Always.
    """
    msg = (
        f"{message}. An override is written name=value; the flags are -m (a sweep), --cfg job "
        "(show a run), --json (print a run's result as JSON), --help, and Hydra's own "
        "(--hydra-help)"
    )
    raise ConfigError(msg)


def check_flags(options: Any, *, is_sweep: bool) -> None:  # noqa: ANN401 - argparse's namespace
    """Refuse flags that do not go together.

    Raises:
        ConfigError: Naming the flags.
    """
    if options.cfg and is_sweep:
        msg = "--cfg shows one run: write it without -m and without sweeps="
        raise ConfigError(msg)
    if options.run and (is_sweep or options.cfg):
        msg = f"--run means one run: write it without {'--cfg' if options.cfg else '-m'}"
        raise ConfigError(msg)
    if options.resolve and not options.cfg:
        msg = "--resolve goes with --cfg: --cfg job --resolve"
        raise ConfigError(msg)
    if options.experimental_rerun:
        msg = "--experimental-rerun is not for this lab: python -m ffnn_lab.replay RUN_ID"
        raise ConfigError(msg)


def check_twice(overrides: Sequence[Override]) -> None:
    """Refuse a name that is written twice, since one of its values would be dropped.

    Raises:
        ConfigError: Naming both overrides.
    """
    seen: dict[str, str] = {}
    for override in overrides:
        text = override.input_line or ""
        key = override.get_key_element().lstrip("+~")
        if key == "sweeps" and key in seen:
            refuse_sweeps(f"{seen[key]} {text}")
        if key in seen:
            msg = f"{seen[key]} {text}: {key} is written twice; write it once"
            raise ConfigError(msg)
        seen[key] = text


def name_of_sweep(override: Override) -> str:
    """Return the name of the sweep that ``sweeps=`` chooses.

    Raises:
        ConfigError: If the value is not a single name, or has a folder or a file's ending.
    """
    text, name = override.input_line or "", override.value()
    if not isinstance(name, str):
        if name is None:
            msg = f"{text}: name a sweep of sweeps/, as sweeps=default, or leave it out"
            raise ConfigError(msg)
        refuse_sweeps(text)
    if "/" in name or "\\" in name or name.startswith("."):
        msg = f"{text}: a sweep is a file in sweeps/ itself; give its name alone, without folders"
        raise ConfigError(msg)
    if name.endswith((".yaml", ".yml")):
        msg = f"{text}: give the sweep's name without {name[name.rindex('.') :]}"
        raise ConfigError(msg)
    return name


def refuse_sweeps(text: str) -> NoReturn:
    """Refuse more than one sweep.

    Raises:
        ConfigError: Always.
    """
    msg = f"{text}: sweeps takes one name, as sweeps=default; each sweep has its own command"
    raise ConfigError(msg)


def check_override(override: Override, *, is_sweep: bool) -> None:
    """Refuse an override that would be dropped, or that Hydra answers with a traceback.

    Raises:
        ConfigError: Naming the override.
    """
    text, key = override.input_line or "", override.get_key_element()
    is_swept = override.is_sweep_override()
    if override.package is not None:
        msg = f"{text}: a run has one of each part, so nothing is written after @; leave it out"
        raise ConfigError(msg)
    if is_swept and override.is_hydra_override():
        msg = f"{text}: settings of Hydra are not swept; give it one value"
        raise ConfigError(msg)
    if is_swept and not is_sweep:
        msg = (
            f"{text}: several values make a sweep: add -m (--multirun). A list is written "
            "[a,b], and text with commas or brackets in quotes"
        )
        raise ConfigError(msg)
    if key.lstrip("+").startswith(OF_A_SWEEP) and not is_sweep:
        msg = f"{text}: this is about a sweep, and without -m there is one run; add -m"
        raise ConfigError(msg)
    if (key in GROUPS or "/" in key) and not override.is_delete():
        named = override.value()
        names = named.list if isinstance(named, ChoiceSweep) else [named]
        odd = not isinstance(named, Sweep) or isinstance(named, ChoiceSweep | RangeSweep)
        if odd and any(not isinstance(each, str | QuotedString) for each in names):
            options = f": {', '.join(GROUPS[key])}" if key in GROUPS else ""
            msg = f"{text}: {key} takes the name of an option{options}"
            raise ConfigError(msg)


def is_leaf(override: Override) -> bool:
    """Return whether an override sets fields of a run, not a group or something of Hydra's."""
    return (
        override.value_type is not None
        and not override.is_hydra_override()
        and override.get_key_element().partition("@")[0] not in (*GROUPS, "sweeps")
        and not override.get_key_element().startswith(("+", "~"))
    )
