"""The catalog, the config classes and the YAML files name the same options."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from ffnn_lab.config import GROUPS
from ffnn_lab.config.fields import check, leaf_fields
from tests.catalog import CATALOG
from tests.support.refusal import refusal

CONF = Path(__file__).parents[1] / "conf"
NOT_GROUPS = {"hydra"}
"""Folders of ``conf/`` that are Hydra's own."""

OPTIONS = [(group, option) for group, options in GROUPS.items() for option in options]


def test_every_group_has_rows_and_files() -> None:
    folders = {path.name for path in CONF.iterdir() if path.is_dir()} - NOT_GROUPS
    assert set(CATALOG) == set(GROUPS) == folders


@pytest.mark.parametrize("group", sorted(GROUPS))
def test_every_option_has_a_row_and_a_file(group: str) -> None:
    files = {path.stem for path in (CONF / group).glob("*.yaml")}
    assert set(CATALOG[group]) == set(GROUPS[group]) == files


def _contents(group: str, option: str) -> dict[str, Any]:
    contents: dict[str, Any] = yaml.safe_load((CONF / group / f"{option}.yaml").read_text())
    del contents["defaults"]
    return contents


@pytest.mark.parametrize(("group", "option"), OPTIONS)
def test_yaml_says_what_its_class_asks_for_and_nothing_else(group: str, option: str) -> None:
    asked = [name for name, _, _ in leaf_fields(GROUPS[group][option])]
    assert sorted(_contents(group, option)) == sorted(asked)


@pytest.mark.parametrize(("group", "option"), OPTIONS)
def test_yaml_lies_in_the_declared_ranges(group: str, option: str) -> None:
    config = GROUPS[group][option](**_contents(group, option))
    assert refusal(check, config, f"{group}.") is None


@pytest.mark.parametrize(
    ("group", "option"), [(g, o) for g, o in OPTIONS if g not in ("model", "tracking")]
)
def test_yaml_and_row_name_themselves_after_their_file(group: str, option: str) -> None:
    row: Any = CATALOG[group][option]
    assert _contents(group, option)["name"] == row.config.name == option
    assert type(row.config) is GROUPS[group][option]
