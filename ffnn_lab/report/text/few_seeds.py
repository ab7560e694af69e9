"""The remark that seeds, or replicates, are too few for any contrast to be significant."""


def about_seeds(n_contrasts: int, n_seeds: int) -> list[str]:
    """Return the remark that fresh seeds are too few for a contrast to be significant, if so.

    Args:
        n_contrasts: Number of the sweep's declared contrasts.
        n_seeds: Number of the sweep's fresh seeds.

    Returns:
        A list of one sentence, or an empty list.
    """
    if n_contrasts == 0 or n_seeds == 0:
        return []
    from ffnn_lab.report.statistics.significance import too_few_pairs  # noqa: PLC0415 - scipy

    text = too_few_pairs(n_seeds, n_tests=n_contrasts)
    return [f"{text}; hydra.sweeper.confirm.n_seeds sets their number"] if text else []


def about_replicates(n_contrasts: int, n_replicates: int) -> list[str]:
    """Return the remark that replicates are too few for a contrast to be significant, if so.

    Args:
        n_contrasts: Number of the sweep's declared contrasts.
        n_replicates: Number of the sweep's replicates.

    Returns:
        A list of one sentence, or an empty list.
    """
    if n_contrasts == 0:
        return []
    from ffnn_lab.report.statistics.significance import too_few_pairs  # noqa: PLC0415 - scipy

    text = too_few_pairs(n_replicates, n_tests=n_contrasts, of="replicate")
    return [f"{text}; hydra.sweeper.replicates sets their number"] if text else []
