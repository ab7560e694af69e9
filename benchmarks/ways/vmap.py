"""The way ``vmap``: the same networks as a stack, by torch's own recipe for model ensembling."""

# ruff: noqa: SLF001 - torch's functions over lists of tensors have no other names

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.func import functional_call, grad_and_value, vmap
from torch.nn import functional

from benchmarks.ways.plain import make_network, start_network
from benchmarks.ways.turns import Steps, Turn, turns
from benchmarks.workloads import Work
from ffnn_lab.optimizers.adam import AdamConfig
from ffnn_lab.optimizers.heavy_ball import HeavyBallConfig

Update = Callable[[list[Tensor]], None]


def stacked(work: Work) -> Turn:
    """Return the turns of training all members at once, each on batches and with masks of its own.

    Gradients are those of ``vmap(grad_and_value(...))``; parameters are updated in place, by
    ``torch._foreach_*`` over the stacks of all layers, with a learning rate per member.

    Args:
        work: The members and their data.
    """
    return turns(_steps(work), work.clock)


def adam(params: list[Tensor], config: AdamConfig, lrs: Tensor) -> Update:
    """Return the function that takes a step of Adam with stacked parameters, in place.

    Args:
        params: Parameters, each with a first axis of ``M`` members; the function gets their
            gradients.
        config: Hyperparameters of Adam.
        lrs: Learning rate of each member, ``(M,)``.
    """
    means, squares = ([torch.zeros_like(p) for p in params] for _ in range(2))
    lengths = [lrs.view(-1, *[1] * (p.ndim - 1)) for p in params]
    beta1, beta2, n_steps = config.beta1, config.beta2, 0

    def update(grads: list[Tensor]) -> None:
        nonlocal n_steps
        n_steps += 1
        torch._foreach_lerp_(means, grads, 1 - beta1)
        torch._foreach_mul_(squares, beta2)
        torch._foreach_addcmul_(squares, grads, grads, 1 - beta2)
        roots = torch._foreach_sqrt(squares)
        torch._foreach_div_(roots, math.sqrt(1 - beta2**n_steps))
        torch._foreach_add_(roots, config.eps)
        steps = torch._foreach_mul(means, lengths)
        torch._foreach_addcdiv_(params, steps, roots, -1 / (1 - beta1**n_steps))

    return update


def heavy_ball(params: list[Tensor], config: HeavyBallConfig, lrs: Tensor) -> Update:
    """Return the function that takes a step of heavy ball with stacked parameters, in place.

    Args:
        params: Parameters, each with a first axis of ``M`` members; the function gets their
            gradients.
        config: Hyperparameters of heavy ball, which is gradient descent with momentum.
        lrs: Learning rate of each member, ``(M,)``.
    """
    velocities = [torch.zeros_like(p) for p in params]
    lengths = [-lrs.view(-1, *[1] * (p.ndim - 1)) for p in params]

    def update(grads: list[Tensor]) -> None:
        torch._foreach_mul_(velocities, config.momentum)
        torch._foreach_add_(velocities, grads)
        torch._foreach_addcmul_(params, velocities, lengths)

    return update


def _update(params: list[Tensor], work: Work) -> Update:
    asked, lrs = work.config.optimizer, torch.tensor(work.lrs)
    if isinstance(asked, AdamConfig):
        return adam(params, asked, lrs)
    if isinstance(asked, HeavyBallConfig):
        return heavy_ball(params, asked, lrs)
    raise TypeError(asked.name)


def _steps(work: Work) -> Steps:
    x, y, n_members = work.inputs, work.labels, len(work.configs)
    network = make_network(work)
    starts = [dict(start_network(work, m).named_parameters()) for m in range(n_members)]
    params = {name: torch.stack([start[name].detach() for start in starts]) for name in starts[0]}
    del starts
    update = _update(list(params.values()), work)

    def loss_of(params: dict[str, Tensor], inputs: Tensor, labels: Tensor) -> Tensor:
        logits = functional_call(network, params, (inputs,))
        return functional.cross_entropy(logits, labels)

    differentiate = vmap(grad_and_value(loss_of), randomness="different")
    while True:
        orders = torch.stack([torch.randperm(len(y)) for _ in range(n_members)])
        for rows in torch.split(orders, work.workload.batch_size, dim=1):
            grads, losses = differentiate(params, x[rows], y[rows])
            update([grads[name] for name in params])
            yield n_members, losses.mean().item()
