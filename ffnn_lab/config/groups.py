"""The groups of ``conf/``: the options that a run may choose from, and their config classes."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ffnn_lab.registry import Option, options


@dataclass(frozen=True, kw_only=True, eq=False)
class Choice(Option):
    """An option that a run's config chooses by name, as ``optimizer=adam``, from a group."""

    config: type[Any]
    """The dataclass of the option's fields, against which Hydra checks the option's YAML."""


class Group(Mapping[str, type]):
    """Maps the name of each option of a kind to its config class; a view of the registry."""

    def __init__(self, kind: str, serves: Callable[[Any], bool] = lambda _option: True) -> None:
        """Choose the options of the group.

        Args:
            kind: The kind of option, a key of ``registry.FOLDERS``.
            serves: Returns True for the options of the kind that belong to the group; without
                this argument all of them do.
        """
        self._kind, self._serves = kind, serves

    def __getitem__(self, name: str) -> type:
        """Return the config class of the option of that name.

        Raises:
            KeyError: If no option of the group has that name.
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
