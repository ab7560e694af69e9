"""The stacked forward pass, and padding that stays zero."""

import dataclasses

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from ffnn_lab.activations import ACTIVATIONS
from ffnn_lab.models import network_of
from ffnn_lab.networks import MLP, forward, forward_pass
from ffnn_lab.networks.network import ALIGNMENT
from ffnn_lab.population import Population
from ffnn_lab.tasks.data.task import Task
from tests.catalog import BIAS_INITIALIZERS, OPTIMIZERS
from tests.support.builders import (
    ONE_OUTPUT,
    make_line,
    make_population,
    make_run,
    mlp_of,
    take_epoch_,
)

# --- networks ---------------------------------------------------------------------------------


def test_layout_rounds_sizes_up_to_the_alignment() -> None:
    network = MLP((1, 32, 33, 64, 10), "relu")
    assert ALIGNMENT == 32
    assert network.stored == (16, 32, 64, 64, 16)
    assert network.n_layers == 4
    assert [network.fans(layer) for layer in range(4)] == [(1, 32), (32, 33), (33, 64), (64, 10)]


def test_layout_without_hidden_layers() -> None:
    network = MLP((64, 10), "relu")
    assert (network.n_layers, network.stored) == (1, (64, 16))


def test_only_a_padded_sigmoid_needs_a_mask_of_units() -> None:
    like = torch.zeros(1)
    for activation in ACTIVATIONS:
        network = MLP((5, 3, 32, 2), activation)
        mask = network.unit_mask(0, like)
        assert (mask is not None) == (activation == "sigmoid")
        if mask is not None:
            assert mask.tolist() == [1.0] * 3 + [0.0] * 29
        assert network.unit_mask(1, like) is None  # 32 units need no padding


# --- forward ---------------------------------------------------------------------------------


def test_forward_by_hand() -> None:
    """With x = (1, 2); V = ((1, -1), (2, 1)), b = (0, 1): V x + b = (-1, 5), relu (0, 5).

    W = ((1, 2), (3, -1)), c = (1, 0): logits (11, -5). With the second hidden unit dropped,
    and the first input doubled: V x + b = (0, 7), relu (0, 7), dropped (0, 0), logits (1, 0).
    """
    network = MLP((2, 2, 2), "relu", alignment=1)
    params = [
        torch.tensor([[[1.0, -1.0], [2.0, 1.0]]]),
        torch.tensor([[0.0, 1.0]]),
        torch.tensor([[[1.0, 2.0], [3.0, -1.0]]]),
        torch.tensor([[1.0, 0.0]]),
    ]
    inputs = torch.tensor([[[1.0, 2.0]]])
    assert forward(params, inputs, network).tolist() == [[[11.0, -5.0]]]
    masks = [torch.tensor([[[2.0, 1.0]]]), torch.tensor([[[2.0, 0.0]]])]
    assert forward_pass(params, inputs, network, masks).outputs.tolist() == [[[1.0, 0.0]]]
    second_only = forward_pass(params, inputs, network, [None, masks[1]])
    assert second_only.outputs.tolist() == [[[1.0, 0.0]]]
    assert forward_pass(params, inputs, network, [None, None]).outputs.tolist() == [[[11.0, -5.0]]]


def test_forward_by_hand_without_biases_and_with_one_output() -> None:
    """V x = (-1, 4), relu (0, 4), W = (3, -2): the score -8, and padding beside it is 0."""
    network = MLP((2, 2, 1), "relu", alignment=2, has_bias=False)
    params = [torch.tensor([[[1.0, -1.0], [2.0, 1.0]]]), torch.tensor([[[3.0, -2.0]]])]
    assert forward(params, torch.tensor([[[1.0, 2.0]]]), network).tolist() == [[[-8.0]]]
    wide = MLP((2, 2, 1), "relu", alignment=4, has_bias=False)
    stored = [functional.pad(params[0], (0, 2, 0, 2)), functional.pad(params[1], (0, 2, 0, 1))]
    assert forward(stored, torch.tensor([[[1.0, 2.0, 0, 0]]]), wide).tolist() == [[[-8.0, 0.0]]]


def test_layers_pair_weights_with_biases_or_with_none() -> None:
    tensors = [torch.zeros(place) for place in range(4)]
    network = MLP((1, 1, 1), "relu")
    assert [(len(w), len(b)) for w, b in network.layers(tensors) if b is not None] == [
        (0, 1),
        (2, 3),
    ]
    without = dataclasses.replace(network, has_bias=False)
    assert [(len(w), b) for w, b in without.layers(tensors[:2])] == [(0, None), (1, None)]


def test_layout_of_a_config() -> None:
    changes = {"model.widths": [9, 4], "model.activation": "gelu", "model.bias": False}
    expected = MLP((5, 9, 4, 1), "gelu", has_bias=False)
    assert network_of(make_run(changes), make_line()) == expected


@pytest.mark.parametrize(
    ("activation", "value"),
    [
        ("relu", 1.5),
        ("tanh", 0.9051482536448664),  # (e^3 - 1) / (e^3 + 1)
        ("sigmoid", 0.8175744761936437),  # 1 / (1 + e^-1.5)
        ("gelu", 1.3997891980967387),  # 1.5 Phi(1.5), Phi(1.5) = 0.9331927987311419
    ],
)
def test_activation_by_hand(activation: str, value: float) -> None:
    network = MLP((1, 1, 1), activation, alignment=1)
    one = torch.ones(1, 1, 1, dtype=torch.float64)
    params = [1.5 * one, 0 * one[0], one, 0 * one[0]]
    assert forward(params, one, network).item() == pytest.approx(value, rel=1e-14)


def _draw(*shape: int, seed: int) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=rng, dtype=torch.float64)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("alignment", [1, 8, 32])
def test_padding_does_not_move_the_logits(activation: str, alignment: int) -> None:
    sizes = (5, 3, 9, 2)
    plain, padded = MLP(sizes, activation, 1), MLP(sizes, activation, alignment)
    params, stored = [], []
    for layer, (fan_in, fan_out) in enumerate(plain.fans(layer) for layer in range(3)):
        weight, bias = _draw(2, fan_out, fan_in, seed=layer), _draw(2, fan_out, seed=10 + layer)
        params += [weight, bias]
        more_in, more_out = padded.stored[layer] - fan_in, padded.stored[layer + 1] - fan_out
        stored += [
            functional.pad(weight, (0, more_in, 0, more_out)),
            functional.pad(bias, (0, more_out)),
        ]
    inputs = _draw(2, 7, 5, seed=20)
    wide = functional.pad(inputs, (0, padded.stored[0] - 5))
    logits = forward(stored, wide, padded)
    torch.testing.assert_close(
        logits[..., :2], forward(params, inputs, plain), rtol=1e-12, atol=1e-12
    )
    assert torch.equal(logits[..., 2:], torch.full_like(logits[..., 2:], -torch.inf))


def test_gradients_are_the_members_own() -> None:
    """One member's gradient of the summed losses is the gradient of its own loss alone."""
    network = MLP((4, 3, 2), "tanh", alignment=1)
    shapes = [(3, 3, 4), (3, 3), (3, 2, 3), (3, 2)]
    params = [_draw(*shape, seed=i).requires_grad_() for i, shape in enumerate(shapes)]
    inputs = _draw(3, 6, 4, seed=9)
    together = torch.autograd.grad(forward(params, inputs, network).square().sum(), params)
    for m in range(3):
        own = [w[m : m + 1].detach().requires_grad_() for w in params]
        loss = forward(own, inputs[m : m + 1], network).square().sum()
        for whole, alone in zip(together, torch.autograd.grad(loss, own), strict=True):
            torch.testing.assert_close(whole[m : m + 1], alone, rtol=1e-12, atol=1e-12)


# --- padding ---------------------------------------------------------------------------------


def _padding(population: Population) -> list[Tensor]:
    """Return all numbers of parameters and optimizer state beyond the layers' real sizes."""
    beyond: list[Tensor] = []
    stacks = [population.params]
    stacks += [
        mlp_of(population).views(tensor)
        for part in population.slices
        for name, tensor in part.state.items()
        if not name.startswith("power")
    ]
    for stack in stacks:
        for layer in range(mlp_of(population).n_layers):
            fan_in, fan_out = mlp_of(population).fans(layer)
            weight, bias = mlp_of(population).layers(stack)[layer]
            beyond += [weight.detach()[:, fan_out:], weight.detach()[:, :, fan_in:]]
            if bias is not None:
                beyond.append(bias.detach()[:, fan_out:])
    return beyond


@pytest.mark.parametrize("kind", [None, *ONE_OUTPUT], ids=str)
@pytest.mark.parametrize("bias", [True, False], ids=["biases", "no biases"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_padding_stays_exactly_zero_while_training(
    activation: str, *, bias: bool, kind: tuple[str, str] | None, blobs: Task
) -> None:
    """The members have every optimizer, dropout, both decays and a limit on norms."""
    task = blobs if kind is None else make_line(*kind)
    changes = {
        "model.activation": activation,
        "model.widths": [9, 33],
        "model.bias": bias,
        "dropout.input": 0.2,
        "dropout.hidden": 0.5,
        "trainer.max_norm": 1.0,
    }
    configs = [
        make_run(
            {**changes, "optimizer.weight_decay": 0.01, "optimizer.decay": decay},
            optimizer=row.config,
            bias_initializer=BIAS_INITIALIZERS["constant" if bias else "zeros"].config,
        )
        for row in OPTIMIZERS.values()
        for decay in ("coupled", "decoupled")
    ]
    population = make_population(configs, task)
    assert len(population.params) == (6 if bias else 3)
    before = [parameter.clone() for parameter in population.params]
    for _ in range(3):
        take_epoch_(population, task)
    assert not any(torch.equal(w, old) for w, old in zip(population.params, before, strict=True))
    padding = _padding(population)
    assert sum(tensor.numel() for tensor in padding) > 0
    assert not any(tensor.any() for tensor in padding)
