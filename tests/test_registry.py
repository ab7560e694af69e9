"""Options are found by kind and name, and their files are imported when asked for."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from ffnn_lab import registry
from ffnn_lab.registry import Option, UnknownOptionError, View, register


@dataclass(frozen=True, kw_only=True, eq=False)
class Fruit(Option):
    """An option of the tests."""

    kind: ClassVar[str] = "fruit"
    color: str = "green"


@pytest.fixture
def fruits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[View[Fruit]]:
    """Yield the options of a folder of two options, each in a file of its own."""
    folder = tmp_path / "orchard"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    for name, order in (("apple", 2), ("pear", 1)):
        (folder / f"{name}.py").write_text(
            "from ffnn_lab.registry import register\n"
            "from tests.test_registry import Fruit\n"
            f"register(Fruit(name={name!r}, order={order}))\n"
        )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(registry.FOLDERS, "fruit", "orchard")
    monkeypatch.setitem(sys.modules, "tests.test_registry", sys.modules[__name__])
    yield View(Fruit)
    registry._KNOWN.pop("fruit", None)
    for key in [each for each in registry._SOURCES if each[0] == "fruit"]:
        del registry._SOURCES[key]
    registry._import_all.cache_clear()
    for name in [each for each in sys.modules if each.startswith("orchard")]:
        del sys.modules[name]


def test_files_are_imported_when_their_kind_is_asked_for(fruits: View[Fruit]) -> None:
    assert "orchard.apple" not in sys.modules
    assert fruits["apple"].color == "green"
    assert "orchard.pear" in sys.modules


def test_options_are_listed_in_their_order(fruits: View[Fruit]) -> None:
    assert list(fruits) == ["pear", "apple"]
    assert len(fruits) == 2


def test_a_name_that_nobody_has_is_answered_with_those_that_there_are(fruits: View[Fruit]) -> None:
    with pytest.raises(UnknownOptionError) as error:
        fruits["plum"]
    assert str(error.value) == "fruit must be one of pear, apple; got plum"
    assert "plum" not in fruits


def test_one_name_is_one_option(fruits: View[Fruit]) -> None:
    assert len(fruits) == 2
    with pytest.raises(ValueError, match="two options of the kind fruit are called apple"):
        register(Fruit(name="apple"))
