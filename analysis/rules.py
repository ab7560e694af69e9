"""Two rules by which a setting is selected, lowest dev error and lowest train loss, compared.

Wilson et al. select by train loss on CIFAR-10, which has no dev split. That rule needs no training
beyond the sweep's: every run of the tune stage was measured on all splits, so that a table can
select settings by either rule and show the test error of the selected runs.
"""

import pandas as pd

from analysis.pages import Page
from analysis.tables import INTERVAL, comparison
from ffnn_lab.report.data.arms import contrasts
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.statistics import mean_interval
from ffnn_lab.report.text.cells import percent, value_cell
from ffnn_lab.report.text.units import units_of

RULES = ("dev error", "train loss")


FIGURES = ("paired_differences", "learning_curves", "train_test_gap", "error_against_lr")


def make_by_rules(page: Page, sweep: str) -> None:
    """Make the tables and figures of a page that compares the two rules.

    Args:
        page: A page with places for the tables of `comparison`, and for ``rules`` and
            ``rule_differences``.
        sweep: Name of the sweep's published records.
    """
    comparison(page, sweep, *FIGURES)
    records = page.numbers(sweep).sweep
    page.table("rules", units_of(records.runs).reworded_table(rule_words(records)))
    page.table("rule_differences", rule_difference_words(records))


def picked(sweep: Sweep) -> pd.DataFrame:
    """Select a run of every arm and replicate by each of the two rules.

    Args:
        sweep: A sweep whose tune stage has one seed, so that each setting has one run there.

    Returns:
        One row per ``rule``, ``arm`` and ``replicate``: ``optimizer.lr`` of the selected run, and
        its ``train.error`` and ``test.error`` at the last epoch, as rates. By dev error, the run
        is that of the setting that the sweep confirmed; by train loss, it is the run with the
        lowest train loss of those that completed.

    Raises:
        ValueError: If the tune stage has several seeds, or no run of an arm completed.
    """
    if len(sweep.tune_seeds) != 1:
        msg = f"rules pick runs of one tuning seed, got {len(sweep.tune_seeds)}"
        raise ValueError(msg)
    rows = []
    for replicate, own in enumerate(sweep.replicates):
        for arm in sweep.arms:
            tuned = own.of(arm, stage="tune")
            completed = tuned[tuned["status"] == "completed"]
            if completed.empty:
                msg = f"no run of arm {arm} completed in replicate {replicate}"
                raise ValueError(msg)
            by_dev = tuned["setting"] == own.ranked[arm][0].setting
            by_loss = completed["last.train.loss"].to_numpy().argmin()
            for rule, run in zip(
                RULES, (tuned[by_dev].iloc[0], completed.iloc[int(by_loss)]), strict=True
            ):
                rows.append(
                    {
                        "rule": rule,
                        "arm": arm,
                        "replicate": replicate,
                        "optimizer.lr": run["optimizer.lr"],
                        "train.error": run["last.train.error"],
                        "test.error": run["last.test.error"],
                    }
                )
    return pd.DataFrame(rows)


def rule_words(sweep: Sweep) -> pd.DataFrame:
    """Tabulate, by either rule, the errors of each arm's selected runs as formatted cells."""
    table = picked(sweep)
    words = []
    for arm in sweep.arms:
        cells = {"arm": arm}
        for rule in RULES:
            own = table[(table["arm"] == arm) & (table["rule"] == rule)]
            rates = ", ".join(value_cell(lr) for lr in sorted(own["optimizer.lr"].unique()))
            cells |= {
                f"by {rule}: train error (%)": percent(own["train.error"].mean()),
                f"by {rule}: test error (%) {INTERVAL}": _interval(own["test.error"]),
                f"by {rule}: learning rates": rates,
            }
        words.append(cells)
    return pd.DataFrame(words)


def rule_difference_words(sweep: Sweep) -> pd.DataFrame:
    """Tabulate, by either rule, the declared differences of test error as formatted cells."""
    errors = picked(sweep).set_index(["rule", "replicate", "arm"])["test.error"].unstack("arm")  # noqa: PD010 - one value each
    return pd.DataFrame(
        [
            {
                "difference (points)": f"{pair.arm} - {pair.against}",
                **{
                    f"by {rule} {INTERVAL}": _interval(own[pair.arm] - own[pair.against])
                    for rule, own in ((rule, errors.loc[rule]) for rule in RULES)
                },
            }
            for pair in contrasts(sweep.definition)
        ]
    )


def _interval(values: "pd.Series[float]") -> str:
    found = mean_interval(values.tolist())
    return f"{percent(values.mean())} [{percent(found.low)}, {percent(found.high)}]"
