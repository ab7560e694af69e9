"""ffnn_lab: how initialization, optimizer and dropout change what a feed-forward net learns.

Five functions do from Python what the command line does, `register` adds an option of your own,
and `UserError` is the exception for mistakes that you can correct:

- `train` trains one run and records it,
- `sweep` runs a sweep, or goes on with it,
- `load` reads the records of a folder as DataFrames,
- `summarize` computes tables and figures from records,
- `open_network` opens a trained network as a torch module,
- `register` makes an optimizer, a network or another option of yours known by its name,
- `UserError` is raised for every mistake that the user can correct; its message says how.

The import is light: what a function needs is imported when the function is first used.
"""

# Nothing is imported here, not even `typing`: with ``python -m`` this file is executed while the
# current working directory is still first on the module path.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from ffnn_lab.api.loading import load
    from ffnn_lab.api.recorded import open_network
    from ffnn_lab.api.summary import summarize
    from ffnn_lab.api.sweeping import sweep
    from ffnn_lab.api.training import train
    from ffnn_lab.errors import UserError
    from ffnn_lab.registry import register

__version__ = "0.1.0"
__all__ = ["UserError", "load", "open_network", "register", "summarize", "sweep", "train"]

_MODULES = {
    "UserError": "errors",
    "load": "api.loading",
    "open_network": "api.recorded",
    "register": "registry",
    "summarize": "api.summary",
    "sweep": "api.sweeping",
    "train": "api.training",
}
"""Maps each public name to the module that defines it."""


def __getattr__(name: str) -> object:
    """Import a public name when it is first used."""
    if name not in _MODULES:
        msg = f"module 'ffnn_lab' has no attribute {name!r}"
        raise AttributeError(msg)
    import importlib  # noqa: PLC0415 - see the top

    found: object = getattr(importlib.import_module(f"ffnn_lab.{_MODULES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """List the public names, whether or not they were used yet."""
    return ["__version__", *__all__]
