"""docs/tour.ipynb, executed by a kernel in a new folder, gives the outputs that it shows."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

TOUR = Path(__file__).parents[1] / "docs" / "tour.ipynb"
_NUMBER = re.compile(r"\d+\.\d+")


def outputs_of(notebook: nbformat.NotebookNode) -> list[list[str]]:
    """Return the words of every output, in order, without decimals, which differ by machine."""
    return [
        _NUMBER.sub("#", output["data"]["text/plain"]).split()
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "data" in output
    ]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the kernel's own libraries
def test_the_tour_comes_to_what_it_shows(tmp_path: Path) -> None:
    shown, done = (nbformat.reads(TOUR.read_text(), as_version=4) for _ in range(2))
    NotebookClient(done, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert outputs_of(done) == outputs_of(shown)
    assert any("image/png" in o.get("data", {}) for c in done.cells for o in c.get("outputs", []))
