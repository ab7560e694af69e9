"""The best tuning score at each initializer gain, as a heat map."""

from ffnn_lab.registry import register
from ffnn_lab.report.figures.reported.along_axis import AlongAxis

register(AlongAxis(name="gain_by_optimizer", order=5))
