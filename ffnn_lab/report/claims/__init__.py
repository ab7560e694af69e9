"""The claims of papers, each of which is judged by the records of sweeps.

``declared/`` has one file for each claim, ``measures/`` the functions that measure effects, and
``rule`` turns effects into verdicts. To add a claim: a file in ``declared/``, a row in README.md,
and three tests, with records where the claim is true, where it is false and where it is undecided.
"""

from ffnn_lab.registry import View
from ffnn_lab.report.claims.claim import Claim

CLAIMS = View(Claim)
"""The claims by name, in the order of the verdict table."""
