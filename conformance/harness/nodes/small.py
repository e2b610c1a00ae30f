"""Small file systems, which are soon full."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.cri import REPOSITORY
from harness.nodes.damage import ROOT

#: Whether the root directory is on a disk, where layers are indexed.
ON_DISK = bool(os.environ.get("GANTRY_ROOT"))


@contextmanager
def small(directory: Path, is_disk: bool | None = None) -> Iterator[None]:
    """A file system of 64 MiB on a directory: in memory, or as the root directory is."""
    is_disk = ON_DISK and directory == ROOT if is_disk is None else is_disk
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=REPOSITORY / ".build") as disk:
        command = ["mount", "-t", "tmpfs", "-o", "size=64m,mode=0755", "tmpfs", directory]
        if is_disk:
            disk.truncate(64 << 20)
            subprocess.run(["mkfs.ext4", "-q", "-m", "0", "-E", "root_owner=0:0", disk.name], check=True)
            command = ["mount", "-o", "loop", disk.name, directory]
        subprocess.run(command, check=True)
        try:
            yield
        finally:
            subprocess.run(["umount", "-l", directory], check=True)


def fill(directory: Path) -> Path:
    """Takes all the room that is left; the file that takes it."""
    path = directory / "ballast"
    with open(path, "wb", buffering=0) as ballast:
        for size in (1 << 20, 4096, 1):
            try:
                while ballast.write(b"\0" * size) == size:
                    pass
            except OSError:
                pass
    return path
