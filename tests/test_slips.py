"""Every slip ends in one clear message, a non-zero exit and nothing written."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.command_line import run_lab, run_lab_forked
from tests.support.exhaustive import rest

DEFINED = ["sweeps=mine"]


@dataclass(frozen=True)
class Slip:
    """A command line with a mistake, and the parts that its error message must contain."""

    arguments: tuple[str, ...]
    says: tuple[str, ...]

    def __str__(self) -> str:
        """Return the words of the command line, which name the test."""
        return " ".join(self.arguments)


def slip(*arguments: str, says: str) -> Slip:
    """Make a slip; ``says`` lists the parts of the message, separated by ``|``."""
    return Slip(arguments, tuple(says.split("|")))


LRS = "optimizer.lr=1,2"
ACROSS_N = "hydra.sweeper.across={task.n: [20, 50]}"
SLIPS = [
    # unknown keys and choices
    slip("optimizer.lrr=0.1", says="optimizer.lrr|there is no such field|did you mean lr?"),
    slip("nokey=3", says="nokey|there is no such field|optimizer"),
    slip("optimizer=adamm", says="optimizer=adamm|no such choice|did you mean adam?"),
    slip("+optimizer.foo=1", says="+optimizer.foo=1"),
    slip("~seed", says="~seed"),
    # wrong types
    slip("optimizer.lr=fast", says="optimizer.lr must be a number, got fast"),
    slip("optimizer.lr=", says="optimizer.lr must be a number, got nothing"),
    slip("trainer.max_epochs=1.5", says="trainer.max_epochs must be an integer, got 1.5"),
    slip("model.widths=64", says="model.widths must be a list of integers, got 64"),
    slip("model.widths=[a]", says="model.widths|a"),
    slip("trainer.save_weights=maybe", says="trainer.save_weights must be true or false|maybe"),
    slip("seed=null", says="seed|null"),
    # out of range
    slip("optimizer.lr=-1", says="optimizer.lr must be positive, got -1"),
    slip("model.widths=[64,0]", says="model.widths must be at least 1, got [64, 0]"),
    slip("task=separable", "task.p=1", says="task.p must lie in (0, 1), got 1"),
    slip("seed=99999999999999999999", says="seed must lie in [0, 9e+18]"),
    slip("task.dev_fraction=0.001", says="task.dev_fraction=0.001|without examples of class"),
    # data
    slip("task=mnist", says="train-images-idx3-ubyte.gz|/data/mnist. Put them there|DATA"),
    slip("task=table", says="task.path must name a table|got nothing"),
    slip("task=table", "task.path=no.csv", says="task.path=no.csv: there is no such file"),
    slip("-m", "task=digits,mnist", says="'hydra.sweeper.across={task: [digits, mnist]}'"),
    slip("-m", "task=table", "task.path=a.csv", "seed=0,1", says="task.path=a.csv: there is no"),
    # sweeps
    slip("-m", "sweeps=default", "optimizer=adam", says="optimizer=adam|set optimizer themselves"),
    slip("-m", "task.dev_fraction=0.001,0.2", says="task.dev_fraction|a sweep for each"),
    slip("-m", "seed=0,1", "task.dev_fraction=0.001", says="task.dev_fraction=0.001|without exam"),
    slip(
        "-m", "optimizer.lr=tag(lgo,interval(1e-4,1))", says="optimizer.lr|tags are log and grow"
    ),
    slip("-m", "paths.outputs=a,b", says="paths.outputs does not affect results"),
    slip("-m", "device=interval(0,1)", says="device: a sweep is trained on one kind of device"),
    slip("-m", "seed=interval(0,5)", says="seed: list the tuning seeds"),
    slip(
        "-m",
        LRS,
        "seed=0",
        "hydra.sweeper.tune.n_seeds=4",
        says="seed=0 hydra.sweeper.tune.n_seeds=4",
    ),
    slip("-m", LRS, "trainer=null", says="trainer"),
    slip(
        "-m", "seed=0", "hydra.sweeper.protocol=tpe", says="hydra.sweeper.protocol: Invalid type"
    ),
    slip("-m", LRS, "hydra.sweeper.name=a/b", says="hydra.sweeper.name|got a/b"),
    slip("-m", "seed=0", "optimizer.lr=range(1,3,0)", says="optimizer.lr=range(1,3,0)|a step"),
    slip("-m", "optimizer.lr=range(1,1e9)", says="optimizer.lr=range(1,1e9)|at most 100000"),
    slip("--config-name", "other", says="--config-name other: there is no such config"),
    slip(
        "paths.outputs='~no-such-user/x'", says="paths.outputs=~no-such-user/x|no user|./~no-such"
    ),
    slip("paths.outputs=", says="paths.outputs must name a folder, got nothing"),
    slip(
        "optimizer=sgd", "-m", "optimizer.lr=0.1,-1", says="optimizer.lr must be positive, got -1"
    ),
    slip("sweeps=nope", says="sweeps=nope|no such choice|default"),
    slip("-m", "optimizer.lr=0.1,fast", says="optimizer.lr must be a number, got fast"),
    slip("-m", "optimizer.lr=interval(-1,1)", says="optimizer.lr must be positive, got -1"),
    slip("-m", "hydra.sweeper.foo=1", says="hydra.sweeper.foo|no such field"),
    slip("-m", "hydra.sweeper.protocol.name=magic", says="hydra.sweeper.protocol.name|got magic"),
    slip("-m", "hydra.sweeper.protocol.n_settings=0", says="hydra.sweeper.protocol.n_settings"),
    slip("-m", "hydra.sweeper.objective.split=test", says="hydra.sweeper.objective.split|dev"),
    slip("optimizer=sgd,adam", says="optimizer=sgd,adam|--multirun"),
    slip("optimizer.lr=0.1)", says="optimizer.lr=0.1)"),
]
SAID_ELSEWHERE = [
    slip("optimizer=sgd", "optimizer.momentum=0.9", says="optimizer.momentum|no such field"),
    slip("initializer.std=0.1", says="initializer.std|no such field|name, gain"),
    slip("initializer=xavier", says="initializer=xavier|no such choice|glorot_normal"),
    slip("bias_initializer=orthogonal", says="bias_initializer=orthogonal|no such choice|zeros"),
    slip("schedule=step", says="schedule=step|no such choice|fixed_decay"),
    slip("task=imagenet", says="task=imagenet|no such choice|digits"),
    slip("+foo=1", says="+foo=1|fields of a run cannot be added"),
    slip("optimizer.lr=0", says="optimizer.lr must be positive, got 0"),
    slip("optimizer.lr=nan", says="optimizer.lr must be positive, got nan"),
    slip("optimizer.momentum=1", says="optimizer.momentum must lie in [0, 1), got 1"),
    slip("optimizer=adam", "optimizer.eps=0", says="optimizer.eps must be positive, got 0"),
    slip("dropout.hidden=1", says="dropout.hidden must lie in [0, 1), got 1"),
    slip("trainer.batch_size=0", says="trainer.batch_size must be a positive integer or full"),
    slip("trainer.batch_size=all", says="trainer.batch_size must be a positive integer or full"),
    slip("trainer.max_epochs=0", says="trainer.max_epochs must be at least 1, got 0"),
    slip("model.bias=maybe", says="model.bias must be true or false|maybe"),
    slip("model.bias=false", "bias_initializer=torch", says="bias_initializer must be zeros with"),
    slip("task=separable", "task.n=0", says="task.n must be at least 1, got 0"),
    slip("task=separable", "task.loss=hinge", says="task.loss must be one of squared, logistic"),
    slip("task=separable", "task.scaling=none", says="task.scaling|no such field"),
    slip("model.activation=swish", says="model.activation must be one of relu|got swish"),
    slip("initializer.gain=-1", says="initializer.gain must be at least 0, got -1"),
    slip("task.test_fraction=0.9", says="task.dev_fraction and task.test_fraction must leave"),
    slip("schedule=dev_decay", "trainer.evaluate_every=2", says="trainer.evaluate_every must be"),
    slip("trainer.dtype=float16", says="trainer.dtype must be one of float32, float64"),
    slip("device=tpu", says="device must be one of auto, cpu, cuda; got tpu"),
    slip("seed=-1", says="seed must lie in [0, 9e+18], got -1"),
    slip("task=cifar10", "paths.data=d", says="data_batch_1|/d/cifar-10|cifar-10-python.tar.gz"),
    slip("task=mnist", "task.subset=0", says="task.subset must be at least 1, got 0"),
    slip("task=mnist", "task.test_fraction=0.1", says="task.test_fraction|no such field|subset"),
    slip("task=table", "task.path=no.xlsx", says="task.path must name a table|got no.xlsx"),
    slip("task=table", "task.scaling=global", says="task.scaling must be one of per_feature"),
    slip("-m", "task=table", "task.path=a.csv,b.csv", says="task.path|hydra.sweeper.across={"),
    slip("-m", "optimizer.lr=1,1.0", says="optimizer.lr|a value is named twice"),
    slip("-m", "hydra.sweeper.name=..", "seed=0,1", says="hydra.sweeper.name|got .."),
    slip("-m", "--cfg", "job", says="--cfg shows one run"),
    slip("-m", "sweeps=default,lr_grid", says="sweeps=default,lr_grid: sweeps takes one name"),
    slip("-m", "tracking=off,offline", says="tracking=off,offline: tracking does not affect"),
    slip("-m", "task.split_seed=0,1,2", says="task.split_seed=0,1,2|hydra.sweeper.replicates=3"),
    slip(
        "-m", ACROSS_N, "optimizer=sgd,adam", says="task.n: there is no such field|arm sgd lacks"
    ),
    slip(
        "-m", ACROSS_N, "task=separable", "task.n=3", says="is a condition, and task.n=3 sets it"
    ),
    slip(ACROSS_N, "task=separable", says="hydra.sweeper.across={|add -m"),
    slip("-m", "seed=3000", says="seed: tuning takes integers from 0 to 999, got 3000"),
    slip(
        "-m", "optimizer.lr=1,2", "trainer.max_norm=${optimizer.lr}", says="refers to optimizer.lr"
    ),
    slip("-m", "seed=0", "paths.data='~no-such-user'", says="paths.data=~no-such-user|no user"),
    slip("-m", "sweeps=nope", says="sweeps=nope|no such choice|default"),
    slip("-m", "optimizer=sgd,adamm", says="optimizer=adamm|no such choice"),
    slip("-m", "optimizer=sgd,adagrad", "optimizer.momentum=0,0.9", says="momentum|no arm has it"),
    slip("-m", "optimizer=sgd,heavy_ball", "optimizer.eps=1e-6", says="optimizer.eps|no arm has"),
    slip("-m", "optimizer.lr=0.1,-1", says="optimizer.lr must be positive, got -1"),
    slip("-m", "optimizer.lr=interval(1,0.1)", says="optimizer.lr|low end"),
    slip("-m", "optimizer.lr=tag(log,interval(0,1))", says="optimizer.lr|log scale"),
    slip("-m", "dropout.hidden=range(0,2)", says="dropout.hidden must lie in [0, 1), got 1"),
    slip("-m", "optimizer=interval(0,1)", says="optimizer is a group"),
    slip("-m", "seed=0,2000", says="seed|0 to 999|2000"),
]
"""Slips that reach the user in the same way as slips above, and whose messages are also tested
elsewhere: with configs, grammar, checks of sweeps, or tables."""


@pytest.mark.parametrize("row", [*SLIPS, *map(rest, SAID_ELSEWHERE)], ids=str)
def test_slip(row: Slip, tmp_path: Path) -> None:
    said = run_lab_forked(tmp_path, *row.arguments)
    assert said.exit_code == 2
    assert said.error.startswith("error: ")
    for part in row.says:
        assert part in said.error
    assert "Traceback" not in said.error
    assert said.error.count("error: ") == 1
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize(
    "row",
    [
        next(row for row in SLIPS if "-m" not in row.arguments),
        next(row for row in SLIPS if "-m" in row.arguments),
        *(rest(row) for row in [*SLIPS, *SAID_ELSEWHERE][12::12]),
    ],
    ids=str,
)
@pytest.mark.slow
def test_slip_in_a_process_of_its_own(row: Slip, tmp_path: Path) -> None:
    """Some slips are typed again as a user types them, so that the fork above hides nothing."""
    said = run_lab(tmp_path, *row.arguments)
    assert said == run_lab_forked(tmp_path, *row.arguments)
    assert said.exit_code == 2


def test_a_traceback_can_be_asked_for(tmp_path: Path) -> None:
    said = run_lab_forked(tmp_path, "optimizer.lr=-1", HYDRA_FULL_ERROR="1")
    assert said.exit_code != 0
    assert "Traceback" in said.error
    assert "optimizer.lr must be positive" in said.error


@pytest.mark.slow
def test_a_damaged_sweep_is_named_before_anything_trains(tmp_path: Path) -> None:
    small = ("-m", "optimizer.lr=0.1,0.2", "trainer.max_epochs=1", "tracking=off")
    quick = ("hydra.sweeper.name=mine", "hydra.sweeper.confirm.n_seeds=0")
    assert run_lab_forked(tmp_path, *small, *quick).exit_code == 0
    part = next((tmp_path / "outputs" / "mine" / "runs").glob("*.parquet"))
    part.write_bytes(b"not parquet")
    said = run_lab_forked(tmp_path, *small, *quick)
    assert said.exit_code == 2
    assert str(part.relative_to(tmp_path)) in said.error
    assert "Traceback" not in said.error


@pytest.mark.slow
def test_another_definition_under_the_same_name_is_refused(tmp_path: Path) -> None:
    quick = ("hydra.sweeper.name=mine", "hydra.sweeper.confirm.n_seeds=0", "tracking=off")
    words = ("-m", "optimizer=sgd,heavy_ball", "trainer.max_epochs=1", *quick)
    assert run_lab_forked(tmp_path, *words, "optimizer.lr=0.1,0.2").exit_code == 0
    said = run_lab_forked(tmp_path, *words, "optimizer.lr=0.1,0.3")
    assert said.exit_code == 2
    assert "- arms.heavy_ball.space.optimizer.lr" in said.error
    assert "+ arms.heavy_ball.space.optimizer.lr" in said.error
    assert "hydra.sweeper.name=NAME" in said.error


def test_an_unwritable_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "outputs").write_text("a file where a folder should be")
    said = run_lab_forked(tmp_path, "trainer.max_epochs=1", "tracking=off")
    assert said.exit_code == 2
    assert "outputs" in said.error
    assert "Traceback" not in said.error


def test_a_sweep_without_arms_or_space_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sweeps").mkdir()
    text = "# @package _global_\nhydra:\n  mode: MULTIRUN\nseed: 1\n"
    (tmp_path / "sweeps" / "mine.yaml").write_text(text)
    said = run_lab_forked(tmp_path, *DEFINED)
    assert said.exit_code == 2
    assert "sweeps=mine names no hydra.sweeper.arms" in said.error
