"""The CNN and the character LSTM by JAX: ``jit(vmap(...))`` of an epoch, a scan over its steps."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from jax import lax
from jax import numpy as jnp
from torch import nn

from benchmarks.ways.jax_scan import update
from ffnn_lab.config import RunConfig
from ffnn_lab.networks.modules import CNN, CharLSTM
from ffnn_lab.optimizers.adam import AdamConfig
from ffnn_lab.optimizers.heavy_ball import HeavyBallConfig
from ffnn_lab.tasks.data.task import Task

Values = dict[str, jax.Array]
"""Parameters or buffers of a network, by the names that they have in its module."""
MOMENTUM = 0.1
"""Weight of a batch's statistics in the running statistics of batch normalization; torch's
default."""
EPSILON = 1e-5
"""Epsilon of batch normalization, torch's default."""


def jax_networks(
    modules: Sequence[nn.Module], config: RunConfig, task: Task
) -> Callable[[], None]:
    """Return a function that trains all members for an epoch, and waits for the result.

    Each member has a random key of its own, from which its permutation comes. There is no dropout.

    Args:
        modules: Each member's module at its start: ``CNN`` with batch normalization and ReLU, or
            ``CharLSTM``.
        config: Config that all members share, apart from their seeds.
        task: The task with the train split.

    Raises:
        TypeError: If the class of the modules, or the optimizer, is not supported.
    """
    first, optimizer = modules[0], config.optimizer
    if not isinstance(optimizer, AdamConfig | HeavyBallConfig):
        raise TypeError(optimizer.name)
    if not isinstance(first, CNN | CharLSTM):
        raise TypeError(type(first).__name__)
    logits = _cnn if isinstance(first, CNN) else _char_lstm
    x = jnp.asarray(task.train.inputs.reshape(-1, *task.interface.inputs))
    y = jnp.asarray(task.train.labels)
    batch_size = int(config.trainer.batch_size)
    lr = jnp.asarray(optimizer.lr)

    def loss_of(
        params: Values, buffers: Values, inputs: jax.Array, labels: jax.Array
    ) -> tuple[jax.Array, Values]:
        outputs, moved = logits(params, buffers, inputs)
        logs = jax.nn.log_softmax(outputs)
        return -jnp.mean(jnp.take_along_axis(logs, labels[..., None], axis=-1)), moved

    def epoch(carried: Any, key: jax.Array) -> tuple[Any, jax.Array, jax.Array]:  # noqa: ANN401 - nested tuples, as optimizers keep them
        key, order_key = jax.random.split(key)
        order = jax.random.permutation(order_key, len(y)).reshape(-1, batch_size)

        def step(carried: Any, rows: jax.Array) -> tuple[Any, jax.Array]:  # noqa: ANN401 - nested tuples, as optimizers keep them
            params, state, buffers = carried
            gradient = jax.value_and_grad(loss_of, has_aux=True)
            (loss, buffers), grads = gradient(params, buffers, x[rows], y[rows])
            params, state = update(optimizer, params, grads, state, lr)
            return (params, state, buffers), loss

        carried, losses = lax.scan(step, carried, order)
        return carried, key, losses[-1]

    train = jax.jit(jax.vmap(epoch), donate_argnums=(0, 1))
    params = _stacked([dict(module.named_parameters()) for module in modules])
    buffers = _stacked([dict(module.named_buffers()) for module in modules])
    zeros = jax.tree.map(jnp.zeros_like, params)
    state: Any = (zeros,)
    if isinstance(optimizer, AdamConfig):
        state = (zeros, jax.tree.map(jnp.zeros_like, params), jnp.zeros(len(modules)))
    held = [(params, state, buffers), jax.vmap(jax.random.key)(jnp.arange(len(modules)))]

    def train_epoch() -> None:
        held[0], held[1], losses = train(*held)
        # Asking for one output waits for the whole call.
        np.asarray(losses)

    return train_epoch


def _stacked(of_members: Sequence[dict[str, Any]]) -> Values:
    return {
        name: jnp.asarray(np.stack([own[name].detach().numpy() for own in of_members]))
        for name in of_members[0]
    }


def _cnn(params: Values, buffers: Values, images: jax.Array) -> tuple[jax.Array, Values]:
    """Compute the logits of a batch of images, and update the running statistics.

    Args:
        params: Parameters of the CNN.
        buffers: Running mean and variance of each batch normalization.
        images: The images, ``(B, channels, height, width)``.

    Returns:
        The logits, ``(B, 10)``, and the buffers after this batch.
    """
    h, moved = images, dict(buffers)
    # A compiled function gets its parameters in alphabetical order.
    kernels = sorted(
        (name for name in params if name.startswith("blocks.") and params[name].ndim == 4),  # noqa: PLR2004 - a kernel has four axes
        key=lambda name: int(name.split(".")[1]),
    )
    for kernel in kernels:
        h = lax.conv_general_dilated(h, params[kernel], (1, 1), "SAME")
        norm = f"blocks.{int(kernel.split('.')[1]) + 1}"
        mean, variance = h.mean((0, 2, 3)), h.var((0, 2, 3))
        n = h.size // h.shape[1]
        for name, own in (("mean", mean), ("var", variance * n / (n - 1))):
            key = f"{norm}.running_{name}"
            moved[key] = (1 - MOMENTUM) * buffers[key] + MOMENTUM * own
        scale = params[f"{norm}.weight"] * lax.rsqrt(variance + EPSILON)
        h = (h - mean[:, None, None]) * scale[:, None, None] + params[f"{norm}.bias"][
            :, None, None
        ]
        h = jax.nn.relu(h)
        h = lax.reduce_window(h, -jnp.inf, lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
    h = h.reshape(len(h), -1)
    weights = (name for name in params if name.startswith("classifier.layers."))
    for weight in sorted(name for name in weights if name.endswith(".weight")):
        h = jax.nn.relu(h @ params[weight].T + params[weight.replace(".weight", ".bias")])
    return h @ params["classifier.last.weight"].T + params["classifier.last.bias"], moved


def _char_lstm(params: Values, buffers: Values, letters: jax.Array) -> tuple[jax.Array, Values]:
    """Compute the logits after each letter of a batch of texts.

    Args:
        params: Parameters of the LSTM.
        buffers: Returned unchanged; an LSTM has no running statistics.
        letters: Numbers of the letters, ``(B, T)``.

    Returns:
        The logits, ``(B, T, n)`` for ``n`` different letters, and ``buffers``.
    """
    h = params["embedding.weight"][letters].swapaxes(0, 1)
    n_layers = sum(name.endswith("weight_ih_l0") for name in params)
    for layer in range(n_layers):
        ih, hh, b_ih, b_hh = (
            params[f"layers.{layer}.{name}_l0"]
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        inputs = h @ ih.T + b_ih + b_hh

        def letter(
            carried: tuple[jax.Array, jax.Array],
            of_input: jax.Array,
            hh: jax.Array = hh,
        ) -> tuple[tuple[jax.Array, jax.Array], jax.Array]:
            output, cell = carried
            i, f, g, o = jnp.split(of_input + output @ hh.T, 4, axis=1)
            cell = jax.nn.sigmoid(f) * cell + jax.nn.sigmoid(i) * jnp.tanh(g)
            output = jax.nn.sigmoid(o) * jnp.tanh(cell)
            return (output, cell), output

        zeros = jnp.zeros((h.shape[1], hh.shape[1]))
        _, h = lax.scan(letter, (zeros, zeros), inputs)
    return h.swapaxes(0, 1) @ params["last.weight"].T + params["last.bias"], buffers
