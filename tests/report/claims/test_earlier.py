"""Hashes of earlier states of the code must vouch for claims in the same words, and no others.

``records_of/9b2446f/claims/`` has the files of the claims and of the rule as of commit 9b2446f.
"""

import ast
import dataclasses
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest

from ffnn_lab.report.claims import CLAIMS
from ffnn_lab.report.claims.declaration import (
    EARLIER_RULE,
    claim_hash,
    claim_hashes,
    when_declared,
)
from ffnn_lab.report.claims.earlier import BY_AN_EARLIER_RULE, EARLIER
from ffnn_lab.report.claims.region import Region

OLD = Path(__file__).parents[2] / "records_of" / "9b2446f"
SWEEPS = ("default", "mixed", "separable-30b585")
RULE = (OLD / "claims" / "rule.txt").read_text()
THEN = [name for name in CLAIMS if (OLD / "claims" / f"{name}.txt").exists()]
"""The claims of that commit; later ones have no earlier hashes unless their code is rearranged."""


def declared_then(name: str) -> dict[str, Any]:
    """Return the fields that a claim's file declared at commit 9b2446f, except its measure."""
    tree = ast.parse((OLD / "claims" / f"{name}.txt").read_text())
    names: dict[str, Any] = {"Region": Region}
    found = {}
    for node in tree.body:
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
            continue
        if node.targets[0].id == "CLAIM":
            assert isinstance(node.value, ast.Call)
            found = {each.arg: each.value for each in node.value.keywords if each.arg != "measure"}
        else:
            names[node.targets[0].id] = ast.literal_eval(node.value)
    code = {str(key): ast.unparse(value) for key, value in found.items()}
    return {key: eval(text, names) for key, text in code.items()}  # noqa: S307 - a text of ours


REFERENCES = (
    (
        r" \(SEEN\[10\]; that the gap of Wilson et al. vanishes is MEM-H\)",
        "; that the gap of Wilson et al. vanishes is recalled",
    ),
    (
        r"PAPERS.md 1.4 \(CHECKED there; in no paper that was seen\)",
        "our own computation (docs/papers.md, 1.4), in no paper that was read",
    ),
    (r"PAPERS.md 1.4 \(CHECKED there\)", "our own computation (docs/papers.md, 1.4)"),
    (r"PAPERS.md 4", "docs/papers.md, 3"),
    (r" \(SEEN[][0-9]+(, CHECKED)?\)| \(MEM-M\)", ""),
)
"""Patterns of references to sources at that commit, each with its present words.

The facts were moved to docs/papers.md.
"""


def with_references(declared: Any) -> Any:  # noqa: ANN401 - a field of a claim
    """Replace the references in a text of that commit by the present ones; other values stay."""
    if isinstance(declared, str):
        for then, now in REFERENCES:
            declared = re.sub(then, now, declared)
    return declared


def test_every_claim_of_then_is_there() -> None:
    files = {path.stem for path in (OLD / "claims").glob("*.txt")} - {"rule"}
    assert files == {*THEN}
    assert {*THEN} <= EARLIER.keys() <= CLAIMS.keys()


@pytest.mark.parametrize("name", THEN)
def test_a_claim_declares_what_its_file_declared_then(name: str) -> None:
    """Claims also measure the same as at that commit, but for the changes in test_effects.py."""
    then = {key: with_references(value) for key, value in declared_then(name).items()}
    assert set(then) == {
        *("name", "source", "hypothesis", "quantity", "unit", "region", "reason", "sweeps", "arms")
    }
    assert {key: getattr(CLAIMS[name], key) for key in then} == then


def test_each_entry_has_the_present_hash_and_that_of_the_file_then() -> None:
    """If this test fails, the hash of a claim has changed.

    If the claim is the same and only its code was rearranged, `tests.support.report.vouch` puts
    the new hash first in the claim's entry of earlier.py. If the claim itself changed, remove its
    entry.
    """
    hashes = claim_hashes()
    assert {name: EARLIER[name][0] for name in EARLIER} == {name: hashes[name] for name in EARLIER}
    for name in THEN:
        text = (OLD / "claims" / f"{name}.txt").read_text()
        then = hashlib.sha256((text + RULE).encode()).hexdigest()
        assert then in BY_AN_EARLIER_RULE[name], name
        assert not {*EARLIER[name]} & {*BY_AN_EARLIER_RULE[name]}


@pytest.mark.parametrize("sweep", SWEEPS)
def test_a_sweep_of_then_declared_every_claim_before_its_runs(sweep: str) -> None:
    for name, digest in claim_hashes().items():
        expected = EARLIER_RULE if name in THEN else "unknown"
        assert when_declared(OLD / sweep, name, digest=digest) == expected


def test_an_entry_does_not_vouch_for_a_claim_that_changed() -> None:
    for claim in (CLAIMS[name] for name in THEN):
        laxer = dataclasses.replace(claim, region=Region.within(0.9))
        digest = claim_hash(laxer)
        assert when_declared(OLD / "default", claim.name, digest=digest) == "changed"
