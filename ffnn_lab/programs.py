"""Compiled steps: programs that are compiled from the functions of ``ffnn_lab.steps``.

A program is compiled once for a network, loss and precision (``gradients``), or once for an
optimizer (``update``), for any number of members, seeds and examples: nothing is compiled again
when members join, leave or change their hyperparameters, nor in another sweep of equal shapes.
"""

import functools
import hashlib
import inspect
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode

from ffnn_lab.activations import ACTIVATIONS
from ffnn_lab.aoti import Program
from ffnn_lab.library import Axes, ProgramError, Spec, get_program
from ffnn_lab.networks import MLP
from ffnn_lab.optimizers import Optimizer
from ffnn_lab.outside import first_line, slip_in
from ffnn_lab.registry import source_of
from ffnn_lab.steps import Batch, Dropout, Recipe, evaluation_sums, gradients, update_

_N_EXAMPLE = 4
"""Number of members, seeds and examples in the inputs with which torch exports a module. Any other
number would do, except 0 and 1, which torch treats as constants."""


class _Gradients(nn.Module):
    """``steps.gradients`` as a module of a flat list of tensors, which the exporter needs."""

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
        n_members = flat.shape[0]  # which may share one batch
        examples = inputs.expand(n_members, -1, -1), labels.expand(n_members, -1)
        batch = Batch(place, numbers, rows, place)  # order is unused: gathered before
        losses, grads = gradients(flat, {}, examples, batch, rules, self._recipe)
        return losses, *grads


class _Update(nn.Module):
    """``steps.update_`` as a module of a flat list of tensors."""

    def __init__(self, method: Optimizer, state: Sequence[str]) -> None:
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
) -> Program:
    """Return the compiled ``steps.gradients``.

    The program's inputs are parameters ``(M, n_stored)``, inputs ``(M, B, stored_in)``, labels
    ``(M, B)``, ``rows`` and ``place`` of the `Batch`, and for each layer with dropout its random
    numbers, thresholds and scales.

    Args:
        recipe: Network, loss and precision.
        drops: For each layer, True if any member drops the layer's inputs.
        like: A tensor of the networks' dtype, on their device.
        labels: The labels' dtype.
        shares_batch: True if all members see the same batch; inputs, labels and numbers then have
            length 1 on their first axis.
    """
    network = recipe.network
    assert isinstance(network, MLP)  # noqa: S101 - no other network can be compiled
    details = {
        **asdict(recipe),
        "drops": drops,
        "labels": str(labels),
        "shares_batch": shares_batch,
        **_activation_from_outside(network),
    }
    spec = Spec("gradients", str(like.dtype), details)

    def example() -> tuple[nn.Module, list[Tensor], list[dict[int, str]]]:
        _check_activation(network)
        n = _N_EXAMPLE
        n_batches = 1 if shares_batch else n
        floats = functools.partial(torch.zeros, dtype=like.dtype)
        tensors = [
            floats(n, network.n_stored),
            floats(n_batches, n, network.stored[0]),
            torch.zeros(n_batches, n, dtype=labels),
            torch.zeros(n, dtype=torch.int64),
            torch.zeros(n, dtype=torch.int64),
        ]
        of_batches = {1: "B"} if shares_batch else {0: "M", 1: "B"}
        axes = [{0: "M"}, of_batches, of_batches, {0: "B"}, {0: "M"}]
        for stored, is_dropped in zip(network.stored[:-1], drops, strict=True):
            if is_dropped:
                numbers = torch.zeros(n_batches, n, stored, dtype=torch.int32)
                whole = torch.zeros(n, 1, 1, dtype=torch.int32)
                tensors += [numbers, whole, floats(n, 1, 1)]
                axes += [{1: "R"} if shares_batch else {0: "S", 1: "R"}, {0: "M"}, {0: "M"}]
        return _Gradients(recipe, drops), tensors, axes

    return get_program(spec, example)


def update_program(method: Optimizer, like: Tensor) -> Program:
    """Return the compiled ``steps.update_`` of an optimizer.

    The program's inputs are parameters ``(M, P)``, gradients ``(M, P)``, the state's tensors in
    their order, the hyperparameters ``(M,)`` in the optimizer's order, and the coefficients of
    coupled and of decoupled weight decay, ``(M,)``, which are 0 for members without decay.

    Args:
        method: The optimizer.
        like: A tensor of the networks' dtype, on their device.
    """
    step = method.step_  # which optimizers of the lab may share, as Adam and AdamW do
    named = f"{step.__module__}.{getattr(step, '__qualname__', method.name)}"
    details = {"method": named, **_outside("optimizer", method.name, step)}
    spec = Spec("update", str(like.dtype), details)

    def example() -> tuple[nn.Module, list[Tensor], list[dict[int, str]]]:
        params = torch.zeros(_N_EXAMPLE, 64, dtype=like.dtype)
        state = method.start(params)
        n_values = len(method.hyperparameters) + 2
        values = [torch.zeros(_N_EXAMPLE, dtype=like.dtype) for _ in range(n_values)]
        tensors = [params, params.clone(), *state.values(), *values]
        axes = [{0: "M", 1: "P"} if t.ndim > 1 else {0: "M"} for t in tensors]
        return _Update(method, list(state)), tensors, axes

    return get_program(spec, example)


def _activation_from_outside(network: MLP) -> dict[str, str]:
    """Return what identifies the activation of a network, if a user's own file defines it."""
    option = ACTIVATIONS[network.activation]
    compiled: list[Callable[..., object]] = [option.value, option.slope]
    if option.function is not None:  # which may inherit its methods from another file
        compiled += [option.function, option.function.forward, option.function.backward]
    return _outside("activation", option.name, *compiled)


def _check_activation(network: MLP) -> None:
    """Check that an activation of the user's can be exported, on tensors without contents.

    The exporter would say the same, but in a hundred lines.

    Raises:
        ProgramError: If it cannot, for example because it branches on the contents of a tensor.
    """
    option = ACTIVATIONS[network.activation]
    if source_of("activation", option.name) is None:
        return
    try:
        with torch.no_grad(), FakeTensorMode(allow_non_fake_inputs=True):
            before = torch.empty(_N_EXAMPLE, _N_EXAMPLE)
            option.slope(before, before, option.value(before))
    except Exception as error:
        msg = (
            f"model.activation={option.name} cannot be compiled: "
            f"{slip_in(error) or first_line(error)}; set trainer.compile=false to train without "
            "compiling"
        )
        raise ProgramError(msg) from error


def _outside(kind: str, name: str, *functions: Callable[..., object]) -> dict[str, str]:
    """Return what identifies an option from outside the package in the key of a program.

    Args:
        kind: The kind of the option.
        name: The option's name.
        functions: The functions of the option that are compiled. Their files may be other ones
            than the file that registers the option.

    Returns:
        The option's name and the checksums of the files; empty for an option of the package.
    """
    source = source_of(kind, name)
    if source is None:
        return {}
    found = [inspect.getsourcefile(getattr(each, "func", each)) for each in functions]
    files = {Path(file).resolve() for file in found if file is not None} - {source.path}
    read = [path.read_bytes() for path in sorted(files)]
    told = hashlib.sha256(b"".join([source.sha256.encode(), *read])).hexdigest()
    return {f"{kind}_from_outside": name, f"{kind}_sha256": told}


class _Sums(nn.Module):
    """``steps.evaluation_sums`` as a module of three tensors."""

    def __init__(self, network: MLP, loss: str, error: str) -> None:
        super().__init__()
        self._network, self._loss, self._error = network, loss, error

    def forward(self, flat: Tensor, inputs: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        examples = inputs, labels
        return evaluation_sums(flat, {}, examples, self._network, self._loss, self._error)


def sums_program(
    network: MLP, loss: str, error: str, like: Tensor, labels: torch.dtype
) -> Program:
    """Return the compiled ``steps.evaluation_sums``.

    The program's inputs are parameters ``(M, n_stored)``, inputs ``(B, stored_in)`` and labels
    ``(B,)``.

    Args:
        network: The members' architecture.
        loss: One of ``losses.LOSSES``.
        error: One of ``losses.ERRORS``.
        like: A tensor of the networks' dtype, on their device.
        labels: The labels' dtype.
    """
    details = {"network": asdict(network), "loss": loss, "error": error, "labels": str(labels)}
    details |= _activation_from_outside(network)

    def example() -> tuple[nn.Module, list[Tensor], Axes]:
        _check_activation(network)
        tensors = [
            torch.zeros(_N_EXAMPLE, network.n_stored, dtype=like.dtype),
            torch.zeros(_N_EXAMPLE, network.stored[0], dtype=like.dtype),
            torch.zeros(_N_EXAMPLE, dtype=labels),
        ]
        return _Sums(network, loss, error), tensors, [{0: "M"}, {0: "B"}, {0: "B"}]

    return get_program(Spec("evaluation", str(like.dtype), details), example)
