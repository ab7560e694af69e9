"""Any module in a population: equal to a plain loop, and to itself in any company."""

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
from ffnn_lab.config import ConfigError, RunConfig, run_id, with_values
from ffnn_lab.initializers.fixed import NormalConfig
from ffnn_lab.models import network_of, open_network
from ffnn_lab.networks.module_parts import fans_of
from ffnn_lab.networks.torch_network import TorchNetwork
from ffnn_lab.population import Population
from ffnn_lab.seeds import stream
from ffnn_lab.tasks.data.task import Interface, Task
from ffnn_lab.trainer import Training
from tests.catalog import MODELS, OPTIMIZERS, SCHEDULES
from tests.support.builders import (
    Outcome,
    assert_same_to_the_bit,
    make_letters,
    make_pictures,
    make_run,
    make_sentences,
    train_with_weights,
    with_parts,
)

TASKS: Mapping[str, Task] = {
    "cnn": make_pictures(),
    "vgg": make_pictures(),
    "char_lstm": make_letters(),
    "dan": make_sentences(),
}
KINDS = ("cnn", "char_lstm")
"""Of a network with running statistics, and of one with a memory."""


def runs(kind: str, n_runs: int, changes: Mapping[str, Any] | None = None) -> list[RunConfig]:
    """Give runs of a model that differ in all that may differ inside one population."""
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
    """Say what each dropout of a module is applied to, for one example."""
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
    """Draw an epoch's masks by name: numpy's numbers of the streams that the documents name."""
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
    """Train a module as anybody would, from where the lab starts it; no clipping, no limits."""
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


def started(config: RunConfig, task: Task) -> nn.Module:
    """Give the module of a run before its first step."""
    return Population([config], network_of(config, task)).export(0)


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


@pytest.mark.parametrize("dtype", ["float32", "float64"])
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
    """Running statistics included, through a file."""
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


# --- how members start ---------------------------------------------------------------------------


def test_weights_start_by_their_role_andfans_of() -> None:
    """He's deviation is the root of 2 over the inputs of a unit, as of a kernel 3 x 3 x 3.

    Of an LSTM they are the inputs of one gate. Norms start at one, biases as asked.
    """
    config = with_parts(make_run({"initializer.gain": 2.0}), model=MODELS["cnn"])
    wide = with_values(config, {"model.channels": [64, 64]})
    state = started(wide, TASKS["cnn"]).state_dict()
    assert state["blocks.0.weight"].std().item() == pytest.approx(2 * (2 / 27) ** 0.5, rel=0.05)
    assert state["blocks.5.weight"].std().item() == pytest.approx(2 * (2 / 576) ** 0.5, rel=0.05)
    assert torch.equal(state["blocks.1.weight"], torch.ones(64, dtype=torch.float64))
    assert not state["classifier.last.bias"].any()
    config = with_parts(config, model=MODELS["char_lstm"])
    lstm = with_values(config, {"model.width": 50, "model.embedding": 40})
    state = started(lstm, TASKS["char_lstm"]).state_dict()
    assert state["layers.0.weight_ih_l0"].std().item() == pytest.approx(
        2 * (2 / 40) ** 0.5, rel=0.05
    )
    assert state["layers.1.weight_hh_l0"].std().item() == pytest.approx(
        2 * (2 / 50) ** 0.5, rel=0.05
    )


class _Odd(nn.Module):
    """Layers that a user may write in ways of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(7, 8, padding_idx=0)
        self.known = nn.Embedding(7, 8, _weight=torch.ones(7, 8))
        self.known.weight.requires_grad_(False)  # noqa: FBT003 - torch's
        self.own = _Linear(8, 8)
        self.tied = nn.Linear(8, 7)
        self.tied.weight = self.words.weight
        self.scale = nn.Parameter(torch.randn(8))
        self.last = nn.Linear(7, 3)

    def forward(self, words: Tensor) -> Tensor:
        hidden = (self.words(words) + self.known(words)).mean(dim=1) * self.scale
        outputs: Tensor = self.last(self.tied(self.own(hidden)))
        return outputs


class _Linear(nn.Linear):
    pass


def _odd_population(seeds: tuple[int, ...] = (0, 0, 1)) -> tuple[TorchNetwork, Population]:
    interface = Interface((4,), 3, n_words=7)
    network = TorchNetwork(_Odd, interface, torch.float64, description={})
    zero = {"initializer.gain": 0.0}
    return network, Population(
        [make_run({**zero, "optimizer.lr": 0.1 * (m + 1)}, seed=s) for m, s in enumerate(seeds)],
        network,
    )


def test_every_parameter_starts_by_its_role() -> None:
    """With a gain of 0 whatever the config draws is 0, and what is left is the module's own."""
    network, population = _odd_population()
    module = population.export(0)
    state = module.state_dict()
    for name in ("words.weight", "own.weight", "tied.weight", "tied.bias", "own.bias"):
        assert not state[name].any(), name
    assert torch.equal(state["known.weight"], torch.ones(7, 8, dtype=torch.float64))
    assert {part.name for part in network.parts if part.role == "own"} == {"scale"}
    assert "known.weight" in network.buffers
    scales = [population.export(m).state_dict()["scale"] for m in range(3)]
    assert torch.equal(scales[0], scales[1])  # of one seed
    assert not torch.equal(scales[0], scales[2])


def test_the_row_of_padding_is_zero() -> None:
    network, _ = _odd_population()
    population = Population([make_run()], network)
    weight = population.export(0).get_parameter("words.weight")
    assert not weight[0].any()
    assert weight[1:].all()


@pytest.mark.parametrize(
    ("module", "name", "fans"),
    [
        (nn.Conv2d(4, 8, 3, groups=2), "weight", (18, 36)),
        (nn.ConvTranspose2d(4, 8, 3), "weight", (36, 72)),
        (nn.LSTMCell(4, 8), "weight_ih", (4, 8)),
        (nn.LSTM(4, 8, proj_size=2), "weight_hr_l0", (8, 2)),
        (nn.GRU(4, 8), "weight_hh_l0", (8, 8)),
        (nn.Embedding(9, 4), "weight", (1, 4)),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, nn.Module) else None,
)
def test_fans_are_those_of_a_unit(module: nn.Module, name: str, fans: tuple[int, int]) -> None:
    assert fans_of(module, name, tuple(module.get_parameter(name).shape)) == fans


class _Crossed(nn.Module):
    """Dropouts that are applied in another order than they are registered in."""

    def __init__(self) -> None:
        super().__init__()
        self.second, self.first = nn.Dropout(), nn.Dropout()
        self.input_a, self.input_b = nn.Dropout(), nn.Dropout()
        self.one, self.other = nn.Linear(4, 4), nn.Linear(4, 3)

    def forward(self, inputs: Tensor) -> Tensor:
        hidden = self.first(self.one(self.input_a(inputs) + self.input_b(inputs)))
        outputs: Tensor = self.other(self.second(hidden))
        return outputs


def test_dropouts_are_numbered_as_they_are_registered() -> None:
    """And no two share a stream."""
    named = dict(zip(("second", "first", "a", "b"), _network(_Crossed).sites, strict=True))
    assert [(site.stream, site.rate) for site in named.values()] == [
        (1, "hidden"),
        (2, "hidden"),
        (0, "input"),
        (3, "input"),
    ]


# --- what is refused -----------------------------------------------------------------------------


class _Small(nn.Module):
    def __init__(self, after: Callable[[Tensor], Tensor] = lambda x: x) -> None:
        super().__init__()
        self.last = nn.Linear(4, 3)
        self.dropout = nn.Dropout()
        self.after = after

    def forward(self, inputs: Tensor) -> Tensor:
        return self.after(self.last(self.dropout(inputs)))


def _network(make: Callable[[], Any]) -> TorchNetwork:
    interface = Interface((4,), 3)
    return TorchNetwork(make, interface, torch.float32, description={}, asked="model.factory=f")


class _Fixed(nn.Module):
    def forward(self, inputs: Tensor) -> Tensor:
        return inputs[:, :3]


class _Keeping(_Small):
    def forward(self, inputs: Tensor) -> Tensor:
        self.before = inputs
        return super().forward(inputs)


class _Replacing(_Small):
    mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(4))

    def forward(self, inputs: Tensor) -> Tensor:
        self.mean = inputs.mean(dim=0)
        return super().forward(inputs)


class _Sideways(_Small):
    def forward(self, inputs: Tensor) -> Tensor:
        outputs: Tensor = self.last(self.dropout(inputs.flatten()).view(2, 4))
        return outputs


class _Raising(_Small):
    def forward(self, inputs: Tensor) -> Tensor:
        msg = f"{tuple(inputs.shape)} is no picture"
        raise RuntimeError(msg)


def _twins() -> nn.Module:
    dropout = nn.Dropout(0.0)
    return nn.Sequential(dropout, nn.Linear(4, 3), dropout)


class _Twice(_Small):
    def forward(self, inputs: Tensor) -> Tensor:
        return super().forward(self.dropout(inputs))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: _Small(functional.dropout), "draws nothing by itself"),
        (lambda: _Small(lambda x: x[:, :2]), r"maps \(2, 4\) to \(2, 3\), for 2 .*\(2, 2\)"),
        (_Twice, "dropout was applied 2 times"),
        (_twins, "0 was applied 2 times"),
        (_Keeping, "before is another tensor after a batch"),
        (_Replacing, "mean is another tensor after a batch"),
        (_Sideways, r"dropout sees \(8,\) of 2 examples"),
        (_Raising, r"it raised RuntimeError: \(2, 4\) is no picture"),
        (lambda: nn.utils.parametrizations.weight_norm(nn.Linear(4, 3)), "parametrizations"),
        (_Fixed, "parameters to train"),
        (lambda: 3, "a torch.nn.Module; it made int"),
    ],
)
def test_what_cannot_be_right_is_refused(make: Callable[[], Any], says: str) -> None:
    before = torch.get_rng_state()
    with pytest.raises(ConfigError, match=f"^model.factory=f must .*{says}"):
        _network(make)
    assert torch.equal(before, torch.get_rng_state())


def test_a_last_batch_of_one_is_refused_with_batch_normalization() -> None:
    config = with_parts(make_run({"trainer.batch_size": 7}), model=MODELS["cnn"])
    with pytest.raises(ConfigError, match=r"no batch of one .* got 7, of 50 examples"):
        network_of(config, TASKS["cnn"])


@pytest.mark.parametrize(
    ("kind", "changes", "says"),
    [
        ("cnn", {"dropout.input": 0.2}, "dropout.input must be 0 with model=cnn"),
        ("char_lstm", {"trainer.walk": "vmap"}, "one_by_one with recurrent layers"),
    ],
)
def test_settings_without_effect_are_refused(
    kind: str, changes: dict[str, Any], says: str
) -> None:
    config = with_values(with_parts(make_run(), model=MODELS[kind]), changes)
    with pytest.raises(ConfigError, match=says):
        network_of(config, TASKS[kind])


def test_an_mlp_takes_no_words() -> None:
    with pytest.raises(ConfigError, match="model=mlp takes quantities"):
        network_of(make_run(), TASKS["dan"])
