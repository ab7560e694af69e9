"""The figure ``gain_by_optimizer``: a heat map of the best tuning score at each gain."""

from ffnn_lab.registry import register
from ffnn_lab.report.figures.reported.along_axis import AlongAxis

register(AlongAxis(name="gain_by_optimizer", order=5))
