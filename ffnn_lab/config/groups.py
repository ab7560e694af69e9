"""The groups of ``conf/``: which options a run may choose from, and the class that checks each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ffnn_lab.registry import Option, options


@dataclass(frozen=True, kw_only=True, eq=False)
class Choice(Option):
    """An option that a run's config chooses: it stands in a group of ``conf/``."""

    config: type[Any]
    """The dataclass that checks its YAML."""


class Group(Mapping[str, type]):
    """The config classes of one kind of option, by name; a view of the registry."""

    def __init__(self, kind: str) -> None:
        """Take the kind of option, a key of ``registry.FOLDERS``."""
        self._kind = kind

    def __getitem__(self, name: str) -> type:
        """Return the config class of the option of that name."""
        config: type = options(self._kind)[name].config
        return config

    def __iter__(self) -> Iterator[str]:
        return iter(options(self._kind))

    def __len__(self) -> int:
        return len(options(self._kind))
