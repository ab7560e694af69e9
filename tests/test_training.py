"""Members join, leave and go on at any time, beside any others, and no number moves by a bit."""

import math
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch

from ffnn_lab.config import RunConfig, run_id, with_values
from ffnn_lab.models import open_network
from ffnn_lab.networks import MLP
from ffnn_lab.optimizers.sgd import SGDConfig
from ffnn_lab.population import Member, Snapshot
from ffnn_lab.records import CurvePoint, RecordWriter, RunResult
from ffnn_lab.replay import main as replay
from ffnn_lab.schedules.dev_decay import DevDecayConfig
from ffnn_lab.tasks.data.task import Task
from ffnn_lab.testing import Outcome, assert_same_to_the_bit, train_with_weights
from ffnn_lab.trainer import Training, train
from tests.catalog import INITIALIZERS, OPTIMIZERS, SCHEDULES
from tests.support.builders import ids, make_blobs, make_run, with_parts
from tests.support.exhaustive import first

SAVING = {"trainer.save_weights": True, "trainer.dtype": "float32"}
DTYPES = ("float32", "float64")
N_KINDS = len(OPTIMIZERS) * len(SCHEDULES)
"""Number of runs with which each optimizer meets each schedule."""


def a_run(name: str, seed: int = 0, max_epochs: int = 5, **changes: object) -> RunConfig:
    """Return a run with dropout under an optimizer of the catalog."""
    dotted = {key.replace("__", "."): value for key, value in changes.items()}
    own = {"trainer.max_epochs": max_epochs, "dropout.hidden": 0.3}
    return make_run({**SAVING, **own, **dotted}, seed=seed, optimizer=OPTIMIZERS[name].config)


def runs_of_every_kind(n_runs: int = N_KINDS, **changes: object) -> list[RunConfig]:
    """Return runs that differ in all that may differ inside one population, also in length."""
    optimizers = [row.config for row in OPTIMIZERS.values()]
    schedules = [
        *(row.config for name, row in SCHEDULES.items() if name != "dev_decay"),
        DevDecayConfig(name="dev_decay", delta=0.7, patience=1),  # which decays in a few epochs
    ]
    initializers = [row.config for row in INITIALIZERS.values() if row.breaks_symmetry]
    dotted = {key.replace("__", "."): value for key, value in changes.items()}
    return [
        make_run(
            {
                **SAVING,
                # So high that some runs under dev_decay, the last schedule, get worse.
                "optimizer.lr": optimizers[m % len(optimizers)].lr
                * (6 if m % len(schedules) == len(schedules) - 1 else 1),
                "optimizer.weight_decay": (0.0, 0.01, 0.0)[m % 3],
                "optimizer.decay": ("coupled", "decoupled")[m // 3 % 2],
                "dropout.input": (0.0, 0.2)[m % 2],
                "dropout.hidden": (0.0, 0.5, 0.2)[m % 3],
                "trainer.max_norm": (None, 1.0, None, 0.5)[m // 2 % 4],
                "trainer.clip_norm": (None, 0.4, None)[m // 2 % 3],
                "trainer.max_epochs": (3, 7, 1, 5)[m // 5 % 4],
                **dotted,
            },
            seed=m,
            optimizer=optimizers[m % len(optimizers)],
            schedule=schedules[m % len(schedules)],
            initializer=initializers[m % len(initializers)],
        )
        for m in range(n_runs)
    ]


def hopeless(seed: int = 0) -> RunConfig:
    """Return a run that diverges in its first epoch."""
    wild = SGDConfig(name="sgd", lr=1e30, weight_decay=0.0, decay="coupled")
    return with_parts(a_run("sgd", seed), optimizer=wild)


def alone(configs: Sequence[RunConfig], task: Task) -> list[Outcome]:
    """Train each run by itself."""
    return [train_with_weights([config], task)[0] for config in configs]


class Lab:
    """A training that collects the results of its runs."""

    def __init__(self, task: Task, folder: Path) -> None:
        """Begin without members."""
        self._task = task
        self._folder = folder
        self.training = Training(task, weights_folder=folder)
        self.results: list[RunResult] = []

    def join(
        self, *configs: RunConfig, snapshots: Sequence[Snapshot] = (), pruned: Sequence[str] = ()
    ) -> None:
        """Let runs join; runs that cannot begin their first epoch leave at once."""
        known = {snapshot.member.run_id: snapshot for snapshot in snapshots}
        self.training.join(configs, known)
        self.leave(pruned)

    def epochs(self, n_epochs: int = 1) -> None:
        """Train for some epochs; runs that are done leave after each."""
        for _ in range(n_epochs):
            self.training.epoch()
            self.leave()

    def leave(self, pruned: Sequence[str] = ()) -> list[RunResult]:
        """Let runs leave that are done or to be pruned, and return their results."""
        results = self.training.leave(set(pruned))
        self.results += results
        return results

    def finish(self) -> None:
        """Train all runs to their end."""
        while self.training.members:
            self.epochs()

    def start_again(self) -> list[Snapshot]:
        """Begin anew, as after a stop, and return snapshots of the runs that were in training."""
        snapshots = self.training.snapshots()
        self.training = Training(self._task, weights_folder=self._folder)
        return snapshots

    @property
    def inside(self) -> list[str]:
        """Return the ids of the runs in training."""
        return [member.run_id for member in self.training.members]

    def outcomes(self) -> list[Outcome]:
        """Return results and saved networks of the finished runs."""
        return [
            Outcome(result, open_network(self._folder / f"{result.run_id}.pt"))
            for result in self.results
        ]


@pytest.fixture
def lab(blobs: Task, tmp_path: Path) -> Lab:
    return Lab(blobs, tmp_path)


def in_disorder(
    configs: Sequence[RunConfig], task: Task, folder: Path, seed: int, n_places: int
) -> Lab:
    """Train runs that join, leave, stop and go on at random."""
    rng = random.Random(seed)  # noqa: S311 - draws test cases
    lab = Lab(task, folder)
    waiting = list(configs)
    kept: list[Snapshot] = []
    rng.shuffle(waiting)
    while waiting or lab.inside:
        n_free = min(n_places - len(lab.inside), len(waiting))
        n_joining = rng.randint(0 if lab.inside else 1, n_free) if n_free else 0
        if n_joining:
            lab.join(*waiting[:n_joining], snapshots=kept)
            waiting = waiting[n_joining:]
        if lab.inside:
            lab.epochs()
        if rng.random() < 0.15:  # runs in training go back to those that wait
            members = lab.training.members
            waiting += [member.config for member in members]
            kept += lab.start_again()
            rng.shuffle(waiting)
    return lab


# --- joining -----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_run_that_joins_later_moves_nothing(
    name: str, dtype: str, blobs: Task, lab: Lab
) -> None:
    """The run joins one of its own method, with which its state is stacked, and one of another."""
    other = "adam" if name == "sgd" else "sgd"
    first, other_method, late, last = configs = [
        a_run(name, 0, trainer__dtype=dtype),
        a_run(other, 1, trainer__dtype=dtype, max_epochs=4),
        a_run(name, 2, trainer__dtype=dtype),
        a_run(name, 3, trainer__dtype=dtype, max_epochs=2),
    ]
    lab.join(first, other_method)
    lab.epochs(2)
    lab.join(late)
    lab.epochs(1)
    lab.join(last)
    assert set(lab.inside) == set(ids(configs))
    assert {member.epoch for member in lab.training.members} == {3, 1, 0}
    lab.finish()
    assert_same_to_the_bit(lab.outcomes(), alone(configs, blobs))
    assert_same_to_the_bit(lab.outcomes(), train_with_weights(configs, blobs))


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_begins_with_its_run(name: str, blobs: Task, lab: Lab) -> None:
    """The learning rate is so high that the dev loss goes up and down."""
    wild = {"optimizer.lr": 1.5, "dropout.hidden": 0.0}
    early, late = (
        make_run(
            {**SAVING, **wild, "trainer.max_epochs": n},
            seed=n,
            schedule=SCHEDULES[name].config,
        )
        for n in (9, 8)
    )
    lab.join(early)
    lab.epochs(5)
    lab.join(late)
    lab.finish()
    expected = alone([early, late], blobs)
    assert_same_to_the_bit(lab.outcomes(), expected)
    for outcome in expected:
        rates = [point.lr for point in outcome.result.curve]
        assert (len(set(rates)) > 1) == (name != "constant")


def test_a_newcomer_brings_its_limit_and_takes_it_away(blobs: Task, lab: Lab) -> None:
    free = a_run("sgd", 0, max_epochs=6)
    limited = a_run("sgd", 1, max_epochs=2, trainer__max_norm=0.5)
    lab.join(free)
    lab.epochs()
    assert _limits(lab) is None
    lab.join(limited)
    assert _limits(lab) == [math.inf, 0.5]
    lab.epochs(2)
    assert _limits(lab) is None
    lab.finish()
    assert_same_to_the_bit(lab.outcomes(), alone([free, limited], blobs))


def _limits(lab: Lab) -> list[float] | None:
    population = lab.training._population
    assert population is not None
    return None if population.max_norm is None else population.max_norm.tolist()


@pytest.mark.parametrize("decay", ["coupled", "decoupled"])
def test_a_newcomer_brings_its_weight_decay_and_takes_it_away(
    decay: str, blobs: Task, lab: Lab
) -> None:
    free = a_run("heavy_ball", 0, max_epochs=6)
    decaying = a_run(
        "heavy_ball", 1, max_epochs=2, optimizer__weight_decay=0.1, optimizer__decay=decay
    )
    lab.join(free)
    lab.epochs()
    lab.join(decaying)
    lab.finish()
    assert_same_to_the_bit(lab.outcomes(), alone([free, decaying], blobs))


def test_one_methods_members_lie_together_whenever_they_joined(lab: Lab) -> None:
    configs = runs_of_every_kind(21, trainer__max_epochs=3)
    for place in range(0, 21, 7):
        lab.join(*configs[place : place + 7])
    population = lab.training._population
    assert population is not None
    methods = [type(member.config.optimizer) for member in population.members]
    assert methods == sorted(methods, key=methods.index)
    bounds = [(part.start, part.stop) for part in population.slices]
    assert [start for start, _ in bounds] == [0, *(stop for _, stop in bounds[:-1])]
    assert bounds[-1][1] == len(population) == 21
    assert len(population.flat) == 21
    for part in population.slices:
        n_members = part.stop - part.start
        stacked = [*part.state.values(), *part.hyperparameters.values()]
        assert {len(tensor) for tensor in stacked} == {n_members}


# --- leaving -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_freed_place_is_taken(name: str, blobs: Task, lab: Lab) -> None:
    """Other runs take the places of a run that diverged and of a shorter run."""
    configs = [a_run(name, 0), a_run(name, 1, max_epochs=2), a_run(name, 2, max_epochs=4)]
    successor = a_run(name, 3, max_epochs=3)
    lab.join(hopeless(7), *configs[:2])
    lab.epochs()
    assert [result.status for result in lab.results] == ["diverged"]
    lab.join(configs[2])
    lab.epochs()
    assert [result.status for result in lab.results] == ["diverged", "completed"]
    lab.join(successor)
    lab.finish()
    everyone = [hopeless(7), *configs, successor]
    assert_same_to_the_bit(lab.outcomes(), alone(everyone, blobs))


def test_a_population_that_empties_is_filled_again(blobs: Task, lab: Lab) -> None:
    """Later members have other methods than before, and may be more."""
    waves = [
        [a_run("adam", 0, max_epochs=2)],
        [a_run("sgd", 1), a_run("rmsprop", 2), a_run("adamw", 3, trainer__max_norm=1.0)],
        [hopeless(4)],
        [a_run("adam", 5, max_epochs=1), a_run("adagrad", 6)],
    ]
    for wave in waves:
        lab.join(*wave)
        lab.finish()
        assert lab.inside == []
        assert lab.leave() == []
        assert lab.training.snapshots() == []
    configs = [config for wave in waves for config in wave]
    assert_same_to_the_bit(lab.outcomes(), alone(configs, blobs))


def test_who_is_infinite_as_drawn_leaves_before_the_first_epoch(blobs: Task, lab: Lab) -> None:
    good = a_run("sgd")
    bad = a_run("sgd", 1, initializer__gain=1e308)
    lab.join(good)
    lab.epochs()
    lab.join(bad)
    assert [(result.run_id, result.status) for result in lab.results] == [
        (run_id(bad), "diverged")
    ]
    lab.finish()
    assert_same_to_the_bit(lab.outcomes(), alone([bad, good], blobs))


def test_nobody_has_joined_nobody_leaves(blobs: Task) -> None:
    training = Training(blobs)
    assert (list(training.members), training.leave(), training.snapshots()) == ([], [], [])


def test_times_are_shared_among_those_who_trained(blobs: Task) -> None:
    training = Training(blobs)
    training.join([a_run("sgd", 0, max_epochs=2)])
    training.epoch()
    first = training.members[0].seconds
    training.join([a_run("sgd", 1, max_epochs=1)])
    assert training.members[1].seconds == 0.0
    training.epoch()
    one, other = (result.seconds for result in training.leave())
    assert one - first == pytest.approx(other, rel=0.5)
    assert 0 < first < one


# --- any order ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def references() -> dict[str, list[Outcome]]:
    """Return the outcomes of runs of every kind, each trained alone, by dtype."""
    return {
        dtype: alone(runs_of_every_kind(trainer__dtype=dtype), make_blobs()) for dtype in DTYPES
    }


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("seed", range(4))
def test_joins_leaves_and_stops_in_any_order_move_nothing(
    seed: int, dtype: str, blobs: Task, references: dict[str, list[Outcome]], tmp_path: Path
) -> None:
    """Runs have every optimizer under every schedule, in populations of at most 3, 6, 9 or 12."""
    configs = runs_of_every_kind(trainer__dtype=dtype)
    lab = in_disorder(configs, blobs, tmp_path, seed, n_places=3 * (1 + seed))
    assert_same_to_the_bit(lab.outcomes(), references[dtype])


@pytest.mark.parametrize("dtype", DTYPES)
def test_all_at_once_is_one_of_the_orders(
    dtype: str, blobs: Task, references: dict[str, list[Outcome]]
) -> None:
    configs = runs_of_every_kind(trainer__dtype=dtype)
    assert_same_to_the_bit(train_with_weights(configs, blobs), references[dtype])
    n_rates = [
        len({point.lr for point in outcome.result.curve})
        for outcome in references[dtype]
        if outcome.result.config.schedule.name == "dev_decay"
    ]
    assert sum(n > 1 for n in n_rates) >= 2  # so the state of dev_decay is tested


def _assert_order_moves_nothing(
    seed: int, folder: Path, set_threads: Callable[[int], None]
) -> None:
    """Assert that order moves nothing: runs of a random shape, on changing numbers of threads."""
    rng = random.Random(seed)  # noqa: S311 - draws test cases
    task = make_blobs(
        n_features=rng.randint(1, 130),
        n_classes=rng.randint(2, 12),
        n_train=rng.randint(20, 120),
    )
    n_runs = rng.randint(2, 30)
    configs = runs_of_every_kind(
        n_runs,
        model__widths=[rng.randint(1, 150) for _ in range(rng.randint(0, 3))],
        model__activation=rng.choice(["relu", "tanh", "sigmoid", "gelu"]),
        trainer__batch_size=rng.choice([1, 7, 13, 32, 33, "full"]),
        trainer__dtype=rng.choice(DTYPES),
    )
    set_threads(1)
    expected = alone(configs, task)
    set_threads(rng.choice([1, 2, 4]))
    lab = in_disorder(configs, task, folder, seed, n_places=rng.randint(1, 20))
    assert_same_to_the_bit(lab.outcomes(), expected)


@pytest.mark.parametrize("seed", range(3))
def test_order_moves_nothing_at_odd_sizes(
    seed: int, tmp_path: Path, set_threads: Callable[[int], None]
) -> None:
    _assert_order_moves_nothing(seed, tmp_path, set_threads)


@pytest.mark.slow
@pytest.mark.parametrize("seed", first(1, range(100, 160)))
def test_order_moves_nothing_at_random_sizes(
    seed: int, tmp_path: Path, set_threads: Callable[[int], None]
) -> None:
    _assert_order_moves_nothing(seed, tmp_path, set_threads)


# --- going on ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("schedule", ["constant", "dev_decay", "warmup_linear"])
def test_a_run_goes_on_from_where_it_was_left(
    name: str, schedule: str, blobs: Task, lab: Lab
) -> None:
    """The run is stopped after each of its epochs, and goes on beside other runs each time."""
    config = with_parts(a_run(name, max_epochs=4), schedule=SCHEDULES[schedule].config)
    expected = alone([config], blobs)
    lab.join(config)
    for epoch in range(4):
        company = [a_run(name, 10 + epoch, max_epochs=2), a_run("adam", 20 + epoch)]
        (snapshot,) = [s for s in lab.start_again() if s.member.run_id == run_id(config)]
        assert snapshot.member.epoch == epoch
        lab.join(*company, config, snapshots=[snapshot])
        assert [m.epoch for m in lab.training.members if m.config == config] == [epoch]
        lab.epochs()
    own = [outcome for outcome in lab.outcomes() if outcome.result.config == config]
    assert_same_to_the_bit(own, expected)


def test_going_on_between_two_evaluations(blobs: Task, lab: Lab) -> None:
    """A run is evaluated after epochs 3, 6 and 7 alone, and not when it joins again."""
    config = a_run("adam", max_epochs=7, trainer__evaluate_every=3)
    beside = a_run("sgd", max_epochs=2, trainer__evaluate_every=3)
    lab.join(config)
    for _ in range(7):
        snapshots = [s for s in lab.start_again() if s.member.config == config]
        lab.join(config, with_values(beside, {"seed": len(lab.results)}), snapshots=snapshots)
        lab.epochs()
    own = [outcome for outcome in lab.outcomes() if outcome.result.config == config]
    assert_same_to_the_bit(own, alone([config], blobs))
    assert [p.epoch for p in own[0].result.curve if p.split == "dev"] == [0, 3, 6, 7]


def test_a_snapshot_stays_what_it_was(blobs: Task, lab: Lab, tmp_path: Path) -> None:
    """A snapshot does not change while its run trains on or other trainings go on from it."""
    config = with_parts(a_run("adam"), schedule=SCHEDULES["dev_decay"].config)
    lab.join(config)
    lab.epochs(2)
    snapshots = lab.training.snapshots()
    before = _written(snapshots[0])
    lab.finish()
    assert _written(snapshots[0]) == before
    for attempt in range(2):
        again = Lab(blobs, tmp_path / str(attempt))
        again.join(config, snapshots=snapshots)
        again.epochs()
        assert _written(snapshots[0]) == before
        again.finish()
        assert_same_to_the_bit(again.outcomes(), lab.outcomes())


def _written(snapshot: Snapshot) -> tuple[object, ...]:
    member = snapshot.member
    state = {key: tensor.tolist() for key, tensor in snapshot.state.items()}
    weights = snapshot.params.tolist()
    return (member.epoch, member.n_steps, member.schedule, list(member.curve), weights, state)


def test_snapshots_of_others_are_left_alone(blobs: Task, lab: Lab) -> None:
    one, other = a_run("sgd"), a_run("sgd", 1)
    lab.join(one)
    lab.epochs()
    snapshots = lab.start_again()
    lab.join(other, snapshots=snapshots)
    assert lab.inside == [run_id(other)]
    lab.finish()
    assert_same_to_the_bit(lab.outcomes(), alone([other], blobs))


# --- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model.widths", [8]),
        ("model.activation", "tanh"),
        ("trainer.batch_size", 9),
        ("trainer.dtype", "float64"),
        ("trainer.evaluate_every", 2),
        ("task.split_seed", 1),
    ],
)
@pytest.mark.parametrize("is_empty", [False, True])
def test_a_run_of_another_partition_is_refused(
    name: str, value: object, *, is_empty: bool, blobs: Task, lab: Lab
) -> None:
    """The run is refused even if all members have left: layers and data stay as they were."""
    config = a_run("adam", max_epochs=2)
    stranger = with_values(a_run("adam", 1), {name: value})
    lab.join(config)
    lab.epochs()
    if is_empty:
        lab.finish()
    with pytest.raises(ValueError, match="must agree in task, model, batch size, dtype, device"):
        lab.join(stranger)
    with pytest.raises(ValueError, match="must agree in task, model, batch size, dtype, device"):
        lab.join(a_run("adam", 2), stranger)
    assert len(lab.inside) == (0 if is_empty else 1)
    lab.finish()
    assert_same_to_the_bit(lab.outcomes(), alone([config], blobs))


# --- pruned ------------------------------------------------------------------------------------


def test_a_pruned_run_is_the_beginning_of_the_whole_one(blobs: Task, lab: Lab) -> None:
    configs = runs_of_every_kind(8, trainer__max_epochs=5)
    expected = {outcome.result.run_id: outcome for outcome in alone(configs, blobs)}
    pruned = ids([configs[place] for place in (1, 2, 6)])
    lab.join(*configs)
    lab.epochs(2)
    weights = {s.member.run_id: s.params for s in lab.training.snapshots()}
    results = lab.leave([*pruned, "of nobody here"])
    assert {result.run_id for result in results} == set(pruned)
    assert set(lab.inside) == set(expected) - set(pruned)
    for outcome in lab.outcomes():
        result, whole = outcome.result, expected[outcome.result.run_id].result
        assert (result.status, result.n_epochs, result.n_steps) == ("pruned", 2, 14)
        assert result.curve == [point for point in whole.curve if point.epoch <= 2]
        assert set(result.metrics().values()) == {None}
        n_out, n_in = outcome.weights[0].shape
        stored = MLP((5, 9, 3), "relu").views(weights[result.run_id].unsqueeze(0))[0][0]
        assert torch.equal(outcome.weights[0], stored[:n_out, :n_in])
    lab.finish()
    others = [outcome for outcome in lab.outcomes() if outcome.result.run_id not in pruned]
    assert_same_to_the_bit(others, [expected[outcome.result.run_id] for outcome in others])


def test_a_freed_place_of_a_pruned_run_is_taken(blobs: Task, lab: Lab) -> None:
    stays, pruned, follows = (a_run("rmsprop", seed) for seed in range(3))
    lab.join(stays, pruned)
    lab.epochs()
    lab.leave([run_id(pruned)])
    lab.join(follows)
    lab.finish()
    completed = [outcome for outcome in lab.outcomes() if outcome.result.status == "completed"]
    assert_same_to_the_bit(completed, alone([stays, follows], blobs))


def test_who_diverged_or_finished_is_not_called_pruned(blobs: Task) -> None:
    training = Training(blobs)
    done, bad, cut = a_run("sgd", 0, max_epochs=1), hopeless(1), a_run("sgd", 2)
    training.join([done, bad, cut])
    training.epoch()
    results = {result.run_id: result.status for result in training.leave(ids([done, bad, cut]))}
    assert [results[run] for run in ids([done, bad, cut])] == ["completed", "diverged", "pruned"]


def test_a_run_may_be_pruned_before_its_first_epoch(blobs: Task) -> None:
    training = Training(blobs)
    config = a_run("sgd")
    training.join([config])
    (result,) = training.leave(ids([config]))
    assert (result.status, result.n_epochs, result.n_steps) == ("pruned", 0, 0)
    assert {point.epoch for point in result.curve} == {0}


@pytest.mark.parametrize("schedule", ["cosine", "dev_decay", "warmup_linear"])
def test_a_pruned_run_replays_to_the_bit(
    schedule: str, digits: Task, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The run joined late and left early, but replays alone, on the schedule of all its epochs."""
    pruned = make_run(
        {"trainer.max_epochs": 9, "trainer.batch_size": 64, "optimizer.lr": 2.0},
        seed=3,
        schedule=SCHEDULES[schedule].config,
    )
    training = Training(digits)
    training.join([with_values(pruned, {"seed": seed}) for seed in (1, 2)])
    training.epoch()
    training.join([pruned])
    for _ in range(3):
        training.epoch()
    (result,) = training.leave([run_id(pruned)])
    assert (result.status, result.n_epochs) == ("pruned", 3)
    RecordWriter(tmp_path / "sweep").write([result])
    assert replay([result.run_id, "--outputs", str(tmp_path)]) == 0
    assert "pruned after 3 epochs" in capsys.readouterr().out
    (whole,) = train([pruned], digits)
    assert result.curve == _until(whole.curve, 3)


def _until(curve: Sequence[CurvePoint], epoch: int) -> list[CurvePoint]:
    return [point for point in curve if point.epoch <= epoch]


# --- who is told -------------------------------------------------------------------------------


def test_members_are_told_with_their_epochs(blobs: Task) -> None:
    """A display counts each member's own epochs, whenever the member joined."""
    told: list[list[tuple[int, int]]] = []

    def note(members: Sequence[Member]) -> None:
        told.append(sorted((member.config.seed, member.epoch) for member in members))

    training = Training(blobs)
    training.join([a_run("sgd", 0, max_epochs=2)])
    training.epoch()
    training.join([a_run("sgd", 1, max_epochs=2)])
    note(training.members)
    training.epoch()
    note(training.members)
    training.leave()
    note(training.members)
    assert told == [[(0, 1), (1, 0)], [(0, 2), (1, 1)], [(1, 1)]]
