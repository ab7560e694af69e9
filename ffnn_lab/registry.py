"""The registry of options, which a user chooses by name; each is an object in its own file.

An option has all that the lab knows of it: its config class, its functions, its look in figures.
Its file calls `register` once. Asking for a kind of option imports every file of that kind's
folder, so no other file lists the names. Importing such a file must stay cheap: torch, matplotlib
and other heavy libraries are imported inside the functions that need them. Files outside the
package, which `ffnn_lab.outside` finds, register options in the same way; the registry remembers
these files.
"""

import hashlib
import importlib
import pkgutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from ffnn_lab.errors import UserError

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
"""For each kind of option, the package whose modules define the options of that kind."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Option:
    """Something that a user chooses by its name; each kind of option is a subclass."""

    kind: ClassVar[str]
    """The kind of option, such as ``optimizer``: a key of `FOLDERS`."""
    name: str
    """The name that the user writes, such as ``adam``; for most kinds that of the file, too."""
    order: int = 100
    """Number by which options are listed; options with equal numbers are listed by name."""


@dataclass(frozen=True)
class Source:
    """The file outside the package that defines an option."""

    path: Path
    sha256: str
    """The file's checksum when it was read: part of the identity of runs that use the option."""


T = TypeVar("T", bound=Option)
_KNOWN: dict[str, dict[str, Option]] = {}
_SOURCES: dict[tuple[str, str], Source] = {}
"""The files of options from outside, by kind and name."""
_calls = {"n": 0}


class UnknownOptionError(KeyError):
    """Raised if no option of a kind has a name; the message lists the names that there are."""

    def __str__(self) -> str:
        return str(self.args[0])


def register(option: T) -> T:
    """Make an option known under its kind and name.

    A user's file calls, for example, ``ffnn_lab.register(Optimizer(name="lion", ...))``, see
    ``docs/extending.md``. A file that is imported again replaces the options that it registered.

    Args:
        option: The option that the file defines.

    Returns:
        The option itself, so that its file may assign it to a name.

    Raises:
        ValueError: If another option of the kind has the name.
        UserError: If the function is called in a notebook or in the script that is run, which
            workers do not import.
    """
    key, source = (option.kind, option.name), _source()
    if source is not None:
        _import_all(FOLDERS[option.kind])  # whose names must be known
    known = _KNOWN.setdefault(option.kind, {})
    before = _SOURCES.get(key)
    is_again = source is not None and before is not None and source.path == before.path
    if option.name in known and not is_again:
        msg = f"two options of the kind {option.kind} are called {option.name}"
        raise ValueError(msg)
    known[option.name] = option
    _calls["n"] += 1
    if source is not None:
        _SOURCES[key] = source
    in_order = sorted(known.values(), key=lambda each: (each.order, each.name))
    _KNOWN[option.kind] = {each.name: each for each in in_order}
    return option


def _source() -> Source | None:
    """Return the file that is calling `register`; None if it is a file of the package.

    A helper of the package may stand between the file and `register`.

    Raises:
        UserError: If the caller is not a file that a worker could import.
    """
    frame = sys._getframe(2)  # noqa: SLF001 - as the standard library finds the calling module
    while frame.f_globals.get("__name__", "").partition(".")[0] == __package__:
        if frame.f_code.co_name == "<module>" or frame.f_back is None:
            return None
        frame = frame.f_back
    name, file = frame.f_globals.get("__name__"), frame.f_globals.get("__file__")
    if name == "__main__" or file is None:
        msg = (
            "ffnn_lab.register must be called in a file that workers can import, such as "
            f"lab_options.py in the current folder; it was called in {file or 'a notebook'}"
        )
        raise UserError(msg)
    path = Path(file).resolve()
    return Source(path, hashlib.sha256(path.read_bytes()).hexdigest())


def n_registered() -> int:
    """Return the number of calls of `register` so far: it grows when an option is replaced, too.

    Whoever caches what follows from all options takes the number into the cache's key.
    """
    return _calls["n"]


def from_outside() -> list[tuple[str, str]]:
    """Return the kind and the name of every registered option from outside the package."""
    return list(_SOURCES)


def source_files() -> set[Path]:
    """Return the files of all registered options from outside the package."""
    return {source.path for source in _SOURCES.values()}


def source_of(kind: str, name: str) -> Source | None:
    """Return the file that defines an option from outside; None for an option of the package."""
    options(kind)
    return _SOURCES.get((kind, name))


def options(kind: str) -> Mapping[str, Any]:
    """Return the options of a kind by name, in order; their files are imported on first use.

    Args:
        kind: A key of `FOLDERS`.
    """
    _import_all(FOLDERS[kind])
    # Imported here, by name: that module imports this one.
    importlib.import_module("ffnn_lab.outside").import_options()
    return _KNOWN.get(kind, {})


class View(Mapping[str, T], Generic[T]):
    """The options of one kind, by name and in order; their files are imported on first use."""

    def __init__(self, option_class: type[T]) -> None:
        """Create the view.

        Args:
            option_class: A subclass of `Option` whose ``kind`` is a key of `FOLDERS`.
        """
        self._class = option_class

    def __getitem__(self, name: str) -> T:
        """Return the option of that name.

        Raises:
            UnknownOptionError: If no option has that name.
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
