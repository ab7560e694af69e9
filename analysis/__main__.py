"""``python -m analysis``: without arguments, make the tables and figures of all pages.

With arguments, run `ffnn_lab.report.command`, which describes its own commands.
"""

import sys

from ffnn_lab.module_path import stand_back

if __name__ == "__main__":
    stand_back()

from ffnn_lab.report.command import main

if __name__ == "__main__":
    if sys.argv[1:]:
        sys.exit(main())
    from analysis.pages import make_all

    make_all()
