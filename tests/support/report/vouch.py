"""``python -m tests.support.report.vouch``: write the present hash of each claim into earlier.py.

This is for claims whose code was rearranged while their meaning stayed the same; the tests of
effects must pass. With ``--keep`` the former hash is kept as an earlier one, which is necessary if
a release had it.
"""

import argparse
from pathlib import Path

from ffnn_lab.report.claims import earlier
from ffnn_lab.report.claims.declaration import claim_hashes


def main() -> None:
    """Rewrite the table of hashes in ``earlier.py``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--keep", action="store_true", help="keep the former hashes as earlier ones"
    )
    keeps = parser.parse_args().keep
    path = Path(str(earlier.__file__))
    text = path.read_text(encoding="utf-8")
    hashes = claim_hashes()
    for name, (former, *_) in earlier.EARLIER.items():
        digest = hashes[name]
        if digest != former:
            kept = f'{digest}",\n        "{former}' if keeps else digest
            text = text.replace(former, kept)
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
