"""All that a report needs must be tried before the first run, and the trial leave no trace."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import matplotlib as mpl
import pytest

from ffnn_lab.report.places import ROOM, PlaceError, check_place, stem_of, write_text
from ffnn_lab.report.reports import preflight
from tests.support.definitions import define_arms

ODD = [
    *("a$_$", "$x^{", "_hidden", "_child0", "100%", "\\frac{1}{2}", "a & b # c", "{}", "~^"),
    *("[red]x[/]", ":smile:", "a|b", "**bold**", "=1+1", "`code`", "<b>", "# title", "- item"),
    *("x" * 100, "net \U0001f680", "\u4f60\u597d", "\u05e9\u05dc\u05d5\u05dd", " spaces "),
]
"""Names of arms that some output format may read as markup or cannot write."""


def entries(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


@pytest.mark.parametrize("arms", [ODD, ["sgd"], [f"arm {i}" for i in range(40)]])
def test_what_can_be_reported_passes_and_leaves_no_trace(tmp_path: Path, arms: list[str]) -> None:
    preflight.check_report(tmp_path / "outputs" / "sweep", arms)
    assert entries(tmp_path) == []


def test_what_is_there_stays(tmp_path: Path) -> None:
    before = tmp_path / "figures" / "learning_curves.png"
    before.parent.mkdir()
    before.write_bytes(b"an earlier figure")
    preflight.check_report(tmp_path, ["sgd"])
    assert entries(tmp_path) == [before.parent, before]
    assert before.read_bytes() == b"an earlier figure"


def a_file(folder: Path) -> None:
    folder.mkdir()
    (folder / "figures").write_text("")


def a_folder_in_place_of_a_table(folder: Path) -> None:
    (folder / "tables" / "report.md").mkdir(parents=True)


def a_broken_link(folder: Path) -> None:
    folder.mkdir()
    (folder / "tables").symlink_to(folder / "nowhere" / "else")


def a_file_in_place_of_the_outputs(folder: Path) -> None:
    folder.write_text("")


@pytest.mark.parametrize(
    "prepare",
    [a_file, a_folder_in_place_of_a_table, a_broken_link, a_file_in_place_of_the_outputs],
)
def test_a_place_that_is_taken_is_told(tmp_path: Path, prepare: object) -> None:
    folder = tmp_path / "sweep"
    assert callable(prepare)
    prepare(folder)
    before = entries(tmp_path)
    with pytest.raises(PlaceError, match=r"the report cannot be written there \(.*sweep") as told:
        preflight.check_report(folder, ["sgd"])
    assert "paths.outputs=FOLDER" in str(told.value)
    assert entries(tmp_path) == before


def test_several_commands_may_try_one_folder_at_once(tmp_path: Path) -> None:
    files = {"figures": ["learning_curves.json"], "tables": ["report.md"]}

    def try_often(_: int) -> None:
        for _ in range(10):
            check_place(tmp_path / "sweep", files, advice="")

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(try_often, range(4))) == [None] * 4
    assert entries(tmp_path) == []


def test_a_name_that_is_too_long_is_told(tmp_path: Path) -> None:
    with pytest.raises(PlaceError, match="File name too long"):
        check_place(tmp_path, {".": ["x" * 300]}, advice="")
    assert entries(tmp_path) == []


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(path: Path, contents: bytes) -> int:
        assert len(contents) == ROOM
        path.touch()
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_bytes", write)
    with pytest.raises(PlaceError, match="No space left on device"):
        preflight.check_report(tmp_path / "sweep", ["sgd"])
    assert entries(tmp_path) == []


def test_what_cannot_be_drawn_is_told_with_the_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ffnn_lab.report.figures.style.drawable", lambda *_, **__: 1 / 0)
    with pytest.raises(preflight.DrawingError, match=r"ZeroDivisionError.*arms are 'sgd', 'a\$'"):
        preflight.check_report(tmp_path, ["sgd", "a$"])


def test_the_environment_tells_matplotlib_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLBACKEND", "no such backend")
    preflight.import_matplotlib()
    assert mpl.rcParams["backend"] != "no such backend"


@pytest.mark.parametrize(
    ("arms", "n_fresh", "said"),
    [
        (["sgd", "adam"], 5, ["with 5 seeds, p cannot be less than 0.0625"]),
        (["sgd", "adam"], 6, []),
        (["sgd", "heavy_ball", "adam", "rmsprop", "adagrad"], 7, ["with 7 seeds, p, adj"]),
        (["sgd", "adam"], 0, []),
        (["he", "glorot"], 2, []),
    ],
)
def test_seeds_too_few_for_a_test_are_told_below_the_plan(
    tmp_path: Path, arms: list[str], n_fresh: int, said: list[str]
) -> None:
    lines: list[str] = []
    definition = define_arms(*arms, confirm_seeds=tuple(range(n_fresh)))
    preflight.prepare_report(tmp_path / "x", definition, is_tried=False, notice=lines.append)
    assert [line[: len(start)] for line, start in zip(lines, said, strict=True)] == said
    assert all("hydra.sweeper.confirm.n_seeds" in line for line in lines)


def test_files_about_many_sweeps_have_names_that_fit() -> None:
    assert stem_of("claims", []) == "claims"
    assert stem_of("claims", ["a", "b"]) == "claims-a-b"
    many = [f"a_long_name_of_a_sweep_{i}" for i in range(40)]
    assert stem_of("claims", many) != stem_of("claims", many[::-1])
    assert len(stem_of("claims", many)) < 60


def test_a_text_is_written_in_utf_8_whatever_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "text.md"
    write_text(path, "\u03b1 \udcff")  # the second is a byte that is not UTF-8
    assert path.read_bytes() == b"\xce\xb1 \\udcff\n"
