"""Compiled programs on disk: made once on a machine, and loaded without a compiler.

torch exports a module as a graph, its inductor writes C++ for it, the machine's compiler makes a
library of that. What a program is, ``ffnn_lab.programs`` says.
"""

import contextlib
import ctypes
import fcntl
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
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ffnn_lab import losses, models, optimizers, steps
from ffnn_lab.config import UserError, home

CACHE = "FFNN_LAB_CACHE"
"""Environment variable: folder of the compiled programs."""
NO_COMPILER = (
    "no C++ compiler is there (g++, or what CXX names): steps run as they are written, "
    "trainer.compile=false"
)
"""What the user is told where compiling is asked for, or would pay."""
logger = logging.getLogger(__name__)


class ProgramError(UserError):
    """A program that can be neither loaded nor compiled; the message says what is missing."""


@dataclass(frozen=True)
class Spec:
    """What a program is, beside the code that it is made of: the part of its name that varies."""

    kind: str
    dtype: str
    details: Mapping[str, Any]


Axes = list[dict[int, str]]
"""Of each input, the names of the axes whose length may be any; equal names, equal lengths."""
Example = Callable[[], tuple[nn.Module, list[Tensor], Axes]]
"""Makes the module to export, and inputs that stand for all others."""
_SETTINGS: dict[str, dict[str, Any]] = {
    "gradients": {},
    "evaluation": {},
    # Scalars per member are computed once and stored: inlined, as many operations are by default,
    # they are computed for every weight, and Adam takes twice the time.
    "update": {"realize_opcount_threshold": 3},
}
"""What inductor is told for each kind of program."""
_BASE: dict[str, Any] = {
    "cpp.dynamic_threads": True,  # the threads of the moment, not those of when it was compiled
    "cpp.enable_floating_point_contract_flag": "off",  # rounds alike wherever a loop is cut
}


def programs_folder() -> Path:
    """Say where compiled programs lie: ``FFNN_LAB_CACHE``, or ``ffnn_lab`` in the user's cache."""
    own = os.environ.get(CACHE)
    if own:
        return home(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ffnn_lab"


def find_compiler() -> str | None:
    """Give the C++ compiler that inductor would use, or None if it is not there."""
    return shutil.which(os.environ.get("CXX", "clang++" if sys.platform == "darwin" else "g++"))


class Program:
    """A compiled program, by the C names of its library (torch's ``aoti_runtime/interface.h``).

    torch's own binding keeps Python's lock for as long as a call takes (pytorch's issue 197516).
    Here other threads go on meanwhile, and may run the same program.
    """

    def __init__(self, path: Path) -> None:
        """Load it.

        Raises:
            AttributeError: If it is a library of something else.
            OSError: If it is no library of this kind of machine.
            RuntimeError: If it says that it cannot be run here.
        """
        self._library = ctypes.CDLL(str(path.absolute()))  # a bare name is looked for elsewhere
        self._library.torch_exception_get_what_without_backtrace.restype = ctypes.c_char_p
        self._container = ctypes.c_void_p()
        # More threads than models would wait for one another, and for ever where all fail.
        n_at_once = ctypes.c_size_t(max(os.cpu_count() or 1, torch.get_num_threads()))
        create = self._library.AOTInductorModelContainerCreateWithDevice
        self._check(create(ctypes.byref(self._container), n_at_once, b"cpu", None))
        self._run = self._library.AOTInductorModelContainerRun
        address, length = ctypes.c_void_p, ctypes.c_size_t
        self._run.argtypes = [address, address, length, address, length, address, address]
        self._n_inputs = self._count("Inputs")
        self._inputs, self._outputs = address * self._n_inputs, address * self._count("Outputs")

    def __call__(self, inputs: list[Tensor]) -> list[Tensor]:
        """Compute its outputs, of contiguous inputs in their order.

        Raises:
            RuntimeError: If it fails; the message is torch's.
            TypeError: If there are not as many inputs as it takes.
        """
        if len(inputs) != self._n_inputs:
            msg = f"the program takes {self._n_inputs} tensors, got {len(inputs)}"
            raise TypeError(msg)
        # A capsule holds a reference of its own, which the program takes over.
        held = _aoti.unsafe_alloc_void_ptrs_from_tensors(inputs)
        given, made = self._inputs(*[_address(each, None) for each in held]), self._outputs()
        self._check(self._run(self._container, given, len(given), made, len(made), None, None))
        found: list[Tensor] = _aoti.alloc_tensors_by_stealing_from_void_ptrs(
            [_capsule(each, None, None) for each in made]
        )
        return found

    def _count(self, what: str) -> int:
        number = ctypes.c_size_t()
        count = getattr(self._library, f"AOTInductorModelContainerGetNum{what}")
        self._check(count(self._container, ctypes.byref(number)))
        return number.value

    def _check(self, code: int) -> None:
        if code != 0:
            said = ctypes.c_char_p()
            self._library.AOTInductorGetLastError(ctypes.byref(said))
            message = (said.value or b"no message").decode(errors="replace")
            if "API call failed" in message:  # a call of torch, which alone knows why
                why = self._library.torch_exception_get_what_without_backtrace() or b""
                message = f"{why.decode(errors='replace')}; {message}"
            raise RuntimeError(message)


_aoti = torch._C._aoti  # noqa: SLF001 - the public loader's own, which keeps the lock
# Prototypes of our own: those of `ctypes.pythonapi` are whoever's set them last, JAX's for one.
_address = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)
_capsule = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)(
    ("PyCapsule_New", ctypes.pythonapi)
)


@functools.cache
def _load(path: Path) -> Program:
    return Program(path)


def get_program(spec: Spec, example: Example) -> Program:
    """Load a program, and compile it first if this machine never did.

    Raises:
        ProgramError: If neither can be done.
    """
    path = programs_folder() / f"{spec.kind}-{_key(spec)}.so"
    if not path.exists():
        _compile(spec, example, path)
    try:
        return _load(path)
    except (AttributeError, OSError, RuntimeError) as error:
        msg = (
            f"the compiled program {path} cannot be loaded ({_first_line(error)}): delete it, and "
            "it is compiled again"
        )
        raise ProgramError(msg) from error


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), "no message")


def _key(spec: Spec) -> str:
    """Hash all that a program depends on: what it is, its code, the compiler's, the processor."""
    told = hashlib.sha256(json.dumps([spec.kind, spec.dtype, spec.details]).encode())
    told.update(_environment())
    return told.hexdigest()[:16]


@functools.cache
def _environment() -> bytes:
    """Hash the code, torch's version, which brings inductor, and the processor."""
    sources = [
        Path(file)
        for module in (losses, models, optimizers, steps)
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
    """Name what the compiler tunes for; elsewhere its code may not run."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text().splitlines() if told.exists() else []
    wanted = ("model name", "flags", "Features")
    return "".join(sorted({line for line in lines if line.startswith(wanted)}))


def _compile(spec: Spec, example: Example, path: Path) -> None:
    """Compile a program, once for all processes of this machine that want it.

    Raises:
        ProgramError: If there is no compiler, or it fails.
    """
    if find_compiler() is None:
        msg = (
            "trainer.compile=true needs a C++ compiler (g++, or what the environment variable CXX "
            "names), and none is there: install one, or begin anew with trainer.compile=false"
        )
        raise ProgramError(msg)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path.with_suffix(".lock")):
        if path.exists():  # by another process, while this one waited
            return
        logger.warning("compiling %s for %s: once, half a minute at most", spec.kind, _said(spec))
        module, tensors, axes = example()
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".") as folder:
            made = Path(folder) / path.name
            try:
                _build(module, tensors, axes, made, {**_BASE, **_SETTINGS[spec.kind]})
            except Exception as error:
                msg = (
                    f"compiling {spec.kind} failed ({type(error).__name__}: "
                    f"{_first_line(error)}); trainer.compile=false does without"
                )
                raise ProgramError(msg) from error
            made.replace(path)


def _build(
    module: nn.Module, tensors: list[Tensor], axes: Axes, path: Path, settings: Mapping[str, Any]
) -> None:
    from torch._inductor import aoti_compile_and_package  # noqa: PLC0415 - seconds of import

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
        warnings.simplefilter("ignore")  # of torch, about torch
        exported = torch.export.export(module, tuple(tensors), dynamic_shapes=shapes)
        package = path.with_suffix(".pt2")
        aoti_compile_and_package(
            exported, package_path=str(package), inductor_configs=dict(settings)
        )
    with zipfile.ZipFile(package) as parts:
        (library,) = (name for name in parts.namelist() if name.endswith(".so"))
        (code,) = (name for name in parts.namelist() if name.endswith(".wrapper.cpp"))
        if b"proxy_executor_call" in parts.read(code):
            msg = "an operation has no C name, and only torch's own loader could call it"
            raise NotImplementedError(msg)
        path.write_bytes(parts.read(library))


def _said(spec: Spec) -> str:
    method = spec.details.get("method")
    return str(method or spec.details["layout"]["sizes"])


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
