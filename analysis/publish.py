"""``python -m analysis.publish SWEEP``: copy the records of a page to ``docs/results/records``."""

import sys

from ffnn_lab.module_path import stand_back

if __name__ == "__main__":
    stand_back()

from analysis.pages import RESULTS
from ffnn_lab.commands import Parser, exit_code_of
from ffnn_lab.records import find_folder
from ffnn_lab.report.reports.publish import MOST_CURVES, publish


def main() -> int:
    """Publish the sweep that the command line names.

    Returns:
        The exit code: 0, or 2 if the sweep cannot be published, with the reason on standard error.
    """
    return exit_code_of(_publish)


def _publish() -> None:
    parser = Parser(prog="python -m analysis.publish", description=__doc__)
    parser.add_argument("sweep", metavar="SWEEP", help="a name under the outputs, or a folder")
    parser.add_argument(
        "--most-curves",
        metavar="N",
        type=int,
        default=MOST_CURVES,
        help="reported runs up to which their curves are published (default: %(default)s)",
    )
    parser.add_outputs()
    asked = parser.parse_args()
    folder = find_folder(asked.sweep, outputs=asked.outputs, kind="neither a folder nor a sweep")
    published = publish(folder, RESULTS / "records" / folder.name, most_curves=asked.most_curves)
    n_bytes = sum(path.stat().st_size for path in published.paths)
    sys.stdout.write(f"{len(published.paths)} files, {n_bytes / 1000:.0f} kB\n")
    if published.remark:
        sys.stdout.write(f"{published.remark}\n")


if __name__ == "__main__":
    sys.exit(main())
