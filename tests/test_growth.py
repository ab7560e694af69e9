"""The benchmark of growth, in small."""

import sys
from pathlib import Path

import pandas as pd
import pytest

from benchmarks import growth


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.exhaustive
def test_growth_in_small(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "growth.csv"
    growth.main(["--runs", "2", "6", "--tpe-runs", "3", "--csv", str(path)])
    out = capsys.readouterr().out
    table = pd.read_csv(path)
    assert table["protocol"].tolist() == ["random", "random", "tpe"]
    assert table["n_runs"].tolist() == [2, 6, 3]
    first, second, tpe = (row for _, row in table.iterrows())
    for row in (first, second, tpe):
        assert row["seconds"] > row["training_seconds"] > 0
        assert row["ms_per_run"] == pytest.approx(1000 * row["seconds"] / row["n_runs"])
    more = 1000 * (second["seconds"] - first["seconds"]) / 4
    assert second["ms_per_run_more"] == pytest.approx(more)
    assert pd.isna(first["ms_per_run_more"])
    assert pd.isna(tpe["ms_per_run_more"])
    assert "ms a run more" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--runs", "10", "10"], "each count of runs must be higher"),
        (["--runs", "--tpe-runs"], "no count of runs was given"),
        (["--runs", "0"], "expected a count of at least 1, got 0"),
    ],
)
def test_counts_that_do_not_grow_are_refused(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        growth.main(words)
    assert said in capsys.readouterr().err
