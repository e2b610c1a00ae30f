"""The disk of a node's images: an ext4 file system of its own, in a file on the machine's disk.

So every cell starts with the same file system, a sync waits for nobody else's writes, and to give
all of it back is one unlink: with the mount option `discard`, each unlinked file takes milliseconds.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import BUILD

#: Most of it is a hole.
SIZE = 16 << 30


@contextmanager
def disk() -> Iterator[Path]:
    """A file for it that goes again."""
    handle, path = tempfile.mkstemp(prefix="disk-", dir=BUILD)
    try:
        os.truncate(handle, SIZE)
        yield Path(path)
    finally:
        os.close(handle)
        os.unlink(path)


def mount(disk: Path, directory: str) -> None:
    """Makes the file system, and mounts it on the node, with which it is unmounted."""
    subprocess.run(["mkfs.ext4", "-q", "-F", disk], check=True)
    # The kernel would otherwise write tables in the background while things are measured.
    subprocess.run(["mount", "-o", "loop,noinit_itable", disk, directory], check=True)


def sync(directories: list[str]) -> None:
    """Waits until what they hold is on disk, and nothing else; all there is, if none is known."""
    if directories:
        subprocess.run(["sync", "--file-system", *directories], check=True)
    else:
        os.sync()
