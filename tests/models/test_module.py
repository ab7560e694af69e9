"""A network of the user's own, in a file of the folder where the command is given."""

import dataclasses
import inspect
from pathlib import Path
from typing import Any

import pytest
import torch

from ffnn_lab.config import ConfigError, run_id
from ffnn_lab.models import open_network, settle_model
from ffnn_lab.models.module import ModuleConfig, factory_of
from ffnn_lab.records import read_runs
from tests.support.builders import make_run, with_parts
from tests.support.command_line import run_lab_forked, run_module

NETS = '''
from torch import nn
from torch.nn import functional


class Small(nn.Module):
    """A convolution, dropout, and a linear layer."""

    def __init__(self, shape, n_outputs, width):
        super().__init__()
        self.convolution = nn.Conv2d(shape[0], width, 3, padding=1)
        self.norm = nn.BatchNorm2d(width)
        self.dropout = nn.Dropout()
        self.last = nn.Linear(width * shape[1] * shape[2], n_outputs)

    def forward(self, pictures):
        hidden = self.norm(self.convolution(pictures)).relu()
        return self.last(self.dropout(hidden.flatten(1)))


def small(shape, n_outputs, width=2):
    return Small(shape, n_outputs, width)


class Drawing(Small):
    def forward(self, pictures):
        return functional.dropout(super().forward(pictures))


def drawing(shape, n_outputs):
    return Drawing(shape, n_outputs, 2)
'''
QUICK = ("trainer.max_epochs=1", "tracking=off")
OWN = ("model=module", "model.factory=my_nets:small")


@pytest.fixture
def stands(tmp_path: Path) -> Path:
    """Return a folder that contains only the user's file of networks."""
    (tmp_path / "my_nets.py").write_text(NETS)
    return tmp_path


def make_config(folder: Path | None, **changes: Any) -> ModuleConfig:  # noqa: ANN401 - fields
    values: dict[str, Any] = {
        "name": "module",
        "factory": "my_nets:small",
        "arguments": {},
        "sha256": None,
        "folder": None if folder is None else str(folder),
    }
    return ModuleConfig(**(values | changes))


@pytest.mark.slow
def test_a_users_network_is_trained_and_opens_as_their_own(stands: Path) -> None:
    saving = (*QUICK, "trainer.save_weights=true", "model.arguments.width=3")
    said = run_module("ffnn_lab.run", [*OWN, *saving], stands)
    assert said.exit_code == 0, said.error
    (folder,) = (stands / "outputs").iterdir()
    runs = read_runs(folder)
    assert runs["model.arguments"].tolist() == ['{"width": 3}']
    assert len(runs["model.sha256"].iloc[0]) == 64
    module = open_network(next((folder / "weights").iterdir()))
    assert type(module).__name__ == "Small"
    assert not module.training
    assert module(torch.zeros(2, 1, 8, 8)).shape == (2, 10)
    again = run_module("ffnn_lab.replay", [runs["run_id"].iloc[0]], stands)
    assert again.exit_code == 0, again.out + again.error


@pytest.mark.slow
def test_arguments_are_swept_and_optimizers_compared(stands: Path) -> None:
    said = run_module(
        "ffnn_lab.run",
        ["-m", *OWN, *QUICK, "model.arguments.width=1,2", "optimizer=sgd,adam"],
        stands,
    )
    assert said.exit_code == 0, said.error
    (folder,) = (stands / "outputs").iterdir()
    runs = read_runs(folder)
    assert set(runs["model.arguments"]) == {'{"width": 1}', '{"width": 2}'}
    assert set(runs["optimizer.name"]) == {"sgd", "adam"}
    assert set(runs["status"]) == {"completed"}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "model.factory must name a file and a function in it"),
        (("model.factory=my_nets",), "such as my_nets:small_cnn; got my_nets"),
        (("model.factory=nets:small",), "there is no file nets.py in the current"),
        (("model.factory=my_nets:large",), "my_nets.py has no function large"),
        (("model.factory=my_nets:drawing",), "draws nothing by itself"),
        ((OWN[1], "model.arguments.depth=3"), "unexpected keyword argument 'depth'"),
        ((OWN[1], "task=separable"), "raised IndexError"),
    ],
)
def test_a_slip_is_one_line_before_anything_is_written(
    words: tuple[str, ...], says: str, stands: Path
) -> None:
    said = run_lab_forked(stands, OWN[0], *words, *QUICK)
    assert said.exit_code == 2
    assert says in said.error
    assert said.error.count("error: ") == 1
    assert "Traceback" not in said.error
    assert not (stands / "outputs").exists()


def test_the_contents_of_the_file_are_part_of_the_run(stands: Path) -> None:
    asked = with_parts(make_run(), model=make_config(stands))
    with pytest.raises(ConfigError, match=r"model\.sha256 must be known"):
        run_id(asked)
    settled = settle_model(asked)
    path = stands / "my_nets.py"
    path.write_text(NETS + "\n# another line\n")
    assert run_id(settle_model(asked)) != run_id(settled)
    with pytest.raises(ConfigError, match=r"my_nets\.py is not the file that the run was defined"):
        settle_model(settled)


def test_an_edited_file_and_one_elsewhere_are_imported_anew(stands: Path, tmp_path: Path) -> None:
    """One process imports all versions of the file, as in a notebook."""
    config = make_config(stands)
    assert "width=2" in str(inspect.signature(factory_of(config)))
    (stands / "my_nets.py").write_text(NETS.replace("width=2", "width=5"))
    assert "width=5" in str(inspect.signature(factory_of(config)))
    other = tmp_path / "other"
    other.mkdir()
    (other / "my_nets.py").write_text(NETS.replace("width=2", "width=7"))
    assert "width=7" in str(inspect.signature(factory_of(make_config(other))))


def test_a_module_that_python_knows_already_is_refused(tmp_path: Path) -> None:
    (tmp_path / "statistics.py").write_text("def mean(shape, n_outputs): ...\n")
    config = make_config(tmp_path, factory="statistics:mean")
    config = dataclasses.replace(config, sha256=None)
    with pytest.raises(ConfigError, match=r"another module of that name; rename statistics\.py"):
        factory_of(config)
