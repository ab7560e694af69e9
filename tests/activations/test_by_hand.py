"""An autograd function as an activation: it is checked, and every network computes with it."""

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn import functional

from ffnn_lab import programs
from ffnn_lab.activations import ACTIVATIONS, Activation
from ffnn_lab.activations.by_hand import Context
from ffnn_lab.config import ConfigError
from ffnn_lab.library import ProgramError
from ffnn_lab.losses import LOSSES
from ffnn_lab.models import network_of
from ffnn_lab.networks import MLP
from ffnn_lab.networks.activated import Activated, activation_module
from ffnn_lab.option_checks import check_activation
from ffnn_lab.registry import Source
from ffnn_lab.steps import Recipe, gradients
from ffnn_lab.tasks.data.task import Task
from ffnn_lab.testing import assert_same_in_any_company, train_with_weights
from tests.support.builders import (
    epoch_of,
    make_population,
    make_run,
    needs_compiler,
    train_examples,
)
from tests.support.options import put_option


class _Solution(Function):
    """The solution y of ``y + y^3 = x``, by Newton's method, as in docs/extending.md."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:  # noqa: ANN401 - torch's own
        y = x.sign() * x.abs() ** (1 / 3)
        for _ in range(8):
            y = (2 * y**3 + x) / (3 * y**2 + 1)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> Tensor:  # noqa: ANN401 - torch's own
        (y,) = ctx.saved_tensors
        found: Tensor = slope / (1 + 3 * y**2)
        return found


class _Softplus(Function):
    """``log(1 + exp(x))``, whose context is filled by ``setup_context``."""

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return torch.logaddexp(x, torch.zeros_like(x))

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: Tensor) -> None:  # noqa: ANN401, ARG004
        ctx.save_for_backward(*inputs)
        ctx.n_inputs = len(inputs)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor]:  # noqa: ANN401 - torch's own
        (x,) = ctx.saved_tensors
        return (slope * x.sigmoid() * ctx.n_inputs,)


class _Branching(_Solution):
    """The same as `_Solution`, but with a branch on the contents of the tensor."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:  # noqa: ANN401 - torch's own
        return _Solution.forward(ctx, x if float(x.abs().max()) > 0 else 0 * x)


FUNCTIONS: dict[str, tuple[type[Function], bool]] = {
    "solution": (_Solution, True),
    "softplus": (_Softplus, False),
}
"""Autograd functions, each with True if it maps 0 to 0."""


def made_of(
    forward: Callable[[Tensor], Tensor], backward: Callable[[Tensor, Tensor], Any]
) -> type[Function]:
    """Return a class called ``Own`` with a forward of x, and a backward of x and the derivative.

    Args:
        forward: Function of the argument.
        backward: Function of the argument and of the loss's derivative in the activation.
    """

    class Own(Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:  # noqa: ANN401 - torch's own
            ctx.save_for_backward(x)
            return forward(x)

        @staticmethod
        def backward(ctx: Any, slope: Tensor) -> Any:  # noqa: ANN401 - torch's own
            (x,) = ctx.saved_tensors
            return backward(x, slope)

    return Own


@pytest.fixture
def put(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Activation]:
    """Return a function that registers the activation ``own`` until the test ends."""

    def register(function: type[Function], *, keeps_zero: bool = True) -> Activation:
        option = Activation.of_function(name="own", function=function, keeps_zero=keeps_zero)
        put_option(monkeypatch, option)
        return option

    return register


# --- the check before the first run -----------------------------------------------------------


def is_positive(x: Tensor) -> Tensor:
    """Return ones where a number is positive, and zeros elsewhere."""
    return (x > 0).to(x.dtype)


def root(x: Tensor) -> Tensor:
    """Return the square root of each number's magnitude, whose derivative at 0 is infinite."""
    return x.abs().sqrt()


RIGHT: dict[str, tuple[Callable[[Tensor], Tensor], Callable[[Tensor, Tensor], Any]]] = {
    "a kink at 0": (torch.relu, lambda x, slope: slope * is_positive(x)),
    "the other slope at the kink": (torch.relu, lambda x, slope: slope * (x >= 0)),
    "a slope of its own at the kink": (torch.abs, lambda x, slope: slope * x.sign()),
    "two kinks": (lambda x: x.clamp(-1, 1), lambda x, slope: slope * (x.abs() < 1)),
    "a kink at a checked argument": (
        lambda x: (x - 0.0123).abs(),
        lambda x, slope: slope * (x - 0.0123).sign(),
    ),
    "a jump": (lambda x: x.sign(), lambda x, slope: 0 * slope * x),
    "steep": (lambda x: (20 * x).tanh(), lambda x, g: 20 * g * (1 - (20 * x).tanh() ** 2)),
    "a tuple": (torch.sin, lambda x, slope: (slope * x.cos(),)),
}
"""Forward and backward of functions whose backward is the derivative wherever there is one."""


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_backward_is_accepted(name: str, put: Callable[..., Activation]) -> None:
    function = made_of(*RIGHT[name])
    put(function, keeps_zero=name != "a kink at a checked argument")
    check_activation(ACTIVATIONS["own"])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_either_way_to_fill_the_context_is_accepted(
    name: str, put: Callable[..., Activation]
) -> None:
    function, keeps_zero = FUNCTIONS[name]
    put(function, keeps_zero=keeps_zero)
    check_activation(ACTIVATIONS["own"])


WRONG: dict[str, tuple[Callable[[Tensor], Tensor], Callable[[Tensor, Tensor], Any], str]] = {
    "a factor": (torch.tanh, lambda x, g: 2 * g * (1 - x.tanh() ** 2), "must be the derivative"),
    "a small factor": (torch.sin, lambda x, g: 1.0001 * g * x.cos(), "must be the derivative"),
    "a sign": (torch.tanh, lambda x, g: -g * (1 - x.tanh() ** 2), "must be the derivative"),
    "on one side": (torch.relu, lambda _, g: g, r"at -\d\.\d{4}, .*\.forward give 0\.000000$"),
    "far out": (torch.sin, lambda x, g: g * x.cos() * (x < 3.9), r"at 3\.91"),
    "without what comes in": (torch.sin, lambda x, _: x.cos(), "must be the derivative"),
    "of another function": (torch.sin, lambda x, g: g * x.sigmoid(), "must be the derivative"),
    "straight through": (torch.sign, lambda _, g: g, "must be the derivative"),
    "no derivative": (torch.sin, lambda _x, _g: None, "return a tensor, got NoneType"),
    "one number": (torch.sin, lambda x, g: (g * x.cos()).sum(), r"keep the shape \(3, 3, 9\)"),
    "another dtype": (
        torch.sin,
        lambda x, g: (g * x.cos()).double(),
        "keep the dtype torch.float",
    ),
    "two derivatives": (
        torch.sin,
        lambda x, g: (g * x.cos(), g),
        r"incorrect number of gradients",
    ),
    "not a number": (
        torch.sin,
        lambda x, g: g * x.log(),
        r"finite numbers; at -\d\.\d+ it is nan",
    ),
    "not finite at 0": (root, lambda x, g: g * x.sign() / (2 * root(x)), r"at 0\.0000 it is nan"),
    "over all numbers": (torch.sin, lambda x, g: g * x.cos() + 0 * g + g.sum(), "by itself"),
}
"""For each kind of wrong backward: the forward, the backward, and a part of the message."""


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_backward_is_refused(name: str, put: Callable[..., Activation]) -> None:
    forward, backward, says = WRONG[name]
    put(made_of(forward, backward))
    with pytest.raises(ConfigError, match=rf"^model\.activation=own: .*Own\.backward\b.*{says}"):
        check_activation(ACTIVATIONS["own"])


def test_the_message_has_the_entry_that_is_most_wrong(put: Callable[..., Activation]) -> None:
    """The derivative of sin is taken for cos(x) - x / 10: the error is ``g x / 10``.

    Relative to 1 it is largest at the last argument, 4.0123, where g = 1.5.
    """
    put(made_of(torch.sin, lambda x, g: g * (x.cos() - x / 10)))
    right, wrong = 1.5 * math.cos(4.0123), 1.5 * (math.cos(4.0123) - 0.40123)
    with pytest.raises(ConfigError) as told:
        check_activation(ACTIVATIONS["own"])
    assert str(told.value) == (
        "model.activation=own: Own.backward must be the derivative of Own.forward; at 4.0123, "
        f"where the loss's derivative in the activation is 1.5000, it is {wrong:.6f}, and "
        f"differences of Own.forward give {right:.6f}"
    )


@pytest.mark.parametrize(
    ("forward", "says"),
    [
        (lambda x: x.softmax(-1), "compute each number by itself"),
        (lambda x: x - x.mean(), "compute each number by itself"),
        (lambda x: x.log(), r"finite numbers; at -3\.9877 it is nan"),
        (lambda x: x.relu_(), "leave its argument unchanged"),
        (lambda x: x[..., :1], "keep the shape"),
        (
            lambda x: (1e9 * x).sin(),
            r"have a derivative almost everywhere .* at \d\d of 81 points",
        ),
        (lambda x: x.cos(), "maps 0 to another number: set keeps_zero=False"),
    ],
)
def test_a_forward_that_is_no_activation_is_refused(
    forward: Callable[[Tensor], Tensor], says: str, put: Callable[..., Activation]
) -> None:
    put(made_of(forward, lambda x, g: -g * x.sin()))
    with pytest.raises(ConfigError, match=rf"Own\.forward .*{says}"):
        check_activation(ACTIVATIONS["own"])


def test_a_function_that_computes_otherwise_under_autograd_is_refused(
    put: Callable[..., Activation],
) -> None:
    def backward(ctx: Any, slope: Tensor) -> Tensor:  # noqa: ANN401 - torch's own
        return _Solution.backward(ctx, slope) * (1 if isinstance(ctx, Context) else 2)

    put(_own(_Solution, backward=backward))
    with pytest.raises(ConfigError, match=r"Own\.backward must return the same whenever"):
        check_activation(ACTIVATIONS["own"])


def _own(base: type[Function], **methods: Callable[..., Any]) -> type[Function]:
    """Return a subclass, called ``Own``, with some static methods of its own."""
    return type("Own", (base,), {name: staticmethod(each) for name, each in methods.items()})


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (nn.ReLU, "function must be a subclass of torch.autograd.Function, got <class"),
        (torch.relu, "function must be a subclass of torch.autograd.Function, got <built-in"),
        (_own(Function, forward=_Solution.forward), "Own must have a static method backward"),
        (_own(Function, backward=_Solution.backward), "Own must have a static method forward"),
        (
            _own(_Solution, forward=lambda _ctx, x, power: x**power),
            r"Own\.forward must take \(ctx, x\), one tensor; it takes \(_ctx, x, power\)",
        ),
    ],
)
def test_a_class_that_is_no_such_function_is_refused(function: Any, says: str) -> None:  # noqa: ANN401
    with pytest.raises(TypeError, match=says):
        Activation.of_function(name="own", function=function)


# --- networks ---------------------------------------------------------------------------------


class _Applied(nn.Module):
    """The function as a user of plain PyTorch applies it."""

    def __init__(self, function: type[Function]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        applied: Tensor = self.function.apply(x)  # type: ignore[no-untyped-call] # torch's
        return applied


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_mlp_by_hand_equals_autograd_through_apply(
    name: str, put: Callable[..., Activation]
) -> None:
    """Members have padded hidden units, on which the function acts, too."""
    function, keeps_zero = FUNCTIONS[name]
    put(function, keeps_zero=keeps_zero)
    network = MLP((5, 9, 7, 3), "own")
    rng = torch.Generator().manual_seed(0)
    rows = torch.zeros(2, network.n_stored, dtype=torch.float64)
    for part in network.parts:
        drawn = torch.randn(2, *part.shape, generator=rng, dtype=torch.float64)
        part.unpadded(rows).copy_(drawn)
    inputs = torch.randn(2, 6, 5, generator=rng, dtype=torch.float64)
    labels = torch.randint(0, 3, (2, 6), generator=rng)
    examples = functional.pad(inputs, (0, network.stored[0] - 5)), labels
    loss = LOSSES["cross_entropy"]
    losses, (grads,) = network.gradients(rows, {}, examples, [None] * 3, loss, "full")
    for m in range(2):
        module = network.export(rows[m], {})
        assert isinstance(module, nn.Sequential)
        plain = nn.Sequential(
            *(_Applied(function) if isinstance(each, Activated) else each for each in module)
        )
        value = functional.cross_entropy(plain(inputs[m]), labels[m])
        torch.testing.assert_close(losses[m], value.detach(), rtol=1e-13, atol=0)
        parameters = list(plain.parameters())
        for part, gradient in zip(
            network.parts, torch.autograd.grad(value, parameters), strict=True
        ):
            own = part.unpadded(grads)[m]
            torch.testing.assert_close(own, gradient, rtol=1e-11, atol=1e-14)
        outputs = network.outputs(rows, {}, examples[0][m])[m, :, :3]
        torch.testing.assert_close(outputs, plain(inputs[m]).detach(), rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_as_a_module_it_equals_apply_and_passes_gradcheck(
    name: str, put: Callable[..., Activation]
) -> None:
    function, keeps_zero = FUNCTIONS[name]
    put(function, keeps_zero=keeps_zero)
    module, plain = activation_module("own"), _Applied(function)
    numbers = torch.linspace(-3, 3, 20, dtype=torch.float64) + 0.0123
    one, other = (numbers.clone().requires_grad_() for _ in range(2))
    assert torch.equal(module(one), plain(other))
    for own, theirs in zip(
        torch.autograd.grad(module(one).square().sum(), one),
        torch.autograd.grad(plain(other).square().sum(), other),
        strict=True,
    ):
        assert torch.equal(own, theirs)
    assert torch.autograd.gradcheck(module, (one,))


@pytest.mark.parametrize("norm", ["none", "layer"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_run_is_the_same_in_any_company_and_its_network_opens(
    name: str, norm: str, put: Callable[..., Activation], blobs: Task
) -> None:
    """Trainings save networks and open them; the MLP is stacked, with a norm it is a module."""
    function, keeps_zero = FUNCTIONS[name]
    put(function, keeps_zero=keeps_zero)
    changes = {"model.activation": "own", "model.norm": norm, "trainer.dtype": "float32"}
    assert_same_in_any_company(make_run(changes), blobs)


def test_vmap_comes_to_the_same_without_a_rule_of_the_function(
    put: Callable[..., Activation], blobs: Task
) -> None:
    put(_Solution)
    changes = {"model.activation": "own", "model.norm": "layer"}
    one_by_one = [make_run(changes, seed=seed) for seed in range(3)]
    at_once = [make_run({**changes, "trainer.walk": "vmap"}, seed=seed) for seed in range(3)]
    for one, other in zip(
        train_with_weights(one_by_one, blobs), train_with_weights(at_once, blobs), strict=True
    ):
        for w, v in zip(one.weights, other.weights, strict=True):
            torch.testing.assert_close(v, w, rtol=1e-9, atol=1e-11)


def test_a_function_that_vmap_cannot_compute_is_refused_there_alone(
    put: Callable[..., Activation], blobs: Task
) -> None:
    put(_Branching)
    check_activation(ACTIVATIONS["own"])
    changes = {"model.activation": "own", "model.norm": "layer"}
    network_of(make_run(changes), blobs)
    with pytest.raises(
        ConfigError,
        match=r"^trainer\.walk must be one_by_one with model\.norm=layer, which vmap cannot comp",
    ):
        network_of(make_run({**changes, "trainer.walk": "vmap"}), blobs)


# --- compiled steps ---------------------------------------------------------------------------


@needs_compiler
@pytest.mark.slow
def test_compiled_gradients_come_to_the_same(
    put: Callable[..., Activation], blobs: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "source_of", lambda *_: Source(tmp_path / "mine.py", "0" * 64))
    put(_Solution)
    configs = [make_run({"model.activation": "own"}, seed=seed) for seed in range(2)]
    population = make_population(configs, blobs)
    train, batch = train_examples(population, blobs), epoch_of(population, blobs)[0]
    recipe, like = Recipe(population.network, "cross_entropy"), population.flat
    inputs, labels = (each.contiguous() for each in batch.examples(train))
    program = programs.gradients_program(recipe, (False, False), like, labels.dtype)
    found = program([like, inputs, labels, batch.rows, batch.place])
    losses, grads = gradients(like, {}, (inputs, labels), batch, [None, None], recipe)
    for one, other in zip(found, (losses, *grads), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-11, atol=1e-14)


@needs_compiler
def test_a_function_that_cannot_be_compiled_is_refused_in_a_line(
    put: Callable[..., Activation], blobs: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "source_of", lambda *_: Source(tmp_path / "mine.py", "1" * 64))
    put(_Branching)
    compiled = make_run({"model.activation": "own", "trainer.compile": True})
    with pytest.raises(
        ProgramError,
        match=r"^model\.activation=own cannot be compiled: .*; set trainer\.compile=false",
    ):
        train_with_weights([compiled], blobs)


def test_a_program_depends_on_the_file_that_has_the_function(
    put: Callable[..., Activation], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file that registers the option inherits the function from another one, which changes."""
    file = tmp_path / "elsewhere.py"
    file.write_text("def forward(ctx, x):\n    return 2 * x\n")
    found: dict[str, Any] = {}
    exec(compile(file.read_text(), str(file), "exec"), found)  # noqa: S102 - written above
    put(_own(_Solution, forward=found["forward"]))
    monkeypatch.setattr(programs, "source_of", lambda *_: Source(tmp_path / "mine.py", "0" * 64))
    network = MLP((2, 2, 2), "own")
    before = programs._activation_from_outside(network)
    assert before == programs._activation_from_outside(dataclasses.replace(network))
    file.write_text("def forward(ctx, x):\n    return 3 * x\n")
    assert before != programs._activation_from_outside(network)


def test_a_network_learns(put: Callable[..., Activation], blobs: Task) -> None:
    """A hidden layer with the function learns: the train loss falls below that at the start."""
    put(_Solution)
    outcome = train_with_weights([make_run({"model.activation": "own"})], blobs)[0]
    losses = [point.loss for point in outcome.result.curve if point.split == "train"]
    assert losses[-1] < 0.8 * losses[0]
