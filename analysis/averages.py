"""``python -m analysis.averages SWEEP``: average predictions over masks and over saved networks.

The sweep must have been run with ``trainer.save_weights``. The errors and losses of the averages
are written beside the sweep's records, as the table ``averages`` that `analysis.publish` copies,
and that claims and pages read.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ffnn_lab.module_path import stand_back

if __name__ == "__main__":
    stand_back()

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ffnn_lab.api.recorded import Run, open_network
from ffnn_lab.commands import Parser, exit_code_of
from ffnn_lab.config import RunConfig, UserError, with_values
from ffnn_lab.draws import dropout_rules, epoch_batches
from ffnn_lab.models import network_of
from ffnn_lab.population import Population
from ffnn_lab.records import find_folder
from ffnn_lab.report.data.measured import write_measured
from ffnn_lab.report.data.replicates import reported_rows
from ffnn_lab.report.data.sweep import Sweep, load
from ffnn_lab.report.measures.averages import COLUMNS, MASKS, NETWORKS, TABLE
from ffnn_lab.steps import make_masks
from ffnn_lab.tasks.data.task import Split, Task

N_MASKS = (1, 2, 5, 10, 20, 50, 100, 200)
"""Numbers of masks over which the predictions of a network are averaged."""

Probabilities = NDArray[np.float64]
"""Class probabilities of the test examples, ``(N, n_classes)``."""


class AverageError(UserError):
    """Raised if a sweep's predictions cannot be averaged; the message says why."""


def main() -> int:
    """Measure the averages of the sweep that the command line names.

    Returns:
        The exit code: 0, or 2 if they cannot be measured, with the reason on standard error.
    """
    return exit_code_of(_measure)


def _measure() -> None:
    parser = Parser(prog="python -m analysis.averages", description=__doc__)
    parser.add_argument("sweep", metavar="SWEEP", help="a name under the outputs, or a folder")
    parser.add_outputs()
    asked = parser.parse_args()
    folder = find_folder(asked.sweep, outputs=asked.outputs, kind="neither a folder nor a sweep")
    table = measure(folder)
    path = write_measured(folder, TABLE, table)
    sys.stdout.write(f"{path}: {len(table)} averages\n")


def measure(folder: Path) -> pd.DataFrame:
    """Measure the averages of each arm's winner in each replicate of a sweep.

    Args:
        folder: The sweep's folder, with the networks of the runs on fresh seeds in ``weights/``.

    Returns:
        A table with the columns of `ffnn_lab.report.measures.averages`.

    Raises:
        AverageError: If the folder has no sweep, a run on a fresh seed did not complete, or the
            model is not ``mlp``.
        UserError: If the file of a network is missing or damaged.
    """
    sweep = load(folder)
    if not isinstance(sweep, Sweep):
        msg = f"{folder} holds a single run; only predictions of sweeps are averaged"
        raise AverageError(msg)
    rows = reported_rows(sweep)
    unfinished = rows[(rows["stage"] != "confirm") | (rows["status"] != "completed")]
    if len(unfinished) or rows.empty:
        ids = ", ".join(unfinished["run_id"]) or "there are none"
        msg = f"{folder}: every winner must have completed runs on fresh seeds; not so: {ids}"
        raise AverageError(msg)
    found: list[dict[str, Any]] = []
    for replicate, of_replicate in rows.groupby("replicate"):
        runs = {
            str(arm): [
                Run(folder, {str(column): value for column, value in row.items()})
                for row in of_arm.to_dict("records")
            ]
            for arm, of_arm in of_replicate.groupby("arm", sort=False)
        }
        task = next(iter(runs.values()))[0].task()
        for arm, of_runs in runs.items():
            found += [
                {"replicate": replicate, "arm": arm, **each} for each in averages(of_runs, task)
            ]
    return pd.DataFrame(found, columns=list(COLUMNS))


def averages(runs: Sequence[Run], task: Task) -> Iterator[dict[str, Any]]:
    """Yield the error and the loss of each average of one arm in one replicate.

    The networks are averaged in groups of ``k`` that follow one another in a circle, so that each
    network begins one group of each size.

    Args:
        runs: The runs of the arm's winner, one for each fresh seed.
        task: The task of the runs.

    Raises:
        AverageError: If the model of the runs is not ``mlp``.
    """
    whole = []
    for run in runs:
        network = open_network(run)
        if not isinstance(network, nn.Sequential):
            msg = f"run {run.run_id}: only predictions of model=mlp are averaged"
            raise AverageError(msg)
        whole.append(probabilities(network, task.test))
        if run.config.dropout.hidden or run.config.dropout.input:
            total = np.zeros_like(whole[-1])
            for k, masked in enumerate(masked_probabilities(network, run.config, task), start=1):
                total += masked
                if k in N_MASKS:
                    yield {"over": MASKS, "k": k, **_result(run, total / k, task.test)}
    for k in range(1, len(runs) + 1):
        for first, run in enumerate(runs):
            group = [whole[(first + place) % len(runs)] for place in range(k)]
            average = np.mean(group, axis=0)
            yield {"over": NETWORKS, "k": k, **_result(run, average, task.test)}


def _result(run: Run, average: Probabilities, test: Split) -> dict[str, Any]:
    labels = np.asarray(test.labels, dtype=np.int64)
    of_labels = average[np.arange(len(labels)), labels]
    return {
        "seed": run.config.seed,
        "error": float((average.argmax(axis=1) != labels).mean()),
        "loss": float(-np.log(np.maximum(of_labels, np.finfo(np.float64).tiny)).mean()),
    }


def probabilities(
    network: nn.Sequential, test: Split, masks: Sequence[Tensor | None] = ()
) -> Probabilities:
    """Compute the class probabilities of the test examples.

    Args:
        network: A network that `open_network` opened, of linear layers and activations.
        test: The test split.
        masks: For each linear layer, the mask that multiplies its inputs, ``(N, n_inputs)``, or
            None; empty for no masks.
    """
    dtype = next(network.parameters()).dtype
    hidden = torch.from_numpy(test.inputs).to(dtype)
    left = list(masks)
    with torch.no_grad():
        for module in network:
            if isinstance(module, nn.Linear) and left:
                mask = left.pop(0)
                hidden = hidden if mask is None else hidden * mask
            hidden = module(hidden)
        found: Probabilities = hidden.double().softmax(dim=1).numpy()
    return found


def masked_probabilities(
    network: nn.Sequential, config: RunConfig, task: Task
) -> Iterator[Probabilities]:
    """Yield class probabilities with random masks, ``N_MASKS[-1]`` times with masks of their own.

    The masks are drawn as in training, for the epochs after the last one, so from random numbers
    that no step has used. Each test example has its own mask.

    Args:
        network: The trained network of a run with ``model=mlp``.
        config: The run's config.
        task: The run's task.
    """
    whole_split = with_values(config, {"trainer.batch_size": "full", "device": "cpu"})
    population = Population([whole_split], network_of(whole_split, task))
    rules = dropout_rules(population)
    layers = [each for each in network if isinstance(each, nn.Linear)]
    (member,) = population.members
    for number in range(N_MASKS[-1]):
        member.epoch = config.trainer.max_epochs + number
        (batch,) = epoch_batches(population, len(task.test.labels))
        masks = [
            None if mask is None else mask[0, :, : layer.in_features]
            for mask, layer in zip(make_masks(batch, rules), layers, strict=True)
        ]
        yield probabilities(network, task.test, masks)


if __name__ == "__main__":
    sys.exit(main())
