"""Options that a sweep leaves to the lab are settled once, from the sweep's work alone."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from ffnn_lab.config import RunConfig, with_values
from ffnn_lab.config.sweep import PrunerConfig
from ffnn_lab.definition import Definition, Examples
from ffnn_lab.definition.stored import from_json, to_json
from ffnn_lab.library import NO_COMPILER
from ffnn_lab.protocols.space import Choice
from ffnn_lab.sizes import LEAST_MEMBERS, Sizes, population_size_for
from ffnn_lab.sweeper.resume import is_other
from ffnn_lab.sweeper.settle import Work, is_worth_compiling, settle_compile, settle_sweep
from ffnn_lab.tasks.data.task import Task
from tests.support.builders import make_blobs, make_run
from tests.support.command_line import run_lab_forked
from tests.support.definitions import changed
from tests.support.sweeps import make_definition

MEDIAN = PrunerConfig(name="median", n_startup_trials=1, min_epochs=1, reduction_factor=2)
AUTO = {"trainer.compile": "auto", "trainer.dtype": "float32", "model.widths": [64]}


def _definition(changes: dict[str, Any], *, n_values: int = 2) -> Definition:
    """Define a grid of learning rates for one optimizer."""
    definition = make_definition("grid")
    rates = tuple(0.001 * (1 + place) for place in range(n_values))
    arm = dataclasses.replace(definition.arms[0], space={"optimizer.lr": Choice(rates)})
    arm = arm.with_config(make_run({**AUTO, **changes}))
    return dataclasses.replace(definition, arms=(arm,), confirm_seeds=())


def _settled(
    definition: Definition, stored: Definition | None = None
) -> tuple[Definition, list[str]]:
    notices: list[str] = []
    found = settle_sweep(definition, stored=stored, population_size=None, notice=notices.append)
    return found, notices


@pytest.fixture
def _compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ffnn_lab.sweeper.settle.find_compiler", lambda: "there")


@pytest.mark.usefixtures("_compiler")
@pytest.mark.parametrize(("max_epochs", "is_compiled"), [(2, False), (100_000, True)])
def test_a_sweep_is_compiled_if_its_work_is_worth_it(
    max_epochs: int, *, is_compiled: bool
) -> None:
    settled, notices = _settled(_definition({"trainer.max_epochs": max_epochs}))
    (arm,) = settled.arms
    assert arm.config.trainer.compile is is_compiled
    # The override must be explicit: a single run of the arm would settle the option differently.
    assert ("trainer.compile=true" in arm.overrides) == is_compiled
    assert notices == []


@pytest.mark.usefixtures("_compiler")
@pytest.mark.parametrize("choice", [True, False])
def test_a_sweep_that_was_begun_goes_on_as_it_was_settled(*, choice: bool) -> None:
    """The choice must stay if the sweep becomes larger, since another would change the runs."""
    before, _ = _settled(_definition({"trainer.compile": choice}))
    stored = from_json(json.loads(json.dumps(to_json(before))))
    for max_epochs in (2, 100_000):
        after, _ = _settled(_definition({"trainer.max_epochs": max_epochs}), stored)
        assert after.arms[0].config.trainer.compile is choice


@pytest.mark.parametrize("pruner", [None, MEDIAN])
@pytest.mark.parametrize("protocol", ["tpe", "grid"])
def test_a_sweep_goes_on_in_the_batches_that_it_was_begun_with(
    protocol: str, pruner: PrunerConfig | None
) -> None:
    """Earlier versions derived the size of batches from arms and seeds, and stored that size."""
    stored = make_definition(protocol, n_parallel=16, pruner=pruner)
    asked = changed(stored, n_parallel=4)
    settled, notices = _settled(asked, stored)
    is_batched = protocol == "tpe" or pruner is not None
    assert settled.protocol.n_parallel == (16 if is_batched else 4)
    assert [text for text in notices if "n_parallel=16" in text] == notices
    assert len(notices) == is_batched
    assert not is_other(stored, settled)


def test_other_batches_that_a_command_asks_for_are_not_overlooked() -> None:
    stored = make_definition("tpe", n_parallel=16)
    asked = changed(
        stored, n_parallel=4, command=f"{stored.command} hydra.sweeper.protocol.n_parallel=4"
    )
    settled, notices = _settled(asked, stored)
    assert settled.protocol.n_parallel == 4
    assert notices == []
    assert is_other(stored, settled)


@pytest.mark.usefixtures("_compiler")
@pytest.mark.parametrize("choice", [True, False])
def test_what_the_user_chose_stays(*, choice: bool) -> None:
    for is_wanted in (True, False):
        config = make_run({"trainer.compile": choice})
        settled = settle_compile(config, is_wanted=is_wanted, notice=lambda _: None)
        assert settled.trainer.compile is choice


@pytest.mark.parametrize("asked", [True, "auto"])
def test_without_a_compiler_there_is_a_notice_of_one_line(
    asked: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ffnn_lab.sweeper.settle.find_compiler", lambda: None)
    changes = {"trainer.compile": asked, "trainer.max_epochs": 100_000}
    settled, notices = _settled(_definition(changes))
    assert settled.arms[0].config.trainer.compile is False
    assert notices == [NO_COMPILER]
    assert "\n" not in NO_COMPILER


def test_few_runs_save_less_than_compiling_takes(blobs: Task) -> None:
    config = make_run({**AUTO, "trainer.max_epochs": 1})
    sizes = Sizes.of(config, blobs)
    assert is_worth_compiling([Work(config, 1e9, sizes)])
    assert not is_worth_compiling([Work(config, 1.0, sizes)])


@pytest.mark.parametrize("asked", [True, "auto"])
def test_what_was_begun_compiled_does_not_go_on_otherwise(
    asked: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A compiled sweep stays compiled without a compiler, since its programs may be on disk.

    If they are not, an error says so later.
    """
    before, _ = _settled(_definition({"trainer.compile": True}))
    stored = from_json(json.loads(json.dumps(to_json(before))))
    monkeypatch.setattr("ffnn_lab.sweeper.settle.find_compiler", lambda: None)
    after, notices = _settled(_definition({"trainer.compile": asked}), stored)
    assert after.arms[0].config.trainer.compile is True
    assert notices == []


@pytest.mark.usefixtures("_compiler")
def test_each_arm_goes_on_as_it_was_begun() -> None:
    one = _definition({}).arms[0]
    both = dataclasses.replace(
        _definition({}), arms=tuple(dataclasses.replace(one, name=name) for name in "ab")
    )
    begun = tuple(
        arm.with_config(with_values(arm.config, {"trainer.compile": arm.name == "a"}))
        for arm in both.arms
    )
    settled, _ = _settled(both, dataclasses.replace(both, arms=begun))
    assert [arm.config.trainer.compile for arm in settled.arms] == [True, False]


# --- populations --------------------------------------------------------------------------------


def _of(widths: list[int], batch_size: int | str, **changes: Any) -> RunConfig:  # noqa: ANN401 - leaves
    named = {key.replace("__", "."): value for key, value in changes.items()}
    return make_run({**AUTO, "model.widths": widths, "trainer.batch_size": batch_size, **named})


def test_the_numbers_of_a_step_by_hand(blobs: Task) -> None:
    """A 5-9-3 net is stored 16-32-16: 16 * 32 + 32 + 32 * 16 + 16 = 1072, rounded up to 1088."""
    for size, n_batch in ((8, 8), ("full", 50), (1000, 50)):
        assert Sizes.of(_of([9], size), blobs).n_numbers == 1088 + n_batch * (16 + 32 + 16)


def test_populations_shrink_as_members_grow() -> None:
    wide = make_blobs(n_features=784, n_classes=10)
    narrow = make_blobs(n_features=64, n_classes=10)
    runs = [
        (_of([64], 32), narrow),
        (_of([128, 128], 64), narrow),
        (_of([256], 128), wide),
        (_of([1000, 500, 100], 128), wide),
    ]
    sizes = [population_size_for(config, Sizes.of(config, task)) for config, task in runs]
    assert sizes[0] == 64
    assert sorted(sizes, reverse=True) == sizes
    assert sizes[-1] == LEAST_MEMBERS


def test_a_sweep_takes_the_size_of_its_largest_members() -> None:
    definition = _definition({})
    large = dataclasses.replace(definition.arms[0], name="large", space={})
    large = large.with_config(_of([2048, 2048], 32))
    both = dataclasses.replace(definition, arms=(*definition.arms, large))
    assert _settled(definition)[0].population_size == 64
    assert _settled(both)[0].population_size == LEAST_MEMBERS
    by_hand = settle_sweep(both, stored=None, population_size=17, notice=lambda _: None)
    assert by_hand.population_size == 17


# --- the command line ---------------------------------------------------------------------------


@pytest.mark.slow  # starts two processes
def test_the_plan_shows_what_was_settled_and_what_the_user_set(tmp_path: Path) -> None:
    words = [
        "-m",
        "optimizer=sgd",
        "optimizer.lr=0.1,0.2",
        "trainer.max_epochs=1",
        "tracking=off",
        "hydra.sweeper.dry_run=true",
    ]
    plan = run_lab_forked(tmp_path, *words).out
    assert "population of at most 32, " in plan
    assert "compiled" not in plan
    more = "hydra.sweeper.population_size=3", "hydra.sweeper.n_threads=1"
    plan = run_lab_forked(tmp_path, *words, *more).out
    assert "populations of at most 3, 1 thread; " in plan


def test_the_examples_of_the_task_are_counted() -> None:
    """A fifth of the 1,797 digits is kept for dev, and a fifth for test."""
    settled, _ = _settled(_definition({}))
    assert settled.examples == Examples(train=1079, dev=359, test=359, keeps_test=False)


def test_arms_on_different_splits_have_no_examples_in_common() -> None:
    one = _definition({}).arms[0]
    other = one.with_config(with_values(one.config, {"task.test_fraction": 0.3}))
    both = dataclasses.replace(
        _definition({}), arms=(one, dataclasses.replace(other, name="other"))
    )
    assert _settled(both)[0].examples is None
