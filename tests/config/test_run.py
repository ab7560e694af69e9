"""Configs of runs: checks across fields, ids, stored configs, and partition keys."""

import dataclasses
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Union

import pytest

from ffnn_lab.config import (
    ConfigError,
    RunConfig,
    TaskConfig,
    check_paths,
    digest,
    from_leaves,
    identity,
    leaves,
    partition_key,
    run_id,
    with_values,
)
from ffnn_lab.config.fields import ranged
from ffnn_lab.config.run import PathsConfig
from ffnn_lab.optimizers.sgd import SGDConfig
from ffnn_lab.tasks.table import TableConfig
from tests.catalog import BIAS_INITIALIZERS, INITIALIZERS, MODELS, OPTIMIZERS, SCHEDULES, TASKS
from tests.support.builders import make_run, with_parts
from tests.support.options import put_variant
from tests.support.tasks.tables import make_table_config

ROOT = Path(__file__).parents[2]

MOVES_NO_NUMBER = {
    "tracking.mode": "offline",
    "tracking.project": "elsewhere",
    "tracking.entity": "team",
    "tracking.tags": ["paper"],
    "tracking.notes": "said",
    "paths.outputs": "there",
    "paths.data": "over there",
    "trainer.save_weights": True,
    "trainer.checkpoint_seconds": 7.0,
}

MOVES_NUMBERS = {
    "seed": 1,
    "device": "cuda",
    "task.dev_fraction": 0.1,
    "task.test_fraction": 0.1,
    "task.split_seed": 1,
    "task.scaling": "none",
    "model.widths": [9, 9],
    "model.activation": "tanh",
    "model.bias": False,
    "model.norm": "layer",
    "model.residual": True,
    "initializer.name": "he_uniform",
    "initializer.gain": 2.0,
    "bias_initializer.name": "torch",
    "bias_initializer.gain": 2.0,
    "optimizer.lr": 0.1 + 2**-56,  # the next number after 0.1
    "optimizer.weight_decay": 0.1,
    "optimizer.decay": "decoupled",
    "dropout.input": 0.1,
    "dropout.hidden": 0.1,
    "trainer.max_epochs": 4,
    "trainer.batch_size": "full",
    "trainer.evaluate_every": 2,
    "trainer.diagnose_every": 4,
    "trainer.dtype": "float64",
    "trainer.compile": True,
    "trainer.precision": "bf16",
    "trainer.max_norm": 1.0,
    "trainer.clip_norm": 1.0,
}

CANNOT_DIFFER_IN_A_POPULATION = (
    "device",
    "task.",
    "model.",
    "trainer.batch_size",
    "trainer.compile",
    "trainer.dtype",
    "trainer.evaluate_every",
    "trainer.precision",
)

NAMES = {"task.name", "model.name", "optimizer.name", "schedule.name"}
"""Leaves whose config class allows only one value."""


OF_SOME_MODELS = {"trainer.walk"}
"""Leaves that can be changed only with models other than the MLP; see ``tests/networks``."""


def test_the_two_tables_above_hold_every_leaf() -> None:
    """Whoever adds a leaf must decide which of the tables it belongs to."""
    known = set(MOVES_NO_NUMBER) | set(MOVES_NUMBERS) | NAMES | OF_SOME_MODELS
    assert known == set(leaves(make_run()))


# --- checks ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"trainer.batch_size": 0},
            "trainer.batch_size must be a positive integer or full, got 0",
        ),
        (
            {"trainer.batch_size": "half"},
            "trainer.batch_size must be a positive integer or full, got half",
        ),
        (
            {"task.dev_fraction": 0.5, "task.test_fraction": 0.5},
            "task.dev_fraction and task.test_fraction must leave examples to train on, "
            "got 0.5 + 0.5",
        ),
        ({"dropout.hidden": 1.0}, "dropout.hidden must lie in [0, 1), got 1.0"),
        (
            {"bias_initializer.name": "orthogonal"},
            "bias_initializer.name must be one of zeros, constant, uniform, normal, torch; "
            "got orthogonal",
        ),
        (
            {"model.bias": False, "bias_initializer.name": "torch"},
            "bias_initializer must be zeros with model.bias=false, since there are no biases "
            "to draw; got torch",
        ),
        (
            {"trainer.compile": "maybe"},
            "trainer.compile must be auto, true or false, got maybe",
        ),
        (
            {"trainer.compile": True, "device": "cuda"},
            "trainer.compile must be auto or false with device=cuda, where steps are not compiled "
            "but replayed as CUDA graphs; got true",
        ),
        (
            {"trainer.precision": "bf16", "trainer.dtype": "float64"},
            "trainer.precision must be full with trainer.dtype=float64, got bf16",
        ),
        (
            {"trainer.precision": "tf32", "trainer.dtype": "float32"},
            "trainer.precision must be full or bf16 with device=cpu, got tf32",
        ),
        ({"device": "tpu"}, "device must be one of auto, cpu, cuda; got tpu"),
    ],
)
def test_slips_are_named(changes: dict[str, Any], message: str) -> None:
    config = make_run()
    with pytest.raises(ConfigError) as caught:
        with_values(config, changes)
    assert str(caught.value) == message


def test_dev_decay_needs_every_epoch_evaluated() -> None:
    config = make_run(schedule=SCHEDULES["dev_decay"].config)
    with pytest.raises(ConfigError, match=r"^trainer\.evaluate_every must be 1 with schedule=dev"):
        with_values(config, {"trainer.evaluate_every": 2})


def test_a_config_built_by_hand_is_checked_too() -> None:
    bad = OPTIMIZERS["sgd"].config.__class__(
        name="sgd", lr=-1.0, weight_decay=0.0, decay="coupled"
    )
    with pytest.raises(ConfigError, match=r"^optimizer\.lr must be positive, got -1\.0$"):
        make_run(optimizer=bad)


# --- ids -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MOVES_NO_NUMBER)
def test_the_id_ignores_what_moves_no_number(name: str) -> None:
    changed = with_values(make_run(), {name: MOVES_NO_NUMBER[name]})
    assert leaves(changed) != leaves(make_run())
    assert run_id(changed) == run_id(make_run())


@pytest.mark.parametrize("name", MOVES_NUMBERS)
def test_the_id_changes_with_what_moves_numbers(name: str) -> None:
    config = make_run({"trainer.dtype": "float32"})
    assert run_id(with_values(config, {name: MOVES_NUMBERS[name]})) != run_id(config)


def test_every_choice_has_its_own_id() -> None:
    configs = [make_run(optimizer=row.config) for row in OPTIMIZERS.values()]
    configs += [make_run(schedule=row.config) for row in SCHEDULES.values()][1:]
    configs += [make_run(initializer=row.config) for row in INITIALIZERS.values()]
    configs += [make_run(bias_initializer=row.config) for row in BIAS_INITIALIZERS.values()]
    distinct = {run_id(config) for config in configs}
    # Three of these configs are the run of make_run: plain gradient descent, He normal and zeros.
    assert len(distinct) == len(configs) - 2


def test_numbers_are_told_apart_by_value_and_not_by_type() -> None:
    assert run_id(make_run({"optimizer.lr": 1})) == run_id(make_run({"optimizer.lr": 1.0}))
    assert run_id(make_run({"seed": 2.0})) == run_id(make_run({"seed": 2}))


def test_the_id_needs_to_know_how_steps_are_computed() -> None:
    config = make_run({"trainer.compile": "auto"})
    with pytest.raises(ConfigError, match=r"trainer\.compile must be true or false before"):
        run_id(config)


def test_the_id_needs_a_settled_device() -> None:
    config = make_run({"device": "auto"})
    with pytest.raises(ConfigError, match="device must be cpu or cuda before"):
        run_id(config)


def test_a_table_is_known_by_what_it_holds_and_not_by_where_it_lies() -> None:
    here, there, other = (
        run_id(with_parts(make_run(), task=make_table_config(Path(path), sha256=told)))
        for path, told in (("a.csv", "aa"), ("b.csv", "aa"), ("a.csv", "bb"))
    )
    assert here == there
    assert here != other


def test_the_id_needs_a_settled_table() -> None:
    config = with_parts(make_run(), task=make_table_config(Path("a.csv")))
    with pytest.raises(ConfigError, match=r"^task\.sha256 must be known before the id of a run"):
        run_id(config)


def test_downloading_moves_no_number() -> None:
    config = with_parts(make_run(), task=TASKS["mnist"].config)
    assert run_id(with_values(config, {"task.download": True})) == run_id(config)


def test_digest_is_that_of_the_canonical_json() -> None:
    expected = hashlib.sha256(b'{"a":[1,null],"b":0.1}').hexdigest()[:12]
    assert digest({"b": 0.1, "a": [1, None]}) == expected


def test_digest_does_not_depend_on_the_order_of_a_mapping() -> None:
    flat = identity(make_run())
    backwards = dict(reversed(flat.items()))
    assert list(backwards) != list(flat)
    assert digest(backwards) == digest(flat)


def test_ids_are_the_same_in_fresh_processes_with_other_hash_seeds() -> None:
    code = (
        "import sys; from ffnn_lab.config import from_leaves, run_id; import json; "
        "sys.stdout.write(run_id(from_leaves(json.load(sys.stdin))))"
    )
    config = make_run(optimizer=OPTIMIZERS["adam"].config, seed=3)
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            input=json.dumps(leaves(config)),
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for hash_seed in ("0", "1")
    }
    assert told == {run_id(config)}


# --- stored configs --------------------------------------------------------------------------


def _every_choice() -> list[RunConfig]:
    base = make_run({"model.widths": [], "trainer.batch_size": "full", "trainer.max_norm": 1.0})
    return [
        *(with_parts(base, optimizer=row.config) for row in OPTIMIZERS.values()),
        *(with_parts(base, initializer=row.config) for row in INITIALIZERS.values()),
        *(with_parts(base, bias_initializer=row.config) for row in BIAS_INITIALIZERS.values()),
        *(with_parts(base, schedule=row.config) for row in SCHEDULES.values()),
        *(with_parts(base, task=_settled(row.config)) for row in TASKS.values()),
        *(with_parts(base, model=config) for config in MODELS.values()),
    ]


def _settled(config: TaskConfig) -> TaskConfig:
    if config.is_settled:
        return config
    if not isinstance(config, TableConfig):
        return with_values(config, {"path": "/mine.txt", "sha256": "aa"})
    return dataclasses.replace(config, path="/mine.csv", exclude=["a", "b c"], sha256="aa")


@pytest.mark.parametrize("config", _every_choice(), ids=run_id)
def test_a_config_survives_its_record(config: RunConfig) -> None:
    stored = json.loads(json.dumps(leaves(config), sort_keys=True))
    assert from_leaves(stored) == config


@pytest.mark.parametrize("name", ["seed", "optimizer.lr", "dropout.input", "device"])
def test_a_stored_config_with_a_missing_leaf_is_refused(name: str) -> None:
    flat = leaves(make_run())
    del flat[name]
    with pytest.raises(ConfigError, match=f"does not fit this version of ffnn_lab: see {name}"):
        from_leaves(flat)


def test_a_stored_config_with_a_missing_part_is_refused() -> None:
    flat = {k: v for k, v in leaves(make_run()).items() if not k.startswith("dropout.")}
    with pytest.raises(ConfigError, match="does not fit this version of ffnn_lab: see dropout"):
        from_leaves(flat)


@pytest.mark.parametrize("name", ["optimizer.momentum", "color", "colors.dark"])
def test_a_stored_config_with_an_unknown_leaf_is_refused(name: str) -> None:
    flat = {**leaves(make_run()), name: 1.0}
    with pytest.raises(ConfigError, match="does not fit this version of ffnn_lab: see "):
        from_leaves(flat)


def test_a_stored_config_out_of_range_is_refused() -> None:
    flat = {**leaves(make_run()), "optimizer.lr": -1.0}
    with pytest.raises(ConfigError, match=r"optimizer\.lr must be positive"):
        from_leaves(flat)


# --- leaves that came later ------------------------------------------------------------------


@dataclasses.dataclass(kw_only=True)
class LaterSGDConfig(SGDConfig):
    """SGD as if it had got one more hyperparameter after records were written."""

    clip: Union[float, None] = ranged("(0, inf)", neutral=None)  # noqa: UP007 - as in the lab


@pytest.fixture
def before() -> RunConfig:
    """Return a run of this version."""
    return make_run(optimizer=OPTIMIZERS["sgd"].config)


@pytest.fixture
def later_sgd(before: RunConfig, monkeypatch: pytest.MonkeyPatch) -> RunConfig:
    """Return a run of a version whose SGD has one more leaf, at its neutral value."""
    optimizer = LaterSGDConfig(**dataclasses.asdict(before.optimizer), clip=None)
    put_variant(monkeypatch, "optimizer", of="sgd", config=LaterSGDConfig)
    return dataclasses.replace(before, optimizer=optimizer)


def test_a_later_leaf_at_its_neutral_value_moves_no_id(
    before: RunConfig, later_sgd: RunConfig
) -> None:
    assert run_id(later_sgd) == run_id(before)
    assert run_id(with_values(later_sgd, {"optimizer.clip": 1.0})) != run_id(before)


def test_a_stored_config_without_a_later_leaf_is_read_with_its_neutral_value(
    before: RunConfig, later_sgd: RunConfig
) -> None:
    assert from_leaves(leaves(before)) == later_sgd
    clipped = with_values(later_sgd, {"optimizer.clip": 1.0})
    assert from_leaves(leaves(clipped)) == clipped


# --- partitions ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MOVES_NUMBERS)
def test_the_partition_key_holds_what_cannot_differ_and_nothing_else(name: str) -> None:
    config = make_run({"trainer.dtype": "float32"})
    changed = with_values(config, {name: MOVES_NUMBERS[name]})
    is_shared = name.startswith(CANNOT_DIFFER_IN_A_POPULATION)
    assert (partition_key(changed) != partition_key(config)) == is_shared


def test_any_choices_of_the_other_groups_share_a_population() -> None:
    configs = [make_run(optimizer=row.config) for row in OPTIMIZERS.values()]
    configs += [make_run(schedule=row.config) for row in SCHEDULES.values()]
    configs += [make_run(initializer=row.config) for row in INITIALIZERS.values()]
    assert len({partition_key(config) for config in configs}) == 1


def test_a_tilde_at_the_beginning_of_a_path_means_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    paths = PathsConfig(outputs="~/res", data="~")
    assert (paths.outputs, paths.data) == ("/home/me/res", "/home/me")
    as_written = PathsConfig(outputs="a/~/b", data="./~")
    assert (as_written.outputs, as_written.data) == ("a/~/b", "./~")


@pytest.mark.parametrize("field", ["outputs", "data"])
@pytest.mark.parametrize(
    ("path", "says"), [("~nobody-here/x", "no user"), ("", "got nothing"), ("a\0b", "zero bytes")]
)
def test_paths_that_name_nothing_are_refused_for_new_runs_alone(
    field: str, path: str, says: str
) -> None:
    run = with_values(make_run(), {f"paths.{field}": path})
    assert from_leaves(leaves(run)) == run
    with pytest.raises(ConfigError, match=rf"paths\.{field}.*{says}"):
        check_paths(run)
