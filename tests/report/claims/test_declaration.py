"""A claim that was changed after the runs must be detected, and an unchanged claim must not."""

import ast
import dataclasses
import importlib
import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ffnn_lab.records import RecordError
from ffnn_lab.report.claims import CLAIMS, declaration
from ffnn_lab.report.claims.claim import MEASURES, Claim
from ffnn_lab.report.claims.declaration import (
    RULE,
    STORE,
    claim_hash,
    claim_hashes,
    code_of,
    declare,
    watched,
    when_declared,
)
from ffnn_lab.report.claims.region import Region

CLAIM = CLAIMS["zou_one_solution"]

SOURCE = '''"""What the module is for."""

import math
from os import (
    path,
)

# A reason.
MARGIN = 0.1  # another
"""What it is."""


def f(x: float) -> float:
    """Return it."""
    import cmath

    return math.sin(x) + MARGIN  # of "a" # b
'''
CODE = """MARGIN = 0.1
def f(x: float) -> float:
    return math.sin(x) + MARGIN"""


def test_every_claim_has_a_hash_of_its_own() -> None:
    hashes = claim_hashes()
    assert list(hashes) == list(CLAIMS)
    assert len(set(hashes.values())) == len(CLAIMS)


def test_the_code_of_a_module_is_what_does_something() -> None:
    assert code_of(SOURCE) == CODE
    assert code_of(SOURCE.replace("0.1", "0.2")) != CODE
    # A hash sign in a string begins no comment, and indentation is part of the code.
    assert code_of('a = "# b"\n') == 'a = "# b"'
    assert code_of("if a:\n    b()\n    c()\n") != code_of("if a:\n    b()\nc()\n")


@pytest.mark.parametrize(
    "changes",
    [
        {"hypothesis": "Another."},
        {"quantity": "Another."},
        {"source": "Another."},
        {"reason": "Another."},
        {"arms": "Others."},
        {"unit": "percentage points"},
        {"region": Region.within(0.02)},
        {"region": Region.below(0.01)},
        {"sweeps": ("wilson_separable", "another")},
        {"measure": "separable.gap_in_mini_batches"},
        {"measure": "spaces.gap_with_weight_decay"},  # a function of another module
        {"arguments": {"column": "train.loss"}},
        {"over": "replicates"},
    ],
)
def test_all_that_is_declared_is_hashed(changes: dict[str, Any]) -> None:
    assert claim_hash(dataclasses.replace(CLAIM, **changes)) != claim_hash(CLAIM)


def test_a_claim_may_move_in_the_list() -> None:
    assert claim_hash(dataclasses.replace(CLAIM, order=99)) == claim_hash(CLAIM)


@pytest.mark.parametrize(
    "module",
    [
        *("claims.measures.separable", "claims.rule", "claims.region", "claims.family"),
        *("claims.evidence", "data.sweep", "data.winners", "statistics.significance"),
        *("statistics.tied", "ffnn_lab.scores", "ffnn_lab.moments", "ffnn_lab.edges"),
    ],
)
def test_the_code_of_every_helper_is_hashed(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    """An added line in any module that a verdict depends on, even indirectly, changes the hash."""
    before = claim_hashes()
    read = declaration._code_of_module

    def laxer(name: str) -> str:
        return read(name) + ("\nlaxer" if name.endswith(module) else "")

    monkeypatch.setattr(declaration, "_code_of_module", laxer)
    after = claim_hashes()
    assert after["zou_one_solution"] != before["zou_one_solution"]


def test_what_a_measure_does_not_import_is_no_part_of_its_claims() -> None:
    """The modules that tabulate verdicts or compute the hashes are not part of a claim either."""
    modules = watched([f"{MEASURES}.separable", *RULE])
    here = "ffnn_lab.report.claims"
    assert {f"{here}.rule", "ffnn_lab.scores", "ffnn_lab.report.data.winners"} < modules
    others = {f"{here}.verdicts", f"{here}.declaration", f"{here}.earlier", f"{MEASURES}.budgets"}
    assert not others & modules


def test_all_that_measures_import_is_watched_or_known() -> None:
    """Measures import modules that are hashed, or known modules, which need no hash.

    The known modules are about records and definitions, whose files have formats of their own.
    """
    known = (
        *("ffnn_lab.config", "ffnn_lab.definition", "ffnn_lab.records", "ffnn_lab.progress"),
        *("ffnn_lab.registry", "ffnn_lab.terminal", "ffnn_lab.protocols", "ffnn_lab.optimizers"),
        *("ffnn_lab.troubles", "ffnn_lab.files"),
    )
    modules = {each for claim in CLAIMS.values() for each in watched([measure_of(claim), *RULE])}
    assert len(modules) > 20
    for module in modules:
        for name in imported(module):
            assert name in modules or name.startswith(known), f"{module} imports {name}"


def measure_of(claim: Claim) -> str:
    return f"{MEASURES}.{claim.measure.partition('.')[0]}"


def imported(module: str) -> list[str]:
    """List the modules of the package that a module names in ``from ... import``."""
    source = Path(str(importlib.import_module(module).__file__)).read_text()
    return [
        node.module
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("ffnn_lab.")
        if node.module is not None and node.module != "ffnn_lab.report.claims"
    ]


def test_a_claim_that_stays_as_it_was(tmp_path: Path) -> None:
    declare(tmp_path, n_runs=0)
    for name, digest in claim_hashes().items():
        assert when_declared(tmp_path, name, digest=digest) == "before"


def test_a_margin_that_was_moved_is_told_however_often_it_is_declared(tmp_path: Path) -> None:
    declare(tmp_path, n_runs=0)
    moved = dataclasses.replace(CLAIM, region=Region.within(0.5))
    digest = claim_hash(moved)
    declare(tmp_path, n_runs=50, hashes={moved.name: digest})
    assert when_declared(tmp_path, moved.name, digest=digest) == "changed"


def test_a_claim_that_came_late_says_how_late(tmp_path: Path) -> None:
    declare(tmp_path, n_runs=0, hashes={"one": "1"})
    declare(tmp_path, n_runs=50, hashes={"one": "1", "two": "2"})
    assert when_declared(tmp_path, "one", digest="1") == "before"
    assert when_declared(tmp_path, "two", digest="2") == "after 50 runs"


def test_a_sweep_that_says_nothing(tmp_path: Path) -> None:
    assert when_declared(tmp_path, "one", digest="0") == "unknown"


def test_a_damaged_store_is_an_error(tmp_path: Path) -> None:
    (tmp_path / STORE).write_text("{torn")
    with pytest.raises(RecordError, match=r"claims\.json cannot be read"):
        when_declared(tmp_path, "one", digest="0")


def test_every_measure_takes_what_its_claim_hands_it() -> None:
    """A measure takes the evidence as its positional argument, and its claim's own by name."""
    assert len(CLAIMS) > 0
    for claim in CLAIMS.values():
        bound = inspect.signature(claim.find_measure()).bind(None, **claim.arguments)
        (_, evidence), *own = bound.arguments.items()
        assert evidence is None
        assert dict(own) == dict(claim.arguments)


@pytest.mark.slow
def test_declaring_imports_nothing_heavy() -> None:
    """A sweep declares its claims when it starts, without the pandas and scipy of the measures."""
    code = (
        "import sys; from ffnn_lab.report.claims import CLAIMS; list(CLAIMS);"
        "print({'pandas', 'scipy', 'matplotlib', 'torch'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
