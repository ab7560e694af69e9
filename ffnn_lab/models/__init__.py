"""Models: functions over stacked parameters, and one member as an ordinary ``nn.Module``."""

from ffnn_lab.models.export import export_member, open_network, save_network
from ffnn_lab.models.mlp import Layout, backward, forward, forward_pass

__all__ = [
    "Layout",
    "backward",
    "export_member",
    "forward",
    "forward_pass",
    "open_network",
    "save_network",
]
