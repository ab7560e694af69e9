"""``python -m analysis``: without words, make the tables and figures of all pages.

With words it forwards to `ffnn_lab.report.command`, which says what each command does.
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
