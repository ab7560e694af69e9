"""Proof that a claim was worded before the runs that judge it: its file's hash, kept then."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ffnn_lab.definition import DamagedError, read_sealed, write_sealed
from ffnn_lab.records import RecordError

STORE = "claims.json"
"""In a sweep's folder, beside its definition."""
FOLDER = Path(__file__).parent
RULE = "rule.py"
"""What turns effects into verdicts; it is hashed with every claim."""
_MARK = "\nCLAIM = Claim("


def claim_hashes(folder: Path = FOLDER) -> dict[str, str]:
    """Hash every claim: its file, and the rule of all.

    Args:
        folder: Where claims are.

    Returns:
        SHA-256 by the claim's name, which is that of its file.
    """
    rule = (folder / RULE).read_bytes()
    files = sorted(
        path for path in folder.glob("*.py") if _MARK in path.read_text(encoding="utf-8")
    )
    return {path.stem: hashlib.sha256(path.read_bytes() + rule).hexdigest() for path in files}


def declare(sweep: Path, *, n_runs: int, hashes: Mapping[str, str] | None = None) -> None:
    """Store in a sweep's folder what the claims were at this time.

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
    """Say when a claim was declared to a sweep.

    Args:
        sweep: The sweep's folder.
        name: The claim's.
        digest: What it hashes to now.

    Returns:
        ``before`` any run, ``after N runs``, ``changed`` since it was stored, or ``unknown`` where
        nothing was.
    """
    stored = _stored(sweep).get(name)
    if stored is None:
        return "unknown"
    if stored["sha256"] != digest:
        return "changed"
    return f"after {stored['n_runs']} runs" if stored["n_runs"] else "before"


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
