"""The page ``docs/results/wilson_separable.md``: where methods end on the separable problem.

Edit what you like, then run ``python -m analysis`` (`make paper`).
"""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from analysis.pages import Page
from analysis.tables import claim_counts, judged
from ffnn_lab.report.measures.numbers import Numbers
from ffnn_lab.report.measures.separable import Findings
from ffnn_lab.report.text.cells import percent

BASE = "wilson_separable"
VARIATIONS = ("batch", "eps", "init", "decay", "logistic", "np")
PLAIN = ("sgd", "heavy_ball")
FORMS = {"min_norm": "least norm", "sign": "signs"}


def make(page: Page) -> None:
    """Make the tables and figures of the page."""
    base = page.numbers(BASE)
    others = {name: page.numbers(f"{BASE}_{name}") for name in VARIATIONS}
    found = {name: numbers.separable for name, numbers in others.items()}
    page.table("base", end_table(base.separable))
    page.table("logistic", end_table(found["logistic"]))
    page.table("batch", wide_table(found["batch"], "trainer.batch_size"))
    page.table("eps", wide_table(found["eps"], "optimizer.eps"))
    page.table("init", wide_table(found["init"], "initializer.std"))
    page.table("decay", wide_table(found["decay"], "optimizer.weight_decay"))
    page.table("np", sizes_table(found["np"]))
    all_seven = [base, *others.values()]
    page.table("labeled", labeled_table(all_seven))
    page.table("claims", claim_counts(judged([numbers.sweep for numbers in all_seven])))
    page.reported_figures(base, "separable", "separable_directions")
    for name in ("batch", "eps", "init", "np"):
        page.reported_figures(others[name], "separable", of=name)


def end_table(found: Findings) -> pd.DataFrame:
    """Tabulate each arm's final test error and direction of the weights.

    Only draws of the problem that can show the effect count. The direction is the cosine with the
    closed-form solution that is predicted for the arm.

    Args:
        found: The tables of a sweep on the separable problem.

    Returns:
        A table of strings, one row per arm.
    """
    rows = []
    for row in found.table.to_dict("records"):
        form = "min_norm" if row["arm"] in PLAIN else "sign"
        rows.append(
            {
                "arm": row["arm"],
                "draws": str(row["n_runs"]),
                "test error (%) [lowest, highest]": _range(row),
                "share of negative labels (%)": percent(row["is_negative"]),
                "closed form": FORMS[form],
                "draws with its error exactly": str(row[f"n_as_{form}"]),
                "lowest cosine to it": f"{row[f'cosine.{form}.lowest']:.6f}",
                "highest train loss": f"{row['last.train.loss.highest']:.0e}",
            }
        )
    return pd.DataFrame(rows)


def wide_table(found: Findings, key: str) -> pd.DataFrame:
    """Tabulate mean test errors by arm and by one condition.

    Args:
        found: The tables of a sweep on the separable problem.
        key: The condition whose values are the columns; each combination of the other conditions
            has rows of its own.

    Returns:
        A table of strings: in each cell the mean error in percent and, in parentheses, the number
        of runs with an error above 0.
    """
    table = found.table.dropna(subset=[key])
    runs = found.runs[found.runs["remark"] == ""]
    others = [name for name in found.conditions if name != key]
    cells: dict[tuple[Any, ...], dict[str, str]] = {}
    for row in table.to_dict("records"):
        here = runs
        for name in ("arm", *found.conditions):
            here = here[here[name] == row[name]]
        n_erring = int((here["test.error"] > 0).sum())
        place = tuple(row[name] for name in ("arm", *others))
        cell = f"{percent(row['test.error'])} ({n_erring} of {len(here)})"
        cells.setdefault(place, {})[str(row[key])] = cell
    names = ["arm", *others]
    return pd.DataFrame(
        [
            {**dict(zip(names, map(str, place), strict=True)), **values}
            for place, values in cells.items()
        ]
    )


def sizes_table(found: Findings) -> pd.DataFrame:
    """Tabulate, by n (train examples) and p (probability of the label +1), errors and predictions.

    Args:
        found: The tables of the sweep over n and p.

    Returns:
        A table of strings: in each row the test errors of plain and of adaptive methods, and the
        number of runs that end with the error of the closed form that is predicted for them.
    """
    rows = []
    for (n, p), here in found.table.groupby(["task.n", "task.p"], sort=False):
        plain, adaptive = (here[here["arm"].isin(PLAIN) == is_plain] for is_plain in (True, False))
        as_predicted = int(plain["n_as_min_norm"].sum() + adaptive["n_as_sign"].sum())
        cosines = [*plain["cosine.min_norm.lowest"], *adaptive["cosine.sign.lowest"]]
        rows.append(
            {
                "n": str(n),
                "p": str(p),
                "draws": str(here["n_runs"].min()),
                "plain methods' test error (%)": percent(plain["test.error"].iloc[0]),
                "adaptive methods' (%)": percent(adaptive["test.error"].iloc[0]),
                "share of negative labels (%)": percent(here["is_negative"].iloc[0]),
                "runs with the closed form's error": f"{as_predicted} of {here['n_runs'].sum()}",
                "lowest cosine to it": f"{min(cosines):.5f}",
            }
        )
    return pd.DataFrame(rows)


def labeled_table(sweeps: list[Numbers]) -> pd.DataFrame:
    """Count runs on draws of the problem that cannot show the effect, by sweep, reason and arm.

    Args:
        sweeps: Numbers of the sweeps on the separable problem.

    Returns:
        A table of strings with the number of runs, of runs with a test error of 0, and of runs
        whose test error is the share of negative labels.
    """
    rows = []
    for numbers in sweeps:
        runs = numbers.separable.runs
        runs = runs[runs["remark"] != ""]
        for (remark, arm), here in runs.groupby(["remark", "arm"], observed=True):
            errs = (here["test.error"] == here["is_negative"]) & (here["is_negative"] > 0)
            rows.append(
                {
                    "sweep": numbers.sweep.name,
                    "remark": remark,
                    "arm": str(arm),
                    "runs": str(len(here)),
                    "with an error of 0": str(int((here["test.error"] == 0).sum())),
                    "with the share of negative labels": str(int(errs.sum())),
                }
            )
    return pd.DataFrame(rows)


def _range(row: Mapping[Hashable, Any]) -> str:
    ends = f"{percent(row['test.error.lowest'])}, {percent(row['test.error.highest'])}"
    return f"{percent(row['test.error'])} [{ends}]"
