"""Parts and sites of ordinary modules: how members start, and how their dropouts are numbered."""

import pytest
import torch
from torch import Tensor, nn

from ffnn_lab.config import with_values
from ffnn_lab.networks.module_parts import fans_of
from ffnn_lab.networks.torch_network import TorchNetwork
from ffnn_lab.population import Population
from ffnn_lab.tasks.data.task import Interface
from tests.catalog import MODELS
from tests.support.builders import (
    make_run,
    with_parts,
)
from tests.support.modules import TASKS, made_network, started


def test_weights_start_by_their_role_and_fans() -> None:
    """He's standard deviation is the square root of 2 over the number of inputs of a unit.

    For a kernel of 3 x 3 x 3 there are 27 inputs; for an LSTM the inputs of one gate count. Norms
    start at one, and biases as the config asks.
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
    """A module with unusual layers that a user may write."""

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
    """With a gain of 0, all that the config draws is 0; other values are the module's own."""
    network, population = _odd_population()
    module = population.export(0)
    state = module.state_dict()
    for name in ("words.weight", "own.weight", "tied.weight", "tied.bias", "own.bias"):
        assert not state[name].any(), name
    assert torch.equal(state["known.weight"], torch.ones(7, 8, dtype=torch.float64))
    assert {part.name for part in network.parts if part.role == "own"} == {"scale"}
    assert "known.weight" in network.buffers
    scales = [population.export(m).state_dict()["scale"] for m in range(3)]
    assert torch.equal(scales[0], scales[1])  # these members have one seed
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
    """A module that applies its dropouts in another order than it registers them."""

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
    """The first input dropout has stream 0, and no two dropouts share a stream."""
    named = dict(zip(("second", "first", "a", "b"), made_network(_Crossed).sites, strict=True))
    assert [(site.stream, site.rate) for site in named.values()] == [
        (1, "hidden"),
        (2, "hidden"),
        (0, "input"),
        (3, "input"),
    ]
