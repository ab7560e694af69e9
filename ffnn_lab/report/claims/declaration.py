"""Proof that a claim was declared before the runs that judge it: its hash, stored at that time.

The hash covers what was declared and all code that its verdicts depend on: the claim's measure,
the rule that all claims share, and whatever these import of `WATCHED`, however far down. It leaves
out what changes no claim: where files lie, imports, docstrings and comments.
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
"""Stands in the place of a claim's name for what the sweep itself declares."""
STORE = "claims.json"
"""In a sweep's folder, beside its definition."""
RULE = ("ffnn_lab.report.claims.family", "ffnn_lab.report.claims.rule")
"""The modules that turn effects into verdicts; their code is part of every claim's hash."""
WATCHED = (
    *("ffnn_lab.report.claims", "ffnn_lab.report.data", "ffnn_lab.report.measures"),
    *("ffnn_lab.report.statistics", "ffnn_lab.scores", "ffnn_lab.moments", "ffnn_lab.edges"),
)
"""Packages and modules whose code is hashed where a measure or the rule imports it: what chooses
winners, reads them and computes with them."""
EARLIER_RULE = "before, by an earlier rule"
"""When a claim was declared whose words are the same, and whose measure or rule is a later one."""
DECLARED = ("name", "source", "hypothesis", "quantity", "unit", "reason", "arms", "over")
"""The words of a claim that are hashed as they are."""


def claim_hashes() -> dict[str, str]:
    """Return the hash of every claim, by its name."""
    return {name: claim_hash(claim) for name, claim in CLAIMS.items()}


def claim_hash(claim: Claim) -> str:
    """Compute the SHA-256 of what a claim declares and of the code that judges it."""
    module, function = claim.measure.split(".")
    declared = {key: getattr(claim, key) for key in DECLARED} | {
        "region": [claim.region.low, claim.region.high],
        "sweeps": list(claim.sweeps),
        "measure": function,
        "arguments": dict(claim.arguments),
    }
    parts = [json.dumps(declared, sort_keys=True)]
    # By their texts, not by their names: a module may move.
    parts += sorted(_code_of_module(each) for each in watched((f"{MEASURES}.{module}", *RULE)))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def contrasts_hash(definition: Definition) -> dict[str, str]:
    """Compute the SHA-256 of what a sweep declares of its own: its baseline and contrasts.

    Returns:
        The hash by the name `CONTRASTS`; nothing if the sweep declares neither.
    """
    declared = [definition.baseline, definition.contrasts]
    if declared == [None, None]:
        return {}
    return {CONTRASTS: hashlib.sha256(json.dumps(declared).encode()).hexdigest()}


def watched(names: Iterable[str]) -> set[str]:
    """Find the modules that some modules import, directly or not, among those of `WATCHED`.

    Args:
        names: Full names of modules, which are among them.
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
    """Return where a module of the package lies, without importing its parents."""
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
    """Return the lines of a module that do something: no imports, docstrings or comments."""
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
    """Write into a sweep's folder what the claims hash to at this time.

    What is stored already stays: a claim that is reworded later is found out by it.

    Args:
        sweep: The sweep's folder.
        n_runs: Runs that it has recorded so far, 0 at its start.
        hashes: Instead of `claim_hashes`'.
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
    """Return when a claim was declared to a sweep.

    Args:
        sweep: The sweep's folder.
        name: The claim's.
        digest: What it hashes to now.

    Returns:
        ``before`` any run, ``after N runs``, `EARLIER_RULE`, ``changed`` since it was stored, or
        ``unknown`` where nothing was. A hash of an earlier state counts as unchanged where
        `EARLIER` has it, and as declared by an earlier rule where `BY_AN_EARLIER_RULE` has it.
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
    """Check what is stored of a claim.

    Raises:
        DamagedError: If it is anything else.
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
