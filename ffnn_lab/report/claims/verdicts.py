"""The table of verdicts on all claims, each by every sweep that can answer it."""

import math
from collections.abc import Collection, Iterable, Sequence

import pandas as pd

from ffnn_lab.report.claims import CLAIMS
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.declaration import claim_hashes, when_declared
from ffnn_lab.report.claims.evidence import Evidence
from ffnn_lab.report.claims.family import Family, families
from ffnn_lab.report.claims.region import Region
from ffnn_lab.report.claims.rule import (
    FEWEST,
    INCONCLUSIVE,
    NOT_RUN,
    ONE_TUNING,
    Finding,
    judge,
)
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.statistics import tied_value
from ffnn_lab.report.statistics.significance import MOST_SEEDS

COLUMNS = [
    *("claim", "sweep", "what", "effect", "low", "high", "unit", "n", "of"),
    *("claimed.low", "claimed.high", "p", "p.holm", "verdict", "n_to_settle", "remark"),
    *("declared", "sha256", "source", "command", "run_ids"),
]


def verdict_table(
    sweeps: Sequence[Sweep],
    *,
    named: Collection[str] = (),
    claims: Iterable[Claim] | None = None,
) -> pd.DataFrame:
    """Compute the verdict on each claim by each sweep that can answer it.

    Args:
        sweeps: The sweeps that are available.
        named: Names of sweeps by which every claim is judged; the other sweeps judge only the
            claims that they were made for. If any sweep is named, claims that no sweep was made
            for or can answer are left out.
        claims: The claims to judge; all claims if None.

    Returns:
        One row per claim, sweep and effect: ``what`` is compared; the ``effect``, a rate or share,
        with the ends ``low`` and ``high`` of its 95% interval without adjustment; the ``unit`` of
        100 times the effect; the number ``n`` of values and their unit ``of``; the ends
        ``claimed.low`` and ``claimed.high`` of the claimed region; ``p`` against the nearer end of
        it, and ``p.holm``, adjusted over the claim's effects in this sweep; the ``verdict``;
        ``n_to_settle``, the number of values that would settle an inconclusive verdict; a
        ``remark``; ``declared``, when the claim was declared with its ``sha256``; the ``source``
        of the claim, the ``command`` of the sweep and the ``run_ids``. A sweep that was made for a
        claim but has no effect has one row, whose ``remark`` names what the sweep lacks; so has a
        claim for which no sweep was made.
    """
    digests = claim_hashes()
    rows = []
    evidence = [Evidence(sweep) for sweep in sweeps]
    for claim in CLAIMS.values() if claims is None else claims:
        digest = digests.get(claim.name, "")
        asked = [each for each in evidence if _is_asked(claim, each.sweep, named)]
        found = []
        for each, family in zip(asked, families(claim, asked), strict=True):
            if family.effects:
                findings = judge(claim.region, family.effects)
                found += [_row(claim, each.sweep, finding, digest) for finding in findings]
            elif claim.is_asked_of(each.sweep.name):
                found.append(_without_effect(claim, each.sweep, family, digest))
        if not found and not named:
            lacks = f"no sweep {' or '.join(claim.sweeps)} with {claim.arms}"
            found = [_without_effect(claim, None, Family((), NOT_RUN, lacks), digest)]
        rows += found
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.astype({"n": "Int64", "n_to_settle": "Int64"})


def _is_asked(claim: Claim, sweep: Sweep, named: Collection[str]) -> bool:
    return sweep.name in named or claim.is_asked_of(sweep.name)


def _row(claim: Claim, sweep: Sweep, finding: Finding, digest: str) -> dict[str, object]:
    effect, interval = finding.effect, finding.effect.interval
    return {
        "claim": claim.name,
        "sweep": sweep.name,
        "what": effect.what,
        "effect": effect.estimate,
        "low": interval.low,
        "high": interval.high,
        "unit": claim.unit,
        "n": effect.n,
        "of": effect.of,
        "claimed.low": claim.region.low,
        "claimed.high": claim.region.high,
        "p": finding.p,
        "p.holm": finding.p_holm,
        "verdict": finding.verdict,
        "n_to_settle": finding.n_to_settle,
        "remark": _remark(claim.region, finding),
        "declared": when_declared(sweep.folder, claim.name, digest=digest),
        "sha256": digest,
        "source": claim.source,
        "command": sweep.command,
        "run_ids": " ".join(effect.run_ids),
    }


def _remark(region: Region, finding: Finding) -> str:
    told = [
        finding.effect.remark,
        _about_ties(finding),
        _about_side(region, finding),
        _about_number(finding),
    ]
    return "; ".join(each for each in told if each)


def _about_ties(finding: Finding) -> str:
    effect = finding.effect
    if not effect.is_tied:
        return ""
    value, n_others = tied_value(effect.values)
    same = effect.n - n_others
    told = f"all {effect.n} {effect.of}" if n_others == 0 else f"{same} of {effect.n} {effect.of}"
    return f"{told} came to {100 * value:.3g}"


def _about_side(region: Region, finding: Finding) -> str:
    """Return a text: the side of 0 on which an effect's interval lies, and if it is as claimed.

    Both sides are reported in the same way. The text is empty if the verdict is supported or
    contradicted, if the interval contains 0, and for a claim of no difference, which has no side.
    """
    interval = finding.effect.interval
    is_told = finding.verdict in (INCONCLUSIVE, ONE_TUNING) and len(region.ends) == 1
    if not is_told or not (interval.low > 0 or interval.high < 0):
        return ""
    is_above, claims_above = interval.low > 0, math.isinf(region.high)
    side = "above" if is_above else "below"
    return f"{side} 0, {'as claimed' if is_above == claims_above else 'against what is claimed'}"


def _about_number(finding: Finding) -> str:
    effect = finding.effect
    if finding.verdict == ONE_TUNING:
        return "the interval holds at this setting"
    if finding.verdict != INCONCLUSIVE:
        return ""
    if finding.n_to_settle is None:
        return (
            f"more than {MOST_SEEDS} {effect.of} would be needed" if effect.n > 1 else "one value"
        )
    if effect.n < FEWEST:
        return f"fewer than {FEWEST} {effect.of}"
    return f"about {finding.n_to_settle} {effect.of} would settle it"


def _without_effect(
    claim: Claim, sweep: Sweep | None, family: Family, digest: str
) -> dict[str, object]:
    nothing = dict.fromkeys(("effect", "low", "high", "p", "p.holm"), math.nan)
    return {
        "claim": claim.name,
        "sweep": "" if sweep is None else sweep.name,
        "what": "",
        **nothing,
        "unit": claim.unit,
        "claimed.low": claim.region.low,
        "claimed.high": claim.region.high,
        "verdict": family.verdict,
        "remark": family.remark,
        "declared": "",
        "sha256": digest,
        "source": claim.source,
        "of": "",
        "command": "" if sweep is None else sweep.command,
        "run_ids": "",
    }
