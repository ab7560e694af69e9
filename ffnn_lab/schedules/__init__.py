"""Schedules: one file for each, the factor on ``optimizer.lr``, settled after each epoch."""

from ffnn_lab.schedules.option import SCHEDULES, Progress, Schedule, ScheduleState

__all__ = ["SCHEDULES", "Progress", "Schedule", "ScheduleState"]
