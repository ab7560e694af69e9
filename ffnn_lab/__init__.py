"""ffnn_lab: how initialization, optimizer and dropout change what a feed-forward net learns."""

__version__ = "0.1.0"
