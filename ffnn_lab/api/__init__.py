"""The functions that ``import ffnn_lab`` offers; the command line calls them, too.

Each module imports heavy packages only when its function is called.
"""
