"""Any module can be a member: it equals a plain loop, whatever the other members are."""

import functools
import itertools
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from ffnn_lab.checkpoints import load_checkpoint, save_checkpoint
from ffnn_lab.config import RunConfig, run_id, with_values
from ffnn_lab.initializers.fixed import NormalConfig
from ffnn_lab.models import open_network
from ffnn_lab.seeds import stream
from ffnn_lab.tasks.data.task import Task
from ffnn_lab.testing import Outcome, assert_same_to_the_bit, train_with_weights
from ffnn_lab.trainer import Training
from tests.catalog import MODELS, OPTIMIZERS, SCHEDULES
from tests.support.builders import make_run, with_parts
from tests.support.exhaustive import rest
from tests.support.modules import TASKS, started

KINDS = ("cnn", "char_lstm")
"""A network with running statistics, and a network with a memory."""


def runs(kind: str, n_runs: int, changes: Mapping[str, Any] | None = None) -> list[RunConfig]:
    """Return runs of a model that differ in all that may differ inside one population."""
    optimizers = [row.config for row in OPTIMIZERS.values()]
    schedules = [row.config for row in SCHEDULES.values()]
    return [
        with_values(
            with_parts(
                make_run(
                    seed=m % 3,
                    optimizer=optimizers[m % len(optimizers)],
                    schedule=schedules[m % len(schedules)],
                ),
                model=MODELS[kind],
            ),
            {
                "dropout.hidden": (0.0, 0.5, 0.2)[m % 3],
                "dropout.input": (0.0, 0.3)[m % 2] if kind == "dan" else 0.0,
                "trainer.max_norm": (None, 1.0)[m % 2],
                "trainer.clip_norm": (None, 0.3, 1.0)[m % 3],
                "initializer.gain": (1.0, 0.5)[m % 2],
                "trainer.max_epochs": 2,
                **(changes or {}),
            },
        )
        for m in range(n_runs)
    ]


# --- against a plain loop ------------------------------------------------------------------------


def _as_plain(module: nn.Module, masks: dict[str, Tensor]) -> None:
    """Let each dropout of a module multiply by a mask that a step puts into ``masks``."""
    for name, each in module.named_modules():
        if isinstance(each, nn.Dropout | nn.Dropout1d):
            each.forward = functools.partial(_multiplied, name, masks)  # type: ignore[method-assign]


def _multiplied(name: str, masks: Mapping[str, Tensor], units: Tensor) -> Tensor:
    return units * masks[name] if name in masks else units


def _shapes(module: nn.Module, inputs: Tensor) -> dict[str, tuple[int, ...]]:
    """Return the shape, for one example, of the tensor that each dropout is applied to."""
    found: dict[str, tuple[int, ...]] = {}
    hooks = [
        each.register_forward_hook(
            lambda _m, _i, out, name=name: found.__setitem__(name, tuple(out.shape[1:]))
        )
        for name, each in module.named_modules()
        if isinstance(each, nn.Dropout | nn.Dropout1d)
    ]
    module.eval()(inputs[:2])
    for hook in hooks:
        hook.remove()
    return found


def _masks(
    config: RunConfig, shapes: Mapping[str, tuple[int, ...]], epoch: int, n_examples: int
) -> dict[str, Tensor]:
    """Draw an epoch's masks, by the names of the dropouts, from the documented random streams."""
    found, number = {}, itertools.count(1)
    for name, shape in shapes.items():
        is_input = name.rpartition(".")[2].startswith("input")
        place = 0 if is_input else next(number)
        rate = config.dropout.input if is_input else config.dropout.hidden
        width = int(np.prod(shape))
        raw = stream(config.seed, "dropout", place, epoch).bit_generator.random_raw(
            (n_examples * width + 1) // 2
        )
        uniform = np.asarray(raw).view(np.int32)[: n_examples * width] / 2**32 + 0.5
        kept = torch.from_numpy(uniform.reshape(n_examples, *shape) >= rate)
        if rate > 0:
            found[name] = kept.double() / (1 - rate)
    return found


def plain_loop(config: RunConfig, task: Task, start: nn.Module) -> nn.Module:
    """Train a module in a plain loop, without clipping and limits of norms.

    Args:
        config: The run.
        task: The task.
        start: The module with the initial values that the lab gives it.
    """
    module = start.train()
    optimizer = OPTIMIZERS[config.optimizer.name].torch_optimizer(
        module.parameters(), config.optimizer
    )
    n_words = task.n_words
    inputs = torch.from_numpy(task.train.inputs).view(-1, *task.interface.inputs)
    inputs = inputs if n_words else inputs.double()
    labels, size = torch.from_numpy(task.train.labels), int(config.trainer.batch_size)
    shapes = _shapes(module, inputs)
    masks: dict[str, Tensor] = {}
    _as_plain(module, masks)
    for epoch in range(config.trainer.max_epochs):
        module.train()
        order = torch.from_numpy(stream(config.seed, "order", epoch).permutation(len(labels)))
        drawn = _masks(config, shapes, epoch, len(labels))
        for first in range(0, len(labels), size):
            rows = order[first : first + size]
            masks.clear()
            masks.update({name: each[first : first + size] for name, each in drawn.items()})
            outputs = module(inputs[rows])
            loss = functional.cross_entropy(
                outputs.reshape(-1, task.n_outputs), labels[rows].reshape(-1)
            )
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
    masks.clear()
    return module.eval()


@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize("method", ["sgd", "heavy_ball", "adam"])
def test_a_member_equals_a_plain_loop(kind: str, method: str) -> None:
    task = TASKS[kind]
    changes = {"dropout.hidden": 0.5, "dropout.input": 0.3 if kind == "dan" else 0.0}
    alone = make_run({**changes, "trainer.max_epochs": 2}, optimizer=OPTIMIZERS[method].config)
    config = with_parts(alone, model=MODELS[kind])
    (outcome,) = train_with_weights([config], task)
    expected = plain_loop(config, task, started(config, task)).state_dict()
    found = outcome.network.state_dict()
    assert set(found) == set(expected)
    for name, tensor in found.items():
        torch.testing.assert_close(tensor, expected[name], rtol=1e-9, atol=1e-12)
    moved = started(config, task).state_dict()
    assert any(not torch.equal(tensor, moved[name]) for name, tensor in found.items())


@pytest.mark.parametrize("kind", TASKS)
def test_what_is_measured_is_what_the_module_gives(kind: str) -> None:
    task = TASKS[kind]
    (outcome,) = train_with_weights(runs(kind, 1), task)
    inputs = torch.from_numpy(task.test.inputs).view(-1, *task.interface.inputs)
    with torch.no_grad():
        outputs = outcome.network(inputs).reshape(-1, task.n_outputs)
    labels = torch.from_numpy(task.test.labels).reshape(-1)
    metrics = outcome.result.metrics()
    loss = functional.cross_entropy(outputs, labels).item()
    assert metrics["last.test.loss"] == pytest.approx(loss, rel=1e-10)
    wrong = (outputs.argmax(dim=1) != labels).double().mean().item()
    error = loss / math.log(2) if task.error == "bits" else wrong
    assert metrics["last.test.error"] == pytest.approx(error, rel=1e-10)


# --- company -------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [rest("float32"), "float64"])
@pytest.mark.parametrize("kind", TASKS)
def test_a_member_equals_itself_alone_in_halves_and_in_another_order(
    kind: str, dtype: str
) -> None:
    task, configs = TASKS[kind], runs(kind, 9, {"trainer.dtype": dtype})
    together = train_with_weights(configs, task)
    assert_same_to_the_bit(together, train_with_weights(configs[::-1], task))
    halves = train_with_weights(configs[:4], task) + train_with_weights(configs[4:], task)
    assert_same_to_the_bit(together, halves)
    alone = [outcome for each in configs for outcome in train_with_weights([each], task)]
    assert_same_to_the_bit(together, alone)


@pytest.mark.parametrize("kind", KINDS)
def test_a_poisoned_member_leaves_its_neighbors_to_the_bit(kind: str) -> None:
    task, healthy = TASKS[kind], runs(kind, 5, {"trainer.dtype": "float32"})
    huge = NormalConfig(name="normal", std=1e30, gain=1.0)
    poisoned = with_parts(healthy[0], initializer=huge, seed=9)
    together = train_with_weights([*healthy[:2], poisoned, *healthy[2:]], task)
    bad = together.pop(2)
    assert (bad.result.run_id, bad.result.status) == (run_id(poisoned), "diverged")
    assert_same_to_the_bit(together, train_with_weights(healthy, task))


@pytest.mark.parametrize("kind", KINDS)
def test_any_number_of_threads_gives_the_same(
    kind: str, set_threads: Callable[[int], None]
) -> None:
    task, configs = TASKS[kind], runs(kind, 5, {"trainer.dtype": "float32"})
    set_threads(1)
    alone = train_with_weights(configs, task)
    set_threads(3)
    assert_same_to_the_bit(alone, train_with_weights(configs, task))


@pytest.mark.parametrize("kind", KINDS)
def test_a_checkpoint_goes_on_to_the_same_bits(kind: str, tmp_path: Path) -> None:
    """The checkpoint goes through a file; running statistics, too, end at the same bits."""
    task = TASKS[kind]
    saving = {"trainer.dtype": "float32", "trainer.save_weights": True, "trainer.max_epochs": 3}
    configs = runs(kind, 4, saving)

    def finished(training: Training) -> dict[str, Outcome]:
        found = []
        while training.members:
            training.epoch()
            found += training.leave()
        return {
            each.run_id: Outcome(each, open_network(tmp_path / f"{each.run_id}.pt"))
            for each in found
        }

    whole = Training(task, weights_folder=tmp_path)
    whole.join(configs)
    expected = finished(whole)
    begun = Training(task, weights_folder=tmp_path)
    begun.join(configs)
    begun.epoch()
    save_checkpoint(tmp_path / "checkpoint", begun.snapshots())
    resumed = Training(task, weights_folder=tmp_path)
    resumed.join(configs[::-1], load_checkpoint(tmp_path / "checkpoint"))
    found = finished(resumed)
    assert_same_to_the_bit(list(found.values()), list(expected.values()))
    for key, outcome in found.items():
        for name, buffer in outcome.network.named_buffers():
            assert torch.equal(buffer, expected[key].network.get_buffer(name)), name


def test_vmap_comes_to_the_same_within_rounding() -> None:
    task = TASKS["cnn"]
    one_by_one = runs("cnn", 4)
    at_once = runs("cnn", 4, {"trainer.walk": "vmap"})
    assert {run_id(config) for config in one_by_one}.isdisjoint(map(run_id, at_once))
    for one, other in zip(
        train_with_weights(one_by_one, task), train_with_weights(at_once, task), strict=True
    ):
        for name, tensor in one.network.state_dict().items():
            torch.testing.assert_close(
                other.network.state_dict()[name], tensor, rtol=1e-9, atol=1e-11
            )
