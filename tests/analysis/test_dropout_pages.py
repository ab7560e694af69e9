"""The pages on dropout must be made from the records of the sweeps that they are about."""

import importlib
import re
from pathlib import Path

import pytest
import yaml

from analysis import dropout_data_size
from analysis.averages import measure
from analysis.pages import Page, PageError
from ffnn_lab.report.claims import CLAIMS
from ffnn_lab.report.data.measured import measured_path, write_measured
from ffnn_lab.report.measures.averages import TABLE
from ffnn_lab.report.reports.publish import publish
from ffnn_lab.tasks import load_task
from tests.support.builders import NO_DATA, make_run
from tests.support.command_line import run_lab_forked
from tests.support.exhaustive import first

SWEEPS = Path(__file__).parents[2] / "sweeps"
COMPARISON = ("arms", "differences", "claims")
TABLES = {
    "dropout_rate": [f"{table}_digits" for table in ("rates", "differences", "claims")],
    "dropout_data_size": [f"{table}_digits" for table in ("sizes", "claims")],
    "dropout_optimizer": list(COMPARISON),
    "dropout_averaging": [*COMPARISON, "averages"],
}
"""The tables of each page."""
FIGURES = {
    "dropout_rate": {"rates"},
    "dropout_data_size": {"gain"},
    "dropout_optimizer": {"paired_differences", "learning_curves"},
    "dropout_averaging": {"averages"},
}
SHOWN = {
    "dropout_rate": ["n_20 |", " 160 |", "| pn_90 - n_90 ", "| dropout_width "],
    "dropout_data_size": ["| 1,079 ", "| dropout_few_examples "],
    "dropout_optimizer": ["| adam_dropout ", "(sgd_none - sgd_dropout) - (adam_none - adam_d"],
    "dropout_averaging": ["| k masks of one network ", "| 200 ", "| dropout_one_mask "],
}
"""Cells that tables of the page show."""


def page_of(folder: Path, name: str) -> Page:
    """Write a page that has a place for each of its tables and nothing else."""
    page = Page(name, folder)
    places = [f"<!-- table {table} -->\n<!-- end -->\n" for table in TABLES[name]]
    page.path.write_text("\n".join(places))
    return page


@pytest.mark.slow
@pytest.mark.parametrize("name", first(1, reversed(TABLES)))
def test_a_page_is_made_from_the_records_of_a_small_sweep(name: str, tmp_path: Path) -> None:
    said = run_lab_forked(tmp_path, "-m", f"sweeps={name}_smoke", f"hydra.sweeper.name={name}")
    assert said.exit_code == 0, said.error
    folder = tmp_path / "outputs" / name
    if name == "dropout_averaging":
        write_measured(folder, TABLE, measure(folder))
    publish(folder, tmp_path / "records" / name)
    page = page_of(tmp_path, name)
    script = importlib.import_module(f"analysis.{name}")
    script.make(page)
    text = page.path.read_text()
    for cell in SHOWN[name]:
        assert cell in text
    assert "nan" not in re.findall(r"[a-z]+", text)
    figures = {path.stem.removeprefix(f"{name}_") for path in page.figures.iterdir()}
    assert figures == FIGURES[name]
    once = {path: path.read_bytes() for path in page.figures.iterdir()}
    script.make(page)
    assert page.path.read_text() == text
    assert {path: path.read_bytes() for path in page.figures.iterdir()} == once
    if name == "dropout_averaging":
        measured_path(tmp_path / "records" / name, TABLE).unlink()
        with pytest.raises(PageError, match="the averages are missing"):
            script.make(page)


@pytest.mark.parametrize(
    ("share", "n_train"), dropout_data_size.N_TRAIN["task.dev_fraction"].items()
)
def test_the_sizes_of_train_splits_are_those_of_the_digits(share: float, n_train: int) -> None:
    task = make_run({"task.dev_fraction": share}).task
    assert len(load_task(task, NO_DATA).train.labels) == n_train


@pytest.mark.parametrize("name", ["dropout_data_size", "dropout_data_size_mnist_small"])
def test_each_size_of_the_sweeps_is_in_one_of_the_two_claims_and_on_the_page(name: str) -> None:
    asked = yaml.safe_load((SWEEPS / f"{name}.yaml").read_text())["hydra"]["sweeper"]["across"]
    ((key, values),) = asked.items()
    sizes = [float(value) for value in values.split(",")]
    claims = (CLAIMS["dropout_few_examples"], CLAIMS["dropout_many_examples"])
    claimed = [
        condition[key]
        for claim in claims
        for condition in claim.arguments["conditions"]
        if key in condition
    ]
    assert claimed == sizes
    assert list(dropout_data_size.N_TRAIN[key]) == sizes
