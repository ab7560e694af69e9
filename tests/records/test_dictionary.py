"""The data dictionary describes every column, and docs/records.md holds its current text."""

from pathlib import Path

from ffnn_lab.records.dictionary import described, dictionary
from ffnn_lab.records.schema import KEYS, schema_of

PAGE = Path(__file__).parents[2] / "docs" / "records.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text() == dictionary(), (
        "python -m ffnn_lab.records.dictionary > docs/records.md"
    )


def test_every_column_is_described() -> None:
    for table in KEYS:
        for column in schema_of(table).names:
            what, _ = described(table, column)
            assert len(what.split()) > 1, (table, column, what)


def test_a_column_says_what_it_is_in_whose_unit_and_when_it_is_null() -> None:
    what, null = described("runs", "optimizer.beta1")
    assert what.startswith("Fraction of the running mean of gradients")
    assert what.endswith("; must lie in [0, 1)")
    assert null == "unless `optimizer.name` is adam or adamw"
    assert described("runs", "optimizer.lr")[1] == ""
    assert described("runs", "trainer.clip_norm")[1] == "where the config says null"
