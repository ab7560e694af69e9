"""Where Python looks for modules: last of all in the folder where the user stands.

``python -m`` puts that folder first, so that a file ``statistics.py`` or a folder ``analysis/``
there would be imported in place of the module of that name. An entry calls ``stand_back`` before
it imports anything that is not loaded yet, and this module imports nothing that is not.
"""

import os
import sys


def stand_back() -> None:
    """Move the folder where the user stands to the end of the module path.

    A checkout of the project stays in front, since all of it must be of one version. Python
    processes that are started from here, such as workers, do not look where they stand at all, and
    find such a checkout by ``PYTHONPATH``.
    """
    here = os.getcwd()  # noqa: PTH109 - pathlib is not loaded yet
    if sys.flags.safe_path or not sys.path or sys.path[0] not in ("", here):
        return
    home = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
    if os.path.realpath(home) == os.path.realpath(here):
        known = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = f"{home}{os.pathsep}{known}" if known else home
    else:
        sys.path.append(sys.path.pop(0))
    os.environ["PYTHONSAFEPATH"] = "1"
