"""The ways ``plain`` and ``fused``: a loop over batches with ``torch.optim``, for one network."""

import itertools

import torch
from torch import nn
from torch.nn import functional

from benchmarks.ways.turns import Steps, Turn, turns
from benchmarks.workloads import Work, start_weights
from ffnn_lab.config import RunConfig
from ffnn_lab.optimizers.adam import AdamConfig
from ffnn_lab.optimizers.heavy_ball import HeavyBallConfig


def plain(work: Work, *, fused: bool) -> Turn:
    """Return the turns of a plain loop, which trains networks one after another, an epoch each.

    Every loss is read, as is usual in order to know when to stop. The time of a step of one
    network does not depend on the number of other networks, so that not all members are trained.

    Args:
        work: The members, of which the first ``n_plain`` are trained, and their data.
        fused: True if the optimizer updates all parameters in one call.
    """
    return turns(_steps(work, fused=fused), work.clock)


def make_network(work: Work) -> nn.Sequential:
    """Make the network of a workload with torch's own initial weights."""
    layers: list[nn.Module] = []
    for fan_in, fan_out in itertools.pairwise(work.workload.sizes):
        if layers:
            layers += [nn.ReLU(), nn.Dropout(work.config.dropout.hidden)]
        layers.append(nn.Linear(fan_in, fan_out))
    return nn.Sequential(*layers)


def start_network(work: Work, member: int) -> nn.Sequential:
    """Make the network of a member with the initial weights of `start_weights`."""
    network = make_network(work)
    layers = [layer for layer in network if isinstance(layer, nn.Linear)]
    with torch.no_grad():
        for layer, weights in zip(layers, start_weights(work, member), strict=True):
            layer.weight.copy_(torch.from_numpy(weights))
            layer.bias.zero_()
    return network


def make_optimizer(network: nn.Module, config: RunConfig, *, fused: bool) -> torch.optim.Optimizer:
    """Make the optimizer of ``torch.optim`` that a config asks for.

    Args:
        network: The network whose parameters are optimized.
        config: A config with Adam or heavy ball.
        fused: True if the optimizer updates all parameters in one call.

    Raises:
        TypeError: If the config has another optimizer.
    """
    asked = config.optimizer
    # None, not False: what torch does by default.
    is_fused = fused or None
    if isinstance(asked, AdamConfig):
        betas = (asked.beta1, asked.beta2)
        return torch.optim.Adam(
            network.parameters(), lr=asked.lr, betas=betas, eps=asked.eps, fused=is_fused
        )
    if isinstance(asked, HeavyBallConfig):
        return torch.optim.SGD(
            network.parameters(), lr=asked.lr, momentum=asked.momentum, fused=is_fused
        )
    raise TypeError(asked.name)


def _steps(work: Work, *, fused: bool) -> Steps:
    x, y = work.inputs, work.labels
    members = []
    for m, config in enumerate(work.configs[: work.n_plain]):
        network = start_network(work, m)
        members.append((network, make_optimizer(network, config, fused=fused)))
    for network, optimizer in itertools.cycle(members):
        for rows in torch.split(torch.randperm(len(y)), work.workload.batch_size):
            loss = functional.cross_entropy(network(x[rows]), y[rows])
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            yield 1, loss.item()
