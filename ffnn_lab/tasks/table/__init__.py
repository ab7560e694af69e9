"""The user's own table as a task."""

from ffnn_lab.tasks.table.load import TableSplits, load_table, settle_table, split_table

__all__ = ["TableSplits", "load_table", "settle_table", "split_table"]
