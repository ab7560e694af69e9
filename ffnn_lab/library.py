"""Compiled programs on disk: made once on a machine, and loaded without a compiler.

torch exports a module as a graph, its inductor writes C++ for it, and the machine's compiler
builds a shared library from that. The programs are defined in ``ffnn_lab.programs``.
"""

import contextlib
import functools
import hashlib
import inspect
import json
import logging
import os
import platform
import shutil
import sys
import tempfile
import threading
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ffnn_lab import activations, losses, networks, optimizers, steps
from ffnn_lab.aoti import Program
from ffnn_lab.config import UserError, home
from ffnn_lab.vault import CACHE, DamagedError, Vault, opened

NO_COMPILER = (
    "no C++ compiler was found (g++, or the one that the environment variable CXX names): "
    "training steps are not compiled, as with trainer.compile=false"
)
"""Message to the user if compiling is asked for, or would save time, but there is no compiler."""
logger = logging.getLogger(__name__)


class ProgramError(UserError):
    """Raised if a program can be neither loaded nor compiled; the message says what is missing."""


class NotAtHandError(ProgramError):
    """Raised within `without_compiling` if a program would have to be compiled first."""


@dataclass(frozen=True)
class Spec:
    """The identity of a program, apart from the source code that it is compiled from."""

    kind: str
    """``gradients``, ``evaluation`` or ``update``."""
    dtype: str
    details: Mapping[str, Any]
    """All else on which the compiled code depends, as JSON: network, loss, optimizer and so on."""


Axes = list[dict[int, str]]
"""For each input tensor, maps its axes of variable length to names; equal names mean equal
lengths."""
Example = Callable[[], tuple[nn.Module, list[Tensor], Axes]]
"""Function that returns the module to export, example inputs for it, and their variable axes."""
_SETTINGS: dict[str, dict[str, Any]] = {
    "gradients": {},
    "evaluation": {},
    # Scalars per member are computed once and stored: by default inductor inlines them, which
    # computes them again for every weight, and Adam takes twice the time.
    "update": {"realize_opcount_threshold": 3},
}
"""Inductor's settings for each kind of program."""
_BASE: dict[str, Any] = {
    "cpp.dynamic_threads": True,  # the number of threads at run time, not at compile time
    "cpp.enable_floating_point_contract_flag": "off",  # equal rounding wherever a loop is cut
}


def programs_folder() -> Path:
    """Return the folder of compiled programs: ``FFNN_LAB_CACHE``, or one in the user's cache."""
    own = os.environ.get(CACHE)
    if own:
        return home(own)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    # A separate folder, which only this user may write to, whoever may write to its parent.
    return cache / "ffnn_lab" / "programs"


def find_compiler() -> str | None:
    """Return the path of the C++ compiler that inductor would use; None if it is not installed."""
    return shutil.which(os.environ.get("CXX", "clang++" if sys.platform == "darwin" else "g++"))


_LOADED: dict[Path, Program] = {}
"""Programs that this process has loaded, by the paths of their files."""
_may_compile = threading.Event()
_may_compile.set()


@contextlib.contextmanager
def without_compiling() -> Iterator[None]:
    """Compile no program within the block, so that only programs on disk can be used.

    Raises:
        NotAtHandError: Within the block, for a program that would have to be compiled.
    """
    _may_compile.clear()
    try:
        yield
    finally:
        _may_compile.set()


def get_program(spec: Spec, example: Example) -> Program:
    """Load a program; it is compiled first if its file is missing or damaged.

    Args:
        spec: The identity of the program.
        example: Makes the module to compile, and its example inputs, if need be.

    Raises:
        FolderError: If the folder of programs cannot be used, or other users can write to it.
        NotAtHandError: Within `without_compiling`, if the program would have to be compiled.
        ProgramError: If the program can be neither loaded nor compiled.
    """
    path = programs_folder() / f"{spec.kind}-{_key(spec)}.so"
    if path not in _LOADED:
        if not _may_compile.is_set() and not path.parent.exists():
            msg = f"{path.parent} is to be made first"
            raise NotAtHandError(msg)
        with opened(path.parent) as vault:
            contents = _read(vault, path) or _compile(spec, example, vault, path)
        try:
            _LOADED[path] = Program(contents, path)
        except (AttributeError, OSError, RuntimeError) as error:
            msg = (
                f"the compiled program {path} cannot be loaded ({_first_line(error)}): delete it, "
                "and it is compiled again"
            )
            raise ProgramError(msg) from error
    return _LOADED[path]


def _read(vault: Vault, path: Path) -> bytes | None:
    """Read a program's file; None if it is missing, or damaged and can be compiled again.

    Raises:
        ProgramError: If the file is damaged, and there is no compiler.
    """
    try:
        return vault.read(path.name)
    except DamagedError as error:
        if find_compiler() is None:
            msg = (
                f"the compiled program {path} cannot be trusted: {error}. No C++ compiler was "
                "found to compile it again (g++, or the one that the environment variable CXX "
                f"names): install one, or delete {path} and start again with trainer.compile=false"
            )
            raise ProgramError(msg) from error
        if _may_compile.is_set():
            logger.warning("%s is compiled again: %s", path, error)
        return None


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), "no message")


def _key(spec: Spec) -> str:
    """Hash all that a program depends on: its spec, our source code, torch and the processor."""
    told = hashlib.sha256(json.dumps([spec.kind, spec.dtype, spec.details]).encode())
    told.update(_environment())
    return told.hexdigest()[:16]


@functools.cache
def _environment() -> bytes:
    """Hash our source code, torch's version (and with it inductor's), and the processor."""
    sources = [
        Path(file)
        for module in (activations, losses, networks, optimizers, steps)
        for file in (
            Path(module.__file__ or "").parent.glob("*.py")
            if hasattr(module, "__path__")
            else [module.__file__ or ""]
        )
    ]
    own = Path(__file__)
    sources += [own, own.with_name("programs.py")]
    code = [path.read_text() for path in sorted(sources)]
    capability = torch.backends.cpu.get_cpu_capability()
    told = [code, torch.__version__, capability, platform.machine(), _processor()]
    return hashlib.sha256(json.dumps(told).encode()).digest()


def _processor() -> str:
    """Return the processor's name and features: code compiled for them may not run elsewhere."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text().splitlines() if told.exists() else []
    wanted = ("model name", "flags", "Features")
    return "".join(sorted({line for line in lines if line.startswith(wanted)}))


def _compile(spec: Spec, example: Example, vault: Vault, path: Path) -> bytes:
    """Compile a program and store it, once for all processes of this machine that need it.

    Args:
        spec: The identity of the program.
        example: Makes the module to compile, and its example inputs.
        vault: The open folder of programs.
        path: Path of the program's file in that folder.

    Returns:
        The bytes of the shared library.

    Raises:
        NotAtHandError: Within `without_compiling`.
        ProgramError: If there is no compiler, it fails, or the program cannot be stored.
    """
    if not _may_compile.is_set():
        msg = f"{path} is to be compiled first"
        raise NotAtHandError(msg)
    if find_compiler() is None:
        msg = (
            "trainer.compile=true needs a C++ compiler (g++, or the one that the environment "
            "variable CXX names), and none was found: install one, or start again with "
            "trainer.compile=false"
        )
        raise ProgramError(msg)
    try:
        with vault.locked(path.with_suffix(".lock").name):
            # Another process may have compiled it while this one waited for the lock.
            with contextlib.suppress(DamagedError):
                made = vault.read(path.name)
                if made is not None:
                    return made
            logger.warning(
                "compiling %s for %s: this is done once, and takes about half a minute on an idle "
                "machine",
                spec.kind,
                _said(spec),
            )
            contents = _built(spec, example)
            vault.write(path.name, contents)
            return contents
    except OSError as error:
        msg = (
            f"the compiled program {path} cannot be stored ({error.strerror or error}): free "
            f"space, name another folder in the environment variable {CACHE}, or start again with "
            "trainer.compile=false"
        )
        raise ProgramError(msg) from error


def _built(spec: Spec, example: Example) -> bytes:
    """Build a program's shared library in a folder that only this user can read.

    Returns:
        The bytes of the library.

    Raises:
        ProgramError: If the build fails.
    """
    module, tensors, axes = example()
    with tempfile.TemporaryDirectory(prefix="ffnn_lab-") as folder, _own_cache():
        made = Path(folder) / "program.so"
        try:
            _build(module, tensors, axes, made, {**_BASE, **_SETTINGS[spec.kind]})
            return made.read_bytes()
        except Exception as error:
            msg = (
                f"compiling {spec.kind} failed ({type(error).__name__}: "
                f"{_first_line(error)}); set trainer.compile=false to train without compiling"
            )
            raise ProgramError(msg) from error


_INDUCTOR_CACHE = "TORCHINDUCTOR_CACHE_DIR"


@functools.cache
def _inductor_folder() -> tempfile.TemporaryDirectory[str]:
    """Make this process's own folder for inductor's cache; it is deleted at exit."""
    return tempfile.TemporaryDirectory(prefix="ffnn_lab-inductor-", ignore_cleanup_errors=True)


@contextlib.contextmanager
def _own_cache() -> Iterator[None]:
    """Let inductor use this process's own folder as its cache within the block.

    All users may write to inductor's usual folder, and inductor runs compiled code from its cache
    unchecked.
    """
    before = os.environ.get(_INDUCTOR_CACHE)
    os.environ[_INDUCTOR_CACHE] = _inductor_folder().name
    try:
        yield
    finally:
        del os.environ[_INDUCTOR_CACHE]
        if before is not None:
            os.environ[_INDUCTOR_CACHE] = before


def exported(module: nn.Module, tensors: list[Tensor], axes: Axes) -> torch.export.ExportedProgram:
    """Export a module as a graph whose named axes may have any length from 2.

    Args:
        module: The module.
        tensors: Example inputs.
        axes: The named axes of each input.

    Raises:
        torch._dynamo.exc.UserError: If the module branches on the length of a named axis, so that
            the graph would be valid for some lengths only.
    """
    lengths: dict[str, torch.export.Dim] = {}
    dims = [
        {
            place: lengths.setdefault(name, torch.export.Dim(name, min=2))
            for place, name in a.items()
        }
        for a in axes
    ]
    parameters = inspect.signature(module.forward).parameters.values()
    n_named = sum(parameter.kind is not parameter.VAR_POSITIONAL for parameter in parameters)
    more = tuple(dims[n_named:])  # of the module's variable arguments, if there are any
    shapes = (*dims[:n_named], more) if more else tuple(dims)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # of torch, about its own code
        return torch.export.export(module, tuple(tensors), dynamic_shapes=shapes)


def _build(
    module: nn.Module, tensors: list[Tensor], axes: Axes, path: Path, settings: Mapping[str, Any]
) -> None:
    from torch._inductor import aoti_compile_and_package  # noqa: PLC0415 - seconds of import

    graph, package = exported(module, tensors, axes), path.with_suffix(".pt2")
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # of torch, about its own code
        aoti_compile_and_package(graph, package_path=str(package), inductor_configs=dict(settings))
    with zipfile.ZipFile(package) as parts:
        (library,) = (name for name in parts.namelist() if name.endswith(".so"))
        (code,) = (name for name in parts.namelist() if name.endswith(".wrapper.cpp"))
        if b"proxy_executor_call" in parts.read(code):
            msg = "an operation has no C name, and only torch's own loader could call it"
            raise NotImplementedError(msg)
        path.write_bytes(parts.read(library))


def _said(spec: Spec) -> str:
    method = spec.details.get("method")
    return str(method or spec.details["network"]["sizes"])
