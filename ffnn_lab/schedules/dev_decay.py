"""The schedule that decays when the dev loss stops improving."""

import dataclasses
from dataclasses import dataclass

from ffnn_lab.config.fields import ranged
from ffnn_lab.config.schedule import ScheduleConfig
from ffnn_lab.registry import register
from ffnn_lab.schedules.option import Progress, Schedule, ScheduleState


@dataclass(kw_only=True)
class DevDecayConfig(ScheduleConfig):
    """Decay by the dev set: multiply by ``delta`` when no new best dev loss comes.

    Wilson et al. (2017) use a patience of 1.
    """

    delta: float = ranged("(0, 1]")
    """Factor of the learning rate at each decay."""
    patience: int = ranged("[1, inf)")
    """Epochs in a row without a new best after which to decay."""


def dev_decay(config: DevDecayConfig, state: ScheduleState, progress: Progress) -> ScheduleState:
    """Multiply by ``delta`` when ``patience`` epochs in a row bring no new best dev loss.

    As ``ReduceLROnPlateau(factor=delta, patience=patience - 1, threshold=0)``.

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
