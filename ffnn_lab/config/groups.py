"""The groups of ``conf/``: which options a run may choose from, and the class that checks each."""

from collections.abc import Callable, Iterator, Mapping
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

    def __init__(self, kind: str, serves: Callable[[Any], bool] = lambda _option: True) -> None:
        """Choose the options of the group.

        Args:
            kind: The kind of option, a key of ``registry.FOLDERS``.
            serves: Which options of the kind belong to the group.
        """
        self._kind, self._serves = kind, serves

    def __getitem__(self, name: str) -> type:
        """Return the config class of the option of that name.

        Raises:
            KeyError: If there is none in the group.
        """
        option = options(self._kind)[name]
        if not self._serves(option):
            raise KeyError(name)
        config: type = option.config
        return config

    def __iter__(self) -> Iterator[str]:
        return (name for name, each in options(self._kind).items() if self._serves(each))

    def __len__(self) -> int:
        return sum(1 for _ in self)
