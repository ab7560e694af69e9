"""Table files are found, verified and parsed; every mistake is named with what to do about it."""

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ffnn_lab.config import UserError
from ffnn_lab.tasks.data.table.file import checksum, find_table, read_table
from ffnn_lab.tasks.data.table.names import checked_columns
from tests.support.tasks.tables import make_table_config, write_wine

ROOT = Path(__file__).parents[4]


def _read(path: Path, **changes: Any) -> dict[str, list[Any]]:  # noqa: ANN401 - fields
    config = make_table_config(path, **changes)
    return {
        name: column.to_pylist()
        for name, column in checked_columns(read_table(config).columns, config).items()
    }


def _csv(folder: Path, text: str | bytes, name: str = "mine.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def _refusal(path: Path | None, **changes: Any) -> str:  # noqa: ANN401 - fields
    config = make_table_config(path, **changes)
    with pytest.raises(UserError) as caught:
        checked_columns(read_table(config).columns, config)
    return str(caught.value)


# --- CSV -------------------------------------------------------------------------------------


def test_columns_have_the_types_that_their_fields_allow(tmp_path: Path) -> None:
    path = _csv(tmp_path, "a,b,c,d,y\n1,1.5,x,true,u\n2,2,z,false,v\n")
    assert _read(path) == {
        "a": [1, 2],
        "b": [1.5, 2.0],
        "c": ["x", "z"],
        "d": [True, False],
        "y": ["u", "v"],
    }


def test_a_word_late_in_the_file_makes_a_column_of_words(tmp_path: Path) -> None:
    """The word stands beyond the first block that the parser looks at."""
    path = _csv(tmp_path, "a,y\n" + "1,2\n" * 600_000 + "x,2\n")
    values = _read(path)["a"]
    assert (values[0], values[-1]) == ("1", "x")


@pytest.mark.parametrize("word", ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "?", " ?", '""'])
def test_what_stands_for_a_missing_value(word: str, tmp_path: Path) -> None:
    path = _csv(tmp_path, f"a,b,y\n1,p,0\n{word},{word},1\n")
    columns = _read(path)
    assert columns["a"] == [1, None]
    assert columns["b"] == ["p", None]


@pytest.mark.parametrize("word", ["None", "none", "missing", "0", "-"])
def test_other_words_are_words(word: str, tmp_path: Path) -> None:
    path = _csv(tmp_path, f"b,y\np,0\n{word},1\n")
    assert _read(path)["b"] == ["p", word]


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffa,y\n1,u\n2,v\n",
        "a,y\r\n1,u\r\n\r\n2,v",
        "a,y\r1,u\r2,v\r",
        "a,y\n1,u\n2,v\n\n\n",
        " a , y\n1, u\n 2,v \n",
        '"a","y"\n"1","u"\n"2","v"\n',
    ],
    ids=[
        "byte order mark",
        "CRLF and an empty line",
        "CR",
        "empty lines at the end",
        "spaces",
        "quotes",
    ],
)
def test_what_programs_write_around_fields(text: str, tmp_path: Path) -> None:
    assert _read(_csv(tmp_path, text)) == {"a": [1, 2], "y": ["u", "v"]}


def test_a_field_in_quotes_may_hold_anything(tmp_path: Path) -> None:
    path = _csv(tmp_path, 'a,y\n"one, two\nthree ""four""",0\nx,1\n')
    assert _read(path)["a"] == ['one, two\nthree "four"', "x"]


@pytest.mark.parametrize(
    ("sign", "name", "delimiter"),
    [
        (",", "mine.csv", "auto"),
        ("\t", "mine.tsv", "auto"),
        (";", "mine.csv", "semicolon"),
        ("\t", "mine.txt", "tab"),
        (",", "MINE.CSV", "comma"),
    ],
)
def test_delimiters(sign: str, name: str, delimiter: str, tmp_path: Path) -> None:
    path = _csv(tmp_path, f"a{sign}y\n1{sign}0\n", name)
    assert _read(path, delimiter=delimiter) == {"a": [1], "y": [0]}


def test_letters_beyond_ascii(tmp_path: Path) -> None:
    assert _read(_csv(tmp_path, "größe,y\né,0\n"))["größe"] == ["é"]


# --- parquet ---------------------------------------------------------------------------------


def test_parquet_is_taken_as_it_is_typed(tmp_path: Path) -> None:
    """A word that would be missing or trimmed in a CSV is kept as it is."""
    frame = pd.DataFrame({"a": [1, 2], "b": ["NA", " x"], "c": pd.Categorical(["u", "v"])})
    frame["y"] = [True, False]
    frame.to_parquet(tmp_path / "mine.parquet", index=False)
    assert _read(tmp_path / "mine.parquet") == {
        "a": [1, 2],
        "b": ["NA", " x"],
        "c": ["u", "v"],
        "y": [True, False],
    }


@pytest.mark.parametrize(
    "values",
    [
        pa.array([1, None, 2**63], pa.uint64()),
        pa.array([0.5, None, float("nan")]),
        pa.array(["a", None, "b"], pa.large_string()),
        pa.array(["a", None, "b"], pa.string_view()),
        pa.array(["a", None, "b"]).dictionary_encode(),
        pa.array([True, None, False]),
    ],
    ids=lambda values: str(values.type),
)
def test_parquet_types_are_kept(values: pa.Array, tmp_path: Path) -> None:
    path = tmp_path / "mine.parquet"
    pq.write_table(pa.table({"a": values, "y": [0, 1, 2]}), path)
    column = read_table(make_table_config(path)).columns["a"]
    assert column.type == values.type
    assert column.null_count == 1


def test_parquet_columns_of_one_name(tmp_path: Path) -> None:
    path = tmp_path / "mine.parquet"
    pq.write_table(pa.Table.from_arrays([pa.array([1, 2])] * 3, ["a", "a", "y"]), path)
    assert _refusal(path) == f"{path} has more than one column named a: rename all but one"
    pq.write_table(pa.Table.from_arrays([pa.array([1, 2])] * 4, ["a", "b", "a", "y"]), path)
    assert list(_read(path, exclude=["a"])) == ["b", "y"]


def test_parquet_text_that_is_no_text_is_named(tmp_path: Path) -> None:
    latin = pa.array([b"\xe9t\xe9", b"tea"])
    text = pa.Array.from_buffers(pa.string(), 2, latin.buffers())
    path = tmp_path / "mine.parquet"
    pq.write_table(pa.table({"a": text, "y": [0, 1]}), path)
    message = _refusal(path)
    assert message.startswith(f"{path} is not a parquet file, or damaged: ")
    assert "Invalid UTF8" in message


def test_a_damaged_parquet_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.parquet"
    pd.DataFrame({"a": [1], "y": [2]}).to_parquet(path)
    path.write_bytes(path.read_bytes()[:-20])
    assert _refusal(path).startswith(f"{path} is not a parquet file, or damaged: ")


def test_the_index_of_pandas_is_no_feature(tmp_path: Path) -> None:
    path = tmp_path / "mine.parquet"
    pd.DataFrame({"a": [1, 3], "y": [0, 0]}, index=[5, 1]).to_parquet(path)
    message = _refusal(path)
    assert message.startswith(f"column 3 of {path} has no name, like the index that pandas")
    assert _read(path, exclude=["__index_level_0__"]) == {"a": [1, 3], "y": [0, 0]}


# --- which file ------------------------------------------------------------------------------


def test_a_path_is_taken_from_where_the_command_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _csv(tmp_path, "a,y\n1,0\n")
    monkeypatch.chdir(tmp_path)
    assert find_table(make_table_config(Path("mine.csv"))) == path
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_table(make_table_config(Path("~/mine.csv"))) == path


def test_the_checksum_must_be_the_file_s(tmp_path: Path) -> None:
    path = _csv(tmp_path, "a,y\n1,0\n")
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    assert checksum(path) == before
    assert _read(path, sha256=before) == {"a": [1], "y": [0]}
    path.write_text("a,y\n2,0\n")
    assert _refusal(path, sha256=before) == (
        f"{path} does not hold the table that was asked for: its sha256 is {checksum(path)}, and "
        f"task.sha256={before}. Put that table in its place, or accept the table that is there "
        "with task.sha256=null"
    )


def test_no_path(tmp_path: Path) -> None:
    del tmp_path
    assert _refusal(None) == (
        "task.path must name a table (.csv, .tsv, .txt, .data, .parquet, .pq), got nothing"
    )


@pytest.mark.parametrize(
    ("name", "hint"), [("mine.xlsx", ""), ("mine", ""), ("mine.csv.gz", "; unpack it first")]
)
def test_other_kinds_of_files(name: str, hint: str, tmp_path: Path) -> None:
    assert _refusal(_csv(tmp_path, "a,y\n1,0\n", name)) == (
        f"task.path must name a table (.csv, .tsv, .txt, .data, .parquet, .pq), got "
        f"{tmp_path / name}{hint}"
    )


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    _csv(tmp_path, "a,y\n1,0\n", "wines.csv")
    path = tmp_path / "wine.csv"
    assert _refusal(path) == (
        f"task.path={path}: there is no such file (did you mean wines.csv?); looked at {path}"
    )
    nowhere = tmp_path / "nowhere" / "wine.csv"
    assert _refusal(nowhere) == (
        f"task.path={nowhere}: there is no such file; looked at {nowhere}"
    )


def test_the_home_of_nobody(tmp_path: Path) -> None:
    del tmp_path
    path = Path("~no-such-user-here/mine.csv")
    assert _refusal(path).startswith(f"task.path={path}: ")


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _csv(tmp_path, "a,y\n1,0\n")

    opened = Path.open

    def refuse(self: Path, *arguments: Any, **named: Any) -> IO[Any]:  # noqa: ANN401 - as of open
        if self == path:
            raise PermissionError(13, "Permission denied")
        other: IO[Any] = opened(self, *arguments, **named)
        return other

    monkeypatch.setattr(Path, "open", refuse)
    assert _refusal(path) == f"{path} cannot be read: Permission denied"


@pytest.mark.parametrize("name", ["my table (old).csv", "tabelle [1] größe.csv", "a=b,c.csv"])
def test_awkward_names(name: str, tmp_path: Path) -> None:
    assert _read(_csv(tmp_path, "a,y\n1,0\n", name)) == {"a": [1], "y": [0]}


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").mkdir()
    path = tmp_path / "mine.csv"
    assert _refusal(path) == f"task.path={path}: is a folder; looked at {path}"


# --- what is in it ---------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "\n\n  \n"])
def test_an_empty_file(text: str, tmp_path: Path) -> None:
    path = _csv(tmp_path, text)
    assert _refusal(path) == f"{path} is empty"


def test_names_and_no_rows(tmp_path: Path) -> None:
    path = _csv(tmp_path, "a,y\n")
    assert _refusal(path) == f"{path} has column names (a, y) and no rows"
    empty = tmp_path / "mine.parquet"
    pq.write_table(pa.table({"a": pa.array([], pa.int64())}), empty)
    assert _refusal(empty) == f"{empty} has column names (a) and no rows"


def test_another_encoding(tmp_path: Path) -> None:
    path = _csv(tmp_path, "a,y\n1,0\né,1\n".encode("latin-1"))
    assert _refusal(path) == (
        f"{path} is not UTF-8: line 3 has the byte 0xe9. Save the table as UTF-8 (as "
        "iconv -f WINDOWS-1252 -t UTF-8 does)"
    )


@pytest.mark.parametrize(("mark", "encoding"), [(b"", "utf-16"), (b"\xfe\xff", "utf-16-be")])
def test_two_bytes_a_letter(mark: bytes, encoding: str, tmp_path: Path) -> None:
    """Excel's Unicode text is in UTF-16; the message names this encoding."""
    path = _csv(tmp_path, mark + "a,y\n1,0\n".encode(encoding))
    assert _refusal(path).endswith("(as iconv -f UTF-16 -t UTF-8 does)")


def test_a_row_of_another_length(tmp_path: Path) -> None:
    path = _csv(tmp_path, "a,y\n1,0\n2,1,3\n")
    message = _refusal(path)
    assert message.startswith(f"{path} is not a table with the delimiter comma: ")
    assert "Row #3: Expected 2 columns, got 3: 2,1,3" in message


def test_a_long_row_of_another_length_is_not_printed_in_full(tmp_path: Path) -> None:
    path = _csv(tmp_path, f"a,y\n1,0\n2,1,{'3' * 2_000_000}\n")
    message = _refusal(path)
    assert "Row #3: Expected 2 columns, got 3: 2,1,333" in message
    assert len(message) < 500


def test_a_line_may_be_longer_than_a_block_of_the_parser(tmp_path: Path) -> None:
    """The lines have more than 1 MiB, which is the parser's block."""
    width = 4_000
    names = ",".join(f"gene {i:>0300}" for i in range(width))
    row = ",".join([f"0.5{'0' * 300}"] * width)
    path = _csv(tmp_path, f"{names},y\n{row},a\n{row},b\n")
    columns = _read(path)
    assert len(columns) == width + 1
    assert columns["y"] == ["a", "b"]
    assert columns[f"gene {width - 1:>0300}"] == [0.5] * 2


def test_a_field_may_be_longer_than_a_block_of_the_parser(tmp_path: Path) -> None:
    text = "so long\n" * 200_000
    path = _csv(tmp_path, f'a,y\nx,0\n"{text}",1\nx,2\n')
    assert _read(path) == {"a": ["x", text.strip(), "x"], "y": [0, 1, 2]}


@pytest.mark.parametrize(("sign", "word"), [(";", "semicolon"), ("\t", "tab")])
def test_another_delimiter(sign: str, word: str, tmp_path: Path) -> None:
    path = _csv(tmp_path, f"a{sign}y\n1{sign}0\n")
    assert _refusal(path) == (
        f"{path} has one column only, {f'a{sign}y'!r}, with the delimiter comma: "
        f"set task.delimiter={word}"
    )


def _semicolons(n_columns: int) -> str:
    fields = [f"c{i}" for i in range(n_columns)]
    rows = [";".join(["-1,5"] * n_columns + ["a"])] * 2
    return "\n".join([";".join([*fields, "y"]), *rows])


@pytest.mark.parametrize("n_columns", [1, 3])
def test_semicolons_with_decimal_commas(n_columns: int, tmp_path: Path) -> None:
    """The message names all options that must be set."""
    path = _csv(tmp_path, _semicolons(n_columns))
    message = _refusal(path)
    assert message.startswith(f"{path} is not a table with the delimiter comma: CSV parse error: ")
    assert message.endswith(": set task.delimiter=semicolon task.decimal=comma")
    columns = _read(path, delimiter="semicolon", decimal="comma")
    assert columns.pop("y") == ["a", "a"]
    assert columns == {f"c{i}": [-1.5, -1.5] for i in range(n_columns)}


def test_a_first_line_that_has_the_delimiter_gets_no_hint(tmp_path: Path) -> None:
    path = _csv(tmp_path, "a;b,y\n1,0\n2,1,3\n")
    assert _refusal(path).endswith("Expected 2 columns, got 3: 2,1,3")


def test_one_column(tmp_path: Path) -> None:
    path = _csv(tmp_path, "y\n1\n")
    assert _refusal(path) == f"{path} has one column only, 'y', with the delimiter comma"


# --- names of columns ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"target": None},
            "task.target must name the column to predict, got nothing; the table has age, size, y",
        ),
        (
            {"target": "ages"},
            "task.target: there is no column 'ages'; the table has age, size, y (did you mean "
            "age?)",
        ),
        (
            {"exclude": ["id"]},
            "task.exclude: there is no column 'id'; the table has age, size, y",
        ),
        (
            {"categorical": ["sizes"]},
            "task.categorical: there is no column 'sizes'; the table has age, size, y (did you "
            "mean size?)",
        ),
        ({"exclude": ["y"]}, "task.exclude leaves out 'y', which is the task.target"),
        (
            {"categorical": ["y"]},
            "task.categorical names 'y', which is the task.target; to make its numbers "
            "classes, set task.kind=classification",
        ),
    ],
)
def test_names_that_are_not_there(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    path = _csv(tmp_path, "age,size,y\n1,2,0\n3,4,1\n")
    assert _refusal(path, **changes) == message


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("39, State-gov, 77516, <=50K", "adult.data"),
        ("x,x,o,b,positive", "tic-tac-toe.data"),
        ("T,2,8,3", "letter-recognition.data"),
    ],
)
def test_public_files_without_names_are_recognized(line: str, name: str, tmp_path: Path) -> None:
    """Files of UCI's archive have no line of names."""
    message = _refusal(_csv(tmp_path, f"{line}\n" * 3, name))
    assert message.startswith("task.target: there is no column 'y'; the table has ")
    assert message.endswith("; is its first line the names?")


def test_a_name_may_be_typed_in_another_form_than_the_file_has(tmp_path: Path) -> None:
    """An umlaut is one character on most keyboards, and two in names of some systems."""
    path = _csv(tmp_path, "gro\u0308\u00dfe,y\n1,a\n2,b\n")
    assert list(_read(path)) == ["gr\u00f6\u00dfe", "y"]


def test_a_table_without_names_is_recognized(tmp_path: Path) -> None:
    path = _csv(tmp_path, "5.1,3.5,1\n4.9,3.0,1\n")
    assert _refusal(path) == (
        "task.target: there is no column 'y'; the table has 5.1, 3.5, 1; is its first line the "
        "names?"
    )


def test_many_names_are_not_all_listed(tmp_path: Path) -> None:
    names = [f"c{i}" for i in range(30)]
    path = _csv(tmp_path, f"{','.join(names)}\n{','.join('1' for _ in names)}\n")
    assert _refusal(path).endswith("c17, c18, ... (10 more), c29")


def test_two_columns_of_one_name(tmp_path: Path) -> None:
    path = _csv(tmp_path, "a,b,a,y,b \n1,2,3,0,4\n")
    assert _refusal(path) == f"{path} has more than one column named a, b: rename all but one"
    assert list(_read(_csv(tmp_path, "a,b,a,y\n1,2,3,0\n"), exclude=["a"])) == ["b", "y"]


def test_a_column_without_a_name(tmp_path: Path) -> None:
    """``DataFrame.to_csv`` writes its index, the number of the row, without a name."""
    path = _csv(tmp_path, ",a,y\n0,5,0\n1,6,1\n")
    assert _refusal(path) == (
        f"column 1 of {path} has no name, like the index that pandas writes: write the table "
        "with index=False, or set 'task.exclude=[\"\"]'"
    )
    assert list(_read(path, exclude=[""])) == ["a", "y"]


def test_nothing_but_the_target(tmp_path: Path) -> None:
    path = _csv(tmp_path, "a,y\n1,0\n")
    assert _refusal(path, exclude=["a"]) == (
        f"{path} has no column beside the target 'y' to learn from"
    )


REFUSED = """
import sys
from pathlib import Path
import torch
from ffnn_lab.tasks.data.table.file import read_table
from tests.support.tasks.tables import make_table_config
read_table(make_table_config(Path(sys.argv[1])))
sys.exit(2)
"""


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_process_that_ends_right_after_reading_ends_well(suffix: str, tmp_path: Path) -> None:
    """When Arrow's threads held Python's bytes, some of ten such processes aborted."""
    path = write_wine(tmp_path)
    if suffix == "parquet":
        pd.read_csv(path).to_parquet(path.with_suffix(".parquet"), index=False)
    command = [sys.executable, "-c", REFUSED, str(path.with_suffix(f".{suffix}"))]
    codes = [subprocess.run(command, check=False, cwd=ROOT).returncode for _ in range(10)]
    assert codes == [2] * 10
