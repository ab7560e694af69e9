"""Move the current working directory to the end of the module path, ``sys.path``.

``python -m`` puts that folder first, so that a file ``statistics.py`` or a folder ``analysis/``
there would be imported in place of the module of that name. An entry point calls ``stand_back``
before it imports any module that Python has not loaded at its start; this module imports none.
"""

import os
import sys


def stand_back() -> None:
    """Move the current working directory to the end of the module path, if it is the first.

    A checkout of the project that is not installed stays in front, so that all modules are of one
    version. Python processes that this process starts, such as workers, do not search their
    working directory at all (``PYTHONSAFEPATH``), and find such a checkout by ``PYTHONPATH``.
    """
    here = os.getcwd()  # noqa: PTH109 - pathlib is not loaded yet
    if not sys.flags.safe_path and sys.path and sys.path[0] in ("", here):
        home = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
        is_checkout = os.path.realpath(home) == os.path.realpath(here)
        if not is_checkout or _is_installed(home):
            sys.path.append(sys.path.pop(0))
        else:
            known = os.environ.get("PYTHONPATH")
            os.environ["PYTHONPATH"] = f"{home}{os.pathsep}{known}" if known else home
    os.environ["PYTHONSAFEPATH"] = "1"


def _is_installed(home: str) -> bool:
    """Return True if the module path after its first folder leads to the checkout ``home``."""
    for folder in sys.path[1:]:
        if os.path.isfile(f"{folder}/ffnn_lab/__init__.py"):  # noqa: PTH113 - as above
            return os.path.realpath(folder) == os.path.realpath(home)
    return False
