"""``python -m analysis``: tables, figures and verdicts, from records alone.

It forwards to `ffnn_lab.report.command`, which says what each command does.
"""

import sys

from ffnn_lab.module_path import stand_back

if __name__ == "__main__":
    stand_back()

from ffnn_lab.report.command import main

if __name__ == "__main__":
    sys.exit(main())
