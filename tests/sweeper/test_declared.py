"""Contrasts and baselines that sweeps declare before the first run, also in shipped sweeps."""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from hydra.core.config_loader import ConfigLoader
from hydra.types import RunMode
from omegaconf import DictConfig

from ffnn_lab.config import ConfigError
from ffnn_lab.definition import Definition, RecordError, essence, write_definition
from ffnn_lab.report.claims.declaration import CONTRASTS, contrasts_hash, declare, when_declared
from ffnn_lab.report.data.winners import find_winners
from ffnn_lab.report.measures.tables import arm_table
from ffnn_lab.report.text.notes import notes
from ffnn_lab.sweeper import compose
from ffnn_lab.sweeper.resume import is_other, settle_folder
from tests.catalog import INITIALIZERS
from tests.report.data.test_arms import by_configs, by_names
from tests.support.builders import with_parts
from tests.support.exhaustive import SHIPPED, begins_with_another
from tests.support.report.builders import differences_of, load_sweep
from tests.support.sweeps import make_definition, work

WITH_SCHEDULES = [name for name in SHIPPED if name.startswith("wilson_separable")]
"""Sweeps whose adaptive arms have another schedule than the plain arms.

No two arms differ in the optimizer alone, so these sweeps have no contrasts by default.
"""
ARMS = "initializer=he_normal,glorot_normal"
HE, GLOROT = "he_normal", "glorot_normal"

DECLARES: Mapping[str, Callable[[Sequence[str]], list[str]]] = {
    "weight_decay_use": lambda arms: [f"{name} - none" for name in arms if name != "none"],
    "sentiment": lambda _: ["mlp - linear", "dan - linear", "dan - mlp"],
    **{
        name: lambda _: ["n_50 - n_0", "pn_50 - pn_0", "pn_90 - n_90"]
        for name in ("dropout_rate", "dropout_rate_smoke", "dropout_rate_mnist_small")
    },
    **{
        name: lambda _: ["dropout - none"]
        for name in (
            *("dropout_data_size", "dropout_data_size_smoke", "dropout_data_size_mnist_small"),
            *("dropout_averaging", "dropout_averaging_smoke"),
        )
    },
    **{
        name: lambda _: [
            *("sgd_dropout - sgd_none", "heavy_ball_dropout - heavy_ball_none"),
            *("adam_dropout - adam_none", "adam_none - sgd_none", "adam_dropout - sgd_dropout"),
        ]
        for name in ("dropout_optimizer", "dropout_optimizer_smoke")
    },
    **dict.fromkeys(
        ("decay", "decay_small", "decay_smoke"),
        lambda _: [
            *("dev - none", "dev - fixed", "fixed - none", "cosine - none", "warmup - none"),
        ],
    ),
    **{
        name: lambda _: ["normalized - standard", "orthogonal - standard"]
        for name in ("glorot_signals", "glorot_signals_smoke")
    },
    **{
        name: lambda _: ["glorot_30 - he_30", "orthogonal_30 - he_30", "glorot_10 - he_10"]
        for name in ("he_depth", "he_depth_smoke")
    },
    **{
        name: lambda _: [
            *("zeros - random", "constant - random"),
            *("constant_dropout - random_dropout", "constant_dropout - constant"),
        ]
        for name in ("symmetry", "symmetry_smoke")
    },
}
"""Sweeps that declare their contrasts in their files: a function from arms to contrasts."""


ALIKE = (
    *("wilson_cifar10_cnn", "wilson_cifar10_cnn_small"),
    *("wilson_char_lstm", "wilson_char_lstm_small"),
)
"""Sweeps whose arms are those of `wilson_digits`."""


def _marks(sweep: str) -> list[pytest.MarkDecorator]:
    is_seen = begins_with_another(sweep) or sweep in ALIKE
    return [pytest.mark.exhaustive if is_seen else pytest.mark.slow]


def define(loader: ConfigLoader, *words: str) -> Definition:
    own = [word for word in words if word.startswith(("hydra.", "sweeps="))]
    arguments = [word for word in words if not word.startswith("hydra.")]
    master: DictConfig = loader.load_configuration("config", own, run_mode=RunMode.MULTIRUN)
    definition, _ = compose.define(loader, master, arguments, lambda config: config)
    return definition


@pytest.fixture
def _no_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip the parts of a definition that need the files of a task."""
    monkeypatch.setattr(compose, "check_task", lambda *_: None)
    monkeypatch.setattr(compose, "settle_task", lambda config: config)
    monkeypatch.setattr(compose, "load_task", lambda *_: None)
    monkeypatch.setattr(compose, "network_of", lambda *_: None)


@pytest.mark.usefixtures("_no_data")
@pytest.mark.parametrize(
    "name",
    [
        each if each == "inclusion" else pytest.param(each, marks=_marks(each))
        for each in SHIPPED
        if each not in DECLARES
    ],
)
def test_contrasts_and_baselines_are_those_that_names_gave(
    loader: ConfigLoader, name: str
) -> None:
    definition = define(loader, f"sweeps={name}")
    for each in [definition.under(c) for c in definition.conditions] or [definition]:
        pairs, baselines = by_names([arm.name for arm in each.arms])
        expected = [] if name in WITH_SCHEDULES else pairs
        assert by_configs(each) == (expected, baselines)
    assert (definition.baseline, definition.contrasts) == (None, None)


@pytest.mark.usefixtures("_no_data")
@pytest.mark.parametrize(
    "name",
    [
        "sentiment" if each == "sentiment" else pytest.param(each, marks=_marks(each))
        for each in DECLARES
    ],
)
def test_a_shipped_sweep_declares_its_contrasts(loader: ConfigLoader, name: str) -> None:
    definition = define(loader, f"sweeps={name}")
    for each in [definition.under(c) for c in definition.conditions] or [definition]:
        names = [arm.name for arm in each.arms]
        baseline = "none" if "none" in names else names[0]
        assert by_configs(each) == (DECLARES[name](names), [baseline] * len(names))


def test_a_sweep_declares_its_baseline_and_contrasts(loader: ConfigLoader) -> None:
    words = (f"hydra.sweeper.baseline={HE}", f"hydra.sweeper.contrasts=[[{GLOROT},{HE}]]")
    definition = define(loader, ARMS, *words)
    assert (definition.baseline, definition.contrasts) == (HE, ((GLOROT, HE),))
    assert list(definition.methods) == [definition.arms[0].optimizer]


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("baseline=adam", r"sweeper\.baseline: there is no arm adam; the arms are he_normal, glo"),
        (f"contrasts=[[{HE},adam]]", r"contrasts: there is no arm adam; the arms are he_normal"),
        (f"contrasts=[[{HE},{HE}]]", r"sweeper\.contrasts: he_normal is compared with itself"),
        (f"contrasts=[[{HE},{GLOROT}],[{GLOROT},{HE}]]", r"glorot_normal and .* compared twice"),
        ("contrasts=[he]", r"must list pairs of arms, as \[\[adam, sgd\].*; got he"),
        ("contrasts=[[a,b,c]]", r"must list pairs of arms.*; got \['a', 'b', 'c'\]"),
    ],
)
def test_a_slip_is_refused_before_anything_trains(
    loader: ConfigLoader, word: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        define(loader, ARMS, f"hydra.sweeper.{word}")


def test_a_changed_declaration_is_another_definition(loader: ConfigLoader, tmp_path: Path) -> None:
    """A definition without a declaration equals one from before declarations existed.

    A definition with a declaration is another question, and the refusal names the contrasts.
    """
    plain = define(loader, ARMS, "hydra.sweeper.name=s")
    declared = dataclasses.replace(plain, contrasts=((GLOROT, HE),))
    assert not {"baseline", "contrasts"} & essence(plain).keys()
    assert is_other(plain, declared)
    write_definition(tmp_path / "s", declared)
    assert settle_folder(declared, tmp_path, if_changed="refuse") == declared
    with pytest.raises(RecordError, match=r'- contrasts: \[\["glorot_normal", "he_normal"\]\]'):
        settle_folder(plain, tmp_path, if_changed="refuse")


def test_the_declaration_is_hashed_before_the_first_run(
    loader: ConfigLoader, tmp_path: Path
) -> None:
    plain = define(loader, ARMS)
    assert contrasts_hash(plain) == {}
    hashes = contrasts_hash(dataclasses.replace(plain, baseline=HE))
    declare(tmp_path, n_runs=0, hashes=hashes)
    assert when_declared(tmp_path, CONTRASTS, digest=hashes[CONTRASTS]) == "before"
    other = contrasts_hash(dataclasses.replace(plain, baseline=GLOROT))
    assert when_declared(tmp_path, CONTRASTS, digest=other[CONTRASTS]) == "changed"


def test_declared_arms_get_their_difference_and_p_value(tmp_path: Path) -> None:
    """The arms differ in the initializer, and so have no contrast unless it is declared."""
    base = make_definition("grid", tune_seeds=(0,), confirm_seeds=tuple(range(1000, 1006)))
    sgd = base.arms[0]
    arms = tuple(
        dataclasses.replace(sgd, name=name).with_config(
            with_parts(sgd.config, initializer=INITIALIZERS[scheme].config)
        )
        for name, scheme in (("he", "he_normal"), ("glorot", "glorot_normal"))
    )
    plain = dataclasses.replace(base, arms=arms)
    declared = dataclasses.replace(plain, contrasts=(("glorot", "he"),), baseline="he")
    sweep = load_sweep(work(tmp_path, declared))
    (row,) = differences_of(sweep).to_dict("records")
    assert (row["arm"], row["baseline"], row["n_pairs"]) == ("glorot", "he", 6)
    assert row["p.holm"] == row["p"] > 0
    told = notes(sweep, find_winners(sweep), arm_table(sweep, find_winners(sweep)))
    assert any(
        "contrast declared beforehand: those that the sweep's YAML names" in x for x in told
    )
    undeclared = dataclasses.replace(sweep, definition=plain)
    (row,) = differences_of(undeclared).to_dict("records")
    assert math.isnan(row["p.holm"])
