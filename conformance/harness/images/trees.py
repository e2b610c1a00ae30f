"""What a tree of files consists of, entry by entry."""

import hashlib
import os
import stat
from pathlib import Path

#: Kind, mode, owner, group, size, device, extended attributes, and a link's target or the content's digest.
Entry = tuple[int, int, int, int, int, tuple[tuple[str, bytes], ...], str]


def entries(root: Path) -> dict[bytes, Entry]:
    """All files below `root`, and it itself, by name."""
    top = os.fsencode(root)
    found = {b"": _entry(top)}
    directories = [b""]
    while directories:
        directory = directories.pop()
        for item in os.scandir(top + b"/" + directory):
            name = directory + b"/" + item.name if directory else item.name
            try:
                found[name] = _entry(top + b"/" + name)
            except FileNotFoundError:
                # Overlay lists whiteouts of directories that only one layer has, and shows nothing there.
                continue
            if stat.S_ISDIR(found[name][0]):
                directories.append(name)
    return found


def times(root: Path) -> dict[bytes, int]:
    """When each was changed last, in nanoseconds."""
    top = os.fsencode(root)
    return {name: os.lstat(top + b"/" + name).st_mtime_ns for name in entries(root)}


def hard_links(root: Path) -> set[tuple[bytes, ...]]:
    """The names of each file that has several."""
    names: dict[int, list[bytes]] = {}
    top = os.fsencode(root)
    for name, entry in entries(root).items():
        if not stat.S_ISDIR(entry[0]):
            names.setdefault(os.lstat(top + b"/" + name).st_ino, []).append(name)
    return {tuple(sorted(group)) for group in names.values() if len(group) > 1}


def _entry(path: bytes) -> Entry:
    status = os.lstat(path)
    kind = stat.S_IFMT(status.st_mode)
    attributes = tuple(sorted(
        (name, os.getxattr(path, name, follow_symlinks=False))
        for name in os.listxattr(path, follow_symlinks=False) if not name.startswith("trusted.overlay.")))
    device = status.st_rdev if kind in (stat.S_IFCHR, stat.S_IFBLK) else 0
    content = ""
    if kind == stat.S_IFLNK:
        content = repr(os.readlink(path))
    elif kind == stat.S_IFREG:
        content = _digest(path)
    size = status.st_size if kind == stat.S_IFREG else 0
    return status.st_mode, status.st_uid, status.st_gid, size, device, attributes, content


def _digest(path: bytes) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
