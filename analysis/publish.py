"""``python -m analysis.publish SWEEP``: copy what its page needs to ``docs/results/records``."""

import argparse
import sys

from ffnn_lab.module_path import stand_back

if __name__ == "__main__":
    stand_back()

from analysis.pages import RESULTS
from ffnn_lab.config import UserError
from ffnn_lab.records import add_outputs, find_folder
from ffnn_lab.report.reports.publish import publish


def main() -> int:
    """Publish the sweep that the command line names.

    Returns:
        The exit code: 0, or 2 if it cannot be published, and the reason on standard error.
    """
    parser = argparse.ArgumentParser(prog="python -m analysis.publish", description=__doc__)
    parser.add_argument("sweep", metavar="SWEEP", help="a name under the outputs, or a folder")
    add_outputs(parser)
    asked = parser.parse_args()
    try:
        folder = find_folder(
            asked.sweep, outputs=asked.outputs, kind="neither a folder nor a sweep"
        )
        paths = publish(folder, RESULTS / "records" / folder.name)
    except (UserError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    n_bytes = sum(path.stat().st_size for path in paths)
    sys.stdout.write(f"{len(paths)} files, {n_bytes / 1000:.0f} kB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
