"""The user's own network: any ``nn.Module`` that a function in a file of the user's returns."""

from __future__ import annotations

import hashlib
import importlib
import importlib.machinery
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union

from ffnn_lab.config.fields import ConfigError, any_value, with_values
from ffnn_lab.config.model import ModelConfig
from ffnn_lab.models.of_torch import module_model
from ffnn_lab.registry import register

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from torch import nn

    from ffnn_lab.config import RunConfig
    from ffnn_lab.tasks.data.task import Interface


@dataclass(kw_only=True)
class ModuleConfig(ModelConfig):
    """Config of a module that the user's ``factory(shape, n_outputs, **arguments)`` returns."""

    factory: Union[str, None]  # noqa: UP007 - OmegaConf 2.3 reads no `| None`
    """File and name of the function, such as ``my_nets:small_cnn`` for the function ``small_cnn``
    of the file ``my_nets.py`` in the working directory, or of an installed module ``my_nets``."""
    arguments: dict[str, Any]
    """Keyword arguments of the function, beside the shape of an example's inputs and the number of
    outputs. On a task of words or letters, the size of the vocabulary, ``n_words``, is added."""
    sha256: Union[str, None]  # noqa: UP007 - as above
    """The checksum that the file must have. null accepts any file, and a run's record has the
    checksum that was found. Other files, which this file imports, are not checked."""
    folder: Union[str, None] = any_value(neutral=None)  # noqa: UP007 - as above
    """Folder from which the file, or the package that contains the file, is imported; null to look
    for the file in the working directory and on Python's path."""

    @property
    def asked(self) -> str:
        """Return the override by which a user asks for the model."""
        return f"model.factory={self.factory}"


def settle(run: RunConfig) -> RunConfig:
    """Return a run's config with the folder and the checksum of the user's file filled in.

    Raises:
        ConfigError: If the file is missing, or its checksum is not ``model.sha256``.
    """
    config = run.model
    if not isinstance(config, ModuleConfig):
        return run
    path, folder = _find(config)
    return with_values(run, {"model.sha256": _checksum(path, config), "model.folder": str(folder)})


def _names(config: ModuleConfig) -> tuple[str, str]:
    module, colon, name = (config.factory or "").partition(":")
    if not (colon and all(part.isidentifier() for part in (*module.split("."), name))):
        msg = (
            "model.factory must name a file and a function in it, such as my_nets:small_cnn; got "
            f"{config.factory or 'nothing'}"
        )
        raise ConfigError(msg)
    return module, name


def _find(config: ModuleConfig) -> tuple[Path, Path]:
    """Return the path of the function's file, and the folder from which it is imported.

    The file is looked for in ``config.folder``, then in the working directory, for records that
    were moved, then on Python's path. `_checksum` tells whether the right file was found.

    Raises:
        ConfigError: If there is no such file.
    """
    module, _ = _names(config)
    first, *rest = module.split(".")
    places = [*filter(None, [config.folder]), str(Path.cwd()), *sys.path]
    for place in places:
        found = importlib.machinery.PathFinder.find_spec(first, [place])
        base = Path(place, first) if found and found.submodule_search_locations else None
        path = Path(place, f"{first}.py") if base is None else base.joinpath(*rest, "__init__.py")
        if base is not None and not path.is_file():
            path = base.joinpath(*rest).with_suffix(".py")
        if path.is_file():
            return path.resolve(), Path(place).resolve()
    msg = (
        f"model.factory={config.factory}: there is no file {module.replace('.', '/')}.py "
        f"in the current folder, {Path.cwd()}; "
        "the file is needed, since its source is part of what defines a run"
    )
    raise ConfigError(msg)


def _checksum(path: Path, config: ModuleConfig) -> str:
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if config.sha256 not in (None, found):
        msg = (
            f"{path} is not the file that the run was defined with: its sha256 is {found}, and "
            f"the run has model.sha256={config.sha256}; put the earlier file there"
        )
        raise ConfigError(msg)
    return found


def factory_of(config: ModuleConfig) -> Callable[..., nn.Module]:
    """Import the user's file, and return the function that makes a module.

    Raises:
        ConfigError: If the function is missing, or its file cannot be imported or has another
            checksum than ``config.sha256``.
    """
    module_name, name = _names(config)
    path, folder = _find(config)
    module = _imported(module_name, path, folder, config)
    factory = getattr(module, name, None)
    if not callable(factory):
        msg = f"{config.asked}: {path} has no function {name}"
        raise ConfigError(msg)
    found: Callable[..., nn.Module] = factory
    return found


_OURS: dict[str, tuple[Path, str]] = {}
"""Path and checksum of the file of each module that `_imported` imported, by the module's name."""


def _imported(name: str, path: Path, folder: Path, config: ModuleConfig) -> ModuleType:
    """Import the user's module; if its file has changed since an earlier import, import it anew.

    Args:
        name: Dotted name of the module.
        path: Path of the module's file.
        folder: Folder from which the module is imported, which is added to ``sys.path``.
        config: The model's config.

    Raises:
        ConfigError: If the import fails, or if Python has another module of that name.
    """
    found = path, _checksum(path, config)
    if name in _OURS and _OURS[name] != found:
        for known in [each for each in sys.modules if each == name or each.startswith(f"{name}.")]:
            del sys.modules[known]
        sys.path[:] = [each for each in sys.path if each != str(_OURS[name][0].parent)]
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    importlib.invalidate_caches()
    try:
        module = importlib.import_module(name)
    except Exception as error:
        msg = f"{config.asked}: {path} cannot be imported: {type(error).__name__}: {error}"
        raise ConfigError(msg) from error
    if Path(getattr(module, "__file__", None) or "").resolve() != path:
        msg = f"{config.asked}: Python has another module of that name; rename {path.name}"
        raise ConfigError(msg)
    _OURS[name] = found
    return module


def build(config: ModuleConfig, interface: Interface) -> nn.Module:
    """Return a new, untrained module, made by the user's function for a task.

    Args:
        config: The model's config.
        interface: The shapes of the task's inputs and outputs.

    Raises:
        ConfigError: If the function cannot be found, or raises an error.
    """
    factory = factory_of(config)
    more = {"n_words": interface.n_words} if interface.n_words else {}
    try:
        return factory(interface.inputs, interface.n_outputs, **config.arguments, **more)
    except Exception as error:
        msg = (
            f"{config.asked} was called with the shape {interface.inputs}, {interface.n_outputs} "
            f"outputs and model.arguments={config.arguments}, and raised "
            f"{type(error).__name__}: {error}"
        )
        raise ConfigError(msg) from error


register(module_model("module", ModuleConfig, build, settle=settle, order=6))
