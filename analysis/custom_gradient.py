"""The page ``docs/results/custom_gradient.md``: the same gradient in three ways.

``python -m analysis.custom_gradient`` computes the gradients of one network by backpropagation
written by hand, by autograd, and by finite differences, and publishes the differences between
them. Edit what you like, then run ``python -m analysis`` (`make paper`), which makes the page from
what was published.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ffnn_lab.module_path import stand_back

if __name__ == "__main__":
    stand_back()

from analysis.pages import RESULTS, Page
from ffnn_lab.report.figures import style
from ffnn_lab.report.figures.save import new_figure

if TYPE_CHECKING:
    from torch import Tensor

    from ffnn_lab.config import RunConfig
    from ffnn_lab.networks import MLP
    from ffnn_lab.tasks.data.task import Task

PUBLISHED = "custom_gradient"
"""Folder of the published tables, under the records of the pages."""
ACTIVATIONS = ("relu", "tanh", "sigmoid", "gelu", "newton")
STEP = {"float64": 1e-5, "float32": 1e-2}
"""Steps of the finite differences of the first table: near the cube root of the dtype's relative
rounding, at which the errors of rounding and of the difference are about equal."""
STEPS = [10.0**-power for power in range(1, 12)]
"""Steps of the figure."""
N_EXAMPLES = 64
OVERRIDES = ("model.widths=[8]", "tracking=off", "device=cpu", "seed=0")
WAYS = ("by hand", "autograd", "finite differences")


# --- the page, from what was published ----------------------------------------------------------


def make(page: Page) -> None:
    """Make the tables and the figure of the page."""
    folder = page.records / PUBLISHED
    differences = pd.read_csv(folder / "differences.csv")
    page.table("ways", ways_table(differences))
    page.table(
        "refused", refused_table(pd.read_csv(folder / "refused.csv", keep_default_na=False))
    )
    page.figure("steps", figure(differences))


def ways_table(differences: pd.DataFrame) -> pd.DataFrame:
    """Return the cells of the page's table of ways, a row per dtype and activation.

    Args:
        differences: The table that `measure` returns.
    """
    is_shown = np.isclose(differences["step"], differences["dtype"].map(STEP), rtol=1e-9, atol=0)
    shown = differences[is_shown]
    words = shown[["dtype", "activation"]].copy()
    words["graph nodes"] = shown["n_nodes"].map(str)
    for one, other in itertools.combinations(WAYS, 2):
        words[f"{one} - {other}"] = shown[f"{one} - {other}"].map("{:.1e}".format)
    words["step of the differences"] = shown["step"].map("{:.0e}".format)
    return words


def refused_table(answers: pd.DataFrame) -> pd.DataFrame:
    """Return the cells of the page's table of answers, without the words that all messages share.

    Args:
        answers: The table that `refused` returns.
    """
    words = answers.copy()
    words["the lab answers"] = words["the lab answers"].str.removeprefix(
        "model.activation=newton: Solution.backward "
    )
    return words


def figure(differences: pd.DataFrame) -> Figure:
    """Return the figure: difference from the gradient by hand, against the step.

    Args:
        differences: The table that `measure` returns.
    """
    with style.context():
        return _drawn(differences)


def _drawn(differences: pd.DataFrame) -> Figure:
    """Draw the figure in the style that is in force; see `figure`."""
    made = new_figure(width=style.DOUBLE, height=2.6)
    ax = made.subplots()
    own = differences[differences["activation"] == ACTIVATIONS[-1]]
    for color, (dtype, rows) in zip(("C0", "C1"), own.groupby("dtype", sort=False), strict=True):
        ordered = rows.sort_values("step")
        ax.plot(
            ordered["step"],
            ordered[f"{WAYS[0]} - {WAYS[2]}"],
            "o-",
            color=color,
            label=f"finite differences, {dtype}",
        )
        ax.axhline(
            rows[f"{WAYS[0]} - {WAYS[1]}"].iloc[0],
            color=color,
            linestyle="--",
            label=f"autograd, {dtype}",
        )
    style.log_axis(ax.xaxis)
    style.log_axis(ax.yaxis)
    ax.set_xlabel("step of the finite differences")
    ax.set_ylabel("difference from by hand\n(share of the largest entry)")
    style.legend_below(made, *ax.get_legend_handles_labels())
    return made


# --- what is published --------------------------------------------------------------------------


def main() -> None:
    """Compute the differences, and publish them."""
    from analysis.newton import register_newton  # noqa: PLC0415 - the page does without torch

    register_newton()

    folder = RESULTS / "records" / PUBLISHED
    folder.mkdir(parents=True, exist_ok=True)
    measure().to_csv(folder / "differences.csv", index=False, float_format="%.3e")
    refused().to_csv(folder / "refused.csv", index=False)
    for path in sorted(folder.iterdir()):
        sys.stdout.write(f"{path}\n")


def measure() -> pd.DataFrame:
    """Compute the gradient of each network in three ways, and the differences between the ways.

    Returns:
        One row per ``activation``, ``dtype`` and ``step`` of the finite differences: for each pair
        of `WAYS` the largest difference between the entries of the two gradients, as a share of
        the largest entry of the gradient by hand; and ``n_nodes``, the number of nodes of the
        graph that autograd goes back through.
    """
    rows = []
    for activation, dtype in itertools.product(ACTIVATIONS, STEP):
        network, row, inputs, labels = start(activation, dtype)
        by_hand = hand_gradient(network, row, inputs, labels)
        by_graph, n_nodes = autograd_gradient(network, row, inputs, labels)
        largest = by_hand.abs().max()
        steps = STEPS if activation == ACTIVATIONS[-1] else [STEP[dtype]]
        for step in steps:
            by_steps = difference_gradient(network, row, inputs, labels, step)
            ways = dict(zip(WAYS, (by_hand, by_graph, by_steps), strict=True))
            rows.append(
                {
                    "dtype": dtype,
                    "activation": activation,
                    "step": step,
                    "n_nodes": n_nodes,
                    **{
                        f"{one} - {other}": float((ways[one] - ways[other]).abs().max() / largest)
                        for one, other in itertools.combinations(WAYS, 2)
                    },
                }
            )
    found = pd.DataFrame(rows)
    return found.sort_values("dtype", ascending=False, kind="stable")  # float64 first


def start(activation: str, dtype: str) -> tuple[MLP, Tensor, Tensor, Tensor]:
    """Return a network on the digits, its initial parameters, and the examples of one batch.

    Args:
        activation: Name of the activation.
        dtype: The dtype of the parameters.

    Returns:
        The network, its parameters ``(n_stored,)``, inputs ``(B, stored[0])`` and labels ``(B,)``.
    """
    import torch  # noqa: PLC0415 - the page does without torch

    from ffnn_lab.api.composing import compose_run  # noqa: PLC0415 - as above
    from ffnn_lab.models import network_of  # noqa: PLC0415 - as above
    from ffnn_lab.networks import MLP  # noqa: PLC0415 - as above
    from ffnn_lab.tasks import load_task  # noqa: PLC0415 - as above

    config: RunConfig = compose_run([*OVERRIDES, f"model.activation={activation}"])
    task: Task = load_task(config.task, Path(config.paths.data))
    network = network_of(config, task)
    assert isinstance(network, MLP)  # noqa: S101 - for the type checker
    row = torch.zeros(network.n_stored, dtype=getattr(torch, dtype))
    network.start_(row, config)
    inputs = torch.from_numpy(task.train.inputs[:N_EXAMPLES]).to(row.dtype)
    return network, row, network.prepare(inputs), torch.from_numpy(task.train.labels[:N_EXAMPLES])


def hand_gradient(network: MLP, row: Tensor, inputs: Tensor, labels: Tensor) -> Tensor:
    """Return the gradient of the mean loss by the lab's own backpropagation.

    See `start` for the arguments.

    Returns:
        The entries of all parameters in turn, ``(n,)``.
    """
    from ffnn_lab.losses import LOSSES  # noqa: PLC0415 - as above

    masks = [None] * network.n_layers
    examples = inputs[None], labels[None]
    loss = LOSSES["cross_entropy"]
    _, grads = network.gradients(row[None], {}, examples, masks, loss, "full")
    return flat(network, grads[0])


def autograd_gradient(
    network: MLP, row: Tensor, inputs: Tensor, labels: Tensor
) -> tuple[Tensor, int]:
    """Return the gradient of the mean loss by autograd, through modules of torch.

    An activation that torch does not have is computed by its forward, through whose iterations
    autograd then goes back.

    See `start` for the arguments.

    Returns:
        The entries of all parameters in turn, ``(n,)``, and the number of nodes of the graph.
    """
    import torch  # noqa: PLC0415 - as above
    from torch import nn  # noqa: PLC0415 - as above
    from torch.nn import functional  # noqa: PLC0415 - as above

    from ffnn_lab.activations import ACTIVATIONS as OPTIONS  # noqa: PLC0415 - as above
    from ffnn_lab.networks.activated import Activated  # noqa: PLC0415 - as above

    module = network.export(row, {})
    hidden: Any = inputs[:, : network.sizes[0]]
    for each in module.children():
        assert isinstance(each, nn.Module)  # noqa: S101 - for the type checker
        is_own = isinstance(each, Activated)
        hidden = OPTIONS[network.activation].value(hidden) if is_own else each(hidden)
    value = functional.cross_entropy(hidden, labels)
    grads = torch.autograd.grad(value, list(module.parameters()), retain_graph=True)
    return torch.cat([each.flatten() for each in grads]), n_nodes(value.grad_fn)


def n_nodes(last: Any) -> int:  # noqa: ANN401 - a node of autograd's graph
    """Count the nodes of autograd's graph from the loss back to the parameters."""
    seen, left = set(), [last]
    while left:
        node = left.pop()
        if node is not None and node not in seen:
            seen.add(node)
            left += [each for each, _ in node.next_functions]
    return len(seen)


def difference_gradient(
    network: MLP, row: Tensor, inputs: Tensor, labels: Tensor, step: float
) -> Tensor:
    """Return the gradient of the mean loss by central differences, two forward passes an entry.

    All of these passes are computed at once, as members of one population.

    See `start` for the arguments.

    Args:
        network: As `start` returns it.
        row: As above.
        inputs: As above.
        labels: As above.
        step: The length by which each parameter is moved to either side.

    Returns:
        The entries of all parameters in turn, ``(n,)``.
    """
    import torch  # noqa: PLC0415 - as above

    from ffnn_lab.losses import LOSSES  # noqa: PLC0415 - as above

    places = flat(network, torch.arange(network.n_stored)[None])
    moved = torch.zeros(len(places), network.n_stored, dtype=row.dtype)
    moved[torch.arange(len(places)), places] = step

    def losses(rows: Tensor) -> Tensor:
        outputs = network.outputs(rows, {}, inputs)
        return LOSSES["cross_entropy"].value(outputs, labels.expand(len(rows), -1)).mean(dim=1)

    return (losses(row + moved) - losses(row - moved)) / (2 * step)


def flat(network: MLP, rows: Tensor) -> Tensor:
    """Return the numbers of all parameters of the first row in turn, without padding, ``(n,)``."""
    import torch  # noqa: PLC0415 - as above

    return torch.cat([part.unpadded(rows)[0].flatten() for part in network.parts])


Backward = Callable[["Tensor", "Tensor"], Any]
"""A backward: a function of the solution, and of the derivative that comes in."""


def refused() -> pd.DataFrame:
    """Check the activation ``newton`` with a right backward and with wrong ones.

    Returns:
        One row per backward: its code, and what the lab answers before the first run.
    """
    from analysis.newton import with_backward  # noqa: PLC0415 - as above
    from ffnn_lab.activations import Activation  # noqa: PLC0415 - as above
    from ffnn_lab.config import ConfigError  # noqa: PLC0415 - as above
    from ffnn_lab.option_checks import check_activation  # noqa: PLC0415 - as above

    written: dict[str, Backward] = {
        "slope / (1 + 3 * y**2)": lambda y, slope: slope / (1 + 3 * y**2),
        "2 * slope / (1 + 3 * y**2)": lambda y, slope: 2 * slope / (1 + 3 * y**2),
        "-slope / (1 + 3 * y**2)": lambda y, slope: -slope / (1 + 3 * y**2),
        "slope / (1 + 3 * y.relu()**2)": lambda y, slope: slope / (1 + 3 * y.relu() ** 2),
        "1 / (1 + 3 * y**2)": lambda y, _: 1 / (1 + 3 * y**2),
        "slope.sum()": lambda _, slope: slope.sum(),
        "None": lambda _y, _slope: None,
    }
    rows = []
    for code, backward in written.items():
        function = with_backward(backward)
        try:
            check_activation(Activation.of_function(name="newton", function=function))
            answer = "accepted"
        except ConfigError as error:
            answer = str(error)
        rows.append({"backward returns": code, "the lab answers": answer})
    return pd.DataFrame(rows)


if __name__ == "__main__":
    main()
