"""The way ``jax``: the same networks by JAX.

An epoch is a ``lax.scan`` over its steps, compiled by ``jit(vmap(...))`` for all members.
"""

import itertools
from typing import Any

import jax
import numpy as np
from jax import lax
from jax import numpy as jnp

from benchmarks.ways.turns import Steps, Turn, turns
from benchmarks.workloads import Work, start_weights
from ffnn_lab.optimizers.adam import AdamConfig
from ffnn_lab.optimizers.heavy_ball import HeavyBallConfig

Tree = Any
"""Nested lists or tuples of arrays."""


def jax_scan(work: Work) -> Turn:
    """Return the turns of training all members at once by JAX, an epoch per call.

    Each member has a random key of its own, from which come its permutation
    (``jax.random.permutation``, once an epoch) and its masks (``jax.random.bernoulli``, once a
    step and layer), by the default generator, threefry. The state is donated, so that XLA may
    reuse its memory. Gathering rows as indices in bounds, one-hot labels, masks from raw bits and
    unrolling were tried, and were no faster. XLA flushes denormal numbers by itself.

    Args:
        work: The members and their data.
    """
    return turns(_steps(work), work.clock)


def _loss(
    params: Tree, inputs: jax.Array, labels: jax.Array, key: jax.Array, dropout: float
) -> jax.Array:
    h = inputs
    for place, (weight, bias) in enumerate(params):
        if place:
            h = jax.nn.relu(h)
            if dropout:
                mask_key = jax.random.fold_in(key, place)
                kept = jax.random.bernoulli(mask_key, 1 - dropout, h.shape)
                h = jnp.where(kept, h / (1 - dropout), 0.0)
        h = h @ weight + bias
    return -jnp.mean(jax.nn.log_softmax(h)[jnp.arange(len(labels)), labels])


def update(
    config: AdamConfig | HeavyBallConfig, params: Tree, grads: Tree, state: Tree, lr: jax.Array
) -> tuple[Tree, Tree]:
    """Take one step of one member with Adam or heavy ball.

    Args:
        config: The optimizer.
        params: Parameters of the member.
        grads: Gradients, in the structure of ``params``.
        state: State of the optimizer.
        lr: Learning rate of the member.

    Returns:
        Parameters and state after the step.
    """
    if isinstance(config, HeavyBallConfig):
        (velocity,) = state
        velocity = jax.tree.map(lambda v, g: config.momentum * v + g, velocity, grads)
        return jax.tree.map(lambda p, v: p - lr * v, params, velocity), (velocity,)
    beta1, beta2 = config.beta1, config.beta2
    mean, square, n_steps = state
    n_steps += 1
    mean = jax.tree.map(lambda a, g: beta1 * a + (1 - beta1) * g, mean, grads)
    square = jax.tree.map(lambda s, g: beta2 * s + (1 - beta2) * g * g, square, grads)
    length, correction = lr / (1 - beta1**n_steps), 1 / (1 - beta2**n_steps)
    params = jax.tree.map(
        lambda p, a, s: p - length * a / (jnp.sqrt(s * correction) + config.eps),
        params,
        mean,
        square,
    )
    return params, (mean, square, n_steps)


def _start(work: Work) -> tuple[Tree, Tree]:
    """Return every member's first parameters, and the first state of the optimizer.

    A layer's weights are ``(M, fan_in, fan_out)`` for ``M`` members, its biases ``(M, fan_out)``.
    """
    n_members = len(work.configs)
    members = [start_weights(work, m) for m in range(n_members)]
    params = [
        [
            jnp.asarray(np.stack([member[layer].T for member in members])),
            jnp.zeros((n_members, fan_out)),
        ]
        for layer, (_, fan_out) in enumerate(itertools.pairwise(work.workload.sizes))
    ]
    if isinstance(work.config.optimizer, HeavyBallConfig):
        return params, (jax.tree.map(jnp.zeros_like, params),)
    zeros = [jax.tree.map(jnp.zeros_like, params) for _ in range(2)]
    return params, (*zeros, jnp.zeros(n_members))


def _steps(work: Work) -> Steps:
    x, y = jnp.asarray(work.inputs.numpy()), jnp.asarray(work.labels.numpy())
    optimizer, dropout = work.config.optimizer, work.config.dropout.hidden
    if not isinstance(optimizer, AdamConfig | HeavyBallConfig):
        raise TypeError(optimizer.name)
    n_steps, batch_size = work.n_steps, work.workload.batch_size

    def epoch(carried: Tree, key: jax.Array, lr: jax.Array) -> tuple[Tree, jax.Array, jax.Array]:
        key, order_key, masks_key = jax.random.split(key, 3)
        order = jax.random.permutation(order_key, len(y)).reshape(n_steps, batch_size)

        def step(carried: Tree, drawn: tuple[jax.Array, jax.Array]) -> tuple[Tree, jax.Array]:
            (params, state), (rows, mask_key) = carried, drawn
            loss, grads = jax.value_and_grad(_loss)(params, x[rows], y[rows], mask_key, dropout)
            return update(optimizer, params, grads, state, lr), loss

        masks_keys = jax.random.split(masks_key, n_steps)
        carried, losses = lax.scan(step, carried, (order, masks_keys))
        return carried, key, losses[-1]

    train = jax.jit(jax.vmap(epoch), donate_argnums=(0, 1))
    carried, lrs = _start(work), jnp.asarray(work.lrs)
    keys = jax.vmap(jax.random.key)(jnp.asarray([config.seed for config in work.configs]))
    while True:
        carried, keys, losses = train(carried, keys, lrs)
        # Asking for one output waits for the whole call.
        yield n_steps * len(work.configs), float(np.asarray(losses).mean())
