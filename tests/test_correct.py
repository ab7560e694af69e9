"""The test examples that a run classifies correctly agree with its error, in any population."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from ffnn_lab.checkpoints import load_checkpoint, save_checkpoint
from ffnn_lab.config import RunConfig, with_values
from ffnn_lab.evaluation import (
    Criterion,
    Evaluator,
    evaluate,
    place,
    settle_answers_,
    wrong_answers,
)
from ffnn_lab.models import open_network
from ffnn_lab.population import Member
from ffnn_lab.records import Correct, RunResult
from ffnn_lab.tasks.data.task import Task
from ffnn_lab.trainer import Training, train
from tests.catalog import OPTIMIZERS
from tests.support.builders import make_blobs, make_line, make_population, make_run, needs_compiler
from tests.support.exhaustive import rest

TASKS = {
    "classes": make_blobs(n_dev=1300),
    "signs": make_line("signs", "logistic", n_dev=1300),
}
"""Tasks of 1301 test examples, which are evaluated in three chunks."""
COMPILED = {"trainer.compile": True, "trainer.dtype": "float32"}


def runs(n_runs: int = 4, **changes: object) -> list[RunConfig]:
    """Make runs of two optimizers; at some of their learning rates the error goes up and down."""
    return [
        make_run(
            {"optimizer.lr": 0.05 * (1 + seed), "trainer.max_epochs": 6, **changes},
            seed=seed,
            optimizer=OPTIMIZERS[("sgd", "adam")[seed % 2]].config,
        )
        for seed in range(n_runs)
    ]


def bits(result: RunResult) -> NDArray[np.bool_]:
    """Return an array with True for each test example that a run classifies correctly."""
    assert result.correct is not None
    return _unpacked(result.correct)


def _unpacked(correct: Correct) -> NDArray[np.bool_]:
    packed = np.frombuffer(correct.bits, dtype=np.uint8)
    return np.unpackbits(packed, count=correct.n_examples).astype(bool)


def assert_as_recorded(results: Sequence[RunResult], moment: str, task: Task) -> None:
    n_examples = len(task.test.labels)
    for result in results:
        found = bits(result)
        assert len(found) == n_examples
        assert result.correct is not None
        assert result.correct.moment == moment
        assert len(result.correct.bits) == -(-n_examples // 8)
        assert (~found).sum() / n_examples == result.metrics()[f"{moment}.test.error"]


@pytest.mark.parametrize("moment", ["last", "best"])
@pytest.mark.parametrize("kind", TASKS)
def test_wrong_answers_come_to_the_recorded_error(kind: str, moment: str) -> None:
    """Every run's wrong answers come to exactly its error, in a population and alone."""
    task = TASKS[kind]
    configs = runs()
    company = train(configs, task, correct_at=moment)
    assert_as_recorded(company, moment, task)
    for result, config in zip(company[:3], configs, strict=False):
        (alone,) = train([config], task, correct_at=moment)
        assert alone.correct == result.correct


def test_answers_are_those_of_the_network_in_the_order_of_the_task(tmp_path: Path) -> None:
    task = TASKS["classes"]
    configs = [with_values(each, {"trainer.save_weights": True}) for each in runs(3)]
    for result in train(configs, task, weights_folder=tmp_path, correct_at="last"):
        network = open_network(tmp_path / f"{result.run_id}.pt")
        answers = network(torch.from_numpy(task.test.inputs)).argmax(dim=1).numpy()
        np.testing.assert_array_equal(bits(result), answers == task.test.labels)


def test_the_best_answers_are_the_last_ones_of_a_run_that_ends_there() -> None:
    """The learning rate is constant, so a shorter run is the beginning of a longer one."""
    task = TASKS["classes"]
    epochs = set()
    for result, config in zip(train(runs(), task, correct_at="best"), runs(), strict=True):
        epoch = result.metrics()["best.epoch"]
        epochs.add(epoch)
        assert result.correct is not None
        if epoch == 0:
            continue
        (short,) = train(
            [with_values(config, {"trainer.max_epochs": epoch})], task, correct_at="last"
        )
        assert short.correct is not None
        assert short.correct.bits == result.correct.bits
    assert epochs - {0, 6}  # some run is best at neither its first nor its last epoch


def test_recording_answers_moves_no_number() -> None:
    task = TASKS["classes"]
    plain = train(runs(), task)
    assert all(result.correct is None for result in plain)
    for moment in ("last", "best"):
        noted = train(runs(), task, correct_at=moment)
        as_plain = [
            dataclasses.replace(each, correct=None, seconds=other.seconds)
            for each, other in zip(noted, plain, strict=True)
        ]
        assert as_plain == plain


def test_only_the_runs_that_are_named_are_recorded() -> None:
    configs = runs()
    training = Training(TASKS["classes"])
    training.join(configs)
    chosen = training.members[2].run_id
    training = Training(TASKS["classes"])
    training.join(configs, correct_at={chosen: "last"})
    while not (results := training.leave()):
        training.epoch()
    assert [result.run_id for result in results if result.correct] == [chosen]


def test_a_predicted_number_is_neither_right_nor_wrong() -> None:
    (result,) = train(runs(1), make_line("reals", "squared"), correct_at="last")
    assert result.status == "completed"
    assert result.correct is None


@pytest.mark.parametrize("moment", ["last", "best"])
def test_who_diverged_or_was_pruned_has_no_answers(moment: str) -> None:
    """Such a run has no answers even if its best epoch came before."""
    task = TASKS["classes"]
    wild, tame = make_run({"optimizer.lr": 1e200}), make_run(seed=1)
    training = Training(task)
    training.join([wild, tame], correct_at=dict.fromkeys(_ids([wild, tame]), moment))
    training.epoch()
    results = training.leave(_ids([tame]))
    assert {result.status for result in results} == {"diverged", "pruned"}
    assert [result.correct for result in results] == [None, None]


def _ids(configs: Sequence[RunConfig]) -> list[str]:
    training = Training(TASKS["classes"])
    training.join(configs)
    return [member.run_id for member in training.members]


@pytest.mark.parametrize("moment", ["last", "best"])
def test_a_run_goes_on_from_a_checkpoint_with_the_answers_it_had(
    moment: str, tmp_path: Path
) -> None:
    """Training is interrupted after 1, 3 and 5 epochs: before, at and after the best epoch."""
    task, configs = TASKS["classes"], runs(4)
    whole = {each.run_id: each for each in train(configs, task, correct_at=moment)}
    moments = dict.fromkeys(whole, moment)
    for n_epochs in (1, 3, 5):
        first = Training(task)
        first.join(configs, correct_at=moments)
        for _ in range(n_epochs):
            first.epoch()
        save_checkpoint(tmp_path / "kept.pt", first.snapshots())
        again = Training(task)
        again.join(configs, load_checkpoint(tmp_path / "kept.pt"), correct_at=moments)
        while not (results := again.leave()):
            again.epoch()
        assert {each.run_id: each.correct for each in results} == {
            run: each.correct for run, each in whole.items()
        }


def test_a_checkpoint_of_an_earlier_version_goes_on_without_the_answers_it_lacks(
    tmp_path: Path,
) -> None:
    """A run has answers only if its best epoch is after the checkpoint, and never wrong ones."""
    task, configs = TASKS["classes"], runs()
    whole = {each.run_id: each for each in train(configs, task, correct_at="best")}
    best = {run: int(each.metrics()["best.epoch"] or 0) for run, each in whole.items()}
    n_epochs = min(best.values())
    earlier = Training(task)
    earlier.join(configs)  # without answers, as in the earlier version
    for _ in range(n_epochs):
        earlier.epoch()
    save_checkpoint(tmp_path / "kept.pt", earlier.snapshots())
    again = Training(task)
    moments = dict.fromkeys(whole, "best")
    again.join(configs, load_checkpoint(tmp_path / "kept.pt"), correct_at=moments)
    while not (results := again.leave()):
        again.epoch()
    outcomes = set()
    for result in results:
        has_all = best[result.run_id] > n_epochs
        outcomes.add(has_all)
        assert result.correct == (whole[result.run_id].correct if has_all else None)
    assert outcomes == {True, False}


# --- as a compiled program counts ----------------------------------------------------------------


@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize("share", [0.0, 0.01, 1.0])
def test_answers_that_do_not_come_to_the_count_are_settled(kind: str, share: float) -> None:
    """A share of the right answers of two chunks is turned to wrong, and all must be corrected."""
    task = TASKS[kind]
    population = make_population(runs(3), task)
    split, criterion = place(task.test, population), Criterion.of(task)
    right = wrong_answers(population, split, criterion)
    _, errors = evaluate(population, split, criterion)
    assert torch.equal(right.double().mean(dim=1), errors)
    turned = torch.rand(right.shape, generator=torch.Generator().manual_seed(0)) < share
    turned[:, :512] = False
    turned[0] = False  # member 0 is settled with its neighbors, and stays as it is
    found = right | turned
    settle_answers_(found, population, split, criterion)
    assert torch.equal(found, right)


def test_a_score_of_zero_has_no_sign_and_is_settled_as_wrong() -> None:
    task = make_line("signs", "logistic")
    population = make_population([make_run({"model.widths": []})], task)
    population.flat.zero_()
    split, criterion = place(task.test, population), Criterion.of(task)
    found = torch.zeros(1, len(split.labels), dtype=torch.bool)
    settle_answers_(found, population, split, criterion)
    assert found.all()


def test_answers_that_cannot_be_the_measured_ones_are_not_recorded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Answers of eager steps are not corrected; if they miss the measured error, none is kept."""
    monkeypatch.setattr(
        Evaluator, "_wrong", lambda _self, lane, _due: torch.ones(len(lane), 1301) > 0
    )
    (result,) = train(runs(1), TASKS["classes"], correct_at="last")
    assert result.status == "completed"
    assert result.correct is None


@needs_compiler
@pytest.mark.slow  # compiles
@pytest.mark.parametrize(
    "kind",
    # Signs need a program of their own: `test_graphs` tests its sums, and the test of settled
    # answers, above, its answers.
    [rest(kind) if kind == "signs" else kind for kind in TASKS],
)
def test_compiled_answers_come_to_the_measured_error(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answers fit the error in a population, alone, and if eager steps answer the opposite.

    Members are measured at their start, which is their best epoch so far.
    """
    task, configs = TASKS[kind], runs(4, **COMPILED)

    def measured(chosen: Sequence[RunConfig]) -> list[Member]:
        population = make_population(chosen, task)
        for member in population.members:
            member.correct_at = "best"
        Evaluator(task, population).measure(population)
        return population.members

    company = measured(configs)
    for member in company:
        assert member.correct is not None
        n_right = _unpacked(member.correct).sum()
        assert (1301 - n_right) / 1301 == member.last("test", "error")
    (alone,) = measured([company[2].config])
    assert alone.correct == company[2].correct
    monkeypatch.setattr("ffnn_lab.evaluation.wrong_answers", lambda *args: ~wrong_answers(*args))
    assert [member.correct for member in measured(configs)] == [each.correct for each in company]


@needs_compiler
@pytest.mark.exhaustive
@pytest.mark.parametrize("moment", ["last", "best"])
def test_compiled_runs_come_to_the_recorded_error(moment: str) -> None:
    task, configs = TASKS["classes"], runs(4, **COMPILED)
    company = train(configs, task, correct_at=moment)
    assert_as_recorded(company, moment, task)
    (alone,) = train(configs[:1], task, correct_at=moment)
    assert alone.correct == company[0].correct
