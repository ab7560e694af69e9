"""The separable problem of Wilson et al. (2017), section 3.3, as a task of one output."""

from pathlib import Path

import numpy as np

from ffnn_lab.separable import SOLUTIONS, draw_labels, make_inputs
from ffnn_lab.tasks.data.task import Split, Task
from ffnn_lab.tasks.separable import SeparableConfig


def load_separable(config: SeparableConfig, _data: Path) -> Task:
    """Draw the labels that ``config`` describes, and return their task with its known solutions.

    Each dev and test example has a block of features that no train example has, so that the
    weights of the block get no gradient.
    """
    draw = draw_labels(
        n=config.n,
        p=config.p,
        n_dev=config.n_dev,
        n_test=config.n_test,
        draw_seed=config.draw_seed,
    )
    splits = (draw.train, draw.dev, draw.test)
    train, dev, test = (
        Split(inputs, labels) for inputs, labels in zip(make_inputs(splits), splits, strict=True)
    )
    n_features = train.inputs.shape[1]
    solutions = {}
    for name, solve in SOLUTIONS.items():
        weights = solve(draw.train)
        solutions[name] = np.pad(weights, (0, n_features - len(weights)))
    return Task(
        name=config.name,
        n_classes=2,
        train=train,
        dev=dev,
        test=test,
        loss=config.loss,
        solutions=solutions,
    )
