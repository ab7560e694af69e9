"""Tables for tests: configs, and files written from rows."""

from pathlib import Path
from typing import Any

import pandas as pd

from ffnn_lab.tasks.table import TableConfig


def make_table_config(path: Path | None, **changes: Any) -> TableConfig:  # noqa: ANN401 - fields
    """Build a table's config as conf/task/table.yaml has it, with the target ``y``."""
    values: dict[str, Any] = {
        "name": "table",
        "path": None if path is None else str(path),
        "target": "y",
        "kind": "auto",
        "exclude": [],
        "categorical": [],
        "missing": "refuse",
        "dev_fraction": 0.2,
        "test_fraction": 0.2,
        "split_seed": 0,
        "scaling": "none",
        "delimiter": "auto",
        "decimal": "point",
        "max_classes": 20,
        "max_categories": 50,
        "sha256": None,
        "reading": None,
    }
    return TableConfig(**(values | changes))


def write_wine(folder: Path) -> Path:
    """Write scikit-learn's wine: 13 measurements of 178 wines from three cultivars."""
    from sklearn import datasets  # noqa: PLC0415 - a second of import

    bunch = datasets.load_wine(as_frame=True)
    frame: pd.DataFrame = bunch.frame.rename(columns={"target": "y"})
    path = folder / "wine.csv"
    frame.assign(y=bunch.target_names[frame["y"]]).to_csv(path, index=False)
    return path


def write_diabetes(folder: Path) -> Path:
    """Write scikit-learn's diabetes: 442 patients, and how far the disease went in a year."""
    from sklearn import datasets  # noqa: PLC0415 - a second of import

    bunch = datasets.load_diabetes(as_frame=True, scaled=False)
    frame: pd.DataFrame = bunch.frame.rename(columns={"target": "y"})
    path = folder / "diabetes.csv"
    frame.to_csv(path, index=False)
    return path
