"""Checks of user-defined options, before the first run, by what they compute on a few numbers.

An optimizer's step is taken on small tensors, an initializer draws one layer, an activation's
slope is compared with differences of its value. `ffnn_lab.testing` has further tests, which train.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from ffnn_lab.activations import ACTIVATIONS, Activation
from ffnn_lab.config import ConfigError, InitializerConfig, OptimizerConfig, RunConfig
from ffnn_lab.config.sources import Axes, options_from_outside
from ffnn_lab.initializers import INITIALIZERS, Layer
from ffnn_lab.optimizers import OPTIMIZERS, Optimizer, State
from ffnn_lab.outside import first_line, pass_on, slip_in
from ffnn_lab.records.schema import config_leaves

N_STEPS = 3
N_POINTS = 81
"""Number of arguments at which an activation is checked."""
LARGEST_DIFFERENCE = 1e-5
"""Largest difference between an activation's slope and the finite difference of its value, as a
share of the finite difference or of 1, whichever is larger."""


def check_options(config: RunConfig, axes: Axes | None = None) -> None:
    """Check the user-defined options of a run, each once in a process.

    Args:
        config: The run.
        axes: Values of fields that a sweep may put in place of the run's own.

    Raises:
        ConfigError: If an option does not compute what its kind must; the message says what.
        Exception: Any error that a function of an option raises.
    """
    found = options_from_outside(config, axes)
    if found:
        config_leaves()  # raises if a field has two types, with which no run could be recorded
    for key, source in found.items():
        if (*key, source.sha256) not in _CHECKED:
            check_option(*key, config)
            _CHECKED.add((*key, source.sha256))
    if found:
        pass_on()


def check_option(kind: str, name: str, config: RunConfig) -> None:
    """Check an option by what it computes on a few numbers.

    Networks, tasks and schedules have no such check: they are tried when a sweep is defined.

    Args:
        kind: The kind of option, such as ``optimizer``.
        name: The option's name.
        config: A run that chooses the option, or may choose it in a sweep.

    Raises:
        ConfigError: If the option does not compute what its kind must.
    """
    if kind == "activation":
        check_activation(ACTIVATIONS[name])
    if kind == "optimizer":
        check_optimizer(config.optimizer)
    if kind == "initializer":
        is_of_weights = config.initializer.name == name
        check_initializer(config.initializer if is_of_weights else config.bias_initializer)


_CHECKED: set[tuple[str, str, str]] = set()
"""Kind, name and file's checksum of the options that have passed their checks."""


def check_optimizer(config: OptimizerConfig) -> None:
    """Check that an optimizer changes parameters in place, and each member as if it were alone.

    Args:
        config: The optimizer's config, with its hyperparameters.

    Raises:
        ConfigError: If it does not, or if its functions take or return something else than they
            must.
    """
    name = config.name
    option = OPTIMIZERS[name]
    rng = torch.Generator().manual_seed(0)
    shape = (3, 4, 5) if option.scope == "layer" else (3, 20)
    start = torch.randn(shape, generator=rng)
    grads = [torch.randn(shape, generator=rng) for _ in range(N_STEPS)]
    if option.scope != "layer":
        for each in (start, *grads):
            each[:, -1] = 0  # padding
    taken = list(inspect.signature(option.step_).parameters.values())
    keywords = {each.name for each in taken if each.kind == each.KEYWORD_ONLY}
    if keywords != set(option.hyperparameters):
        msg = (
            f"optimizer={name}: step_ must take (params, grads, state, *, "
            f"{', '.join(option.hyperparameters)}), a keyword for each number of its config; it "
            f"takes ({', '.join(map(str, taken))})"
        )
        raise ConfigError(msg)
    hyperparameters = {
        key: torch.full((3,), float(getattr(config, key))) for key in option.hyperparameters
    }
    hyperparameters["lr"] *= torch.tensor([1.0, 0.5, 0.25])
    moved = _stepped(option, start, grads, hyperparameters)
    where = f"optimizer={name}"
    if not bool(moved.isfinite().all()):
        msg = f"{where}: step_ must leave finite numbers in params"
        raise ConfigError(msg)
    if torch.equal(moved, start):
        msg = f"{where}: step_ must change params in place, but left them unchanged"
        raise ConfigError(msg)
    if option.scope != "layer" and bool((moved[:, -1] != 0).any()):
        msg = (
            f"{where}: step_ must keep a parameter at 0 if its gradient is 0, since rows of "
            "parameters are padded with zeros"
        )
        raise ConfigError(msg)
    for member in range(3):
        rows = slice(member, member + 1)
        own = {key: value[rows] for key, value in hyperparameters.items()}
        alone = _stepped(option, start[rows], [each[rows] for each in grads], own)
        if not torch.equal(alone, moved[rows]):
            msg = f"{where}: step_ must update each member independently of the other members"
            raise ConfigError(msg)
    if option.scope == "number":
        left = _stepped(option, start[:, :7], [each[:, :7] for each in grads], hyperparameters)
        if not torch.equal(left, moved[:, :7]):
            msg = (
                f"{where}: step_ must update each number independently of the others with "
                "scope='number', which may cut rows anywhere; see Optimizer.scope"
            )
            raise ConfigError(msg)


def _stepped(
    option: Optimizer, start: Tensor, grads: Iterable[Tensor], hyperparameters: dict[str, Tensor]
) -> Tensor:
    """Take a step with each of some gradients in turn, and return the final parameters.

    Args:
        option: The optimizer.
        start: Initial parameters, ``(M, n)``, or ``(M, n_units, n_inputs)`` for scope ``layer``.
        grads: The gradients, each shaped like ``start``.
        hyperparameters: The hyperparameters by name, ``(M,)`` each.

    Raises:
        ConfigError: If the optimizer's functions cannot be applied to such tensors.
    """
    params = start.clone()
    state = _started(option, params)
    try:
        for each in grads:
            option.step_(params, each.clone(), state, **hyperparameters)
    except RuntimeError as error:
        msg = (
            f"{slip_in(error) or first_line(error)} (optimizer={option.name}: params and grads "
            f"are {tuple(params.shape)} and each hyperparameter {tuple(params.shape[:1])} here; "
            "per_member shapes a hyperparameter so that it can be combined with params)"
        )
        raise ConfigError(msg) from error
    return params


def _started(option: Optimizer, params: Tensor) -> State:
    state: Any = option.start(params)
    if not isinstance(state, dict):
        msg = (
            f"optimizer={option.name}: start must return a dictionary of tensors, empty if there "
            f"is nothing to keep; got {type(state).__name__}"
        )
        raise ConfigError(msg)
    shapes = (params.shape, params.shape[:1])
    for key, value in state.items():
        if not isinstance(value, Tensor) or value.shape not in shapes:
            got = tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
            msg = (
                f"optimizer={option.name}: start must return tensors of the shape of params or "
                f"of (M,), got {got} for {key}"
            )
            raise ConfigError(msg)
    return state


def check_initializer(config: InitializerConfig) -> None:
    """Check that an initializer draws float64 numbers of a layer's shape, equal for equal seeds.

    Raises:
        ConfigError: If it does not.
    """
    name, option = config.name, INITIALIZERS[config.name]
    layer = Layer(6, 4, (4, 6))
    draws = [option.draw(config, layer, torch.Generator().manual_seed(0)) for _ in range(2)]
    one, other = (_tensor(each, f"initializer={name}: draw") for each in draws)
    if one.shape != layer.shape or one.dtype != torch.float64:
        msg = (
            f"initializer={name}: draw must return float64 numbers of the layer's shape, "
            f"{layer.shape}; got {one.dtype} of {tuple(one.shape)}"
        )
        raise ConfigError(msg)
    if not torch.equal(one, other):
        msg = f"initializer={name}: draw must draw only from the generator that it is given"
        raise ConfigError(msg)


def _tensor(found: object, function: str) -> Tensor:
    """Return what a user's function returned, if it is a tensor.

    Args:
        found: The value that the function returned.
        function: The option and the name of the function, for messages.

    Raises:
        ConfigError: If the function returned something else.
    """
    if not isinstance(found, Tensor):
        msg = f"{function} must return a tensor, got {type(found).__name__}"
        raise ConfigError(msg)
    return found


def check_activation(option: Activation) -> None:
    """Check an activation's slope by central differences of its value, in float64.

    Each number is checked by itself, with another derivative coming in from the loss. Next to a
    kink, where the differences to the left and to the right disagree, no slope is wrong; at 0,
    which is the argument of padding, the slope need only be finite.

    Args:
        option: The activation, registered or not.

    Raises:
        ConfigError: If slope and difference disagree, which the message shows where they disagree
            most; if a function returns something else than finite numbers of its argument's shape
            and dtype, depends on other numbers than the one it is applied to, or changes its
            argument; or if the option has ``keeps_zero`` and maps 0 to another number.
    """
    points = torch.linspace(-4, 4, N_POINTS, dtype=torch.float64) + 0.0123
    points = points.view(3, 3, -1)  # members, examples and units
    coming = torch.linspace(0.5, 1.5, N_POINTS, dtype=torch.float64).view_as(points)
    coming[:, 1] *= -1
    _applied(option, points.float(), coming.float())
    found = _applied(option, points, coming)
    _check_each_by_itself(option, points, coming, found)
    _check_differences(option, points, coming, found)
    if option.function is not None:
        _check_as_autograd_calls(option.function, option, points, coming, found)
    zeros = torch.zeros_like(points)
    at_zero, _ = _applied(option, zeros, zeros)
    if option.keeps_zero and bool(at_zero.any()):
        where, value, _ = _names(option)
        msg = f"{where}: {value} maps 0 to another number: set keeps_zero=False"
        raise ConfigError(msg)


def _names(option: Activation) -> tuple[str, str, str]:
    """Return the words of messages for an activation, its value and its slope."""
    where = f"model.activation={option.name}"
    if option.function is None:
        return where, "value", "slope"
    own = option.function.__name__
    return where, f"{own}.forward", f"{own}.backward"


def _applied(option: Activation, points: Tensor, coming: Tensor) -> tuple[Tensor, Tensor]:
    """Return the values and the slopes of an activation, if they can be what they must.

    Args:
        option: The activation.
        points: The arguments.
        coming: The derivative of the loss in each activation.

    Raises:
        ConfigError: If they are no finite numbers of the arguments' shape and dtype, or if the
            arguments were changed.
    """
    where, *names = _names(option)
    given = points.clone()
    found: list[Tensor] = []
    for name in names:
        returned = option.slope(coming.clone(), given, found[0]) if found else option.value(given)
        result = _tensor(returned, f"{where}: {name}")
        for what, got, expected in (
            ("shape", tuple(result.shape), tuple(points.shape)),
            ("dtype", result.dtype, points.dtype),
        ):
            if got != expected:
                msg = f"{where}: {name} must keep the {what} {expected}; got {got}"
                raise ConfigError(msg)
        if not torch.equal(given, points):
            msg = f"{where}: {name} must leave its argument unchanged, but changed it in place"
            raise ConfigError(msg)
        if not bool(result.isfinite().all()):
            at = int(result.isfinite().flatten().long().argmin())
            msg = (
                f"{where}: {name} must return finite numbers; at {points.flatten()[at]:.4f} it is "
                f"{result.flatten()[at]}"
            )
            raise ConfigError(msg)
        found.append(result)
    return found[0], found[1]


def _check_each_by_itself(
    option: Activation, points: Tensor, coming: Tensor, found: tuple[Tensor, Tensor]
) -> None:
    """Check that values and slopes of a few numbers are the same without the other numbers.

    Args:
        option: The activation.
        points: The arguments.
        coming: The derivative of the loss in each activation.
        found: The values and the slopes.

    Raises:
        ConfigError: If they are not.
    """
    where, *names = _names(option)
    few = slice(None, None, 7)
    alone = _applied(option, points.flatten()[few], coming.flatten()[few])
    for name, some, every in zip(names, alone, found, strict=True):
        # Vector loops may round otherwise than their scalar ends.
        if not torch.allclose(some, every.flatten()[few], rtol=1e-12, atol=1e-12):
            msg = (
                f"{where}: {name} must compute each number by itself, but the same numbers gave "
                "something else beside others"
            )
            raise ConfigError(msg)


def _check_differences(
    option: Activation, points: Tensor, coming: Tensor, found: tuple[Tensor, Tensor]
) -> None:
    """Check slopes by central differences of values, except next to a kink.

    Args:
        option: The activation.
        points: The arguments.
        coming: The derivative of the loss in each activation.
        found: The values and the slopes.

    Raises:
        ConfigError: If a slope differs from the difference by more than `LARGEST_DIFFERENCE`, or
            if there is a kink at more than a tenth of the points.
    """
    (where, value, slope), (values, slopes), step = _names(option), found, 1e-6
    right = (option.value(points + step) - values) / step
    left = (values - option.value(points - step)) / step
    is_smooth = (right - left).abs() < LARGEST_DIFFERENCE * right.abs().clamp(min=1)
    n_kinks = N_POINTS - int(is_smooth.sum())
    if n_kinks > N_POINTS / 10:
        msg = (
            f"{where}: {value} must have a derivative almost everywhere and always return the "
            f"same; differences to the left and to the right disagree at {n_kinks} of {N_POINTS} "
            "points"
        )
        raise ConfigError(msg)
    expected = coming * (right + left) / 2
    off = (slopes - expected).abs() / expected.abs().clamp(min=1)
    off = torch.where(is_smooth, off, 0).flatten()
    worst = int(off.argmax())
    if float(off[worst]) > LARGEST_DIFFERENCE:
        at, came, gave, should = (
            float(each.flatten()[worst]) for each in (points, coming, slopes, expected)
        )
        msg = (
            f"{where}: {slope} must be the derivative of {value}; at {at:.4f}, where the loss's "
            f"derivative in the activation is {came:.4f}, it is {gave:z.6f}, and differences of "
            f"{value} give {should:z.6f}"
        )
        raise ConfigError(msg)


def _check_as_autograd_calls(
    function: type[torch.autograd.Function],
    option: Activation,
    points: Tensor,
    coming: Tensor,
    found: tuple[Tensor, Tensor],
) -> None:
    """Check that autograd gets the same of a function as networks do, which call it by hand.

    Args:
        function: The function of the option.
        option: The activation.
        points: The arguments.
        coming: The derivative of the loss in each activation.
        found: The values and the slopes.

    Raises:
        ConfigError: If it does not.
    """
    where, forward, backward = _names(option)
    argument = points.clone().requires_grad_()
    apply: Any = function.apply
    with torch.enable_grad():
        active = apply(argument)
        try:
            (gradient,) = torch.autograd.grad(active, argument, coming)
        except RuntimeError as error:
            msg = f"{where}: autograd refuses {backward}: {slip_in(error) or first_line(error)}"
            raise ConfigError(msg) from error
    for name, theirs, ours in zip(
        (forward, backward), (active.detach(), gradient), found, strict=True
    ):
        if not torch.equal(theirs, ours):
            msg = (
                f"{where}: {name} must return the same whenever it is called, by autograd or by "
                "hand: it may depend on nothing but its argument and what its forward saved"
            )
            raise ConfigError(msg)
