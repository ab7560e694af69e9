"""Every method's step equals torch's, member by member, and members do not affect one another."""

import dataclasses
import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ffnn_lab.config import OptimizerConfig
from ffnn_lab.optimizers import OPTIMIZERS as METHODS
from ffnn_lab.optimizers import Optimizer
from tests.catalog import OPTIMIZERS
from tests.support.options import put_option

N_MEMBERS, N_STEPS = 4, 30
SHAPES = [(4, 5), (4,), (3, 4), (3,)]
"""Two layers: weight (out, in) and bias (out,)."""
SIZES = [math.prod(shape) for shape in SHAPES]

METHOD_NAMES = [name for name in OPTIMIZERS if name != "adamw"]
"""One name for each step function: adamw shares adam's, since a step does not apply decay."""


def _flat(seed: int, dtype: torch.dtype = torch.float64) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(N_MEMBERS, sum(SIZES), generator=rng, dtype=torch.float64).to(dtype)


def _layers(member: Tensor) -> list[Tensor]:
    """Cut one member's numbers into the tensors of its layers."""
    parts = torch.split(member, SIZES)
    return [part.view(shape) for part, shape in zip(parts, SHAPES, strict=True)]


def _undecayed(name: str) -> OptimizerConfig:
    return dataclasses.replace(OPTIMIZERS[name].config, weight_decay=0.0, decay="coupled")


def _varied(name: str) -> list[OptimizerConfig]:
    """Return a config for each member, with its own hyperparameters inside their ranges."""
    config = _undecayed(name)
    methods = METHODS[config.name].hyperparameters
    return [
        dataclasses.replace(config, **{key: getattr(config, key) * scale for key in methods})
        for scale in (1.0, 0.5, 0.9, 0.01)
    ]


def _hyperparameters(
    method: Optimizer, configs: list[OptimizerConfig], dtype: torch.dtype = torch.float64
) -> dict[str, Tensor]:
    return {
        key: torch.tensor([getattr(config, key) for config in configs], dtype=dtype)
        for key in method.hyperparameters
    }


def _run(name: str, poison: float = 1.0) -> Tensor:
    """Return the parameters after some steps; ``poison`` scales the first member's gradients."""
    configs = _varied(name)
    method = METHODS[configs[0].name]
    params = _flat(seed=0)
    state = method.start(params)
    for step in range(N_STEPS):
        grads = _flat(seed=1 + step)
        grads[0] *= poison
        method.step_(params, grads, state, **_hyperparameters(method, configs))
    return params


def test_every_method_is_tested_once() -> None:
    assert list(METHODS) == list(OPTIMIZERS)
    assert METHODS["adamw"].step_ is METHODS["adam"].step_
    assert len({METHODS[name].step_ for name in METHOD_NAMES}) == len(METHOD_NAMES)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_steps_equal_torch_member_by_member(name: str) -> None:
    """Thirty steps on the same gradients, every member with its own hyperparameters."""
    params = _run(name)
    for m, config in enumerate(_varied(name)):
        alone = [nn.Parameter(w.clone()) for w in _layers(_flat(seed=0)[m])]
        optimizer = OPTIMIZERS[name].torch_optimizer(alone, config)
        for step in range(N_STEPS):
            for parameter, g in zip(alone, _layers(_flat(seed=1 + step)[m]), strict=True):
                parameter.grad = g
            optimizer.step()
        for w, expected in zip(_layers(params[m]), alone, strict=True):
            torch.testing.assert_close(w, expected.detach(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", METHOD_NAMES)
@pytest.mark.parametrize("poison", [float("nan"), float("inf"), 1e300])
def test_a_poisoned_member_leaves_the_others_to_the_bit(name: str, poison: float) -> None:
    assert_poison_stays(name, poison)


def assert_poison_stays(name: str, poison: float) -> None:
    """Assert that poisoned gradients of the first member change that member and no other."""
    healthy, beside = _run(name), _run(name, poison)
    assert torch.equal(healthy[1:], beside[1:])
    is_same = torch.equal(healthy[0], beside[0])
    if OPTIMIZERS[name].is_blind_to_scale and not math.isnan(poison):
        # 1e300 times a gradient has the gradient's sign, and so has infinity times it. But a mean
        # of infinities of both signs is NaN, which has no sign.
        assert is_same or math.isinf(poison)
    else:
        assert not is_same


@pytest.mark.parametrize("poison", [float("nan"), float("inf"), 1e300])
def test_a_sign_method_passes_the_poison_that_it_cannot_see(
    poison: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    @dataclasses.dataclass(kw_only=True)
    class SignConfig(OptimizerConfig):
        name: str = "sign"

    def step_(params: Tensor, grads: Tensor, _state: dict[str, Tensor], *, lr: Tensor) -> None:
        params.sub_(lr[:, None] * grads.sign())

    row = dataclasses.replace(
        OPTIMIZERS["sgd"],
        config=SignConfig(name="sign", lr=0.1, weight_decay=0.0, decay="coupled"),
    )
    sign = Optimizer(
        name="sign",
        config=SignConfig,
        start=lambda _: {},
        step_=step_,
        hyperparameters=("lr",),
    )
    put_option(monkeypatch, sign)
    monkeypatch.setitem(OPTIMIZERS, "sign", dataclasses.replace(row, is_blind_to_scale=True))
    assert_poison_stays("sign", poison)


def test_a_method_that_sees_the_scale_may_not_be_called_blind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = dataclasses.replace(OPTIMIZERS["sgd"], is_blind_to_scale=True)
    monkeypatch.setitem(OPTIMIZERS, "sgd", row)
    with pytest.raises(AssertionError):
        assert_poison_stays("sgd", 1e300)


@pytest.mark.parametrize("name", METHOD_NAMES)
def test_each_hyperparameter_moves_its_own_member_alone(name: str) -> None:
    configs = _varied(name)
    method = METHODS[configs[0].name]
    for changed in method.hyperparameters:
        results = []
        for factor in (1.0, 0.5):
            params = _flat(seed=0)
            state = method.start(params)
            hyperparameters = _hyperparameters(method, configs)
            hyperparameters[changed][2] *= factor
            for step in range(3):
                method.step_(params, _flat(seed=1 + step), state, **hyperparameters)
            results.append(params)
        one, other = results
        is_same = [torch.equal(one[m], other[m]) for m in range(N_MEMBERS)]
        assert is_same == [True, True, False, True], changed


@pytest.mark.parametrize("name", METHOD_NAMES)
@pytest.mark.parametrize("shape", [(), (1,), (N_MEMBERS - 1,), (N_MEMBERS, 1)], ids=str)
def test_a_hyperparameter_that_is_not_one_per_member_is_refused(
    name: str, shape: tuple[int, ...]
) -> None:
    configs = _varied(name)
    method = METHODS[configs[0].name]
    for wrong in method.hyperparameters:
        params, grads = _flat(seed=0), _flat(seed=1)
        state = method.start(params)
        hyperparameters = _hyperparameters(method, configs)
        hyperparameters[wrong] = torch.full(shape, 0.5, dtype=torch.float64)
        with pytest.raises(ValueError, match=r"expected \(4,\), one per member; got"):
            method.step_(params, grads, state, **hyperparameters)


@pytest.mark.parametrize("name", METHOD_NAMES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_a_step_changes_no_dtype_and_no_gradient(name: str, dtype: torch.dtype) -> None:
    configs = _varied(name)
    method = METHODS[configs[0].name]
    params, grads = _flat(0, dtype), _flat(1, dtype)
    state = method.start(params)
    method.step_(params, grads, state, **_hyperparameters(method, configs, dtype))
    assert params.dtype == dtype
    for key, tensor in state.items():
        assert tensor.dtype == (torch.float64 if key.startswith("power") else dtype)
    assert torch.equal(grads, _flat(1, dtype))


@pytest.mark.parametrize("name", METHOD_NAMES)
def test_every_tensor_of_the_state_begins_with_the_members(name: str) -> None:
    method = METHODS[name]
    for tensor in method.start(_flat(0)).values():
        assert tensor.shape[0] == N_MEMBERS


@pytest.mark.parametrize("name", METHOD_NAMES)
def test_each_descends_on_a_bowl(name: str) -> None:
    """The loss |w|^2 / 2 has gradient w and its minimum, 0, at 0."""
    config: Any = dataclasses.replace(_undecayed(name), lr=0.05)
    method = METHODS[config.name]
    params = _flat(seed=0)
    state = method.start(params)
    start = params.square().sum().item()
    hyperparameters = _hyperparameters(method, [config] * N_MEMBERS)
    for _ in range(200):
        method.step_(params, params.clone(), state, **hyperparameters)
    assert params.square().sum().item() < 0.2 * start
