"""Options from outside the package: those of docs/extending.md, and slips in such files."""

import functools
import importlib.util
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from omegaconf import OmegaConf
from torch import nn

from ffnn_lab import models, programs
from ffnn_lab.config import UserError
from ffnn_lab.definition import read_definition
from ffnn_lab.networks.saved import save_network
from ffnn_lab.records import read_runs
from ffnn_lab.registry import Source
from ffnn_lab.report.data.arms import contrasts
from ffnn_lab.sweeper.command import settle_launcher
from tests.support.command_line import run_lab_drawing, run_lab_forked, run_module, run_python

GUIDE = Path(__file__).parents[1] / "docs" / "extending.md"
_FILE = re.compile(r"^`(\w+\.py)`:\n\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MOST_LINES = 40
SWEEP = (
    *("-m", "optimizer=sgd,lion", "optimizer.lr=0.001,0.01", "task=waves", "tracking=off"),
    *("model.activation=relu,softsign", "initializer=sparse", "trainer.max_epochs=1"),
    *("hydra.sweeper.name=s", "hydra.sweeper.n_workers=2"),
    *("hydra.sweeper.tune.n_seeds=1", "hydra.sweeper.confirm.n_seeds=2"),
)


def files_of_the_guide() -> Mapping[str, str]:
    """Read the files that docs/extending.md shows, by name."""
    return dict(_FILE.findall(GUIDE.read_text()))


@pytest.fixture
def stands(tmp_path: Path) -> Path:
    """Return a folder with the guide's files and a table of data, as a user's folder."""
    return lay_out(tmp_path / "here")


def lay_out(folder: Path) -> Path:
    """Write the guide's files and their table into a new folder, and return it."""
    folder.mkdir()
    for name, text in files_of_the_guide().items():
        (folder / name).write_text(text)
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(100, 3))
    table = pd.DataFrame(inputs, columns=["x1", "x2", "x3"])
    table.assign(kind=(inputs.sum(axis=1) > 0).astype(int)).to_csv(
        folder / "waves.csv", index=False
    )
    return folder


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder where a sweep of the guide's options was run; tests must not change it."""
    folder = lay_out(tmp_path_factory.mktemp("outside") / "here")
    said = run_lab_drawing(folder, *SWEEP)
    assert said.exit_code == 0, said.error
    return folder


@pytest.fixture
def copied(swept: Path, tmp_path: Path) -> Path:
    """Return a copy of the folder ``swept``."""
    return Path(shutil.copytree(swept, tmp_path / "copy"))


def test_every_kind_of_option_is_one_short_file() -> None:
    files = files_of_the_guide()
    assert len(files) == 9
    assert max(len(text.splitlines()) for text in files.values()) < MOST_LINES


@pytest.mark.slow
def test_a_sweep_of_options_from_outside(swept: Path) -> None:
    runs = read_runs(swept / "outputs" / "s")
    assert len(runs) == 2 * 2 * 2 + 2 * 2 * 2
    assert set(runs["status"]) == {"completed"}
    is_lion = runs["optimizer.name"] == "lion"
    assert (runs["optimizer.beta2"] == 0.99).equals(is_lion)
    assert runs["sources"].str.contains("optimizer.lion").equals(is_lion)
    is_soft = runs["model.activation"] == "softsign"
    assert runs["sources"].str.contains("activation.softsign").equals(is_soft)
    definition = read_definition(swept / "outputs" / "s")
    assert definition is not None
    assert [(pair.arm, pair.against) for pair in contrasts(definition)] == [("lion", "sgd")]
    written = {path.name for path in (swept / "outputs" / "s" / "figures").iterdir()}
    assert {"spread.png", "spread.csv"} <= written


@pytest.mark.slow
def test_records_are_read_where_the_options_are_not(copied: Path) -> None:
    before = read_runs(copied / "outputs" / "s")
    for name in files_of_the_guide():
        (copied / name).unlink()
    assert run_module("ffnn_lab.status", ["s"], copied).exit_code == 0
    said = run_module("ffnn_lab.cli", ["report", "s"], copied)
    assert said.exit_code == 0, said.error
    assert "lion - sgd" in said.out
    assert read_runs(copied / "outputs" / "s").equals(before)
    run = before.loc[before["optimizer.name"] == "lion", "run_id"].iloc[0]
    said = run_module("ffnn_lab.replay", [run], copied)
    assert said.exit_code == 2
    assert "is found if lab_options.py in the current folder, or the file" in said.error


@pytest.mark.slow
def test_a_run_replays_by_a_file_that_is_named(swept: Path, tmp_path: Path) -> None:
    runs = read_runs(swept / "outputs" / "s")
    run = runs.loc[runs["optimizer.name"] == "lion", "run_id"].iloc[0]
    (tmp_path / "outputs").symlink_to(swept / "outputs")
    shutil.copy(swept / "waves.csv", tmp_path)
    named = {"FFNN_LAB_OPTIONS": str(swept / "lab_options.py")}
    said = run_module("ffnn_lab.replay", [run], tmp_path, named)
    assert said.exit_code == 0, said.error
    assert "agrees to the bit" in said.out


@pytest.mark.slow
def test_a_changed_file_is_another_run(copied: Path) -> None:
    with (copied / "lion.py").open("a") as file:
        file.write("# changed\n")
    said = run_lab_forked(copied, *SWEEP)
    assert said.exit_code == 2
    assert "+ arms.lion.config.sources.optimizer.lion" in said.error
    assert "arms.sgd" not in said.error
    runs = read_runs(copied / "outputs" / "s")
    run = runs.loc[runs["optimizer.name"] == "lion", "run_id"].iloc[0]
    said = run_module("ffnn_lab.replay", [run], copied)
    assert said.exit_code == 2
    assert "is not the file that the run was defined with" in said.error


SLIPS: Mapping[str, tuple[str, str, str]] = {
    "an import": ("lion.py", "import torch\n", "import torch\n1 / 0\n"),
    "its syntax": ("lion.py", "def start(params):", "def start(params:"),
    "a field without a default": ("lion.py", ", default=0.9)", ")"),
    "a type that others have not": (
        *("lion.py", 'beta2: float = ranged("[0, 1)", default=0.99)'),
        'beta2: int = ranged("[0, 9]", default=1)',
    ),
    "a name that is taken": ("lion.py", 'name="lion"', 'name="adam"'),
    "no decorator": ("lion.py", "@dataclass(kw_only=True)\n", ""),
    "another base class": ("lion.py", "LionConfig(OptimizerConfig)", "LionConfig"),
    "no such family": ("lion.py", 'family="adaptive"', 'family="fast"'),
    "a step without a keyword": ("lion.py", "*, lr, beta1, beta2", "*, lr, beta1"),
    "a start without a state": ("lion.py", "return {", "{"),
    "a step without per_member": ("lion.py", "per_member(lr, params)", "lr"),
    "no register": ("lion.py", "register(Optimizer", "print(Optimizer"),
    "a step that raises": ("lion.py", ".sign()", ".sgn().nonsense()"),
    "a step that is not in place": ("lion.py", "params.sub_(", "params.sub("),
    "a step over members": ("lion.py", ".sign()\n", ".sign() * params.abs().mean()\n"),
    "a step over columns": ("lion.py", ".sign()\n", ".sign() * params.abs().mean(1, True)\n"),
    "a step off zero": ("lion.py", ".sign()\n", ".sign() + 1\n"),
    "a wrong slope": ("softsign.py", ") ** 2", ") ** 3"),
    "a wrong backward": ("newton.py", "return slope", "return 2 * slope"),
    "a class without a backward": ("newton.py", "def backward(", "def backwards("),
    "a draw of another shape": ("sparse_start.py", ".reshape(layer.shape)", ".T"),
    "a draw of its own": (
        "sparse_start.py",
        "torch.randn(layer.fan_out, layer.fan_in, generator=rng, dtype=torch.float64)",
        "torch.randn(layer.fan_out, layer.fan_in, dtype=torch.float64)",
    ),
    "a task that raises": ("waves.py", "skiprows=1", "skiprows=0"),
    "a value without a return": ("softsign.py", "return x / (1 + x.abs())", "x / (1 + x.abs())"),
    "a draw without a return": ("sparse_start.py", "return (rows * kept)", "(rows * kept)"),
    "a load without a return": ("waves.py", "return make_task(", "make_task("),
    "a settle without a return": ("waves.py", 'return {"path"', '{"path"'),
    "a place without a checksum": ("waves.py", "    sha256: str | None = None\n", ""),
    "a field that is no column": (
        "lion.py",
        ", default=0.9)",
        ", default=0.9)\n    at: tuple[float, float] = (0.9, 1.0)",
    ),
    "a network of another shape": ("tiny.py", "interface.n_outputs)", "5)"),
}
"""For each slip, the file, a text in it, and the text that is put in its place."""
TOLD: Mapping[str, str] = {
    "an import": r"lion\.py, line 6: ZeroDivisionError: division by zero",
    "its syntax": r"lion\.py, line 19: SyntaxError: ",
    "a field without a default": r"LionConfig\.beta1 must have a default",
    "a type that others have not": r"beta2 of optimizer=lion is an integer, but in other",
    "a name that is taken": r"lion\.py, line \d+: ValueError: two options .* are called adam",
    "no decorator": r"LionConfig must be decorated with @dataclass\(kw_only=True\)",
    "another base class": r"LionConfig must be a subclass of OptimizerConfig",
    "no such family": r"lion\.py, line \d+: ValueError: family must be adaptive, plain or empty",
    "a step without a keyword": r"step_ must take \(params, grads, state, \*, lr, beta1, beta2\)",
    "a start without a state": r"start must return a dictionary of tensors.*; got NoneType",
    "a step without per_member": r"lion\.py, line 27: RuntimeError: .* per_member shapes a",
    "no register": r"there is no such choice; .*lab_options\.py registers .*activation=softsign",
    "a step that raises": r"lion\.py, line 26: AttributeError: ",
    "a step that is not in place": r"optimizer=lion: step_ must change params in place",
    "a step over members": r"optimizer=lion: step_ must update each member independently",
    "a step over columns": r"optimizer=lion: step_ must update each number independently of",
    "a step off zero": r"optimizer=lion: step_ must keep a parameter at 0 if its gradient",
    "a wrong slope": r"model\.activation=softsign: slope must be the derivative of value; at ",
    "a wrong backward": (
        r"model\.activation=newton: Solution\.backward must be the derivative of "
        r"Solution\.forward; at 0\.0123, .* is -1\.0000, it is -1\.999093, .* give -0\.999546$"
    ),
    "a class without a backward": r"newton\.py, line \d+: TypeError: Solution must have a static",
    "a draw of another shape": r"initializer=sparse: draw must return .* got .* \(6, 4\)",
    "a draw of its own": r"initializer=sparse: draw must draw only from the",
    "a task that raises": r"waves\.py, line \d+: ValueError: ",
    "a value without a return": r"model\.activation=softsign: value must return a tensor, got",
    "a draw without a return": r"initializer=sparse: draw must return a tensor, got NoneType",
    "a load without a return": r"task=waves: load must return a Task, got NoneType",
    "a settle without a return": r"task=waves: settle must return values .*, got NoneType",
    "a place without a checksum": r"WavesConfig\.path names a place, .* needs a field sha256",
    "a field that is no column": r"optimizer\.at of optimizer=lion must be a number, a text, ",
    "a network of another shape": r"model=gated must make a module that maps .* gives \(2, 5\)",
}


@pytest.mark.slow
@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_one_line_before_anything_is_written(slip: str, stands: Path) -> None:
    name, right, wrong = SLIPS[slip]
    text = (stands / name).read_text()
    assert right in text
    (stands / name).write_text(text.replace(right, wrong, 1))
    words = ("initializer=sparse", "task=waves", "tracking=off")
    models = {"tiny.py": "model=gated", "newton.py": "model.activation=newton"}
    model = models.get(name, "model.activation=softsign")
    said = run_lab_forked(stands, "optimizer=lion", model, *words)
    assert said.exit_code == 2, said.out
    assert re.search(TOLD[slip], said.error), said.error
    assert said.error.count("\n") == 1
    assert not (stands / "outputs").exists()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    said = run_lab_forked(tmp_path, "tracking=off", FFNN_LAB_OPTIONS="none.py")
    assert said.exit_code == 2
    assert said.error.startswith("error: FFNN_LAB_OPTIONS must name files of options; there is no")


BROKEN_FIGURES = {
    ("figure.subplots()", "figure.subplots(0)"): r".*spread\.py, line \d+: ValueError",
    ("return figure", "figure"): "TypeError: figure must return a matplotlib Figure, got NoneType",
    ('"test error (%)"', '"$\\\\frac$"'): "ValueError: ",
}
"""Maps a text of spread.py and its replacement to the remark in the report."""


@pytest.mark.slow
def test_a_figure_that_fails_is_told_and_the_report_is_whole(copied: Path) -> None:
    """The figure fails as it is made, returns nothing, or cannot be drawn."""
    right = (copied / "spread.py").read_text()
    for (text, wrong), remark in BROKEN_FIGURES.items():
        assert text in right
        (copied / "spread.py").write_text(right.replace(text, wrong))
        said = run_module("ffnn_lab.cli", ["report", "s"], copied)
        assert said.exit_code == 0, said.error
        assert re.search(f"spread is left out: {remark}", said.out), said.out
        assert "lion - sgd" in said.out


@pytest.mark.slow
def test_records_are_read_where_options_have_other_fields(copied: Path) -> None:
    """One option has a new field, and a field of the other has a type that the values lack."""
    changes = {
        "lion.py": (
            ", default=0.99)",
            ', default=0.99)\n    beta3: float = ranged("[0, 1)", default=0.5)',
        ),
        "sparse_start.py": (
            'n_inputs: int = ranged("[1, inf)", default=15)',
            "n_inputs: list[int] = field(default_factory=list)",
        ),
    }
    for name, (right, wrong) in changes.items():
        text = (copied / name).read_text()
        assert right in text
        text = text.replace("import dataclass\n", "import dataclass, field\n")
        (copied / name).write_text(text.replace(right, wrong))
    before = read_runs(copied / "outputs" / "s").sort_values("run_id")
    assert set(before["initializer.n_inputs"]) == {15}
    code = (
        "from pathlib import Path; from ffnn_lab.records import read_runs; "
        "runs = read_runs(Path('outputs/s')).sort_values('run_id'); "
        "new = runs[['optimizer.beta3', 'initializer.n_inputs']]; "
        "print(runs['last.test.error'].tolist(), new.isna().all().all())"
    )
    said = run_python(["-c", code], copied)
    assert said.out == f"{before['last.test.error'].tolist()} True\n", said.error
    assert run_module("ffnn_lab.cli", ["report", "s"], copied).exit_code == 0


def test_other_data_are_another_run(stands: Path) -> None:
    code = (
        "import ffnn_lab, sys; "
        "print(ffnn_lab.train('task=waves', f'task.path={sys.argv[1]}', 'trainer.max_epochs=1', "
        "'tracking=off', 'trainer.save_weights=true').run_id)"
    )
    lines = (stands / "waves.csv").read_text().splitlines(keepends=True)
    (stands / "other.csv").write_text("".join(lines[:60]))
    said = [run_python(["-c", code, each], stands) for each in ("waves.csv", "other.csv")]
    assert len({each.out for each in said}) == 2, said[0].error


@pytest.mark.slow
def test_an_autograd_function_is_part_of_the_run_and_of_its_saved_network(stands: Path) -> None:
    code = (
        "import ffnn_lab; run = ffnn_lab.train('model.activation=newton', 'trainer.max_epochs=1', "
        "'tracking=off', 'trainer.save_weights=true'); "
        "print(run.run_id); print(ffnn_lab.open_network(run)[1].name)"
    )
    first = run_python(["-c", code], stands)
    assert first.out.splitlines()[-1] == "newton", first.error
    with (stands / "newton.py").open("a") as file:
        file.write("# changed\n")
    changed = run_python(["-c", code], stands)
    ids = [said.out.splitlines()[-2] for said in (first, changed)]
    assert len({*ids}) == 2


@pytest.mark.slow
def test_a_file_may_be_imported_by_the_script_itself(stands: Path) -> None:
    """A script imports lab_options, or lion alone, whose workers then import the same file."""
    for module in ("lab_options", "lion"):
        if module == "lion":
            (stands / "lab_options.py").unlink()
        (stands / "script.py").write_text(
            f"import {module}, ffnn_lab\n"
            "if __name__ == '__main__':\n"
            "    swept = ffnn_lab.sweep('optimizer=sgd,lion', 'trainer.max_epochs=1', "
            f"'tracking=off', 'hydra.sweeper.name={module}', 'hydra.sweeper.n_workers=2', "
            "'hydra.sweeper.confirm.n_seeds=2')\n"
            "    print(len(swept.runs))\n"
        )
        said = run_python(["script.py"], stands)
        assert said.exit_code == 0, said.error
        assert int(said.out.split()[-1]) > 1


def test_a_compiled_program_is_of_one_option_in_one_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two optimizers share a function; its file, which another imports, changes."""
    rules = tmp_path / "rules.py"
    rules.write_text("def step(): pass\n")
    spec = importlib.util.spec_from_file_location("rules", rules)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    source = Source(tmp_path / "mine.py", "0" * 64)
    monkeypatch.setattr(programs, "source_of", lambda *_: source)
    one, other = (programs._outside("optimizer", name, module.step) for name in ("a", "b"))
    bound = programs._outside("optimizer", "a", functools.partial(module.step))
    rules.write_text("def step(): return 1\n")
    assert one == bound != programs._outside("optimizer", "a", module.step)
    assert one != other
    monkeypatch.setattr(programs, "source_of", lambda *_: None)
    assert programs._outside("optimizer", "adam", module.step) == {}


def test_a_network_is_opened_by_the_file_that_it_was_trained_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    description = {"model": "gated", "sources": {"model.gated": "0" * 64}}
    save_network(nn.Linear(2, 2), tmp_path / "net.pt", description)
    source = Source(tmp_path / "tiny.py", "1" * 64)
    monkeypatch.setattr(models, "source_of", lambda *_: source)
    with pytest.raises(UserError, match=r"tiny\.py has 1{64}; put the earlier file there"):
        models.open_network(tmp_path / "net.pt")


def test_a_launcher_whose_workers_cannot_import_a_file_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    master = OmegaConf.create(
        {"hydra": {"runtime": {"choices": {"hydra/launcher": "submitit_local"}}}}
    )
    assert settle_launcher(master, 2) == ("submitit_local", 2)
    monkeypatch.setenv("FFNN_LAB_OPTIONS", "/mine/lab_options.py")
    with pytest.raises(UserError, match=r"cannot import /mine/lab_options\.py; install your"):
        settle_launcher(master, 2)


@pytest.mark.slow
def test_the_guide_s_tests_pass(stands: Path) -> None:
    said = run_python(["-m", "pytest", "-q", "-p", "no:cacheprovider", "."], stands)
    assert said.exit_code == 0, said.out
    assert "2 passed" in said.out


@pytest.mark.slow
def test_an_installed_package_brings_options(stands: Path, tmp_path: Path) -> None:
    about = tmp_path / "brought-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: brought\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[ffnn_lab.options]\nlion = lion\n")
    (stands / "lion.py").rename(tmp_path / "lion.py")
    code = "from ffnn_lab.optimizers import OPTIMIZERS; print(list(OPTIMIZERS)[-1])"
    (tmp_path / "elsewhere").mkdir()
    said = run_python(["-c", code], tmp_path / "elsewhere", {"PYTHONPATH": str(tmp_path)})
    assert said.out == "lion\n", said.error


NOTEBOOK = """
import ffnn_lab
from ffnn_lab.options import ScheduleConfig, Schedule
ffnn_lab.register(Schedule(name="mine", config=ScheduleConfig, advance=lambda *_: 1.0))
"""


def test_a_notebook_is_no_file_of_options(tmp_path: Path) -> None:
    said = run_python(["-c", NOTEBOOK], tmp_path)
    assert "UserError: ffnn_lab.register must be called in a file that workers can" in said.error
    assert said.error.rstrip().endswith("it was called in a notebook")
    (tmp_path / "script.py").write_text(NOTEBOOK)
    said = run_python(["script.py"], tmp_path)
    assert said.error.rstrip().endswith("script.py")
