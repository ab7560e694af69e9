"""Measures of saved networks: the loss on the line between two, and their hidden units matched.

The networks are those of ``model=linear`` and of ``model=mlp`` with one hidden layer, as modules
that `ffnn_lab.open_network` opens. Their parameters are a mapping from the names of a module's
``state_dict`` to tensors.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from ffnn_lab.api.recorded import Run
from ffnn_lab.config import RunConfig
from ffnn_lab.report.data.measured import MeasureError
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.measures.starts import starts_table

Parameters = Mapping[str, Tensor]
POSITIONS = tuple(k / 20 for k in range(21))
"""Positions on the line between two networks at which the loss is measured, from 0 to 1."""
TOLERANCE = 1e-5
"""Largest relative difference between a recorded train loss and that of the opened network; the
loss of a float32 run was recorded in another order of summation."""
INCOMING, INCOMING_BIAS, OUTGOING = "0.weight", "0.bias", "2.weight"
"""Names of the parameters of a network with one hidden layer that belong to its hidden units."""


def measure(sweep: Sweep, *, gain: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measure the lines between networks that were trained from different starts.

    In each replicate the starts of an arm at one gain, without those that failed, are paired in
    the order of their seeds: the first with the second, the third with the fourth, and so on. So
    no network is in two pairs.

    Args:
        sweep: The sweep, in whose folder ``weights/`` has the networks of its runs.
        gain: The gain of the initializer whose starts are paired.

    Returns:
        Two tables. The first has a row per position on each line: ``arm``, ``replicate``,
        ``pair``, ``is_matched`` (True on the line to the second network with its hidden units in
        the order that fits the first best), ``position`` and train ``loss`` in nats. The second
        has a row per line: the same columns, the two seeds, the relative ``distance`` of the two
        ends, and at either end ``gradient.0`` and ``gradient.1``, see `gradient_norm`.

    Raises:
        MeasureError: If no pair is there, or a network is not the one of the record.
        UserError: If a network is missing or damaged.
    """
    starts = starts_table(sweep)
    starts = starts[~starts["has_failed"] & (starts["gain"] == gain)].sort_values("seed")
    rows = sweep.runs.set_index("run_id", drop=False)
    points, lines = [], []
    for (replicate, arm), own in starts.groupby(["replicate", "arm"], sort=False):
        ids = own["run_id"].tolist()
        runs = {
            run_id: Run(sweep.folder, {str(key): value for key, value in rows.loc[run_id].items()})
            for run_id in ids
        }
        for number, pair in enumerate(zip(ids[::2], ids[1::2], strict=False)):
            place = {"arm": arm, "replicate": replicate, "pair": number}
            for line in lines_of([runs[run_id] for run_id in pair]):
                points += [place | point for point in line.pop("points")]
                lines.append(place | line)
    if not lines:
        msg = f"{sweep.name} has no two starts of an arm at gain {gain:g} that completed"
        raise MeasureError(msg)
    return pd.DataFrame(points), pd.DataFrame(lines)


def lines_of(pair: Sequence[Run]) -> Iterator[dict[str, Any]]:
    """Measure the line between two networks, and that with matched hidden units, if there are any.

    Args:
        pair: Two runs of one config but for the seed.

    Yields:
        The row of the second table of `measure`, without the pair's place, and under ``points``
        the rows of the first.

    Raises:
        MeasureError: If a network is not the one of the record.
    """
    train = pair[0].task().train
    inputs, labels = torch.from_numpy(train.inputs), torch.from_numpy(train.labels)
    modules = [run.network() for run in pair]
    one, other = (parameters_of(module) for module in modules)
    module = modules[0]
    inputs = inputs.to(next(iter(one.values())).dtype)
    for run, parameters in zip(pair, (one, other), strict=True):
        found = float(loss_of(module, parameters, inputs, labels))
        recorded = float(run.row["last.train.loss"])
        if abs(found - recorded) > TOLERANCE * recorded:
            msg = f"the network of {run.run_id} has the train loss {found}, not {recorded}"
            raise MeasureError(msg)
    ends = {
        f"gradient.{place}": gradient_norm(module, parameters, inputs, labels, run.config)
        for place, (run, parameters) in enumerate(zip(pair, (one, other), strict=True))
    }
    orders = {False: other} | ({True: matched(one, other)} if has_hidden_layer(module) else {})
    for is_matched, second in orders.items():
        yield {
            "seed.0": pair[0].config.seed,
            "seed.1": pair[1].config.seed,
            "is_matched": is_matched,
            "distance": relative_distance(one, second),
            **ends,
            "points": [
                {
                    "is_matched": is_matched,
                    "position": position,
                    "loss": float(loss_of(module, between(one, second, position), inputs, labels)),
                }
                for position in POSITIONS
            ],
        }


def parameters_of(module: nn.Module) -> dict[str, Tensor]:
    """Return the parameters of a module by name, on its memory, without gradients."""
    return {name: each.detach() for name, each in module.named_parameters()}


def has_hidden_layer(module: nn.Module) -> bool:
    """Return True if a module has one hidden layer, and False if it has none.

    Raises:
        MeasureError: If the module is no other network.
    """
    kinds = [type(each).__name__ for each in module.children()]
    if kinds in (["Linear"], ["Linear", "ReLU", "Linear"]):
        return len(kinds) > 1
    msg = f"hidden units are matched in networks Linear, ReLU, Linear; got {', '.join(kinds)}"
    raise MeasureError(msg)


@torch.no_grad()
def between(one: Parameters, other: Parameters, position: float) -> dict[str, Tensor]:
    """Return the parameters at a position on the line from ``one`` (0) to ``other`` (1)."""
    return {name: (1 - position) * one[name] + position * other[name] for name in one}


def loss_of(module: nn.Module, parameters: Parameters, inputs: Tensor, labels: Tensor) -> Tensor:
    """Compute the mean cross entropy in nats of a network with given parameters.

    Args:
        module: The network, whose own parameters are not read.
        parameters: The parameters.
        inputs: The examples, ``(N, n_features)``.
        labels: Their classes, ``(N,)``.
    """
    return functional.cross_entropy(functional_call(module, dict(parameters), (inputs,)), labels)


def gradient_norm(
    module: nn.Module, parameters: Parameters, inputs: Tensor, labels: Tensor, config: RunConfig
) -> float:
    """Compute the Euclidean norm of the gradient of what a run with L2 decay minimizes.

    That is the mean train loss plus ``weight_decay / 2`` times the squared norm of all weights and
    biases. The norm is 0 where training can end.

    Args:
        module: The network, whose own parameters are not read.
        parameters: The parameters.
        inputs: The examples, ``(N, n_features)``.
        labels: Their classes, ``(N,)``.
        config: The run's config; its decay is coupled.
    """
    leaves = {name: each.detach().requires_grad_() for name, each in parameters.items()}
    squared = torch.stack([each.square().sum() for each in leaves.values()]).sum()
    objective = loss_of(module, leaves, inputs, labels)
    objective = objective + config.optimizer.weight_decay / 2 * squared
    gradients = torch.autograd.grad(objective, list(leaves.values()))
    return float(torch.cat([each.flatten() for each in gradients]).norm())


@torch.no_grad()
def matched(one: Parameters, other: Parameters) -> dict[str, Tensor]:
    """Return the parameters of ``other`` with its hidden units in the order nearest to ``one``.

    An exchange of hidden units, with their incoming and outgoing weights, leaves the function of a
    network as it is. Of all orders, this is the one with the smallest Euclidean distance to
    ``one``: an assignment problem, whose matrix has the inner product of each unit's weights and
    bias in ``one`` with each unit's in ``other``.

    Args:
        one: Parameters of a network with one hidden layer of ``H`` units.
        other: Parameters of another network of the same shape.

    Source:
        Ainsworth, Hayase and Srinivasa (2023), "Git Re-Basin", matching of weights; for a single
        hidden layer one assignment is exact.
    """
    overlap = (
        one[INCOMING] @ other[INCOMING].T
        + torch.outer(one[INCOMING_BIAS], other[INCOMING_BIAS])
        + one[OUTGOING].T @ other[OUTGOING]
    )
    _, order = linear_sum_assignment(overlap.numpy(), maximize=True)
    return {
        **other,
        INCOMING: other[INCOMING][order],
        INCOMING_BIAS: other[INCOMING_BIAS][order],
        OUTGOING: other[OUTGOING][:, order],
    }


@torch.no_grad()
def relative_distance(one: Parameters, other: Parameters) -> float:
    """Compute the norm of the difference of all parameters, over the mean of the two norms."""
    first, second = (torch.cat([p[name].flatten() for name in one]) for p in (one, other))
    return float((first - second).norm() / ((first.norm() + second.norm()) / 2))
