"""The page ``docs/results/claims.md``: every claim judged by all published records.

Edit what you like, then run ``python -m analysis`` (`make paper`).
"""

from analysis.pages import Page
from analysis.tables import claim_counts, judged
from ffnn_lab.report.claims import CLAIMS
from ffnn_lab.report.reports.verdict_report import readable_verdicts


def make(page: Page) -> None:
    """Make the tables of the page."""
    folders = sorted(page.records.iterdir())
    asked = [
        page.numbers(folder.name).sweep
        for folder in folders
        if any(claim.is_asked_of(folder.name) for claim in CLAIMS.values())
    ]
    table = judged(asked)
    page.table("counts", claim_counts(table))
    page.table("effects", readable_verdicts(table))
