"""Schedules: one file for each; a schedule sets a factor on ``optimizer.lr`` after each epoch."""

from ffnn_lab.schedules.option import SCHEDULES, Progress, Schedule, ScheduleState

__all__ = ["SCHEDULES", "Progress", "Schedule", "ScheduleState"]
