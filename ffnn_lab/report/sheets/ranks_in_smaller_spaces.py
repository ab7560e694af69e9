"""The sheet ``ranks_in_smaller_spaces``: the order of arms if every axis is shortened."""

from ffnn_lab.registry import register
from ffnn_lab.report.sheets.ranks import words_of_ranks
from ffnn_lab.report.sheets.sheet import Sheet

register(
    Sheet(
        name="ranks_in_smaller_spaces",
        order=9,
        numbers=lambda numbers: (
            None if numbers.budgets is None else numbers.ranks_in_smaller_spaces
        ),
        words=words_of_ranks,
        is_printed=False,
        caption="Order of the arms by what tuning finds when every axis keeps a part of its "
        "range; {tuning} each, no interval.",
        caption_over="Order of the arms by what tuning finds when every axis keeps a part of its "
        "range: mean ranks over replicates; {tuning} each, no interval.",
    )
)
