"""The sheet ``ranks_by_variant``: the order of the arms in each variant.

A variant is a group of arms that differ in their optimizer alone.
"""

from ffnn_lab.registry import register
from ffnn_lab.report.sheets.ranks import words_of_ranks
from ffnn_lab.report.sheets.sheet import Sheet

register(
    Sheet(
        name="ranks_by_variant",
        order=10,
        numbers=lambda numbers: numbers.ranks_by_variant,
        words=words_of_ranks,
        is_printed=False,
        caption="Order of the arms in each variant; the best settings over {n}, no interval.",
        caption_over="Order of the arms in each variant: mean ranks over {n}, no interval.",
    )
)
