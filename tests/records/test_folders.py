"""A folder of records is found by its name or its path, by all commands alike."""

from pathlib import Path

import pytest

from ffnn_lab.records import RecordError, find_folder

KIND = "not a sweep"


def test_a_name_under_the_outputs_comes_before_a_path(tmp_path: Path) -> None:
    (tmp_path / "small").mkdir()
    assert find_folder("small", outputs=tmp_path, kind=KIND) == tmp_path / "small"
    assert find_folder(str(tmp_path), outputs=tmp_path / "none", kind=KIND) == tmp_path


def test_a_tilde_is_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "small").mkdir()
    assert find_folder("~/small", outputs=tmp_path / "none", kind=KIND) == tmp_path / "small"


def test_a_folder_without_the_mark_is_not_one(tmp_path: Path) -> None:
    (tmp_path / "begun").mkdir()
    (tmp_path / "begun" / "definition.json").touch()
    (tmp_path / "empty").mkdir()
    expected = f"empty is not a sweep under {tmp_path}; there are: begun"
    with pytest.raises(RecordError) as caught:
        find_folder("empty", outputs=tmp_path, kind=KIND, mark="definition.json")
    assert str(caught.value) == expected


@pytest.mark.parametrize(("name", "named"), [("small", "small"), ("", "an empty name")])
def test_the_message_says_where_nothing_is(tmp_path: Path, name: str, named: str) -> None:
    with pytest.raises(RecordError) as caught:
        find_folder(name, outputs=tmp_path, kind=KIND)
    assert str(caught.value) == f"{named} is not a sweep under {tmp_path}; {tmp_path} has none"
