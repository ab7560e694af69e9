"""Write files so that even after a power loss they are complete or not there at all.

Every file of a sweep that is replaced as a whole is written by `write_whole`: parts of the tables,
the definition, the claims' hashes, checkpoints, compiled programs, weights.
"""

import os
import secrets
from pathlib import Path


def write_whole(path: Path, *contents: bytes | memoryview) -> None:
    """Write a file beside its final name, sync it, and rename it into place.

    The contents reach the disk before the name does, and the name is synced, too: after a power
    loss ``path`` holds its former contents or the new ones, and never a part of them. Folders that
    are missing are made. The file that is written first has a random name and must be new, so no
    symbolic link is followed; a link at ``path`` itself is replaced.

    Args:
        path: The final name.
        *contents: All bytes of the file, in one piece or several.

    Raises:
        OSError: If the file cannot be written, as on a full disk; then nothing is left behind.
    """
    make_folder(path.parent)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    file = os.fdopen(os.open(beside, flags, 0o666), "wb")
    try:
        with file:
            for piece in contents:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def make_folder(folder: Path) -> None:
    """Make a folder and its missing parents, and sync their names to the disk."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for each in missing:
        sync_folder(each.parent)


def sync_folder(folder: Path) -> None:
    """Sync the names in a folder to the disk: from then on a rename outlives a power loss.

    Some file systems cannot sync a folder; there this does nothing.
    """
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    except OSError:
        pass
    finally:
        os.close(opened)
