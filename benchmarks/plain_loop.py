"""The loop that anybody would write: one network, ``torch.optim.Adam``, epochs of batches."""

import math
import time
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from ffnn_lab.config import RunConfig
from ffnn_lab.tasks import Task


def time_plain_loop(
    configs: Sequence[RunConfig], task: Task, *, n_epochs: int, fused: bool
) -> float:
    """Train networks one after another; give the processor's seconds of their epochs."""
    x = torch.from_numpy(task.train.inputs).float()
    y = torch.from_numpy(task.train.labels)
    seconds = 0.0
    for config in configs:
        torch.manual_seed(config.seed)
        network = make_network(task, config)
        adam = torch.optim.Adam(network.parameters(), lr=config.optimizer.lr, fused=fused)
        started = time.process_time()
        for _ in range(n_epochs):
            plain_epoch(network, adam, x, y, batch_size=int(config.trainer.batch_size))
        seconds += time.process_time() - started
    return seconds


def make_network(task: Task, config: RunConfig) -> nn.Sequential:
    """Make a net of one hidden layer, by the config's width and dropout."""
    (width,) = config.model.widths
    hidden, output = nn.Linear(task.n_features, width), nn.Linear(width, task.n_classes)
    for layer in (hidden, output):
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        nn.init.zeros_(layer.bias)
    return nn.Sequential(hidden, nn.ReLU(), nn.Dropout(config.dropout.hidden), output)


def plain_epoch(
    network: nn.Module, adam: torch.optim.Adam, x: Tensor, y: Tensor, *, batch_size: int
) -> float:
    """Walk one epoch by the book; give its mean train loss.

    Raises:
        FloatingPointError: If the network diverged.
    """
    total = 0.0
    for rows in torch.split(torch.randperm(len(y)), batch_size):
        loss = functional.cross_entropy(network(x[rows]), y[rows])
        adam.zero_grad()
        torch.autograd.backward(loss)
        adam.step()
        total += loss.item() * len(rows)
    if not math.isfinite(total):
        msg = "the plain loop diverged, and what it took says nothing"
        raise FloatingPointError(msg)
    return total / len(y)
