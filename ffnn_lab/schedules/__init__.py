"""Schedules: the factor on ``optimizer.lr``, settled anew after each epoch, per member."""

from ffnn_lab.schedules.rules import RULES, ScheduleState, advance

__all__ = ["RULES", "ScheduleState", "advance"]
