"""scikit-learn's digits: 1797 images of 8 x 8 pixels in ten classes, a file of the library."""

import gzip
import importlib.util
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ffnn_lab.tasks.data.task import Task, make_task
from ffnn_lab.tasks.digits import DigitsConfig


def load_digits(config: DigitsConfig, _data: Path) -> Task:
    """Read scikit-learn's digits as a task; pixels are from 0 to 16 before scaling.

    Source:
        Alpaydin and Kaynak (1998), the UCI test set of optical recognition of handwritten
        digits, as scikit-learn ships it.
    """
    table = _read()
    return make_task(
        config,
        inputs=table[:, :-1],
        labels=table[:, -1].astype(np.int64),
        n_classes=10,
        shape=(1, 8, 8),
    )


def _read() -> NDArray[np.float64]:
    """Read the digits as a table, ``(1797, 65)``: in each row the 64 pixels, then the class.

    The file is read without importing scikit-learn, which would take a second in each process.
    """
    found = importlib.util.find_spec("sklearn")
    for folder in found.submodule_search_locations or () if found else ():
        path = Path(folder) / "datasets" / "data" / "digits.csv.gz"
        if path.is_file():
            with gzip.open(path, "rt") as lines:
                return np.loadtxt(lines, delimiter=",", dtype=np.float64)
    from sklearn import datasets  # noqa: PLC0415 - a version that keeps them elsewhere

    bunch = datasets.load_digits()
    return np.column_stack([bunch.data, bunch.target]).astype(np.float64)
