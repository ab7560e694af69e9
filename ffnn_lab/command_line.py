"""Check the command line of ``ffnn_lab.run``, and rewrite it in the form that Hydra needs."""

from collections.abc import Sequence
from typing import Any, NoReturn

from hydra._internal.utils import get_args_parser
from hydra.core.override_parser.types import ChoiceSweep, Override, QuotedString, RangeSweep, Sweep

from ffnn_lab.config import GROUPS, ConfigError
from ffnn_lab.config.run import OPEN_IN_RUN
from ffnn_lab.sweeper.grammar import defer, parse

OF_A_SWEEP = ("hydra.sweeper.", "hydra/sweeper", "hydra.launcher.", "hydra/launcher")
"""Beginnings of the names of fields and groups that concern sweeps only."""
JSON = "--json"
"""Flag that prints the result of a run as JSON; Hydra does not know it."""
OPEN = ("hydra.sweeper.arms=", "hydra.sweeper.space=", "hydra.sweeper.across=")
"""Beginnings of overrides of dictionaries whose keys the user chooses: Hydra accepts new keys only
if a plus precedes the override."""
_SHOWS = ("help", "hydra_help", "info", "shell_completion")
"""Flags that show something and start nothing."""


def read_command(arguments: Sequence[str]) -> tuple[list[str], bool]:
    """Check a command line that may have ``--json``, and rewrite it in the form that Hydra needs.

    Args:
        arguments: The words after the name of the program.

    Returns:
        The arguments for Hydra, and True if the command prints its result as JSON.

    Raises:
        ConfigError: If `read_arguments` refuses the arguments, or ``--json`` is used together with
            another flag.
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
    """Check a command line, and rewrite it in the form that Hydra needs.

    Flags may stand anywhere; they are put first, since Hydra takes no override after a flag that
    follows an override. ``sweeps=NAME`` implies ``-m``. In a sweep, overrides of a run's fields
    are written so that Hydra leaves them to the sweeper (see ``grammar.defer``).

    Args:
        arguments: The words after the name of the program, without ``--json``.

    Returns:
        The arguments for Hydra.

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
    """Return the text of a sweep's override, which is given parsed too, in the form for Hydra."""
    if text.startswith(OPEN):
        return f"+{text}"
    return defer(text) if is_leaf(override) else text


def split_flags(arguments: Sequence[str]) -> tuple[list[str], list[str], Any]:
    """Split a command line into its flags and its overrides, and parse the flags.

    Returns:
        The words of the flags, with their values; the overrides; and the namespace into which
        Hydra's parser of arguments reads both.

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
    """Raise a message of argparse as a `ConfigError`, without argparse's usage text.

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
    """Check that a command line has no flags that contradict each other, or the sweep.

    Args:
        options: The flags, by the names of argparse.
        is_sweep: True if the command line asks for a sweep.

    Raises:
        ConfigError: If there are such flags; the message names them.
    """
    if options.cfg and is_sweep:
        msg = "--cfg shows one run: write it without -m and without sweeps="
        raise ConfigError(msg)
    if options.run and (is_sweep or options.cfg):
        msg = f"--run means one run: write it without {'--cfg' if options.cfg else '-m'}"
        raise ConfigError(msg)
    if options.resolve and not options.cfg:
        msg = "--resolve works only together with --cfg: write --cfg job --resolve"
        raise ConfigError(msg)
    if options.experimental_rerun:
        msg = (
            "--experimental-rerun is not supported; to train a recorded run again, use "
            "python -m ffnn_lab.replay RUN_ID"
        )
        raise ConfigError(msg)


def check_twice(overrides: Sequence[Override]) -> None:
    """Check that no name is overridden twice, since one of its values would be ignored.

    Raises:
        ConfigError: If a name is overridden twice; the message has both overrides.
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
        ConfigError: If the value is not a single name, or has a folder or the ending of a file.
    """
    text, name = override.input_line or "", override.value()
    if not isinstance(name, str):
        if name is None:
            msg = f"{text}: name a sweep of sweeps/, as sweeps=default, or leave sweeps out"
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
    """Raise an error about several names in ``sweeps=``.

    Args:
        text: The overrides of ``sweeps``, as written.

    Raises:
        ConfigError: Always.
    """
    msg = f"{text}: sweeps takes one name, as sweeps=default; each sweep has its own command"
    raise ConfigError(msg)


def check_override(override: Override, *, is_sweep: bool) -> None:
    """Check that an override has an effect, and that Hydra can apply it without a traceback.

    Args:
        override: The override, parsed.
        is_sweep: True if the command line asks for a sweep.

    Raises:
        ConfigError: If the override has no effect or cannot be applied; the message has it.
    """
    text, key = override.input_line or "", override.get_key_element()
    is_swept = override.is_sweep_override()
    if override.package is not None:
        msg = (
            f"{text}: a run has a single option of each group, so no other place can be named "
            f"for it; leave out @{override.package}"
        )
        raise ConfigError(msg)
    if is_swept and override.is_hydra_override():
        msg = f"{text}: a field of Hydra itself cannot have several values; give it one value"
        raise ConfigError(msg)
    if is_swept and not is_sweep:
        msg = (
            f"{text}: several values make a sweep: add -m (--multirun). A list is written "
            "[a,b], and text with commas or brackets in quotes"
        )
        raise ConfigError(msg)
    if key.lstrip("+").startswith(OF_A_SWEEP) and not is_sweep:
        msg = f"{text}: this field belongs to a sweep, and without -m one run is trained; add -m"
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
    """Return True if an override sets a field of a run, not a group or a field of Hydra's own."""
    return (
        override.value_type is not None
        and not override.is_hydra_override()
        and override.get_key_element().partition("@")[0] not in (*GROUPS, "sweeps")
        and not override.get_key_element().startswith(("+", "~"))
    )
