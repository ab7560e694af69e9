"""A claim: a sentence of a paper, declared so that the records of a sweep can answer it."""

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ffnn_lab.registry import Option
from ffnn_lab.report.claims.region import Region

if TYPE_CHECKING:
    from ffnn_lab.report.claims.evidence import Evidence
    from ffnn_lab.report.claims.rule import Effect

MEASURES = "ffnn_lab.report.claims.measures"
"""Full name of the package whose modules measure the effects of claims."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Claim(Option):
    """A sentence of a paper as a hypothesis that a sweep can answer."""

    kind: ClassVar[str] = "claim"
    source: str
    """The paper that makes the claim, and the place in it; see docs/papers.md."""
    hypothesis: str
    """The claim in our own words."""
    quantity: str
    """Description of the effect, which is the number that is measured."""
    unit: str
    """Unit of the effect times 100, ``percentage points`` or ``%``: the effect itself is a rate or
    a share."""
    region: Region
    """Region in which the effect lies if the claim holds; its margin was declared before the
    runs."""
    reason: str
    """Reason for the size of the margin."""
    sweeps: Sequence[str]
    """Names of the sweeps that were made to answer the claim; sweeps whose name is one of these
    with a suffix (``_small``) are meant, too."""
    arms: str
    """Description of the arms that such a sweep needs."""
    measure: str
    """The function that finds the effects, as ``module.function`` below `MEASURES`."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """Keyword arguments of the function ``measure``, beside the evidence."""
    over: Literal["replicates", "draws"] = "replicates"
    """The unit that counts as one value of the effect: a whole repeat of tune and confirm, as in a
    claim on tuned methods, or a draw of the separable problem, whatever its number of runs."""

    def find_measure(self) -> "Callable[..., list[Effect]]":
        """Import and return the function that measures the claim's effects."""
        module, function = self.measure.split(".")
        found: Callable[..., list[Effect]] = getattr(
            importlib.import_module(f"{MEASURES}.{module}"), function
        )
        return found

    def effects(self, evidence: "Evidence") -> "list[Effect]":
        """Measure the claim's effects in one sweep, or in one replicate of it.

        Raises:
            MissingEvidenceError: If the sweep lacks what the claim is about.
        """
        return self.find_measure()(evidence, **self.arguments)

    def is_asked_of(self, sweep: str) -> bool:
        """Return True if the sweep with a given name was made to answer the claim."""
        suffixed = [(f"{name}_", f"{name}-") for name in self.sweeps]
        return sweep in self.sweeps or any(sweep.startswith(each) for each in suffixed)
