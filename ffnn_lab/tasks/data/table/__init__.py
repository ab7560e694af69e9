"""Read the user's own table, in CSV or parquet, as a task."""

from ffnn_lab.tasks.data.table.load import (
    RereadError,
    TableSplits,
    load_table,
    settle_table,
    split_table,
)

__all__ = ["RereadError", "TableSplits", "load_table", "settle_table", "split_table"]
