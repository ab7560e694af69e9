"""Measures of networks at their start: how much a layer stretches small changes of its inputs.

The networks are those of ``model=mlp`` without normalization and residual connections, as modules
that `ffnn_lab.population.Population.export` returns.
"""

from itertools import pairwise

import pandas as pd
import torch
from torch import Tensor, nn

from ffnn_lab.api.recorded import Run
from ffnn_lab.models import network_of
from ffnn_lab.population import Population
from ffnn_lab.report.data.measured import MeasureError
from ffnn_lab.report.data.replicates import reported_rows
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.trainer import settle_device

N_EXAMPLES = 16
"""Number of train examples, the first ones in order, over which singular values are averaged."""


def measure(sweep: Sweep) -> pd.DataFrame:
    """Measure the Jacobians of the hidden layers of each arm's reported runs at their start.

    Args:
        sweep: A sweep, whose records may be the published ones: networks are made anew from the
            configs of the runs.

    Returns:
        One row per run and hidden layer: ``arm``, ``replicate``, ``seed``, ``layer`` from 1, and
        ``singular.value``, the mean of `mean_singular_values`.

    Raises:
        MeasureError: If no run is reported, or its network is not a sequence of layers.
    """
    reported = reported_rows(sweep)
    if reported.empty:
        msg = f"{sweep.name} has no reported runs"
        raise MeasureError(msg)
    runs = sweep.runs.set_index("run_id", drop=False)
    rows = []
    for arm, replicate, seed, run_id in reported[
        ["arm", "replicate", "seed", "run_id"]
    ].to_numpy():
        row = {str(key): value for key, value in runs.loc[run_id].items()}
        run = Run(sweep.folder, row)
        module, inputs = at_start(run)
        rows += [
            {
                "arm": arm,
                "replicate": replicate,
                "seed": seed,
                "layer": layer,
                "singular.value": value,
            }
            for layer, value in enumerate(mean_singular_values(module, inputs), start=1)
        ]
    return pd.DataFrame(rows)


def at_start(run: Run) -> tuple[nn.Sequential, Tensor]:
    """Return a run's network as it was before its first step, and its first train examples.

    Raises:
        MeasureError: If the network is not a sequence of layers.
    """
    task, config = run.task(), settle_device(run.config)
    module = Population([config], network_of(config, task)).export(0)
    if not isinstance(module, nn.Sequential):
        msg = (
            f"run {run.run_id} must have a network that is a sequence of layers, such as model=mlp"
        )
        raise MeasureError(msg)
    inputs = torch.from_numpy(task.train.inputs[:N_EXAMPLES])
    return module, inputs.to(next(module.parameters()).dtype)


def mean_singular_values(module: nn.Sequential, inputs: Tensor) -> list[float]:
    """Compute the mean singular value of the Jacobian of each hidden layer.

    The Jacobian of a layer's activations in its inputs is ``diag(g'(s)) W``, with the
    preactivations s of one example, the activation g and the weights W.

    Args:
        module: A network of linear layers, each hidden one followed by its activation.
        inputs: Examples, ``(N, n_features)``, over which the singular values are averaged.

    Returns:
        The mean over all singular values and examples, for each hidden layer from the inputs on.

    Source:
        Glorot and Bengio (2010), section 4.2.1.
    """
    found, values = [], inputs
    for layer, activation in pairwise(module):
        if not isinstance(layer, nn.Linear):
            continue
        before = layer(values).detach().requires_grad_()
        after = activation(before)
        (slopes,) = torch.autograd.grad(after.sum(), before)
        jacobians = slopes.unsqueeze(2) * layer.weight.detach()
        found.append(float(torch.linalg.svdvals(jacobians).mean()))
        values = after.detach()
    return found
