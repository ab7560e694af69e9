"""Takes a population's training steps: as they are written, or compiled."""

from torch import Tensor

from ffnn_lab.draws import dropout_rules
from ffnn_lab.population import Population
from ffnn_lab.steps import Batch, Examples, Recipe, clip_norms_, gradients, update_


class Stepper:
    """The steps of one population, as long as nobody joins or leaves."""

    def __init__(self, population: Population, train: Examples, loss: str) -> None:
        """Make ready.

        Args:
            population: Who is trained.
            train: What on.
            loss: One of ``losses.LOSSES``.
        """
        self._population = population
        self._train = train
        self._recipe = Recipe(population.layout, loss)
        self._dropout = dropout_rules(population)

    def gradients(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Compute losses ``(M,)`` and their gradients ``(M, n_stored)``; see ``steps``."""
        return gradients(self._population.flat, self._train, batch, self._dropout, self._recipe)

    def update_(self, grads: Tensor) -> None:
        """Move every member by its own method, then clip norms."""
        population = self._population
        for part in population.slices:
            here = slice(part.start, part.stop)
            update_(
                population.flat[here],
                grads[here],
                part.state,
                part.method,
                part.hyperparameters,
                (part.coupled, part.decoupled) if part.has_decay else None,
            )
        if population.max_norm is not None:
            clip_norms_(population.flat, population.max_norm, population.layout)
