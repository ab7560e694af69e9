"""The command line, checked before Hydra reads it."""

import pytest

from ffnn_lab.command_line import read_arguments
from ffnn_lab.config import ConfigError
from ffnn_lab.sweeper.grammar import as_written


def read(*arguments: str) -> list[str]:
    return [as_written(text) for text in read_arguments(arguments)]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("optimizer=sgd", "-m", "optimizer.lr=1,2"), ["-m", "optimizer=sgd", "optimizer.lr=1,2"]),
        (("seed=1,2", "--multirun"), ["--multirun", "seed=1,2"]),
        (("seed=1", "--cfg", "job", "device=cpu"), ["--cfg", "job", "seed=1", "device=cpu"]),
        (
            ("seed=1", "--config-dir=x=y", "device=cpu"),
            ["--config-dir=x=y", "seed=1", "device=cpu"],
        ),
        (("sweeps=default", "seed=1"), ["--multirun", "sweeps=default", "seed=1"]),
        (("-m", "seed=1,2", "--help", "device=cpu"), ["--help", "device=cpu"]),
        (("trainer.max_norm=null",), ["trainer.max_norm=null"]),
    ],
)
def test_flags_may_stand_anywhere(arguments: tuple[str, ...], expected: list[str]) -> None:
    assert read(*arguments) == expected


@pytest.mark.parametrize(
    "text",
    [
        *(
            "a.b=null",
            "a.b=",
            "a.b='x, y'",
            'a.b="ö\\" (1)"',
            "a.b=${oc.env:X}",
            "a.b={c: [1, d]}",
        ),
        *("a.b= x ", "a.b=1_0", "a.b=\\$", "seed=tag(grow,choice(1,2))", "seed=1"),
    ],
)
def test_a_deferred_value_comes_back_to_the_last_character(text: str) -> None:
    wrapped = read_arguments(["-m", text])[1]
    assert wrapped.startswith(f"{text.partition('=')[0]}=tag(deferred,choice(")
    assert as_written(wrapped) == text


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("-m sweeps=default,lr_grid", "sweeps=default,lr_grid: sweeps takes one name"),
        ("-m sweeps=choice(default)", "sweeps takes one name"),
        ("-m sweeps=[default]", "sweeps takes one name"),
        (
            "-m sweeps=default sweeps=lr_grid",
            "sweeps=default sweeps=lr_grid: sweeps takes one name",
        ),
        ("-m sweeps=null", "name a sweep of sweeps/"),
        ("sweeps=../x", "a sweep is a file in sweeps/ itself"),
        ("sweeps=mine/x", "a sweep is a file in sweeps/ itself"),
        ("sweeps=..", "a sweep is a file in sweeps/ itself"),
        ("sweeps=default.yaml", "without .yaml"),
        (
            "-m hydra/launcher=basic,joblib",
            "hydra/launcher=basic,joblib: a field of Hydra itself cannot",
        ),
        ("-m hydra.sweeper.n_workers=1,2", "a field of Hydra itself cannot have several values"),
        ("-m optimizer=sgd,adam optimizer=adam", "optimizer is written twice"),
        ("optimizer.lr=0.1 optimizer.lr=0.2", "optimizer.lr is written twice"),
        ("-m hydra.sweeper.dry_run=true hydra.sweeper.dry_run=false", "is written twice"),
        ("hydra.sweeper.dry_run=true", "this field belongs to a sweep.*add -m"),
        ("hydra/launcher=joblib", "this field belongs to a sweep.*add -m"),
        ("optimizer.lr=0.1,0.2", "several values make a sweep: add -m"),
        ("optimizer=null", "optimizer takes the name of an option: sgd"),
        ("-m optimizer=1,sgd", "optimizer takes the name of an option: sgd"),
        ("-m optimizer=range(1,3)", "optimizer takes the name of an option: sgd"),
        ("-m hydra/launcher=null", "hydra/launcher takes the name of an option"),
        ("-m optimizer@foo=adam", "optimizer@foo=adam: .*; leave out @foo"),
        ("=3", "=3: an override is written name=value"),
        ("--foo", "unrecognized arguments: --foo"),
        ("--cfg", "argument --cfg/-c: expected one argument"),
        ("sweeps=default --cfg job", "--cfg shows one run"),
        ("-m --run", "--run means one run"),
        ("--resolve", "--resolve works only together with --cfg"),
        ("-m hydra.mode=RUN", "hydra.mode=RUN means one run"),
        ("--experimental-rerun x", "ffnn_lab.replay"),
        ("optimizer.lr", "optimizer.lr: an override is written name=value"),
        ("paths.outputs=größe", """needs quotes: 'paths.outputs="größe"'"""),
        ("paths.outputs=a[1]", """needs quotes: 'paths.outputs="a\\[1\\]"'"""),
        ("grö=1", "a name is made of a-z"),
        ("-m optimizer.lr=tag(log,interval(1,2)", "is a bracket, a comma or a quote missing"),
        ("-m trainer.max_norm=choice(null,1)", "a list does: trainer.max_norm=null,..."),
    ],
)
def test_slips(arguments: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        read_arguments(arguments.split())
    assert "\n" not in str(caught.value)
