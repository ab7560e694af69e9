"""Networks: the architectures of members, their derivatives, and their export as modules."""

from ffnn_lab.networks.mlp import MLP, backward, forward, forward_pass
from ffnn_lab.networks.network import Network, Part, Signals, Site, rows_of
from ffnn_lab.networks.saved import read_network, save_network

__all__ = [
    "MLP",
    "Network",
    "Part",
    "Signals",
    "Site",
    "backward",
    "forward",
    "forward_pass",
    "read_network",
    "rows_of",
    "save_network",
]
