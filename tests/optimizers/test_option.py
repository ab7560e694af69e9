"""Each optimizer is defined in a file of its own, which imports nothing heavy."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import ffnn_lab.optimizers
from ffnn_lab.config import OptimizerConfig
from ffnn_lab.optimizers import OPTIMIZERS
from tests import catalog


def test_each_is_defined_in_the_file_of_its_name() -> None:
    folder = Path(ffnn_lab.optimizers.__file__).parent
    assert set(OPTIMIZERS) == set(catalog.OPTIMIZERS)
    for name, optimizer in OPTIMIZERS.items():
        assert optimizer.name == name
        assert (folder / f"{name}.py").is_file()


def test_a_step_takes_each_number_that_the_config_adds() -> None:
    shared = {field.name for field in dataclasses.fields(OptimizerConfig)} - {"lr"}
    for optimizer in OPTIMIZERS.values():
        declared = {field.name for field in dataclasses.fields(optimizer.config)}
        assert set(optimizer.hyperparameters) == declared - shared


def test_reading_all_options_of_a_run_loads_nothing_heavy() -> None:
    told = (
        "import sys; from ffnn_lab.config import GROUPS; [list(each.values()) for each in "
        "GROUPS.values()]; heavy = {'torch', 'numpy', 'pandas', 'matplotlib', 'optuna'} "
        "| {'pyarrow', 'sklearn', 'scipy'}; print(sorted(heavy & set(sys.modules)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", told], check=True, capture_output=True, text=True
    )
    assert found.stdout == "[]\n"
