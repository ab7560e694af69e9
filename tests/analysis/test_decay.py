"""The page on schedules must be made from the records of both of its sweeps."""

from pathlib import Path

import pytest

from analysis import decay
from analysis.pages import Page
from ffnn_lab.report.reports.publish import publish
from tests.support.command_line import run_lab_forked

TABLES = ("arms", "differences", "claims")
PAGE = "# Page\n\n" + "\n".join(
    f"<!-- table {name} -->\n<!-- end -->\n"
    for name in (*TABLES, *(f"{name}_on_images" for name in TABLES))
)


@pytest.mark.slow
def test_the_smallest_sweep_becomes_a_page(tmp_path: Path) -> None:
    """The records of one small sweep stand for those of both."""
    said = run_lab_forked(tmp_path, "-m", "sweeps=decay_smoke", "trainer.max_epochs=2")
    assert said.exit_code == 0, said.error
    (folder,) = (tmp_path / "outputs").iterdir()
    for name in (decay.SWEEP, decay.ON_IMAGES):
        publish(folder, tmp_path / "records" / name)
    page = Page("decay", tmp_path)
    page.path.write_text(PAGE)
    decay.make(page)
    text = page.path.read_text()
    for words in (
        "| warmup - none ",
        "| dev - none ",
        "| decay_dev_helps ",
        "| decay_dev_as_good ",
    ):
        assert text.count(words) == 2
    assert {path.name for path in page.figures.iterdir()} == {
        "decay_lr_and_dev_loss.png",
        "decay_error_against_lr.png",
        "decay_on_images_lr_and_dev_loss.png",
    }
