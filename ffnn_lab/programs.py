"""Compiled steps: the functions of ``ffnn_lab.steps``, compiled ahead of time and kept on disk.

A program is made once for a layout, loss and precision (``gradients``), or once for a method
(``update``), for any number of members, seeds and examples: nothing is compiled again when members
join, leave or change their hyperparameters, nor in another sweep of equal shapes. torch exports a
function of ``ffnn_lab.steps`` as a graph, its inductor writes C++ for it, the machine's compiler
makes a library of that, and the library is loaded without any of them.
"""

import contextlib
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
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ffnn_lab import losses, models, optimizers, steps
from ffnn_lab.config import UserError
from ffnn_lab.models import Layout
from ffnn_lab.optimizers import METHODS, Method
from ffnn_lab.steps import Batch, Dropout, Recipe, evaluation_sums, gradients, update_

CACHE = "FFNN_LAB_CACHE"
"""Environment variable: folder of the compiled programs."""
NO_COMPILER = (
    "no C++ compiler is there (g++, or what CXX names): steps run as they are written, "
    "trainer.compile=false"
)
"""What the user is told where compiling is asked for, or would pay."""
_N_EXAMPLE = 4
"""Members, seeds and examples of what is exported; any other number is as good but 0 and 1, in
which torch would see a constant."""
Run = Callable[[list[Tensor]], list[Tensor]]
"""A program: from its inputs, contiguous, in their order, to its outputs."""
logger = logging.getLogger(__name__)


class ProgramError(UserError):
    """A program that can be neither loaded nor compiled; the message says what is missing."""


@dataclass(frozen=True)
class Spec:
    """What a program is, beside the code that it is made of: the part of its name that varies."""

    kind: str
    dtype: str
    details: Mapping[str, Any]


class _Gradients(nn.Module):
    """``steps.gradients`` of a flat list of tensors, as the exporter wants it."""

    def __init__(self, recipe: Recipe, drops: Sequence[bool]) -> None:
        super().__init__()
        self._recipe, self._drops = recipe, drops

    def forward(
        self,
        flat: Tensor,
        inputs: Tensor,
        labels: Tensor,
        rows: Tensor,
        place: Tensor,
        *dropout: Tensor,
    ) -> tuple[Tensor, ...]:
        triples = iter(zip(dropout[::3], dropout[1::3], dropout[2::3], strict=True))
        numbers: list[Tensor | None] = []
        rules: list[Dropout | None] = []
        for drops in self._drops:
            drawn, *rule = next(triples) if drops else (None,)
            numbers.append(drawn)
            rules.append(Dropout(*rule) if drops else None)
        n_members = flat.shape[0]  # of whom some share one batch
        examples = inputs.expand(n_members, -1, -1), labels.expand(n_members, -1)
        batch = Batch(place, numbers, rows, place)  # in no order: its examples are at hand
        losses, grads = gradients(flat, examples, batch, rules, self._recipe)
        return losses, *grads


class _Update(nn.Module):
    """``steps.update_`` of a flat list of tensors."""

    def __init__(self, method: Method, state: Sequence[str]) -> None:
        super().__init__()
        self._method, self._state = method, state

    def forward(self, params: Tensor, grads: Tensor, *rest: Tensor) -> tuple[()]:
        n_state, names = len(self._state), self._method.hyperparameters
        state = dict(zip(self._state, rest[:n_state], strict=True))
        values = rest[n_state : n_state + len(names)]
        hyperparameters = dict(zip(names, values, strict=True))
        update_(params, grads, state, self._method, hyperparameters, (rest[-2], rest[-1]))
        return ()


def gradients_program(
    recipe: Recipe,
    drops: tuple[bool, ...],
    like: Tensor,
    labels: torch.dtype,
    *,
    shares_batch: bool = False,
) -> Run:
    """Give the compiled ``steps.gradients``.

    Its inputs are flat parameters, inputs ``(M, B, stored_in)``, labels, rows, place, and of each
    layer that drops numbers, thresholds and scales.

    Args:
        recipe: The steps'.
        drops: Of each layer, whether anybody drops inputs of it.
        like: A tensor of the dtype that the networks are in, on their device.
        labels: The labels' dtype.
        shares_batch: Whether all members see one batch; inputs, labels and numbers then have
            one entry on their first axis.
    """
    layout = recipe.layout
    details = {
        **asdict(recipe),
        "drops": drops,
        "labels": str(labels),
        "shares_batch": shares_batch,
    }
    spec = Spec("gradients", str(like.dtype), details)

    def example() -> tuple[nn.Module, list[Tensor], list[dict[int, str]]]:
        n = _N_EXAMPLE
        n_batches = 1 if shares_batch else n
        floats = functools.partial(torch.zeros, dtype=like.dtype)
        tensors = [
            floats(n, layout.n_stored),
            floats(n_batches, n, layout.stored[0]),
            torch.zeros(n_batches, n, dtype=labels),
            torch.zeros(n, dtype=torch.int64),
            torch.zeros(n, dtype=torch.int64),
        ]
        of_batches = {1: "B"} if shares_batch else {0: "M", 1: "B"}
        axes = [{0: "M"}, of_batches, of_batches, {0: "B"}, {0: "M"}]
        for stored, is_dropped in zip(layout.stored[:-1], drops, strict=True):
            if is_dropped:
                numbers = torch.zeros(n_batches, n, stored, dtype=torch.int32)
                whole = torch.zeros(n, 1, 1, dtype=torch.int32)
                tensors += [numbers, whole, floats(n, 1, 1)]
                axes += [{1: "R"} if shares_batch else {0: "S", 1: "R"}, {0: "M"}, {0: "M"}]
        return _Gradients(recipe, drops), tensors, axes

    return _program(spec, example)


def update_program(method: Method, like: Tensor) -> Run:
    """Give the compiled ``steps.update_`` of a method.

    Its inputs are parameters, gradients, the state's tensors in their order, hyperparameters in
    the method's order, and both coefficients of decay (0 for who has none).

    Args:
        method: One of ``METHODS``.
        like: A tensor of the dtype that the networks are in, on their device.
    """
    (name,) = [key.__name__ for key, known in METHODS.items() if known is method]
    spec = Spec("update", str(like.dtype), {"method": name})

    def example() -> tuple[nn.Module, list[Tensor], list[dict[int, str]]]:
        params = torch.zeros(_N_EXAMPLE, 64, dtype=like.dtype)
        state = method.start(params)
        n_values = len(method.hyperparameters) + 2
        values = [torch.zeros(_N_EXAMPLE, dtype=like.dtype) for _ in range(n_values)]
        tensors = [params, params.clone(), *state.values(), *values]
        axes = [{0: "M", 1: "P"} if t.ndim > 1 else {0: "M"} for t in tensors]
        return _Update(method, list(state)), tensors, axes

    return _program(spec, example)


class _Sums(nn.Module):
    """``steps.evaluation_sums`` of a partition."""

    def __init__(self, layout: Layout, loss: str, error: str) -> None:
        super().__init__()
        self._layout, self._loss, self._error = layout, loss, error

    def forward(self, flat: Tensor, inputs: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        return evaluation_sums(flat, inputs, labels, self._layout, self._loss, self._error)


def sums_program(layout: Layout, loss: str, error: str, like: Tensor, labels: torch.dtype) -> Run:
    """Give the compiled ``steps.evaluation_sums``: of flat parameters, inputs and labels.

    Args:
        layout: The layers.
        loss: One of ``losses.LOSSES``.
        error: One of ``losses.ERRORS``.
        like: A tensor of the dtype that the networks are in, on their device.
        labels: The labels' dtype.
    """
    details = {"layout": asdict(layout), "loss": loss, "error": error, "labels": str(labels)}

    def example() -> tuple[nn.Module, list[Tensor], Axes]:
        tensors = [
            torch.zeros(_N_EXAMPLE, layout.n_stored, dtype=like.dtype),
            torch.zeros(_N_EXAMPLE, layout.stored[0], dtype=like.dtype),
            torch.zeros(_N_EXAMPLE, dtype=labels),
        ]
        return _Sums(layout, loss, error), tensors, [{0: "M"}, {0: "B"}, {0: "B"}]

    return _program(Spec("evaluation", str(like.dtype), details), example)


# --- on disk ----------------------------------------------------------------------------------

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
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ffnn_lab"


def find_compiler() -> str | None:
    """Give the C++ compiler that inductor would use, or None if it is not there."""
    return shutil.which(os.environ.get("CXX", "clang++" if sys.platform == "darwin" else "g++"))


@functools.cache
def _load(path: Path) -> Run:
    # The public loader imports the whole compiler first, a second that a cached program can spare.
    open_package = torch._C._aoti.AOTIModelPackageLoader  # noqa: SLF001
    run: Run = open_package(str(path), "model", True, 1, -1).run  # noqa: FBT003 - no keywords
    return run


def _program(spec: Spec, example: Example) -> Run:
    """Load a program, and compile it first if this machine never did."""
    path = programs_folder() / f"{spec.kind}-{_key(spec)}.pt2"
    if not path.exists():
        _compile(spec, example, path)
    try:
        return _load(path)
    except RuntimeError as error:
        msg = (
            f"the compiled program {path} cannot be loaded ({_first_line(error)}): delete it, and "
            "it is compiled again; what it unpacks goes to the folder of TMPDIR"
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
    code = [path.read_text() for path in sorted([*sources, Path(__file__)])]
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
        aoti_compile_and_package(exported, package_path=str(path), inductor_configs=dict(settings))


def _said(spec: Spec) -> str:
    method = spec.details.get("method")
    return str(method or spec.details["layout"]["sizes"])


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
