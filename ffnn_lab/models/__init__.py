"""Models: functions over stacked parameters, and one member as an ordinary ``nn.Module``."""

from ffnn_lab.models.export import export_member, open_network, save_network
from ffnn_lab.models.mlp import Layout, forward

__all__ = ["Layout", "export_member", "forward", "open_network", "save_network"]
