"""Indexed layers without Gantry: the mount, and a program that writes the index."""

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.cri import REPOSITORY

#: System calls by number, the same on every architecture (asm-generic/unistd.h).
_MOVE_MOUNT, _FSOPEN, _FSCONFIG, _FSMOUNT = 429, 430, 431, 432
_FLAG, _STRING, _CREATE = 0, 1, 6
_libc = ctypes.CDLL(None, use_errno=True)


def _call(number: int, *arguments: int | bytes | None) -> int:
    result = _libc.syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), f"system call {number}")
    return result


@contextmanager
def mounted(index: Path, tars: list[Path], target: Path) -> Iterator[Path]:
    """An index over its tars, mounted on `target`; mount(8) would try a loop device."""
    target.mkdir(parents=True, exist_ok=True)
    context = _call(_FSOPEN, b"erofs", 0)
    try:
        for key, path in [("source", index), *(("device", tar) for tar in tars)]:
            _call(_FSCONFIG, context, _STRING, key.encode(), os.fsencode(path), 0)
        _call(_FSCONFIG, context, _FLAG, b"ro", None, 0)
        _call(_FSCONFIG, context, _CREATE, None, None, 0)
        mount = _call(_FSMOUNT, context, 0, 0)
    finally:
        os.close(context)
    _call(_MOVE_MOUNT, mount, b"", -100, os.fsencode(target), 4)
    os.close(mount)
    try:
        yield target
    finally:
        subprocess.run(["umount", "-l", target], check=True)


@contextmanager
def overlaid(layers: list[Path], target: Path) -> Iterator[Path]:
    """Directories, the lowest first, as one: what an image's unpacked layers look like."""
    target.mkdir(parents=True, exist_ok=True)
    # A layer whose root is opaque hides all below it; overlay does not look at a root's attributes.
    opaque = [number for number, layer in enumerate(layers) if "trusted.overlay.opaque" in os.listxattr(layer)]
    layers = layers[max(opaque, default=0):]
    # Overlay alone takes no single layer without a writable one.
    empty = target.with_name(f"{target.name}-empty")
    empty.mkdir(exist_ok=True)
    lower = ":".join(map(str, [*reversed(layers), empty]))
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", f"lowerdir={lower}", target], check=True)
    try:
        yield target
    finally:
        subprocess.run(["umount", "-l", target], check=True)


def program() -> Path:
    """Tests/IndexLayers, as `swift build --product index-layers` has made it."""
    built = [path for kind in ("debug", "release")
             if (path := REPOSITORY / ".build" / kind / "index-layers").exists()]
    assert built, "there is no index-layers: swift build --product index-layers"
    return max(built, key=lambda path: path.stat().st_mtime)


def index(tars: list[Path], file: Path) -> subprocess.CompletedProcess[str]:
    """Writes the index of an image whose layers are these, the lowest first."""
    return subprocess.run([program(), file, *tars], capture_output=True, text=True, check=False)
