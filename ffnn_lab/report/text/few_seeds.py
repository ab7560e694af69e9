"""The remark that fresh seeds are too few to tell a contrast."""

from collections.abc import Iterable

from ffnn_lab.report.data.arms import contrasts


def about_seeds(arms: Iterable[str], n_seeds: int) -> list[str]:
    """Return the remark that fresh seeds are too few to tell a contrast, if they are.

    Args:
        arms: The names of a sweep's arms.
        n_seeds: Its fresh seeds.

    Returns:
        One sentence, or none.
    """
    n_contrasts = len(contrasts(arms))
    if n_contrasts == 0 or n_seeds == 0:
        return []
    from ffnn_lab.report.statistics.significance import too_few_pairs  # noqa: PLC0415 - scipy

    text = too_few_pairs(n_seeds, n_tests=n_contrasts)
    return [f"{text}; hydra.sweeper.confirm.n_seeds sets their number"] if text else []
