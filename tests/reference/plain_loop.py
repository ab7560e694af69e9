"""The tests' reference: one network, ``torch.optim``, a ``for`` over epochs and batches.

This plain loop shares with the population trainer the config, the task and the names of the random
streams. Everything else (layers, initial weights, masks, steps, schedules, metrics) is torch's
own.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ffnn_lab.config import RunConfig
from ffnn_lab.models.mlp import MLPConfig
from ffnn_lab.records import CurvePoint
from ffnn_lab.seeds import stream, torch_seed
from ffnn_lab.tasks.data.task import Task
from tests.catalog import BIAS_INITIALIZERS, INITIALIZERS, OPTIMIZERS, SCHEDULES

ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "gelu": nn.GELU}


class Network(nn.Module):
    """Linear layers with an activation between them, and a mask on the inputs of each layer."""

    def __init__(self, sizes: Sequence[int], model: MLPConfig) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Linear(fan_in, fan_out, bias=model.bias, dtype=torch.float64)
            for fan_in, fan_out in itertools.pairwise(sizes)
        )
        self.activation = ACTIVATIONS[model.activation]()

    def forward(self, x: Tensor, masks: Sequence[Tensor | None] | None = None) -> Tensor:
        """Compute logits or scores; without masks, no unit is dropped."""
        for place, layer in enumerate(self.layers):
            mask = None if masks is None else masks[place]
            x = layer(x if mask is None else x * mask)
            if place + 1 < len(self.layers):
                x = self.activation(x)
        return x


@dataclass
class PlainRun:
    """The result of the plain loop."""

    network: Network
    curve: list[CurvePoint] = field(default_factory=list)
    n_steps: int = 0
    diverged_step: int | None = None

    @property
    def weights(self) -> list[Tensor]:
        """Return weight and bias (if there is one) of each layer in turn."""
        return [parameter.detach() for parameter in self.network.parameters()]


def train_alone(config: RunConfig, task: Task) -> PlainRun:
    """Train one network in float64, and stop at the first loss that is not finite."""
    n_outputs = task.n_classes if task.loss == "cross_entropy" else 1
    assert isinstance(config.model, MLPConfig)
    sizes = [task.n_features, *config.model.widths, n_outputs]
    network = Network(sizes, config.model)
    initialize_(network, config)
    optimizer = OPTIMIZERS[config.optimizer.name].torch_optimizer(
        network.parameters(), config.optimizer
    )
    scheduler = SCHEDULES[config.schedule.name].torch_scheduler(
        optimizer, config.schedule, config.trainer.max_epochs
    )
    x, y = torch.from_numpy(task.train.inputs), torch.from_numpy(task.train.labels)
    size = len(y) if config.trainer.batch_size == "full" else int(config.trainer.batch_size)

    run = PlainRun(network)
    if not measure(run, task, epoch=0, lr=optimizer.param_groups[0]["lr"]):
        return run
    for epoch in range(config.trainer.max_epochs):
        order = torch.from_numpy(stream(config.seed, "order", epoch).permutation(len(y)))
        masks = dropout_masks(config, sizes, epoch, len(y))
        for start in range(0, len(y), size):
            rows = order[start : start + size]
            batch_masks = [m if m is None else m[start : start + size] for m in masks]
            loss = mean_loss(network(x[rows], batch_masks), y[rows], task)
            run.n_steps += 1
            if not loss.isfinite():
                run.diverged_step = run.n_steps
                return run
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            if config.trainer.clip_norm is not None:
                nn.utils.clip_grad_norm_(network.parameters(), config.trainer.clip_norm)
            decay_weights_(network, optimizer, config)
            optimizer.step()
            limit_norms_(network, config)
        n_epochs, is_last = epoch + 1, epoch + 1 == config.trainer.max_epochs
        if n_epochs % config.trainer.evaluate_every == 0 or is_last:
            lr = optimizer.param_groups[0]["lr"]
            if not measure(run, task, epoch=n_epochs, lr=lr):
                return run
        if isinstance(scheduler, torch.optim.lr_scheduler.ReduceLROnPlateau):
            scheduler.step(run.curve[-2].loss)  # the last point of dev
        else:
            scheduler.step()
    return run


def initialize_(network: Network, config: RunConfig) -> None:
    """Fill each layer by ``torch.nn.init``, with the generator of the layer's random stream."""
    for place, layer in enumerate(network.layers):
        assert isinstance(layer, nn.Linear)
        parts = [(layer.weight, config.initializer, INITIALIZERS, 0)]
        if layer.bias is not None:
            parts.append((layer.bias, config.bias_initializer, BIAS_INITIALIZERS, 1))
        for tensor, part, rows, is_bias in parts:
            rng = torch.Generator().manual_seed(torch_seed(config.seed, "init", place, is_bias))
            rows[part.name].fill_(tensor, part, layer.in_features, rng)
            with torch.no_grad():
                tensor.mul_(part.gain)


def mean_loss(outputs: Tensor, labels: Tensor, task: Task) -> Tensor:
    """Compute the mean over examples of the task's loss."""
    if task.loss == "cross_entropy":
        return functional.cross_entropy(outputs, labels)
    if task.loss == "logistic":
        return functional.binary_cross_entropy_with_logits(outputs.squeeze(1), (labels + 1) / 2)
    return functional.mse_loss(outputs.squeeze(1), labels)


def error_of(outputs: Tensor, labels: Tensor, task: Task) -> float:
    """Compute the share of wrong answers; for real-valued labels, of unexplained variance."""
    if task.loss == "cross_entropy":
        return (outputs.argmax(dim=1) != labels).double().mean().item()
    if task.n_classes == 2:
        return (outputs.squeeze(1).sign() != labels).double().mean().item()
    residual = functional.mse_loss(outputs.squeeze(1), labels).item()
    return residual / torch.from_numpy(task.train.labels).var(correction=0).item()


def dropout_masks(
    config: RunConfig, sizes: Sequence[int], epoch: int, n_examples: int
) -> list[Tensor | None]:
    """Draw an epoch's masks for the inputs of each layer, a row for each example in the order."""
    masks: list[Tensor | None] = []
    for layer, width in enumerate(sizes[:-1]):
        rate = config.dropout.input if layer == 0 else config.dropout.hidden
        bits = stream(config.seed, "dropout", layer, epoch).bit_generator
        raw = np.asarray(bits.random_raw((n_examples * width + 1) // 2))
        uniform = raw.view(np.int32)[: n_examples * width] / 2**32 + 0.5
        kept = torch.from_numpy(uniform.reshape(n_examples, width) >= rate)
        masks.append(kept / torch.tensor(1 - rate, dtype=torch.float64) if rate > 0 else None)
    return masks


def decay_weights_(network: Network, optimizer: torch.optim.Optimizer, config: RunConfig) -> None:
    """Shrink the parameters by decoupled decay, which in torch only AdamW does by itself."""
    if config.optimizer.decay == "decoupled" and not isinstance(optimizer, torch.optim.AdamW):
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.mul_(1 - optimizer.param_groups[0]["lr"] * config.optimizer.weight_decay)


def limit_norms_(network: Network, config: RunConfig) -> None:
    """Project each hidden unit's incoming weights onto the ball of radius ``max_norm``."""
    if config.trainer.max_norm is None:
        return
    with torch.no_grad():
        for layer in network.layers[:-1]:
            assert isinstance(layer, nn.Linear)
            for weights in layer.weight:
                norm = weights.norm()
                if norm > config.trainer.max_norm:
                    weights.mul_(config.trainer.max_norm / norm)


def measure(run: PlainRun, task: Task, *, epoch: int, lr: float) -> bool:
    """Measure all splits, and return True; if the train loss is not finite, return False.

    With a train loss that is not finite, the run gets no points, and its ``diverged_step`` is set.
    """
    points = list(_points(run, task, epoch=epoch, lr=lr))
    if not math.isfinite(points[0].loss):
        run.diverged_step = run.n_steps
        return False
    run.curve += points
    return True


@torch.no_grad()
def _points(run: PlainRun, task: Task, *, epoch: int, lr: float) -> Iterator[CurvePoint]:
    for name in ("train", "dev", "test"):
        split = task.split(name)
        outputs = run.network(torch.from_numpy(split.inputs))
        labels = torch.from_numpy(split.labels)
        loss, error = mean_loss(outputs, labels, task).item(), error_of(outputs, labels, task)
        yield CurvePoint(epoch, run.n_steps, name, loss, error, lr)
