"""Predictions must be averaged over the masks of training, and over networks in a circle."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from analysis.averages import (
    N_MASKS,
    AverageError,
    averages,
    masked_probabilities,
    measure,
    probabilities,
)
from ffnn_lab.api.recorded import Run
from ffnn_lab.config import RunConfig, leaves, run_id
from ffnn_lab.draws import dropout_rules, epoch_batches
from ffnn_lab.networks.mlp import forward_pass
from ffnn_lab.report.measures.averages import MASKS, NETWORKS
from ffnn_lab.steps import make_masks
from ffnn_lab.tasks.data.task import Task
from ffnn_lab.trainer import train
from tests.support.builders import make_population, make_run, mlp_of, take_epoch_
from tests.support.report.builders import Last, write_run
from tests.support.report.replicated import write_replicated

CHANGES = {"model.widths": [9], "dropout.input": 0.2, "dropout.hidden": 0.5}


def test_a_masked_prediction_is_the_forward_pass_of_training(blobs: Task) -> None:
    config = make_run({**CHANGES, "trainer.batch_size": "full"})
    population = make_population([config], blobs)
    take_epoch_(population, blobs)
    network = population.export(0)
    assert isinstance(network, nn.Sequential)
    population.members[0].epoch = config.trainer.max_epochs
    n_examples = len(blobs.test.labels)
    (batch,) = epoch_batches(population, n_examples)
    masks = make_masks(batch, dropout_rules(population))
    mlp = mlp_of(population)
    inputs = functional.pad(torch.from_numpy(blobs.test.inputs), (0, mlp.stored[0] - 5))
    outputs = forward_pass(population.params, inputs.unsqueeze(0), mlp, masks).outputs
    expected = outputs[0, :, : blobs.n_classes].softmax(dim=1).numpy()
    found = next(masked_probabilities(network, config, blobs))
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert not np.allclose(found, probabilities(network, blobs.test))


def trained(folder: Path, task: Task) -> list[Run]:
    """Train three runs that differ in the seed alone, and keep their networks."""
    changes = {**CHANGES, "trainer.save_weights": True}
    configs = [make_run(changes, seed=seed) for seed in (4, 5, 6)]
    results = train(configs, task, weights_folder=folder / "weights")
    found = sorted(results, key=lambda result: result.config.seed)
    return [Run(folder, {**row_of(each.config), **each.metrics()}) for each in found]


def row_of(config: RunConfig) -> dict[str, object]:
    """Return the columns of a run's row that identify it."""
    return {"run_id": run_id(config), "config_json": json.dumps(leaves(config))}


def test_averages_are_those_of_class_probabilities(blobs: Task, tmp_path: Path) -> None:
    runs = trained(tmp_path, blobs)
    found = {(row["over"], row["k"], row["seed"]): row for row in averages(runs, blobs)}
    assert len(found) == 3 * len(N_MASKS) + 3 * 3
    labels = blobs.test.labels
    whole = {}
    for run in runs:
        network = run.network()
        assert isinstance(network, nn.Sequential)
        whole[run.config.seed] = probabilities(network, blobs.test)
        alone = found[NETWORKS, 1, run.config.seed]
        assert alone["error"] == pytest.approx(run.errors["test"], rel=1e-12)
        assert alone["loss"] == pytest.approx(run.row["last.test.loss"], rel=1e-12)
        masked = itertools.islice(masked_probabilities(network, run.config, blobs), 2)
        first, second = masked
        for k, average in ((1, first), (2, (first + second) / 2)):
            row = found[MASKS, k, run.config.seed]
            wrong = average.argmax(axis=1) != labels
            assert row["error"] == wrong.mean()
            loss = -np.log(average[np.arange(len(labels)), labels]).mean()
            assert row["loss"] == pytest.approx(loss, rel=1e-12)
    for first_seed, group in ((4, (4, 5)), (5, (5, 6)), (6, (6, 4))):
        average = np.mean([whole[seed] for seed in group], axis=0)
        wrong = average.argmax(axis=1) != labels
        assert found[NETWORKS, 2, first_seed]["error"] == wrong.mean()
    all_three = [found[NETWORKS, 3, seed]["loss"] for seed in (4, 5, 6)]
    assert all_three == pytest.approx([all_three[0]] * 3, rel=1e-12)
    # By convexity, an average has no higher loss than its members have on average.
    assert all_three[0] <= np.mean([found[NETWORKS, 1, seed]["loss"] for seed in (4, 5, 6)])


def test_a_folder_without_averages_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AverageError, match="holds a single run"):
        measure(write_run(tmp_path / "run"))

    def came(replicate: int, arm: str, setting: int, seed: int) -> Last:
        del arm
        dev = 0.1 if setting == replicate % 2 else 0.2
        return "diverged" if seed == 1001 else (0.0, dev, 0.1)

    folder = write_replicated(tmp_path / "sweep", came, n_replicates=2)
    with pytest.raises(AverageError, match="must have completed runs on fresh seeds; not so: "):
        measure(folder)
