"""``python -m ffnn_lab.run``, as a user types it."""

import json
from pathlib import Path

import pytest

from ffnn_lab.config import GROUPS
from ffnn_lab.definition import read_definition
from ffnn_lab.models import open_network
from ffnn_lab.protocols.space import Choice
from ffnn_lab.records import read_curves, read_runs, read_trials
from ffnn_lab.report.claims.declaration import claim_hashes, when_declared
from tests.support.command_line import run_lab, run_lab_drawing, run_lab_forked, run_module
from tests.support.exhaustive import SHIPPED, rest
from tests.support.real_data import real_data

QUICK = ("trainer.max_epochs=1", "tracking=off")
TUNE_ONLY = ("hydra.sweeper.confirm.n_seeds=0",)


def only_folder(root: Path) -> Path:
    (folder,) = (root / "outputs").iterdir()
    return folder


def test_a_single_run_is_recorded_and_told(tmp_path: Path) -> None:
    said = run_lab(tmp_path, *QUICK)
    assert said.exit_code == 0, said.error
    folder = only_folder(tmp_path)
    runs, curves = read_runs(folder), read_curves(folder)
    assert folder.name == f"run-{runs['run_id'].iloc[0]}"
    assert runs["status"].tolist() == ["completed"]
    assert sorted(curves["epoch"].unique()) == [0, 1]
    assert str(folder.relative_to(tmp_path)) in said.out
    assert f"{runs['last.test.error'].iloc[0]:.2%}" in said.out
    assert "\x1b" not in said.out
    assert said.error == ""


def test_a_single_run_replaces_its_own_folder(tmp_path: Path) -> None:
    for _ in range(2):
        assert run_lab_forked(tmp_path, *QUICK).exit_code == 0
    assert len(read_runs(only_folder(tmp_path))) == 1


@pytest.mark.slow
def test_a_saved_network_gives_what_was_recorded(tmp_path: Path) -> None:
    import torch  # noqa: PLC0415 - with the task, the slow part of this module

    from ffnn_lab.config import from_leaves  # noqa: PLC0415
    from ffnn_lab.tasks import load_task  # noqa: PLC0415

    said = run_lab_forked(tmp_path, *QUICK, "trainer.save_weights=true")
    assert said.exit_code == 0, said.error
    folder = only_folder(tmp_path)
    row = read_runs(folder).iloc[0]
    network = open_network(folder / "weights" / f"{row['run_id']}.pt")
    test = load_task(from_leaves(json.loads(row["config_json"])).task, Path("no-data")).test
    with torch.no_grad():
        answers = network(torch.from_numpy(test.inputs).float()).argmax(dim=1).numpy()
    assert (answers != test.labels).mean() == row["last.test.error"]


@pytest.mark.slow
def test_an_ad_hoc_sweep_of_groups_and_values(tmp_path: Path) -> None:
    """Groups make arms, and leaves are axes or fixed; arms ignore leaves that they do not have."""
    said = run_lab_drawing(
        tmp_path,
        *("-m", "optimizer=sgd,adam", "initializer.gain=range(1,3)", "optimizer.eps=1e-6,1e-3"),
        *("optimizer.beta2=0.99", "seed=0,7", *QUICK, *TUNE_ONLY),
    )
    assert said.exit_code == 0, said.error
    folder = only_folder(tmp_path)
    definition = read_definition(folder)
    assert definition is not None
    gains = Choice((1.0, 2.0))
    assert {arm.name: arm.space for arm in definition.arms} == {
        "sgd": {"initializer.gain": gains},
        "adam": {"initializer.gain": gains, "optimizer.eps": Choice((1e-6, 1e-3))},
    }
    trials, runs = read_trials(folder), read_runs(folder)
    assert trials.groupby("arm").size().to_dict() == {"sgd": 2 * 2, "adam": 4 * 2}
    assert set(runs["seed"]) == {0, 7}
    beta2 = runs.set_index("optimizer.name")["optimizer.beta2"]
    assert set(beta2["adam"]) == {0.99}
    assert beta2["sgd"].isna().all()
    assert "sgd" in said.out
    assert (folder / "figures" / "learning_curves.pdf").stat().st_size > 0


def test_the_same_sweep_again_trains_nothing_and_shows_the_table(tmp_path: Path) -> None:
    words = ("-m", "optimizer.lr=tag(log,interval(0.01,1))", *QUICK)
    budget = ("hydra.sweeper.protocol.n_settings=3", "hydra.sweeper.confirm.n_seeds=2")
    first = run_lab_forked(tmp_path, *words, *budget)
    assert first.exit_code == 0, first.error
    folder = only_folder(tmp_path)
    stamps = {path: path.stat().st_mtime_ns for path in (folder / "runs").iterdir()}
    again = run_lab_forked(tmp_path, *words, *budget)
    assert again.exit_code == 0, again.error
    assert stamps == {path: path.stat().st_mtime_ns for path in (folder / "runs").iterdir()}
    assert "tune: 9 of 9 runs recorded" in again.out
    table = first.out[first.out.index(": arms") :]
    assert table in again.out
    # Claims count as declared before the first run, and no later run changes that.
    declared = [
        when_declared(folder, name, digest=digest) for name, digest in claim_hashes().items()
    ]
    assert set(declared) == {"before"}


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_winners_command_gives_the_recorded_run(tmp_path: Path) -> None:
    said = run_lab_forked(
        tmp_path,
        *("-m", "optimizer=adam", "optimizer.lr=tag(log,interval(1e-4,1e-2))", *QUICK),
        *("hydra.sweeper.protocol.n_settings=2", "hydra.sweeper.confirm.n_seeds=1"),
    )
    assert said.exit_code == 0, said.error
    (command,) = (
        line for line in said.out.splitlines() if line.startswith("python -m ffnn_lab.run opt")
    )
    confirmed = read_trials(only_folder(tmp_path)).query("stage == 'confirm'")["run_id"].iloc[0]
    again = run_lab_forked(tmp_path, *command.split()[3:], "tracking=off", "paths.outputs=again")
    assert again.exit_code == 0, again.error
    assert (tmp_path / "again" / f"run-{confirmed}").is_dir()


def test_a_bare_multirun_plans_the_default_sweep(tmp_path: Path) -> None:
    said = run_lab_forked(tmp_path, "-m", "hydra.sweeper.dry_run=true")
    assert said.exit_code == 0, said.error
    assert said.out.startswith("sweep default,")
    for arm in ("sgd", "heavy_ball", "adagrad", "rmsprop", "adam"):
        assert f"{arm}: " in said.out
    assert "initializer.gain in [0.25, 4] log" in said.out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.exhaustive  # `tests.sweeper.test_naming` tests the names
def test_the_default_sweep_with_overrides_has_a_name_of_its_own(tmp_path: Path) -> None:
    plans = [
        run_lab_forked(tmp_path, "-m", "hydra.sweeper.dry_run=true", *words).out.splitlines()[0]
        for words in ((), ("trainer.max_epochs=2",), ("trainer.max_epochs=3",), ("tracking=off",))
    ]
    assert plans[0].startswith("sweep default,")
    assert plans[1].startswith("sweep default-")
    assert len(set(plans)) == 3
    assert plans[3] == plans[0]


@pytest.mark.slow
def test_a_users_own_sweep_is_found_from_any_folder(tmp_path: Path) -> None:
    (tmp_path / "sweeps").mkdir()
    (tmp_path / "sweeps" / "mine.yaml").write_text(
        "# @package _global_\n"
        "hydra:\n  mode: MULTIRUN\n  sweeper:\n"
        "    arms:\n"
        "      zero: {initializer: zeros}\n"
        "      he: {initializer: he_normal}\n"
        "    space: {optimizer.lr: 'choice(0.01, 0.1)'}\n"
        "    tune: {n_seeds: 1}\n    confirm: {n_seeds: 0}\n"
        "trainer: {max_epochs: 1}\n"
    )
    said = run_lab_forked(tmp_path, "sweeps=mine", "tracking=off", "paths.outputs=elsewhere")
    assert said.exit_code == 0, said.error
    runs = read_runs(tmp_path / "elsewhere" / "mine")
    assert runs.groupby("initializer.name").size().to_dict() == {"he_normal": 2, "zeros": 2}


READS = {
    "relu_images": ("mnist", "fashion-mnist"),
    "wilson_mnist": ("mnist",),
    "wilson_fashion_mnist": ("fashion-mnist",),
    "wilson_cifar10": ("cifar-10-batches-py",),
    "wilson_char_lstm": ("war-and-peace",),
    "sentiment": ("rt-polarity",),
    "dropout_rate_mnist": ("mnist",),
    "dropout_data_size_mnist": ("mnist",),
    "decay_small": ("fashion-mnist",),
}
"""Folders of real data that sweeps need, by the beginnings of the sweeps' names."""
PLANNED = ("wilson_mnist_smoke", "wilson_separable")
"""A sweep of real data, and a sweep under conditions; the default sweep is planned above.

`tests.sweeper.test_declared` composes all sweeps that do not begin with another sweep's file.
"""


def _folders(sweep: str) -> tuple[str, ...]:
    return next((READS[name] for name in READS if sweep.startswith(name)), ())


@pytest.mark.slow
@pytest.mark.parametrize(
    "sweep", [*PLANNED, *(rest(name) for name in SHIPPED if name not in PLANNED)]
)
def test_every_sweep_in_the_project_plans(sweep: str, tmp_path: Path) -> None:
    data = [f"paths.data={real_data(folder)}" for folder in _folders(sweep)]
    words = ("-m", f"sweeps={sweep}", "hydra.sweeper.dry_run=true", *data[:1])
    said = run_lab_forked(tmp_path, *words)
    assert said.exit_code == 0, said.error
    name = said.out.partition(",")[0]
    assert name == f"sweep {sweep}"


def test_every_sweep_in_the_project_says_what_it_asks() -> None:
    for sweep in SHIPPED:
        assert (Path("sweeps") / f"{sweep}.md").read_text().startswith("#"), sweep


@pytest.mark.slow
def test_a_quoted_tilde_means_home(tmp_path: Path) -> None:
    quick = ("trainer.max_epochs=1", "tracking=off")
    said = run_lab_forked(tmp_path, *quick, FFNN_LAB_OUTPUTS="~/res", HOME=str(tmp_path / "home"))
    assert said.exit_code == 0, said.error
    (folder,) = (tmp_path / "home" / "res").iterdir()
    assert folder.name.startswith("run-")
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_help_lists_groups_and_needs_nothing_heavy(tmp_path: Path) -> None:
    said = run_lab_forked(tmp_path, "--help")
    assert said.exit_code == 0
    for group, options in GROUPS.items():
        assert f"{group}: {', '.join(sorted(options))}" in said.out
    code = (
        "import sys; sys.argv = ['ffnn_lab.run', '--help']\n"
        "from ffnn_lab.run import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(sorted({'torch', 'optuna', 'wandb', 'pandas', 'sklearn'} & set(sys.modules)))\n"
    )
    (tmp_path / "probe.py").write_text(code)
    probe = run_module("probe", (), tmp_path)
    assert probe.out.splitlines()[-1] == "[]", probe.error


def test_show_config_trains_nothing(tmp_path: Path) -> None:
    said = run_lab_forked(tmp_path, "optimizer=adam", "--cfg", "job")
    assert said.exit_code == 0
    assert "beta1: 0.9" in said.out
    assert list(tmp_path.iterdir()) == []


def test_what_is_typed_wins_over_what_an_arm_says(tmp_path: Path) -> None:
    said = run_lab_forked(
        tmp_path, "-m", "sweeps=default", "optimizer.lr=0.1", "hydra.sweeper.dry_run=true"
    )
    assert said.exit_code == 0, said.error
    assert "optimizer.lr in" not in said.out
    assert "initializer.gain in [0.25, 4] log" in said.out


@pytest.mark.slow
def test_a_group_chosen_in_a_sweeps_defaults_list_is_in_its_command(tmp_path: Path) -> None:
    (tmp_path / "sweeps").mkdir()
    (tmp_path / "sweeps" / "mine.yaml").write_text(
        "# @package _global_\n"
        "defaults:\n  - override /optimizer: adam\n"
        "hydra:\n  mode: MULTIRUN\n  sweeper:\n"
        "    space: {optimizer.beta1: '0.5,0.9'}\n"
        "    tune: {n_seeds: 1}\n    confirm: {n_seeds: 0}\n"
        "trainer: {max_epochs: 1}\n"
    )
    said = run_lab_forked(tmp_path, "sweeps=mine", "tracking=off", "hydra.sweeper.name=other")
    assert said.exit_code == 0, said.error
    assert (
        "python -m ffnn_lab.run optimizer=adam trainer.max_epochs=1 optimizer.beta1=" in said.out
    )
    definition = read_definition(tmp_path / "outputs" / "other")
    assert definition is not None
    assert "hydra.sweeper.name=other" in definition.command


def test_an_interrupted_run_leaves_its_predecessor(tmp_path: Path) -> None:
    assert run_lab_forked(tmp_path, *QUICK).exit_code == 0
    before = {p: p.read_bytes() for p in (tmp_path / "outputs").rglob("*") if p.is_file()}
    folder = only_folder(tmp_path)

    class StoppedError(Exception):
        pass

    from ffnn_lab.sweeper.single import whole_or_not  # noqa: PLC0415 - hydra, for this test alone

    def begin() -> None:
        with whole_or_not(folder, print) as begun:
            (begun / "half").write_text("half")
            raise StoppedError

    with pytest.raises(StoppedError):
        begin()
    after = {p: p.read_bytes() for p in (tmp_path / "outputs").rglob("*") if p.is_file()}
    assert after == before
