"""Takes a population's training steps: as they are written, or compiled."""

from torch import Tensor

from ffnn_lab.draws import dropout_rules
from ffnn_lab.population import Population, Slice
from ffnn_lab.programs import gradients_program, update_program
from ffnn_lab.steps import Batch, Examples, Recipe, clip_norms_, gradients, update_


class Stepper:
    """The steps of one population through one epoch, as they are written."""

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
        for number, part in enumerate(population.slices):
            here = slice(part.start, part.stop)
            self._update(number, part, population.flat[here], grads[here])
        if population.max_norm is not None:
            clip_norms_(population.flat, population.max_norm, population.layout)

    def _update(self, _number: int, part: Slice, params: Tensor, grads: Tensor) -> None:
        decay = (part.coupled, part.decoupled) if part.has_decay else None
        update_(params, grads, part.state, part.method, part.hyperparameters, decay)


class CompiledStepper(Stepper):
    """The same by compiled programs (see ``programs``), which may round otherwise."""

    def __init__(self, population: Population, train: Examples, loss: str) -> None:
        """Load the programs, or compile them.

        Raises:
            ProgramError: If neither can be done.
        """
        super().__init__(population, train, loss)
        like, labels = population.flat, train.labels.dtype
        drops = tuple(rule is not None for rule in self._dropout)
        self._gradients = gradients_program(self._recipe, drops, like, labels)
        self._updates = [update_program(part.method, like) for part in population.slices]

    def gradients(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Compute losses ``(M,)`` and their gradients ``(M, n_stored)``; see ``steps``."""
        inputs = [self._population.flat, self._train.inputs, self._train.labels]
        inputs += [batch.order, batch.rows, batch.place]
        for numbers, rule in zip(batch.numbers, self._dropout, strict=True):
            if numbers is not None and rule is not None:
                inputs += [numbers, rule.thresholds, rule.scales]
        losses, grads = self._gradients(inputs)
        return losses, grads

    def _update(self, number: int, part: Slice, params: Tensor, grads: Tensor) -> None:
        values = [part.hyperparameters[name] for name in part.method.hyperparameters]
        inputs = [params, grads, *part.state.values(), *values, part.coupled, part.decoupled]
        self._updates[number](inputs)
