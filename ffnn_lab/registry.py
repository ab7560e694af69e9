"""The one registry of options: what a user chooses by name, each an object in a file of its own.

An option holds all that is known of it: its config class, its functions, how figures draw it. Its
file calls `register` once. Asking for a kind of option imports every file of that kind's folder,
so nothing else lists the names. Importing such a file must stay cheap: torch, matplotlib and other
heavy libraries are imported inside the functions that need them.
"""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Generic, TypeVar

FOLDERS: dict[str, str] = {
    "activation": "ffnn_lab.activations",
    "claim": "ffnn_lab.report.claims.declared",
    "figure": "ffnn_lab.report.figures.reported",
    "initializer": "ffnn_lab.initializers",
    "model": "ffnn_lab.models",
    "optimizer": "ffnn_lab.optimizers",
    "protocol": "ffnn_lab.protocols",
    "pruner": "ffnn_lab.pruners",
    "schedule": "ffnn_lab.schedules",
    "sheet": "ffnn_lab.report.sheets",
    "task": "ffnn_lab.tasks",
}
"""To each kind of option the package whose modules define the options of that kind."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Option:
    """Something that a user chooses by its name; each kind of option is a subclass."""

    kind: ClassVar[str]
    """Such as ``optimizer``; the key of `FOLDERS`."""
    name: str
    """What the user writes, such as ``adam``; for most kinds the name of the file, too."""
    order: int = 100
    """Options are listed by this number, and equal ones by name; so later ones come last."""


T = TypeVar("T", bound=Option)
_KNOWN: dict[str, dict[str, Option]] = {}


class UnknownOptionError(KeyError):
    """A name that no option of its kind has; the message lists those that there are."""

    def __str__(self) -> str:
        return str(self.args[0])


def register(option: T) -> T:
    """Make an option known under its kind and name.

    Args:
        option: What its file defines.

    Returns:
        The option itself, so that its file may name it.

    Raises:
        ValueError: If another option of the kind has the name.
    """
    known = _KNOWN.setdefault(option.kind, {})
    if option.name in known:
        msg = f"two options of the kind {option.kind} are called {option.name}"
        raise ValueError(msg)
    known[option.name] = option
    in_order = sorted(known.values(), key=lambda each: (each.order, each.name))
    _KNOWN[option.kind] = {each.name: each for each in in_order}
    return option


def options(kind: str) -> Mapping[str, Any]:
    """Return the options of a kind by name, in order; their files are imported on first use.

    Args:
        kind: A key of `FOLDERS`.
    """
    _import_all(FOLDERS[kind])
    return _KNOWN.get(kind, {})


class View(Mapping[str, T], Generic[T]):
    """The options of one kind, by name and in order; their files are imported on first use."""

    def __init__(self, option_class: type[T]) -> None:
        """Take the class of the options.

        Args:
            option_class: A subclass of `Option` whose ``kind`` is a key of `FOLDERS`.
        """
        self._class = option_class

    def __getitem__(self, name: str) -> T:
        """Return the option of that name.

        Raises:
            UnknownOptionError: If there is none.
        """
        found = options(self._class.kind)
        if name not in found:
            msg = f"{self._class.kind} must be one of {', '.join(found)}; got {name}"
            raise UnknownOptionError(msg)
        option: T = found[name]
        return option

    def __iter__(self) -> Iterator[str]:
        return iter(options(self._class.kind))

    def __len__(self) -> int:
        return len(options(self._class.kind))


@cache
def _import_all(package: str) -> None:
    """Import every module of a package once, sub-packages by their ``__init__``."""
    folder = importlib.import_module(package)
    for module in sorted(each.name for each in pkgutil.iter_modules(folder.__path__)):
        importlib.import_module(f"{package}.{module}")
