"""scikit-learn's digits: 1797 images of 8 x 8 pixels in ten classes, embedded with the library."""

import numpy as np

from ffnn_lab.config.task import DigitsConfig
from ffnn_lab.tasks.task import Task, make_task


def load_digits(config: DigitsConfig) -> Task:
    """Read the digits; pixels are 0 to 16 before scaling.

    Source:
        Alpaydin and Kaynak (1998), the UCI test set of optical recognition of handwritten
        digits, as scikit-learn ships it.
    """
    from sklearn import datasets  # noqa: PLC0415 - a second of import that only this task needs

    bunch = datasets.load_digits()
    return make_task(
        config,
        inputs=np.asarray(bunch.data, dtype=np.float64),
        labels=np.asarray(bunch.target, dtype=np.int64),
        n_classes=10,
    )
