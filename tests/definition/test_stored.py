"""The contents of ``definition.json`` are typed as they are read; a bad definition is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ffnn_lab.config.sweep import PrunerConfig
from ffnn_lab.definition import (
    DamagedError,
    Examples,
    Method,
    RecordError,
    read_definition,
    stored_definition,
    write_definition,
    write_sealed,
)
from ffnn_lab.definition.stored import from_json, to_json
from ffnn_lab.look import Look
from ffnn_lab.protocols.space import Choice, Interval
from tests.definition.test_definition import make_definition
from tests.support.definitions import OBJECTIVE

MEDIAN = PrunerConfig(name="median", n_startup_trials=1, min_epochs=2, reduction_factor=2)


def stored(**changes: object) -> Any:  # noqa: ANN401 - JSON
    """Return the contents of a definition file, as JSON gives them back."""
    return json.loads(json.dumps(to_json(make_definition(**changes))))


@pytest.mark.parametrize("pruner", [None, MEDIAN])
def test_a_file_gives_back_the_definition(tmp_path: Path, pruner: PrunerConfig | None) -> None:
    session = {"started": "2026-11-28", "git.commit": "0" * 40}
    definition = make_definition(pruner=pruner, id="ab", sessions=(session,))
    write_definition(tmp_path, definition)
    read = stored_definition(tmp_path, is_whole=True)
    assert read == definition
    assert (read.id, read.sessions) == ("ab", (session,))
    assert read.arms[0].config == definition.arms[0].config


def test_only_what_was_asked_is_stored() -> None:
    """The file has no options of a pruner without a pruner, and no ``n_last`` that is not used."""
    contents = stored()
    assert contents["pruner"] == {"name": "none"}
    assert "n_last" not in contents["objective"]
    assert not {"id", "sessions"} & contents.keys()
    assert from_json(contents).objective == OBJECTIVE


def test_axes_are_typed() -> None:
    (arm,) = from_json(stored()).arms
    assert arm.space == {
        "optimizer.lr": Interval(0.01, 1.0, log=True),
        "model.widths": Choice(([64], [8, 8])),
        "trainer.max_epochs": Interval(1, 3, log=False, is_int=True),
    }


def test_a_definition_without_configs_is_read_where_none_is_needed(tmp_path: Path) -> None:
    contents = stored()
    del contents["arms"]["sgd"]["config"]
    write_sealed(tmp_path / "definition.json", contents)
    read = read_definition(tmp_path)
    assert read is not None
    assert read.arms[0].space == make_definition().arms[0].space
    with pytest.raises(RecordError, match=r"arms\.sgd\.config is missing"):
        read_definition(tmp_path, is_whole=True)


def test_a_config_of_another_version_is_refused_where_it_is_needed(tmp_path: Path) -> None:
    contents = stored()
    contents["arms"]["sgd"]["config"]["optimizer.warmup"] = 1.0
    write_sealed(tmp_path / "definition.json", contents)
    assert stored_definition(tmp_path).arms[0].leaves["optimizer.warmup"] == 1.0
    with pytest.raises(RecordError, match=r"does not fit this version .* optimizer\.warmup"):
        read_definition(tmp_path, is_whole=True)


def spoil(*path: str, value: object = None) -> Callable[[Any], None]:
    """Return a function that sets a place of a definition, or deletes it if ``value`` is None."""

    def change(contents: Any) -> None:  # noqa: ANN401 - JSON
        for key in path[:-1]:
            contents = contents[key]
        if value is None:
            del contents[path[-1]]
        else:
            contents[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (spoil("population_size"), r"^population_size is missing"),
        (spoil("arms", value={}), r"^arms must name at least one arm"),
        (spoil("arms", value=[]), r"^arms must map names to values, got \[\]"),
        (spoil("protocol", "n_parallel"), r"^protocol\.n_parallel is missing"),
        (spoil("protocol", "seed"), r"^protocol\.seed is missing"),
        (spoil("protocol", "name", value="guess"), r"^protocol\.name must be one of"),
        (spoil("objective", "weight", value=1), r"^objective\.weight is a field that"),
        (spoil("objective", "moment", value="mean_last"), r"^objective\.n_last is missing"),
        (spoil("pruner", "name", value="median"), r"^pruner\.n_startup_trials is missing"),
        (spoil("tune", "seeds", value=["x"]), r"^tune\.seeds must be an integer, got .x."),
        (spoil("sessions", value=[3]), r"^each of sessions must map names to values"),
        (
            spoil("arms", "sgd", "space", "optimizer.lr", "step", value=1),
            r"lr\.step is a field that",
        ),
        (spoil("arms", "sgd", "space", "optimizer.lr", "kind", value=[]), r"kind must be a word"),
        (
            spoil("arms", "sgd", "space", "trainer.max_epochs", "low", value=1.5),
            r"space\.trainer\.max_epochs\.low must be an integer, got 1\.5",
        ),
    ],
)
def test_what_is_off_is_named(change: Callable[[Any], None], message: str) -> None:
    contents = stored()
    change(contents)
    with pytest.raises((DamagedError, ValueError), match=message):
        from_json(contents)


def test_a_folder_without_a_definition(tmp_path: Path) -> None:
    assert read_definition(tmp_path) is None
    with pytest.raises(RecordError, match=r"has no definition\.json, the file that says what"):
        stored_definition(tmp_path)


def test_what_is_declared_and_known_of_options_is_stored(tmp_path: Path) -> None:
    methods = {
        "sgd": Method("plain", Look("#0072B2", "-", "o")),
        "lion": Method("", Look("#882255", (0, (5.0, 1.0)), "v")),
        "sophia": Method("adaptive"),
    }
    definition = make_definition(baseline="sgd", contrasts=(("a", "b"),), methods=methods)
    write_definition(tmp_path, definition)
    read = stored_definition(tmp_path)
    assert read == definition
    assert read.methods == methods
    assert list(read.methods) == list(methods)


def test_the_numbers_of_examples_are_stored(tmp_path: Path) -> None:
    examples = Examples(train=60, dev=20, test=20, keeps_test=True)
    write_definition(tmp_path, make_definition(examples=examples))
    assert stored_definition(tmp_path).examples == examples
    with pytest.raises(DamagedError, match=r"^examples\.dev is missing"):
        from_json(stored() | {"examples": {"train": 60, "test": 20, "keeps_test": True}})


def test_nothing_declared_leaves_the_file_as_it_was() -> None:
    assert not {"baseline", "contrasts", "options", "examples"} & stored().keys()


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("baseline", 3, r"^baseline must be"),
        ("contrasts", "ab", r"^contrasts must be"),
        ("contrasts", [["a"]], r"^contrasts must be pairs of arms, got \[\['a'\]\]"),
        ("options", {"task": {}}, r"^options\.task is a field that"),
        ("options", {"optimizer": {"sgd": {}}}, r"^options\.optimizer\.sgd\.family is missing"),
        (
            "options",
            {"optimizer": {"sgd": {"family": "", "look": {"color": "", "line": 3, "marker": ""}}}},
            r"sgd\.look\.line must be a line style of matplotlib, got 3",
        ),
    ],
)
def test_a_declaration_that_is_off_is_named(key: str, value: object, message: str) -> None:
    with pytest.raises((DamagedError, ValueError), match=message):
        from_json(stored() | {key: value})
