"""Proof that a claim was declared before the runs that judge it: its hash, stored at that time.

The hash covers the declaration and all code that its verdicts depend on: the claim's measure, the
rule that all claims share, and the modules of `WATCHED` that these import, directly or indirectly.
The location of files, imports, docstrings and comments change no claim and are left out.
"""

import ast
import hashlib
import io
import json
import tokenize
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import ffnn_lab
from ffnn_lab.definition import DamagedError, Definition, read_sealed, write_sealed
from ffnn_lab.records import RecordError
from ffnn_lab.report.claims import CLAIMS
from ffnn_lab.report.claims.claim import MEASURES, Claim
from ffnn_lab.report.claims.earlier import BY_AN_EARLIER_RULE, EARLIER

CONTRASTS = "contrasts"
"""Key of the hash of a sweep's own baseline and contrasts, among the hashes by claims' names."""
STORE = "claims.json"
"""Name of the file with the hashes in a sweep's folder, beside its definition."""
RULE = ("ffnn_lab.report.claims.family", "ffnn_lab.report.claims.rule")
"""The modules that turn effects into verdicts; their code is part of every claim's hash."""
WATCHED = (
    *("ffnn_lab.report.claims", "ffnn_lab.report.data", "ffnn_lab.report.measures"),
    *("ffnn_lab.report.statistics", "ffnn_lab.scores", "ffnn_lab.moments", "ffnn_lab.edges"),
)
"""Packages and modules whose code is hashed if a measure or the rule imports it: the code that
chooses winners, reads them and computes with them."""
EARLIER_RULE = "before, by an earlier rule"
"""Result of `when_declared` for a claim whose words stayed the same after it was declared, while
its measure or the rule changed."""
DECLARED = ("name", "source", "hypothesis", "quantity", "unit", "reason", "arms", "over")
"""Names of the fields of a claim whose values are hashed unchanged."""


def claim_hashes() -> dict[str, str]:
    """Return the hash of every claim, by its name."""
    return {name: claim_hash(claim) for name, claim in CLAIMS.items()}


def claim_hash(claim: Claim) -> str:
    """Compute the SHA-256 of a claim's declaration and of the code that judges it, in hex."""
    module, function = claim.measure.split(".")
    declared = {key: getattr(claim, key) for key in DECLARED} | {
        "region": [claim.region.low, claim.region.high],
        "sweeps": list(claim.sweeps),
        "measure": function,
        "arguments": dict(claim.arguments),
    }
    parts = [json.dumps(declared, sort_keys=True)]
    # Sorted by their code, not by their names: a module may move.
    parts += sorted(_code_of_module(each) for each in watched((f"{MEASURES}.{module}", *RULE)))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def contrasts_hash(definition: Definition) -> dict[str, str]:
    """Compute the SHA-256 of the baseline and the contrasts that a sweep's own YAML declares.

    Returns:
        A mapping from `CONTRASTS` to the hash; empty if the sweep declares neither.
    """
    declared = [definition.baseline, definition.contrasts]
    if declared == [None, None]:
        return {}
    return {CONTRASTS: hashlib.sha256(json.dumps(declared).encode()).hexdigest()}


def watched(names: Iterable[str]) -> set[str]:
    """Find the modules in `WATCHED` that some modules import, directly or indirectly.

    Args:
        names: Full names of modules; the result includes them.
    """
    found: set[str] = set()
    ahead = list(names)
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            ahead += _imports_of(name)
    return found


@cache
def _imports_of(name: str) -> tuple[str, ...]:
    """List the modules of `WATCHED` that a module imports, anywhere in its code."""
    imported = []
    for node in ast.walk(ast.parse(_source_of(name))):
        if isinstance(node, ast.Import):
            imported += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            imported += [base, *(f"{base}.{alias.name}" for alias in node.names)]
    return tuple(each for each in imported if _is_watched(each) and _path_of(each).exists())


def _is_watched(name: str) -> bool:
    return any(name == each or name.startswith(f"{each}.") for each in WATCHED)


def _path_of(name: str) -> Path:
    """Return the path of a module of the package, without importing its parents."""
    path = Path(str(ffnn_lab.__file__)).parents[1].joinpath(*name.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@cache
def _source_of(name: str) -> str:
    """Read a module without importing it: a sweep that begins needs no pandas."""
    return _path_of(name).read_text(encoding="utf-8")


@cache
def _code_of_module(name: str) -> str:
    return code_of(_source_of(name))


def code_of(source: str) -> str:
    """Return the lines of code of a module, without imports, docstrings and comments."""
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in ast.walk(ast.parse(source)):
        is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if isinstance(node, ast.stmt) and (
            is_docstring or isinstance(node, ast.Import | ast.ImportFrom)
        ):
            for row in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                lines[row - 1] = ""
    return "\n".join(line.rstrip() for line in lines if line.strip())


def declare(sweep: Path, *, n_runs: int, hashes: Mapping[str, str] | None = None) -> None:
    """Write the present hashes of the claims into a sweep's folder.

    Hashes that are stored already stay, so that a later change of a claim is detected.

    Args:
        sweep: The sweep's folder.
        n_runs: Number of runs that the sweep has recorded so far, 0 at its start.
        hashes: Hashes to store, by the name of the claim; those of `claim_hashes` if None.
    """
    stored = _stored(sweep)
    new = {
        name: {"sha256": digest, "n_runs": n_runs}
        for name, digest in (hashes or claim_hashes()).items()
        if name not in stored
    }
    if new:
        write_sealed(sweep / STORE, {**stored, **new})


def when_declared(sweep: Path, name: str, *, digest: str) -> str:
    """Return when a claim was declared in the folder of a sweep.

    Args:
        sweep: The sweep's folder.
        name: Name of the claim.
        digest: The present hash of the claim.

    Returns:
        ``before`` if the claim was declared before any run; ``after N runs``; `EARLIER_RULE` if it
        was declared before any run, to be judged by an earlier rule; ``changed`` if the claim is
        not the one that was stored; ``unknown`` if no hash of it is stored. A stored hash other
        than ``digest`` still counts as the same claim if `EARLIER` has it, and as the same claim
        with an earlier rule if `BY_AN_EARLIER_RULE` has it.
    """
    stored = _stored(sweep).get(name)
    if stored is None:
        return "unknown"
    now, *same = EARLIER.get(name, ("",))
    known = {digest, *(same if digest == now else ())}
    reworked = BY_AN_EARLIER_RULE.get(name, ()) if digest == now else ()
    if stored["sha256"] not in {*known, *reworked}:
        return "changed"
    if stored["n_runs"]:
        return f"after {stored['n_runs']} runs"
    return "before" if stored["sha256"] in known else EARLIER_RULE


def _stored(sweep: Path) -> dict[str, Any]:
    path = sweep / STORE
    if not path.exists():
        return {}
    try:
        stored = read_sealed(path)
        for name, declared in stored.items():
            _check(name, declared)
    except (OSError, DamagedError) as error:
        msg = f"{path} cannot be read ({error}); delete it: its claims then count as undeclared"
        raise RecordError(msg) from error
    return stored


def _check(name: str, declared: object) -> None:
    """Check the stored entry of a claim.

    Raises:
        DamagedError: If the entry is not a hash with a number of runs.
    """
    is_known = (
        isinstance(declared, dict)
        and set(declared) == {"sha256", "n_runs"}
        and isinstance(declared["sha256"], str)
        and type(declared["n_runs"]) is int
    )
    if not is_known:
        msg = f"{name} has no hash and number of runs"
        raise DamagedError(msg)
