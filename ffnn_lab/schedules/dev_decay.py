"""The schedule that decays the learning rate when the dev loss stops improving."""

import dataclasses
from dataclasses import dataclass

from ffnn_lab.config.fields import ranged
from ffnn_lab.config.schedule import ScheduleConfig
from ffnn_lab.registry import register
from ffnn_lab.schedules.option import Progress, Schedule, ScheduleState


@dataclass(kw_only=True)
class DevDecayConfig(ScheduleConfig):
    """Config of a decay by ``delta`` whenever the dev loss has not improved for some epochs.

    Wilson et al. (2017) use a patience of 1.
    """

    delta: float = ranged("(0, 1]")
    """Factor by which each decay multiplies the learning rate."""
    patience: int = ranged("[1, inf)")
    """Number of epochs in a row without a new lowest dev loss, after which to decay."""


def dev_decay(config: DevDecayConfig, state: ScheduleState, progress: Progress) -> ScheduleState:
    """Multiply the factor by ``delta`` after ``patience`` epochs without a new lowest dev loss.

    The factors are those of torch's
    ``ReduceLROnPlateau(factor=delta, patience=patience - 1, threshold=0)``.

    Source:
        Wilson et al. (2017), section 4, who use a patience of 1.
    """
    if progress.dev_loss < state.best_dev_loss:
        return dataclasses.replace(state, best_dev_loss=progress.dev_loss, bad_epochs=0)
    if state.bad_epochs + 1 < config.patience:
        return dataclasses.replace(state, bad_epochs=state.bad_epochs + 1)
    return dataclasses.replace(state.scaled(config.delta), bad_epochs=0)


register(
    Schedule(
        name="dev_decay", order=3, config=DevDecayConfig, advance=dev_decay, needs_dev_loss=True
    )
)
