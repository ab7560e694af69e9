"""Loss and error are sums and counts, divided once."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from ffnn_lab.evaluation import Criterion, Evaluator, evaluate, place
from ffnn_lab.population import Population
from ffnn_lab.steps import Examples
from ffnn_lab.tasks.data.task import Task
from tests.support.builders import (
    ONE_OUTPUT,
    make_blobs,
    make_line,
    make_population,
    make_run,
    mlp_of,
)

CLASSES = Criterion("cross_entropy", "class", error_unit=1.0)


def _linear(biases: list[list[float]]) -> Population:
    """Make networks of zero weights, whose logits are their biases."""
    configs = [make_run({"model.widths": []}, seed=seed) for seed in range(len(biases))]
    population = make_population(configs, make_blobs(n_features=2, n_classes=3))
    population.flat.zero_()
    population.network.parts[1].unpadded(population.flat).copy_(
        torch.tensor(biases, dtype=torch.float64)
    )
    return population


def _examples(labels: list[int]) -> Examples:
    return Examples(torch.zeros(len(labels), 16, dtype=torch.float64), torch.tensor(labels))


def test_loss_and_error_by_hand() -> None:
    """Logits log 1, log 2, log 5: probabilities 1/8, 2/8, 5/8; labels 2, 2, 1, 0, 2.

    Three of five are right; the loss is -(3 log 5/8 + log 2/8 + log 1/8) / 5. The second member
    has equal logits: its loss is log 3, and it answers one class.
    """
    population = _linear([[math.log(1), math.log(2), math.log(5)], [0.0, 0.0, 0.0]])
    loss, error = evaluate(population, _examples([2, 2, 1, 0, 2]), CLASSES)
    by_hand = -(3 * math.log(5 / 8) + math.log(2 / 8) + math.log(1 / 8)) / 5
    assert loss.tolist() == pytest.approx([by_hand, math.log(3)], rel=1e-14)
    assert error[0].item() == pytest.approx(2 / 5, rel=1e-15)
    assert error[1].item() in {2 / 5, 4 / 5}


@pytest.mark.parametrize("surplus", [-1, 0, 1, 100, 600])
def test_the_last_chunk_counts_for_what_it_is(surplus: int) -> None:
    """All examples of the first chunk are right, all after it wrong.

    A mean of chunk means, or a chunk left out or counted twice, would show.
    """
    population = _linear([[math.log(3), 0.0, -math.inf]])
    n_first = population.network.n_evaluated
    assert n_first == 512
    n_right, n_wrong = min(n_first, n_first + surplus), max(0, surplus)
    split = _examples([0] * n_right + [1] * n_wrong)
    loss, error = evaluate(population, split, CLASSES)
    expected = (n_right * math.log(4 / 3) + n_wrong * math.log(4)) / (n_right + n_wrong)
    assert loss.item() == pytest.approx(expected, rel=1e-12)
    assert error.item() == n_wrong / (n_right + n_wrong)


@pytest.mark.parametrize("n_examples", [1, 31, 32, 33, 1000])
@pytest.mark.parametrize("widths", [[], [9], [700]], ids=str)
def test_each_member_equals_a_plain_forward_pass(n_examples: int, widths: list[int]) -> None:
    """With 700 units, chunks have 64 examples."""
    rng = np.random.default_rng(0)
    population = make_population(
        [make_run({"model.widths": widths}, seed=seed) for seed in range(3)],
        make_blobs(n_features=5, n_classes=4),
    )
    inputs = torch.from_numpy(rng.standard_normal((n_examples, 5)))
    labels = torch.from_numpy(rng.integers(0, 4, n_examples))
    stored = functional.pad(inputs, (0, mlp_of(population).stored[0] - 5))
    split = Examples(stored, labels)
    losses, errors = evaluate(population, split, CLASSES)
    for m in range(3):
        hidden = inputs
        for layer in range(len(widths) + 1):
            fan_in, fan_out = mlp_of(population).fans(layer)
            weight = population.params[2 * layer][m, :fan_out, :fan_in]
            hidden = functional.linear(
                hidden.relu() if layer else hidden,
                weight,
                population.params[2 * layer + 1][m, :fan_out],
            )
        expected = functional.cross_entropy(hidden, labels).item()
        assert losses[m].item() == pytest.approx(expected, rel=1e-12)
        n_errors = int((hidden.argmax(dim=1) != labels).sum())
        assert errors[m].item() == n_errors / n_examples


@pytest.mark.parametrize("kind", ONE_OUTPUT, ids=", ".join)
@pytest.mark.parametrize("n_dev", [1, 511, 512, 1300])
def test_a_score_is_judged_over_all_chunks(n_dev: int, kind: tuple[str, str]) -> None:
    """The expected loss and error are computed by numpy from the member's own weights."""
    task = make_line(*kind, n_dev=n_dev)
    configs = [make_run({"model.widths": []}, seed=seed) for seed in range(2)]
    population = make_population(configs, task)
    examples = place(task.dev, population)
    found = evaluate(population, examples, Criterion.of(task))
    labels = task.dev.labels
    for m in range(2):
        weight = population.params[0].detach()[m, 0, :5].numpy()
        scores = task.dev.inputs @ weight
        if kind[1] == "squared":
            losses = (scores - labels) ** 2
        else:
            losses = np.log1p(np.exp(-scores * labels))
        if kind[0] == "signs":
            error = (np.sign(scores) != labels).mean()
        else:
            error = losses.mean() / task.train.labels.var()
        assert found[0][m].item() == pytest.approx(losses.mean(), rel=1e-12)
        assert found[1][m].item() == pytest.approx(error, rel=1e-12)


def test_the_sums_are_in_float64_whatever_the_networks_are_in() -> None:
    """Half a million losses of log 3 in float32 would sum up with an error of about 1e-4."""
    population = _linear([[0.0, 0.0, 0.0]])
    population.flat = population.flat.float()
    split = Examples(torch.zeros(500_000, 16), torch.zeros(500_000, dtype=torch.int64))
    loss, error = evaluate(population, split, CLASSES)
    assert loss.dtype == error.dtype == torch.float64
    # Each loss is rounded to float32 (2^-24); the sum adds nothing to that.
    assert loss.item() == pytest.approx(math.log(3), rel=2**-24)


def test_a_member_is_measured_once_an_epoch_on_every_split(blobs: Task) -> None:
    population = make_population([make_run(seed=0), make_run(seed=1)], blobs)
    evaluator = Evaluator(blobs, population)
    evaluator.measure(population)
    evaluator.measure(population)
    for member in population.members:
        assert [point.split for point in member.curve] == ["train", "dev", "test"]
        assert {point.epoch for point in member.curve} == {0}


def test_a_neighbor_that_is_not_due_gets_no_point(blobs: Task) -> None:
    rarely = make_run({"trainer.max_epochs": 9, "trainer.evaluate_every": 4}, seed=0)
    population = make_population([rarely], blobs)
    population.members[0].epoch = 3
    Evaluator(blobs, population).measure(population)
    assert population.members[0].curve == []
    population.members[0].epoch = 4
    Evaluator(blobs, population).measure(population)
    assert len(population.members[0].curve) == 3


def test_a_member_whose_train_loss_is_not_finite_diverged_and_gets_no_point(blobs: Task) -> None:
    population = make_population([make_run(seed=0), make_run(seed=1)], blobs)
    population.flat[1] = math.nan
    Evaluator(blobs, population).measure(population)
    lost = population.members[1]
    assert (lost.curve, lost.diverged_step) == ([], 0)
    assert len(population.members[0].curve) == 3
