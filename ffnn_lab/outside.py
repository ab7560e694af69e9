"""Options from outside the package: a user's own optimizer, network, task or figure.

Such options are defined in ``lab_options.py`` in the working directory, or in the files that the
environment variable ``FFNN_LAB_OPTIONS`` names, and in the entry points ``ffnn_lab.options`` of
installed packages. A file calls ``ffnn_lab.register`` once for each option.
"""

import importlib
import importlib.metadata
import importlib.util
import os
import sys
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from ffnn_lab import registry
from ffnn_lab.errors import UserError

FILE = "lab_options.py"
"""The file of options that is looked for in the working directory."""
VARIABLE = "FFNN_LAB_OPTIONS"
"""Environment variable that names the files of options, separated like the folders of ``PATH``."""
ENTRY_POINTS = "ffnn_lab.options"
"""Group of the entry points by which an installed package brings options."""

_LOCK = threading.RLock()
_IMPORTED: dict[Path, ModuleType] = {}
_state = {"is_done": False, "is_begun": False}


def import_options() -> None:
    """Import every file of options from outside, once in each process.

    From then on the environment variable `VARIABLE` names the files, so that workers import the
    same files, whatever their working directory.

    Raises:
        UserError: If a file is missing or raises an error; the message has the file, the line and
            the reason.
    """
    with _LOCK:
        if _state["is_done"] or _state["is_begun"]:  # a file of options may ask for other options
            return
        _state["is_begun"] = True
        try:
            files = list(_files())
            for path in files:
                import_file(path)
            for each in importlib.metadata.entry_points(group=ENTRY_POINTS):
                _import_entry_point(each)
            _state["is_done"] = True
        finally:
            _state["is_begun"] = False
        if files:
            pass_on()


def _import_entry_point(each: importlib.metadata.EntryPoint) -> None:
    try:
        each.load()
    except Exception as error:
        package = each.dist.name if each.dist else "an installed package"
        msg = (
            f"the options of {package} (entry point {each.name} = {each.value}) cannot be "
            f"imported: {type(error).__name__}: {error}; fix it or uninstall it"
        )
        raise UserError(msg) from error


def _files() -> Iterator[Path]:
    named = os.environ.get(VARIABLE)
    if named:
        for each in filter(None, named.split(os.pathsep)):
            path = Path(each).expanduser().absolute()
            path = path / FILE if path.is_dir() else path
            if not path.is_file():
                msg = f"{VARIABLE} must name files of options; there is no file {path}"
                raise UserError(msg)
            yield path
    elif (path := Path(FILE).absolute()).is_file():
        if os.pathsep in str(path):
            msg = (
                f"{path}: the name of the folder must be without {os.pathsep}, which separates "
                f"the files in {VARIABLE}; move {FILE} to another folder"
            )
            raise UserError(msg)
        yield path


def import_file(path: Path) -> ModuleType:
    """Import a file of options as a module that has the file's name.

    The file may import other files of its folder. A file that was imported already by Python's
    ``import`` is not imported again.

    Raises:
        UserError: If the file raises an error, or Python has another module of that name.
    """
    if path in _IMPORTED:
        return _IMPORTED[path]
    name = path.stem
    if _is_at(sys.modules.get(name), path):
        _IMPORTED[path] = sys.modules[name]
        return _IMPORTED[path]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        msg = f"{path} must be a Python file, such as {FILE}"
        raise UserError(msg)
    if name in sys.modules:
        msg = f"{path}: Python has another module that is called {name}; rename the file"
        raise UserError(msg)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        slip = slip_in(error, path)
        if slip is None or slip is error:
            raise
        raise slip from error
    _IMPORTED[path] = module
    return module


def _is_at(module: ModuleType | None, path: Path) -> bool:
    """Return True if a module was imported from the file ``path``."""
    file = getattr(module, "__file__", None)
    return file is not None and Path(file).resolve() == path.resolve()


def pass_on() -> None:
    """Name in the environment every file of options that workers must import.

    These are the files that were found here, and files that a script or notebook imported itself,
    which then registered options.
    """
    own = [
        path
        for path in sorted(registry.source_files())
        if path not in _IMPORTED and _is_at(sys.modules.get(path.stem), path)
    ]
    if _IMPORTED or own:
        os.environ[VARIABLE] = os.pathsep.join(map(str, [*_IMPORTED, *own]))


def slip_in(error: Exception, path: Path | None = None) -> UserError | None:
    """Return a `UserError` with file and line for an error that arose in a file of options.

    Args:
        error: The error that was raised.
        path: The file of options that is being imported, if any.

    Returns:
        The `UserError`, which is ``error`` itself if that is a `UserError`; None if no line of a
        file of options, or of another file in its folder, led to the error.
    """
    if isinstance(error, UserError):
        return error
    folders = {
        each.parent for each in [*_IMPORTED, *registry.source_files(), *filter(None, [path])]
    }
    places = [(each.filename, each.lineno) for each in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        places.append((error.filename, error.lineno))
    for file, line in reversed(places):
        if Path(file).parent in folders:
            return UserError(f"{file}, line {line}: {first_line(error)}")
    return None


def first_line(error: BaseException) -> str:
    """Return an error's type and the first line of its message."""
    said = str(error).strip().splitlines()
    return f"{type(error).__name__}: {said[0]}" if said else type(error).__name__


def told() -> str:
    """Return the end of an error message: the imported files of options, and their options.

    If no file was imported, the text names the file in which a user can define an option.
    """
    if not _IMPORTED:
        return f"your own options are read from {FILE} in the current folder, and there is none"
    files = ", ".join(map(str, _IMPORTED))
    named = ", ".join(f"{kind}={name}" for kind, name in registry.from_outside())
    return f"{files} registers {named or 'nothing'}"
