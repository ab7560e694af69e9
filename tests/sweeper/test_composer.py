"""An override has the same meaning in a sweep as in a single run."""

import random
from collections.abc import Sequence

import pytest
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf, open_dict

from ffnn_lab.command_line import read_arguments
from ffnn_lab.config import ConfigError, RunConfig, UserError, leaves
from ffnn_lab.config.fields import as_override
from ffnn_lab.messages import explain
from ffnn_lab.sweeper.composer import Composer, references
from ffnn_lab.sweeper.request import read_request


def load(loader: object, overrides: Sequence[str], mode: RunMode) -> DictConfig:
    composed = loader.load_configuration("config", list(overrides), run_mode=mode)  # type: ignore[attr-defined]
    assert isinstance(composed, DictConfig)
    return composed


def as_one_run(loader: object, overrides: Sequence[str]) -> RunConfig:
    """Compose the config of a single run, as ``ffnn_lab.run`` does without ``-m``."""
    composed = load(loader, read_arguments(overrides), RunMode.RUN)
    with open_dict(composed):
        del composed["hydra"]
    config = OmegaConf.to_object(composed)
    assert isinstance(config, RunConfig)
    return config


def in_a_sweep(loader: object, master: DictConfig, overrides: Sequence[str]) -> RunConfig:
    """Compose the config of an arm of a sweep that has ``initializer.gain`` as its axis."""
    words = read_arguments(["-m", *overrides, "initializer.gain=1,2"])[1:]
    request = read_request(loader, master, words)  # type: ignore[arg-type]
    fixed = {a.key: a for a in request.assignments if a.axis is None}
    return Composer(loader, master, None).filled({}, fixed, ["initializer.gain"])  # type: ignore[arg-type]


ROWS = [
    ("trainer.max_norm=null", "trainer.checkpoint_seconds=null", "seed=7", "device=cpu"),
    ("trainer.max_norm=2", "optimizer.lr=1e-3", "trainer.max_epochs=1_0", "optimizer.momentum=0"),
    ('optimizer.lr="0.25"', "trainer.max_epochs='4'", "model.bias=no", "trainer.save_weights=1"),
    ("model.widths=[]", "paths.outputs=", 'paths.data=""', "tracking.project=null-and-void"),
    ("model.widths=[8, '16']", "paths.outputs=a:b", "paths.data=C:\\\\x", "tracking.project=on"),
    (
        "paths.outputs=${oc.env:HOME}/x",
        "paths.data=${paths.outputs}/data",
        "seed=${model.widths[0]}",
    ),
    ("trainer.max_norm=${optimizer.lr}", "optimizer.lr=0.5", "dropout.hidden=${.input}"),
    ("trainer={max_epochs: 3, batch_size: full}", "dropout={input: 0.1, hidden: 0.2}"),
    ("trainer.batch_size=64", "trainer.compile=false", "paths.outputs=\\${a}", "paths.data=x"),
    ("trainer.max_epochs=int(3.9)", "paths.outputs=str(1)", "optimizer.lr=float(1)"),
    ("seed=${oc.env:NO_SUCH,12}", "paths.outputs='${oc.env:NO_SUCH,x}/größe'"),
    ("paths.outputs=a b", "paths.data=/a/b/", "tracking.project='x=1,2'"),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_values_are_the_same(loader: object, master: DictConfig, row: tuple[str, ...]) -> None:
    alone, swept = as_one_run(loader, row), in_a_sweep(loader, master, row)
    assert leaves(swept) == leaves(alone)
    assert [type(value) for value in leaves(swept).values()] == [
        type(value) for value in leaves(alone).values()
    ]


@pytest.mark.parametrize(
    "text",
    [
        *("seed=null", "seed=1.5", "seed=abc", "trainer.max_epochs=2.0", "optimizer.lr=[1]"),
        *("model.widths=64", "model.widths=null", "model.bias=maybe", "optimizer.lr=-1"),
        *("paths.outputs=null", "optimizer.lr=", "optimizer.lr={a: 1}", "trainer.max_norm=no"),
        *("optimizer.lr=${oc.env:NO_SUCH}", "optimizer.lr=${no.such}", "paths.data=größe"),
    ],
)
def test_what_one_run_refuses_a_sweep_refuses_with_the_same_field(
    loader: object, master: DictConfig, text: str
) -> None:
    with pytest.raises(Exception) as alone:  # noqa: PT011 - Hydra's, OmegaConf's or ours
        as_one_run(loader, [text])
    with pytest.raises(Exception) as swept:  # noqa: PT011 - as above
        in_a_sweep(loader, master, [text])
    said = [explain(caught.value).splitlines() for caught in (alone, swept)]
    assert [len(lines) for lines in said] == [1, 1]
    assert all(lines[0].startswith(text.partition("=")[0]) for lines in said)


def test_any_text_is_the_same(loader: object, master: DictConfig) -> None:
    draw = random.Random(3)  # noqa: S311 - no secret
    signs = "abc 0189.,:;=+-~/\\'\"()[]{}<>|&%#@!?*ßöé中\t"
    for _ in range(8):
        texts = ["".join(draw.choices(signs, k=draw.randint(0, 12))) for _ in range(3)]
        names = ("paths.outputs", "paths.data", "tracking.project")
        row = [f"{name}={as_override(text)}" for name, text in zip(names, texts, strict=True)]
        alone, swept = as_one_run(loader, row), in_a_sweep(loader, master, row)
        assert leaves(swept) == leaves(alone)
        assert [leaves(alone)[name] for name in names] == texts


def test_a_reference_to_an_axis_is_refused(loader: object, master: DictConfig) -> None:
    with pytest.raises(ConfigError, match=r"trainer\.max_norm refers to initializer\.gain"):
        in_a_sweep(loader, master, ["trainer.max_norm=${initializer.gain}"])
    with pytest.raises(UserError, match=r"optimizer\.lr.*interpolation"):
        read_request(loader, master, ["optimizer.lr=${initializer.gain},0.1"])  # type: ignore[arg-type]


def test_references_are_found_in_every_way_of_writing_them() -> None:
    contents = {
        "a": {"b": "${c.d}", "e": ["${.b}", "x${oc.select:f.g,1}"], "h": "${..i[0]}"},
        "j": "${oc.env:HOME}/${oc.decode:${k}}",
        "l": "plain",
    }
    assert references(contents) == {
        "a.b": ["c.d"],
        "a.e": ["a.b", "f.g"],
        "a.h": ["i.0"],
        "j": ["k"],
    }
