"""The text of ``python -m ffnn_lab.run --help``.

Hydra's own implementation lists all groups, including its own, twice, and sets up a new loader for
each of them; that took most of the time of ``--help``.
"""

import string
import sys
from collections.abc import Iterable, Sequence

from hydra.core.object_type import ObjectType
from hydra.plugins.config_source import ConfigSource
from hydra.types import RunMode
from omegaconf import OmegaConf, open_dict

from ffnn_lab.api.composing import CONFIG, hydra_set_up

FLAGS = ("--help", "-h")


def is_help(words: Sequence[str]) -> bool:
    """Return True if a command line has a flag that asks for help, and no other flag."""
    flags = [word for word in words if word.startswith("-")]
    return len(flags) == 1 and flags[0] in FLAGS


def print_help(words: Sequence[str]) -> None:
    """Print every group with its options, and one run as it is composed.

    Args:
        words: The command line; its overrides change the run that is shown.
    """
    overrides = [word for word in words if word not in FLAGS]
    with hydra_set_up() as loader:
        composed = loader.load_configuration(CONFIG, overrides, run_mode=RunMode.RUN)
        groups = groups_of(loader.get_sources())
    lines = (f"{name}: {', '.join(options)}\n" for name, options in groups.items())
    template = string.Template(composed.hydra.help.template)
    with open_dict(composed):
        del composed["hydra"]
    text = template.substitute(
        APP_CONFIG_GROUPS="".join(lines), CONFIG=OmegaConf.to_yaml(composed)
    )
    sys.stdout.write(f"{text}\n")


def groups_of(sources: Iterable[ConfigSource]) -> dict[str, list[str]]:
    """Return the names of the options of each group of configs, without Hydra's own groups.

    Args:
        sources: The sources from which Hydra loads configs, such as folders of YAML files.
    """
    found: dict[str, set[str]] = {}
    for source in sources:
        waiting = [""]
        while waiting:
            parent = waiting.pop()
            if not source.is_group(parent):
                continue
            if parent:
                found.setdefault(parent, set()).update(source.list(parent, ObjectType.CONFIG))
            names = source.list(parent, ObjectType.GROUP)
            inner = [f"{parent}/{name}".lstrip("/") for name in names]
            waiting += [name for name in inner if name != "hydra"]
    return {name: sorted(options) for name, options in sorted(found.items()) if options}
