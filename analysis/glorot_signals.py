"""The page ``docs/results/glorot_signals.md``: signals in five hidden layers of tanh units.

``python -m analysis.glorot_signals`` makes the networks of the sweep at their start, measures the
Jacobians of their layers, and writes the table ``jacobians`` beside the sweep's records.
``python -m analysis.publish`` copies it, and the page is made from it. Edit what you like, then
run ``python -m analysis`` (`make paper`).
"""

import math
import sys
from collections.abc import Sequence

from ffnn_lab.module_path import stand_back

if __name__ == "__main__":
    stand_back()

import pandas as pd
from matplotlib.figure import Figure

from analysis.pages import Page
from analysis.signals import draw_law, layer_points, reported_signals, signal_words
from analysis.tables import comparison
from ffnn_lab.commands import Parser, exit_code_of
from ffnn_lab.records import find_folder
from ffnn_lab.report.data.measured import read_measured, write_measured
from ffnn_lab.report.figures import layers as layers_figure
from ffnn_lab.report.figures import style
from ffnn_lab.report.figures.looks import arms_of
from ffnn_lab.report.measures.numbers import Numbers
from ffnn_lab.report.measures.signals import END, START

SWEEP = "glorot_signals"
JACOBIANS = "jacobians"
"""Name of the measured table: a row per run and hidden layer."""
LAYERS = (1, 2, 3, 4, 5)
LAW = {"standard": 1 / math.sqrt(3), "normalized": 1.0}
"""Factor by which a layer as wide as the one before changes a signal while tanh is nearly linear:
the square root of its width times the variance of its weights."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the Jacobians of the networks of a sweep at their start.

    Args:
        arguments: The words after the program's name; None for those of this process.

    Returns:
        The exit code: 0, or 2 if they cannot be measured, with the reason on standard error.
    """
    return exit_code_of(lambda: _measure(arguments))


def _measure(arguments: Sequence[str] | None) -> None:
    from analysis.jacobians import measure  # noqa: PLC0415 - torch, which no page needs
    from ffnn_lab.api.loading import load_sweep  # noqa: PLC0415 - as above

    parser = Parser(prog="python -m analysis.glorot_signals", description=__doc__)
    parser.add_argument(
        "sweep",
        metavar="SWEEP",
        nargs="?",
        default=SWEEP,
        help="a name under the outputs, or a folder (default: %(default)s)",
    )
    parser.add_outputs()
    asked = parser.parse_args(arguments)
    folder = find_folder(asked.sweep, outputs=asked.outputs, kind="neither a folder nor a sweep")
    table = measure(load_sweep(folder))
    path = write_measured(folder, JACOBIANS, table)
    sys.stdout.write(f"{path}: {len(table)} rows\n")


def make(page: Page) -> None:
    """Make the tables and figures of the page."""
    numbers = page.numbers(SWEEP)
    signals = reported_signals(numbers.sweep)
    for name, statistic in (("activations", "active.std"), ("gradients", "backprop.std")):
        for moment in (START, END):
            words = signal_words(signals, moment=moment, statistic=statistic, layers=LAYERS)
            page.table(f"{name}_{moment}", words)
    words = signal_words(signals, moment=START, statistic="gradient.std", layers=LAYERS)
    page.table("weight_gradients", words)
    page.table("jacobians", jacobian_words(read_measured(page.records / SWEEP, JACOBIANS)))
    comparison(page, SWEEP)
    with arms_of(numbers.sweep.definition):
        page.figure("signals", signals_figure(numbers))


def jacobian_words(jacobians: pd.DataFrame) -> pd.DataFrame:
    """Tabulate the mean singular value of the layers' Jacobians, as formatted cells.

    Args:
        jacobians: The measured table `JACOBIANS`.

    Returns:
        A table of strings, one row per arm: the mean over runs for each layer, and the mean over
        all layers but the first, whose inputs are those of the network.
    """
    rows = []
    for arm, own in jacobians.groupby("arm", sort=False):
        means = own.groupby("layer")["singular.value"].mean()
        of_layers = {f"layer {layer}": f"{means[layer]:.3f}" for layer in means.index}
        rows.append({"arm": str(arm), **of_layers, "layers 2 to 5": f"{means.loc[2:].mean():.3f}"})
    return pd.DataFrame(rows)


def signals_figure(numbers: Numbers) -> Figure:
    """Draw the report's figure of layers, with the laws of a linear layer at the start.

    Args:
        numbers: Numbers of the sweep.
    """
    points = layer_points(numbers)
    drawn = layers_figure.figure(points)
    with style.context():
        rows = list(dict.fromkeys(points["statistic"]))
        n_columns = points["moment"].nunique()
        at_start = points[points["moment"] == START]
        for statistic in ("active.std", "backprop.std"):
            own = at_start[(at_start["statistic"] == statistic) & at_start["layer"].isin(LAYERS)]
            ax = drawn.axes[rows.index(statistic) * n_columns]
            draw_law(own, ax, factors=LAW, is_backward=statistic == "backprop.std")
        drawn.suptitle(f"{drawn.get_suptitle()}; dotted: if all layers were linear")
    return drawn


if __name__ == "__main__":
    sys.exit(main())
