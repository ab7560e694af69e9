"""The state of a population: slices by method, and the members that stay when others leave."""

import dataclasses
import itertools
import math

import pytest
import torch

from ffnn_lab.config import RunConfig
from ffnn_lab.optimizers import OPTIMIZERS as METHODS
from ffnn_lab.population import Population, method_of, method_order
from ffnn_lab.tasks.data.task import Task
from tests.catalog import BIAS_INITIALIZERS, OPTIMIZERS
from tests.support.builders import (
    epoch_of,
    ids,
    make_population,
    make_run,
    take_epoch_,
    take_step_,
)


def _two_of_each() -> list[RunConfig]:
    """Return two rounds through the optimizers, so that equal methods are not neighbors."""
    return [
        make_run(seed=seed, optimizer=row.config) for seed in (0, 1) for row in OPTIMIZERS.values()
    ]


def test_members_are_ordered_by_method_and_else_as_given(blobs: Task) -> None:
    configs = _two_of_each()
    population = make_population(configs, blobs)
    expected = sorted(configs, key=method_order)
    assert [member.run_id for member in population.members] == ids(expected)
    assert len(population) == len(configs)


def test_slices_cover_the_stack_one_for_each_method(blobs: Task) -> None:
    population = make_population(_two_of_each(), blobs)
    assert [part.method for part in population.slices] == [
        each for name, each in METHODS.items() if name != "adamw"
    ]
    bounds = [(part.start, part.stop) for part in population.slices]
    assert bounds[0][0] == 0
    assert bounds[-1][1] == len(population)
    assert all(stop == start for (_, stop), (start, _) in itertools.pairwise(bounds))
    for part in population.slices:
        optimizers = [member.config.optimizer for member in population.members]
        assert {method_of(o.name) is part.method for o in optimizers[part.start : part.stop]} == {
            True
        }


def test_every_parameter_begins_with_the_members(blobs: Task) -> None:
    population = make_population([make_run(seed=seed) for seed in range(3)], blobs)
    shapes = [tuple(parameter.shape) for parameter in population.params]
    assert shapes == [(3, 32, 16), (3, 32), (3, 16, 32), (3, 16)]
    for parameter in population.params:
        assert parameter.data_ptr() >= population.flat.data_ptr()
        assert parameter._base is population.flat


def test_without_biases_there_are_none(blobs: Task) -> None:
    population = make_population([make_run({"model.bias": False}, seed=s) for s in (0, 1)], blobs)
    assert [tuple(w.shape) for w in population.params] == [(2, 32, 16), (2, 16, 32)]
    with_biases = make_population([make_run(seed=seed) for seed in (0, 1)], blobs)
    for weight, other in zip(population.params, with_biases.params[::2], strict=True):
        assert torch.equal(weight, other)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_parameters_and_hyperparameters_have_the_dtype_asked_for(dtype: str, blobs: Task) -> None:
    configs = [
        make_run({"trainer.dtype": dtype, "trainer.max_norm": 1.0, "optimizer.weight_decay": 0.1})
    ]
    population = make_population(configs, blobs)
    part = population.slices[0]
    tensors = [population.flat, *part.hyperparameters.values(), part.coupled]
    assert {tensor.dtype for tensor in tensors} == {getattr(torch, dtype)}
    assert population.max_norm is not None
    assert population.max_norm.dtype == getattr(torch, dtype)


def test_float32_weights_are_the_float64_draw_rounded(blobs: Task) -> None:
    bias = BIAS_INITIALIZERS["normal"].config
    wide, narrow = (
        make_population([make_run({"trainer.dtype": dtype}, bias_initializer=bias)], blobs)
        for dtype in ("float64", "float32")
    )
    for w, rounded in zip(wide.params, narrow.params, strict=True):
        assert torch.equal(w.float(), rounded)


def test_learning_rates_follow_each_member_s_schedule(blobs: Task) -> None:
    configs = [make_run({"optimizer.lr": lr}, seed=seed) for seed, lr in enumerate((0.1, 0.4))]
    population = make_population(configs, blobs)
    first = population.members[0]
    first.schedule = dataclasses.replace(first.schedule, factor=0.5)
    population.set_learning_rates()
    assert population.slices[0].hyperparameters["lr"].tolist() == [0.05, 0.4]
    assert [member.lr for member in population.members] == [0.05, 0.4]


def test_decay_is_set_up_only_where_somebody_has_it(blobs: Task) -> None:
    configs = [
        make_run({"optimizer.weight_decay": decay, "optimizer.decay": kind}, seed=seed)
        for seed, (decay, kind) in enumerate(
            [(0.0, "coupled"), (0.1, "coupled"), (0.0, "decoupled")]
        )
    ]
    part = make_population(configs, blobs).slices[0]
    assert part.coupled.tolist() == [0.0, 0.1, 0.0]
    assert part.decoupled.tolist() == [0.0, 0.0, 0.0]
    assert part.has_decay
    assert not make_population(configs[::2], blobs).slices[0].has_decay


def test_max_norm_is_infinite_for_who_has_none(blobs: Task) -> None:
    free, limited = make_run(seed=0), make_run({"trainer.max_norm": 2.0}, seed=1)
    mixed = make_population([free, limited], blobs)
    assert mixed.max_norm is not None
    assert mixed.max_norm.tolist() == [math.inf, 2.0]
    assert make_population([free], blobs).max_norm is None


# --- who stays -------------------------------------------------------------------------------


def _trained(configs: list[RunConfig], task: Task) -> Population:
    population = make_population(configs, task)
    take_epoch_(population, task)
    return population


@pytest.mark.parametrize(
    "kept",
    [[0, 3, 4, 9], [13], list(range(14)), [2, 3], [5, 6, 7, 8]],
    ids=str,
)
def test_who_stays_goes_on_as_if_alone(kept: list[int], blobs: Task) -> None:
    """Parameters, optimizer state and hyperparameters stay with their members."""
    population = _trained(_two_of_each(), blobs)
    stayers = [population.members[place].config for place in kept]
    population.keep(kept)
    assert [member.config for member in population.members] == stayers
    take_epoch_(population, blobs)

    apart = _trained(stayers, blobs)
    assert [member.config for member in apart.members] == stayers
    take_epoch_(apart, blobs)
    assert torch.equal(population.flat, apart.flat)


def test_nobody_left_is_an_empty_population(blobs: Task) -> None:
    population = _trained(_two_of_each(), blobs)
    population.keep([])
    assert len(population) == 0
    assert population.slices == []
    assert population.max_norm is None


@pytest.mark.parametrize(("start", "stop"), [(0, 14), (3, 8), (5, 6), (9, 14)])
def test_a_part_takes_its_members_steps_in_the_whole_s_memory(
    start: int, stop: int, blobs: Task
) -> None:
    """The part crosses methods: its members move as in the whole, the others not at all."""
    whole, parted = (_trained(_two_of_each(), blobs) for _ in range(2))
    before = parted.flat.clone()
    part = parted.part(start, stop)
    assert [m.run_id for m in part.members] == [m.run_id for m in whole.members[start:stop]]
    batch = epoch_of(part, blobs)[0]
    take_step_(part, batch, blobs)
    take_step_(whole, epoch_of(whole, blobs)[0], blobs)
    assert torch.equal(parted.flat[start:stop], whole.flat[start:stop])
    others = [place for place in range(len(parted)) if not start <= place < stop]
    assert torch.equal(parted.flat[others], before[others])
    for own, there in zip(parted.slices, whole.slices, strict=True):
        inside = [p - own.start for p in range(own.start, own.stop) if start <= p < stop]
        for key, tensor in own.state.items():
            assert torch.equal(tensor[inside], there.state[key][inside])


# --- a step -----------------------------------------------------------------------------------


def test_a_step_of_gradient_descent_by_hand(blobs: Task) -> None:
    """Each weight moves by its member's learning rate times its own gradient."""
    configs = [make_run({"optimizer.lr": lr}, seed=seed) for seed, lr in enumerate((0.1, 0.4))]
    population = make_population(configs, blobs)
    before = population.flat.clone()
    grads = take_step_(population, epoch_of(population, blobs)[0], blobs)
    for m, lr in enumerate((0.1, 0.4)):
        expected = before[m] - lr * grads[m]
        torch.testing.assert_close(population.flat[m], expected, rtol=1e-14, atol=1e-15)


def test_optimizers_that_step_alike_lie_in_one_slice(blobs: Task) -> None:
    rows = [OPTIMIZERS[name].config for name in ("adamw", "sgd", "adam")]
    configs = [make_run(seed=seed, optimizer=row) for seed, row in enumerate(rows)]
    population = make_population(configs, blobs)
    assert [part.method.name for part in population.slices] == ["sgd", "adam"]
    assert [part.stop - part.start for part in population.slices] == [1, 2]
