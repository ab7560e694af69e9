"""The benchmarks run and print their tables; the measured times are not judged here."""

import os
import re
import sys
from pathlib import Path

import pandas as pd
import pytest
import torch

from benchmarks import against, overhead, sittings, steps, steps_figure, thousand_runs
from benchmarks.machine import compose_run, one_core, pinned
from benchmarks.measure import Found, worker
from benchmarks.steps_table import Results, requirements
from benchmarks.ways import HAS_JAX, WAYS
from benchmarks.ways.ours import EnoughError, Epochs, ours
from benchmarks.ways.products import Products
from benchmarks.ways.turns import turns
from benchmarks.workloads import OPTIMIZERS, WORKLOADS, Cell, Work, make_work, start_weights
from ffnn_lab.config import RunConfig
from ffnn_lab.optimizers.adam import AdamConfig
from ffnn_lab.optimizers.heavy_ball import HeavyBallConfig
from ffnn_lab.population import Member

SMALL = WORKLOADS["64-64-10"]
N_MEMBERS, N_STEPS = 2, 5
STEPS_WAYS = ("plain", "fused", "vmap", "eager", "eager_shared", "products")
"""Ways that the test of the whole benchmark measures: those that compile nothing."""


def _work(optimizer: str, n_members: int = N_MEMBERS, **changes: float) -> Work:
    """Make a workload with a single batch of examples, so that their order does not matter."""
    cell = Cell(SMALL, optimizer, n_members)
    made = make_work(cell, n_cores=1, n_plain=n_members, n_rows=SMALL.batch_size, **changes)
    assert made.n_steps == 1
    return made


def losses(name: str, optimizer: str) -> list[float]:
    """Train without dropout, and return the members' mean loss at each step."""
    turn = WAYS[name].prepare(_work(optimizer, dropout=0.0))
    taken = [turn(0) for _ in range(N_STEPS)]
    if name in ("plain", "fused"):  # a member at a time
        taken += [turn(0) for _ in range(N_STEPS * (N_MEMBERS - 1))]
    assert {each.n_steps for each in taken} == {N_MEMBERS * N_STEPS // len(taken)}
    values = torch.tensor([each.loss for each in taken]).reshape(N_STEPS, -1)
    found: list[float] = values.mean(dim=1).tolist()
    return found


def by_hand(optimizer: str) -> list[float]:
    """Return the same losses as `losses`, computed in float64 by the formulas."""
    work = _work(optimizer, dropout=0.0)
    asked = work.config.optimizer
    x, y = work.inputs.double(), work.labels
    found = torch.zeros(N_STEPS, dtype=torch.float64)
    for m, lr in enumerate(work.lrs):
        params = [
            tensor.double().requires_grad_()
            for weights in map(torch.from_numpy, start_weights(work, m))
            for tensor in (weights, torch.zeros(len(weights)))
        ]
        state = [[torch.zeros_like(p) for p in params] for _ in range(2)]
        for step in range(N_STEPS):
            first, first_bias, last, last_bias = params
            logits = (x @ first.T + first_bias).relu() @ last.T + last_bias
            loss = torch.nn.functional.cross_entropy(logits, y)
            found[step] += loss.detach() / len(work.lrs)
            grads = torch.autograd.grad(loss, params)
            with torch.no_grad():
                for p, g, a, s in zip(params, grads, *state, strict=True):
                    if isinstance(asked, AdamConfig):
                        a.mul_(asked.beta1).add_((1 - asked.beta1) * g)
                        s.mul_(asked.beta2).add_((1 - asked.beta2) * g * g)
                        mean = a / (1 - asked.beta1 ** (step + 1))
                        root = (s / (1 - asked.beta2 ** (step + 1))).sqrt()
                        p.sub_(lr * mean / (root + asked.eps))
                    else:
                        assert isinstance(asked, HeavyBallConfig)
                        a.mul_(asked.momentum).add_(g)
                        p.sub_(lr * a)
    values: list[float] = found.tolist()
    return values


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("name", ["plain", "fused", "vmap"])
def test_the_peers_of_torch_take_the_same_steps(name: str, optimizer: str) -> None:
    expected = by_hand(optimizer)
    assert expected[-1] < expected[0]
    # Looser than 1e-6: float32 against float64.
    assert losses(name, optimizer) == pytest.approx(expected, rel=1e-4)


@pytest.mark.slow  # a process of its own: once imported, JAX would warn of every later fork
@pytest.mark.skipif(not HAS_JAX, reason="the extra `bench` is not installed: it brings JAX")
def test_jax_takes_the_same_steps() -> None:
    with worker(1) as pool:
        for optimizer in OPTIMIZERS:
            found = pool.submit(losses, "jax", optimizer).result()
            assert found == pytest.approx(by_hand(optimizer), rel=1e-4)  # as above


def test_members_differ_by_dropout_in_vmap() -> None:
    """With dropout the mean loss differs from that without dropout, and still falls."""
    turn = WAYS["vmap"].prepare(_work("adam", 64))
    each = [turn(0).loss for _ in range(30)]
    assert each[0] != WAYS["vmap"].prepare(_work("adam", 64, dropout=0.0))(0).loss
    assert each[-1] < each[0]


@pytest.mark.parametrize("shares_seeds", [False, True])
def test_ours_trains_what_it_is_asked_for(*, shares_seeds: bool) -> None:
    turn = ours(_work("adam", 8), compiled=False, shares_seeds=shares_seeds)
    assert turn(0).n_steps == 8
    longer = turn(0.05)
    assert longer.n_steps % 8 == 0
    assert longer.n_steps > 8
    assert longer.us > 0


def _members(config: RunConfig, n_members: int, epoch: int) -> list[Member]:
    return [Member(config, "", epoch=epoch)] * n_members


def test_epochs_of_populations_in_turn_are_added_up() -> None:
    """Populations of 3 members and of 1 train in turn; two epochs of each are timed.

    These are neither the first epoch nor the last.
    """
    ends = [0.0, 10.0, 15.0, 16.0, 18.0, 99.0, 200.0, 250.0, 254.0, 262.0]
    config = compose_run()
    times = iter([ends[0], *(end for end in ends[1:] for _ in range(2))])
    epochs = Epochs(n_members=4, n_epochs=2, clock=lambda: next(times))
    for n_members, n_epochs in ((3, 4), (1, 2)):
        for epoch in range(n_epochs + 1):
            epochs(_members(config, n_members, epoch))
    last = _members(config, 1, 3)
    with pytest.raises(EnoughError):
        epochs(last)
    assert epochs.seconds == (1 + 2) + (4 + 8)
    assert epochs.n_epochs_of_members == 8


def test_what_diverges_is_not_timed() -> None:
    turn = turns(iter([(1, 0.5), (1, float("nan"))]), lambda: 0.0)
    turn(0)
    with pytest.raises(FloatingPointError, match="a network diverged"):
        turn(0)


@pytest.mark.parametrize("stack", [1, 2, 4])
def test_the_products_are_those_of_a_step(stack: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """At batch size 32: 64 x 64 twice (forward, gradient of weights), 64 x 16 three times."""
    n_done = 0
    multiply = torch.bmm

    def counted(a: torch.Tensor, b: torch.Tensor, *, out: torch.Tensor) -> torch.Tensor:
        nonlocal n_done
        n_done += a.numel() * b.shape[2]
        return multiply(a, b, out=out)

    monkeypatch.setattr(torch, "bmm", counted)
    products = Products(_work("adam", 4))
    assert products.stacks() == [1, 2, 4]
    assert next(products.steps(stack)) == (4, 0.0)
    assert n_done == 4 * 32 * (2 * 64 * 64 + 3 * 64 * 16)


def _results() -> Results:
    """Return invented times: 10 us for ours, 60 and 120 for the fused loop, 10.5 for the rest."""
    made = Results({"processor": "none"})
    for n_members in (1, 64):
        found = {way: Found(n_members, 1024, None, [10.5, 10.5]) for way in WAYS}
        found["eager"] = Found(n_members, 1024, None, [10.0, 20.0])
        found["compiled"] = Found(n_members, 1024, 2.5, [10.0, 10.0])
        found["fused"] = Found(1, 1024, None, [60.0, 120.0])
        made.add(Cell(SMALL, "adam", n_members), 1, found)
    return made


def test_the_csv_has_a_row_for_each_way(tmp_path: Path) -> None:
    _results().write(tmp_path / "new" / "steps.csv")
    rows = pd.read_csv(tmp_path / "new" / "steps.csv")
    assert len(rows) == 2 * len(WAYS)
    fused = rows[(rows["way"] == "fused") & (rows["members"] == 64)].iloc[0]
    assert fused[["us", "us_min", "us_max", "n_turns", "members_trained"]].tolist() == [
        *(90, 60, 120, 2, 1)
    ]
    assert fused[["times_eager", "times_compiled", "times_compiled_max"]].tolist() == [6, 9, 12]
    assert rows["compile_seconds"].dropna().unique().tolist() == [2.5]
    assert (rows["processor"] == "none").all()


def test_the_tables_say_what_is_met(capsys: pytest.CaptureFixture[str]) -> None:
    """Fused over compiled is 6 and 12, so 9, where 10 is required; fused over eager is 6 and 6."""
    results = _results()
    results.print(1)
    results.print_requirements("adam")
    out = capsys.readouterr().out
    assert re.search(r"plain loop, fused +90\.0 \(9\.00\) +90\.0 \(9\.00\)", out)
    assert re.search(r"to compile compiled +2\.5 s +2\.5 s", out)
    assert re.search(r"plain fused over compiled +64-64-10 +64 +>= 10 +9\.00 +no", out)
    assert re.search(r"plain fused over eager +64-64-10 +64 +>= 5 +6\.00 +yes", out)
    assert re.search(r"compiled over JAX +64-64-10 +64 +<= 1 +0\.95 +yes", out)
    assert out.count("not measured") == len(requirements()) - 5


def test_sittings_are_told_with_their_range(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Fused over compiled is 9 in one sitting and 12 in the other, where 10 is required."""
    for name in ("2026-01-01-aaaa", "2026-01-02-bbbb"):
        _results().write(tmp_path / f"steps-{name}.csv")
    path = tmp_path / "steps-2026-01-02-bbbb.csv"
    rows = pd.read_csv(path)
    rows.loc[rows["way"] == "fused", "times_compiled"] = 12.0
    rows.to_csv(path, index=False)
    sittings.main(["--folder", str(tmp_path)])
    out = capsys.readouterr().out
    assert re.search(r"A +2026-01-01-aaaa +none", out)
    assert re.search(
        r"over compiled, 64-64-10, M = 64 +>= 10 +9\.00 +12\.00 +9\.00 +12\.00 +1 of 2", out
    )
    with pytest.raises(SystemExit, match=r"no steps-DATE-COMMIT\.csv in"):
        sittings.main(["--folder", str(tmp_path / "none")])


def test_the_published_sittings_can_be_read() -> None:
    for rows in sittings.ratio_rows(sittings.read_sittings(sittings.FOLDER)):
        assert rows[-2] != sittings.UNKNOWN


def test_the_figure_has_a_line_for_each_way(tmp_path: Path) -> None:
    rows = _results().rows()
    made = steps_figure.figure(rows)
    (ax,) = made.axes
    assert ax.get_ylabel() == "µs per step and run"
    assert ax.get_xlabel() == "runs in the population, M"
    assert list(ax.get_xticks()) == [1, 64]
    assert {str(line.get_label()) for line in ax.get_lines()} == {w.label for w in WAYS.values()}
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert set(steps_figure.LOOKS) == set(WAYS)
    paths = steps_figure.save_all(rows, folder=tmp_path, source={"commit": "none"})
    assert {path.name for path in paths} == {
        f"steps_cores_1.{suffix}" for suffix in ("pdf", "png", "csv", "json")
    }
    one_size = rows[rows["members"] == 1]
    assert steps_figure.save_all(one_size, folder=tmp_path, source={}) == []


@pytest.mark.slow  # a process of its own, with its imports
def test_steps_prints_tables_and_writes_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = "--workloads 64-64-10 --optimizers adam --members 1 8 --cores 1 --turns 2"
    asked = [*words.split(), "--seconds", "0", "--plain-members", "1", "--to", str(tmp_path)]
    steps.main([*asked, "--ways", *STEPS_WAYS])
    out = capsys.readouterr().out
    number = r"\d+\.?\d*"
    for way in STEPS_WAYS:
        one = "" if WAYS[way].least_members > 1 else rf" +{number} \({number}\)"
        assert re.search(rf"{re.escape(WAYS[way].label)}{one} +{number} \({number}\)", out)
    assert re.search(rf"eager over plain loop +64-64-10 +1 +<= 1\.2 +{number} +(yes|no)", out)
    assert f"torch {torch.__version__}" in out
    rows = pd.read_csv(tmp_path / "steps.csv")
    assert len(rows) == 2 * len(STEPS_WAYS) - 1  # one member cannot share its seed
    assert rows["command"].str.contains("--plain-members 1").all()
    assert not rows["command"].str.contains(str(tmp_path), regex=False).any()
    assert (tmp_path / "steps_cores_1.png").exists()


def test_the_largest_cells_are_for_those_who_ask() -> None:
    asked = steps.read([])
    one, two = (list(steps.cells(asked, n_cores)) for n_cores in (1, 2))
    assert len(one) == 2 * (5 + 5 + 4 + 3)
    assert [(c.optimizer, c.n_members) for c in two] == [("adam", n) for n in (64, 64, 16, 16)]
    assert len(list(steps.cells(steps.read(["--full"]), 2))) == 2 * 4 * 5


@pytest.mark.slow
@pytest.mark.exhaustive
def test_overhead_says_where_it_goes(capsys: pytest.CaptureFixture[str]) -> None:
    overhead.main(["--runs", "2"])
    out = capsys.readouterr().out
    found = {
        name: (float(off), float(offline))
        for name, off, offline in re.findall(r"^ +(\w[\w, ]*?) +([\d.]+) +([\d.]+) *$", out, re.M)
    }
    parts = {"weights", "ask, tell", "records", "scores", "tracking", "display", "rest"}
    assert set(found) == {"overhead", "training", *parts}
    for column in (0, 1):
        total = sum(found[part][column] for part in parts)
        assert found["overhead"][column] == pytest.approx(total, abs=0.05)
    assert found["tracking"][0] == 0 < found["tracking"][1]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process cannot choose its core")
def test_one_core_leaves_the_process_as_it_was() -> None:
    before = (torch.get_num_threads(), os.sched_getaffinity(0))
    with one_core():
        assert torch.get_num_threads() == len(os.sched_getaffinity(0)) == 1
    assert (torch.get_num_threads(), os.sched_getaffinity(0)) == before
    with pytest.raises(ValueError, match="cores must be at most"), pinned(10_000):
        pass


@pytest.mark.parametrize("benchmark", [steps, overhead])
def test_counts_below_one_are_refused(
    benchmark: object, capsys: pytest.CaptureFixture[str]
) -> None:
    flag = "--runs" if benchmark is overhead else "--turns"
    with pytest.raises(SystemExit):
        benchmark.main([flag, "0"])  # type: ignore[attr-defined]
    assert f"argument {flag}: expected a count of at least 1, got 0" in capsys.readouterr().err


@pytest.mark.slow  # several processes, each with its imports
@pytest.mark.exhaustive
def test_a_thousand_runs_in_small(capsys: pytest.CaptureFixture[str]) -> None:
    thousand_runs.main(["--runs", "20"])
    out = capsys.readouterr().out
    assert "inf" not in out  # the time until the sweep said that nothing was left is finite
    for row in (
        "ms a run beside training",
        "MB more",
        "s of the same command again",
        "s in all, tables",
    ):
        assert row in out


def test_ratios_of_pairs_are_averaged_as_ratios() -> None:
    # Twice and half as long: no change on average. The logarithms -log 2, log 2 have the standard
    # error log 2, and Student's quantile for one degree of freedom is 12.706.
    found = against.ratio_interval([1.0, 4.0], [2.0, 2.0])
    assert found.mean == pytest.approx(1.0)
    assert found.high == pytest.approx(2**12.7062, rel=1e-4)
    assert found.low == pytest.approx(1 / found.high)


def test_a_benchmark_that_fails_in_a_checkout_is_told(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="No module named"):
        against.run(tmp_path, "-m", "no_such_module_at_all")
