"""Updates in blocks of columns, and the parts into which compiled populations are cut."""

from collections.abc import Callable

import pytest
import torch

from ffnn_lab import blocks as module
from ffnn_lab.config import with_values
from ffnn_lab.networks import MLP, mlp
from ffnn_lab.networks.mlp import LARGE_WEIGHT
from ffnn_lab.population import Population
from ffnn_lab.processor import NEAR_CACHE, lanes_of
from ffnn_lab.stepper import CompiledStepper
from ffnn_lab.tasks.data.task import Task
from tests.catalog import OPTIMIZERS
from tests.support.builders import make_population, make_run, take_epoch_, train_examples


def _trained(task: Task) -> Population:
    """Train members of every method, some with decay, for an epoch."""
    configs = [
        make_run(
            {"model.widths": [40, 30], "optimizer.weight_decay": decay},
            seed=seed,
            optimizer=row.config,
        )
        for row in OPTIMIZERS.values()
        for seed, decay in enumerate((0.0, 0.01))
    ]
    population = make_population(configs, task)
    take_epoch_(population, task)
    return population


@pytest.mark.parametrize("large", [LARGE_WEIGHT, 1000], ids=["one row", "segments"])
@pytest.mark.parametrize("width", [module.LEAST_WIDTH, 96], ids=["one block", "blocks"])
def test_updates_do_not_depend_on_the_blocks_they_are_made_in(
    width: int, large: int, blobs: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers are equal to the bit, and a method's state of a whole member moves once a step."""
    whole = _trained(blobs)
    assert len(whole.network.segments) == 1
    monkeypatch.setattr(mlp, "LARGE_WEIGHT", large)
    monkeypatch.setattr(module, "LEAST_WIDTH", width)
    monkeypatch.setattr(module, "BLOCK_NUMBERS", width)
    cut = _trained(blobs)
    assert (len(cut.network.segments) > 1) == (large < LARGE_WEIGHT)
    assert torch.equal(cut.flat, whole.flat)
    for own, other in zip(cut.slices, whole.slices, strict=True):
        assert own.state.keys() == other.state.keys()
        for key, tensor in own.state.items():
            assert torch.equal(tensor, other.state[key])


@pytest.mark.parametrize(
    ("widths", "n_members", "n_threads", "sizes"),
    [
        ([64], 64, 1, [64]),
        ([200, 200], 7, 1, [3, 4]),
        ([400, 400], 3, 1, [1, 1, 1]),
        ([128], 64, 2, [32, 32]),
        ([64], 8, 2, [8]),  # too small for two threads
        ([200, 200], 7, 2, [3, 4]),
        ([200, 200], 11, 2, [2, 3, 3, 3]),  # each thread has equally many parts
        ([400, 400], 3, 2, [1, 1, 1]),
        ([400, 400], 1, 2, [1]),
    ],
)
def test_compiled_members_are_walked_near_the_cache(
    widths: list[int],
    n_members: int,
    n_threads: int,
    sizes: list[int],
    blobs: Task,
    set_threads: Callable[[int], None],
) -> None:
    """The parts are for as many threads as are useful."""
    set_threads(n_threads)
    configs = [
        make_run({"model.widths": widths, "trainer.compile": True}, seed=seed)
        for seed in range(n_members)
    ]
    population = make_population(configs, blobs)
    lanes = lanes_of(population)
    assert sorted(len(lane) for lane in lanes) == sizes
    assert max(sizes) == 1 or max(sizes) * population.network.n_stored <= NEAR_CACHE


def test_several_members_with_large_weights_are_not_compiled_together(blobs: Task) -> None:
    config = make_run({"model.widths": [400, 400], "trainer.compile": True})
    population = make_population([config, with_values(config, {"seed": 1})], blobs)
    with pytest.raises(ValueError, match="one by one"):
        CompiledStepper(population, train_examples(population, blobs), blobs.loss)


@pytest.mark.parametrize(
    ("sizes", "bias", "expected"),
    [
        ((64, 64, 10), True, [(0, 5216)]),
        ((784, 256, 10), True, [(0, 200704), (200704, 205088)]),
        ((784, 256, 10), False, [(0, 200704), (200704, 204800)]),
        ((64, 400, 400, 10), True, [(0, 27040), (27040, 200096), (200096, 207200)]),
    ],
)
def test_a_large_weight_is_a_segment_of_its_own(
    sizes: tuple[int, ...], expected: list[tuple[int, int]], *, bias: bool
) -> None:
    network = MLP(sizes, "relu", has_bias=bias)
    assert [(part.start, part.stop) for part in network.segments] == expected
    params = [torch.rand(2, *shape) for shape in (part.stored for part in network.parts)]
    rows = network.join(params)
    assert [row.shape[1] for row in rows] == [stop - start for start, stop in expected]
    views = network.views(torch.cat(rows, dim=1))
    assert all(torch.equal(one, other) for one, other in zip(views, params, strict=True))
