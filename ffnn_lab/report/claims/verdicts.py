"""One table of verdicts: every claim, judged by every sweep that can answer it."""

import math
from collections.abc import Collection, Iterable, Sequence

import pandas as pd

from ffnn_lab.report.claims import CLAIMS
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.declaration import claim_hashes, when_declared
from ffnn_lab.report.claims.evidence import Evidence, MissingEvidenceError
from ffnn_lab.report.claims.rule import FEWEST, INCONCLUSIVE, NOT_RUN, Finding, judge
from ffnn_lab.report.data.sweep import Sweep
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
    """Compute the verdict of claims by sweeps.

    Args:
        sweeps: Which there are.
        named: Names of sweeps that every claim is asked of; of the others, only those claims that
            they were made for. Where any is named, claims that none of the sweeps was made for are
            left out.
        claims: Those to judge; all of them if None.

    Returns:
        One row per claim, sweep and effect: ``what`` is compared; the ``effect`` with the ends
        ``low`` and ``high`` of its plain 95% t interval, a rate or share, whose hundredth is the
        ``unit``; ``n`` of what (``of``) is behind it; the ends of the region that is ``claimed``;
        ``p`` against its nearer end, and Holm's over the claim's effects on that sweep;
        ``verdict``; ``n_to_settle`` an inconclusive one; when it was ``declared`` with its
        ``sha256``; the ``source`` of the claim, the ``command`` of the sweep and the ``run_ids``.
        A claim that no sweep answers has one row, whose ``remark`` says what it lacks.
    """
    digests = claim_hashes()
    rows = []
    evidence = [Evidence.of(sweep) for sweep in sweeps]
    for claim in CLAIMS.values() if claims is None else claims:
        found, reasons = [], []
        for each in evidence:
            is_made_for_it = claim.is_asked_of(each.sweep.name)
            if not is_made_for_it and each.sweep.name not in named:
                continue
            try:
                findings = judge(claim.region, claim.effects(each))
            except MissingEvidenceError as error:
                if is_made_for_it:
                    reasons.append(f"{each.sweep.name}: {error}")
                continue
            digest = digests.get(claim.name, "")
            found += [_row(claim, each.sweep, finding, digest) for finding in findings]
        if not found and (reasons or not named):
            lacks = f"no sweep {' or '.join(claim.sweeps)} with {claim.arms}"
            remark = "; ".join(reasons) or lacks
            found = [_not_run(claim, remark, digests.get(claim.name, ""))]
        rows += found
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.astype({"n": "Int64", "n_to_settle": "Int64"})


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
        "remark": _remark(finding),
        "declared": when_declared(sweep.folder, claim.name, digest=digest),
        "sha256": digest,
        "source": claim.source,
        "command": sweep.command,
        "run_ids": " ".join(effect.run_ids),
    }


def _remark(finding: Finding) -> str:
    effect = finding.effect
    if effect.standard_error == 0 and effect.n > 1:
        return f"all {effect.n} {effect.of} came to the same value"
    if finding.verdict != INCONCLUSIVE:
        return ""
    if finding.n_to_settle is None:
        return (
            f"more than {MOST_SEEDS} {effect.of} would be needed" if effect.n > 1 else "one value"
        )
    if effect.n < FEWEST:
        return f"fewer than {FEWEST} {effect.of}"
    return f"about {finding.n_to_settle} {effect.of} would settle it"


def _not_run(claim: Claim, remark: str, digest: str) -> dict[str, object]:
    nothing = dict.fromkeys(("effect", "low", "high", "p", "p.holm"), math.nan)
    return {
        "claim": claim.name,
        "sweep": "",
        "what": "",
        **nothing,
        "unit": claim.unit,
        "claimed.low": claim.region.low,
        "claimed.high": claim.region.high,
        "verdict": NOT_RUN,
        "remark": remark,
        "declared": "",
        "sha256": digest,
        "source": claim.source,
        "of": "",
        "command": "",
        "run_ids": "",
    }
