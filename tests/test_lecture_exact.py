"""A statement of the lecture that is a theorem: logistic regression has one minimum."""

import math

import torch

from ffnn_lab.initializers.fixed import NormalConfig
from ffnn_lab.tasks.data.task import Task
from ffnn_lab.testing import train_with_weights
from tests.support.builders import losses, make_run

WEIGHT_DECAY = 0.05
N_STARTS = 10


def test_logistic_regression_with_weight_decay_ends_at_one_loss(blobs: Task) -> None:
    """Full-batch descent from ten random starts ends at one loss, up to 1e-6.

    Loss and penalty, ``w.w * decay / 2``, have a second derivative between the decay and the
    smoothness L: the decay and half of the largest eigenvalue of the inputs' second moments, since
    the covariance of one draw of a class is at most 1/2. A step of length 1/L therefore
    shrinks the distance to the only minimum by 1 - decay / L, and ``25 L / decay`` steps by
    exp(-25) < 2e-11. The distance is below 25 at the start: the 15 weights, drawn from N(0, 1),
    have a norm below 10, and the minimum, where the penalty is at most the log 3 that weights of 0
    pay, a norm below sqrt(2 log(3) / decay) < 7. A unit of distance changes the loss by at most
    sqrt(2) |x|, which is below 10 for these inputs.
    """
    inputs = torch.from_numpy(blobs.train.inputs)
    assert inputs.norm(dim=1).max().item() < 10 / math.sqrt(2)
    second_moments = inputs.T @ inputs / len(inputs)
    smoothness = torch.linalg.eigvalsh(second_moments).max().item() / 2 + WEIGHT_DECAY
    n_steps = math.ceil(25 * smoothness / WEIGHT_DECAY)
    changes = {
        "model.widths": [],
        "model.bias": False,
        "optimizer.lr": 1 / smoothness,
        "optimizer.weight_decay": WEIGHT_DECAY,
        "trainer.batch_size": "full",
        "trainer.max_epochs": n_steps,
        "trainer.evaluate_every": n_steps,
    }
    start = NormalConfig(name="normal", std=1.0, gain=1.0)
    configs = [make_run(changes, seed=seed, initializer=start) for seed in range(N_STARTS)]
    outcomes = train_with_weights(configs, blobs)
    first, last = ([losses(o.result.curve)[end] for o in outcomes] for end in (0, -1))
    assert max(first) - min(first) > 0.5  # they began apart
    assert max(last) - min(last) < 1e-6
    assert max(last) < min(first)
