"""A file system that answers until it is told to fall silent, as NFS does when its server is gone.

It is FUSE spoken over /dev/fuse by hand (include/uapi/linux/fuse.h). A request that was read and is never
answered holds its process beyond SIGKILL, which is the worst that a dead file system does.
"""

import ctypes
import os
import select
import struct
import threading
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)
_MNT_DETACH = 2
_FORGET, _INTERRUPT, _BATCH_FORGET = 2, 36, 42
_LOOKUP, _GETATTR, _OPEN, _READ, _STATFS, _RELEASE = 1, 3, 14, 15, 17, 18
_FLUSH, _INIT, _OPENDIR, _READDIR, _RELEASEDIR, _ACCESS = 25, 26, 27, 28, 29, 34
_ENOENT, _ENOSYS = 2, 38

ROOT, DIRECTORY, FILE = 1, 2, 3
CONTENT = b"from the file system\n"
_MODES = {ROOT: 0o40755, DIRECTORY: 0o40755, FILE: 0o100644}
_NAMES = {b"dir": DIRECTORY, b"file": FILE}


class SilentFiles:
    """Mounted on `place`: a directory `dir` and a file `file`."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.is_silent = False
        #: Requests that nobody will answer.
        self.waiting = 0
        self._last = ""
        self._is_over = False
        place.mkdir(parents=True, exist_ok=True)
        self._device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        options = f"fd={self._device},rootmode=40755,user_id=0,group_id=0,allow_other,default_permissions"
        if _libc.mount(b"silent", os.fsencode(place), b"fuse", 0, options.encode()) != 0:
            raise OSError(ctypes.get_errno(), "mount", str(place))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        assert (place / "file").read_bytes() == CONTENT

    def fall_silent(self) -> None:
        """Reads requests from now on, and answers none."""
        self.is_silent = True

    def fall_silent_after(self, program: str) -> None:
        """The same, from the first request on that another program than this one makes."""
        self._last = program

    def abort(self) -> None:
        """Errors for all that waits and all that comes, as when its program is gone."""
        self._is_over = True
        self._thread.join()

    def end(self) -> None:
        """The same, and it is gone. Safe to repeat."""
        if not self._is_over:
            self.abort()
        _libc.umount2(os.fsencode(self.place), _MNT_DETACH)

    def _serve(self) -> None:
        while not self._is_over:
            if not select.select([self._device], [], [], 0.05)[0]:
                continue
            request = os.read(self._device, 1 << 18)
            if self._last and _program(request) != self._last:
                self.is_silent = True
            if self.is_silent:
                self.waiting += 1
            else:
                self._answer(request)
        os.close(self._device)

    def _answer(self, request: bytes) -> None:
        _, operation, unique, node = struct.unpack_from("<IIQQ", request)
        if operation in (_FORGET, _INTERRUPT, _BATCH_FORGET):
            return
        reply = self._reply(operation, node, request[40:])
        error, body = (-reply, b"") if isinstance(reply, int) else (0, reply)
        try:
            os.write(self._device, struct.pack("<IiQ", 16 + len(body), error, unique) + body)
        except OSError:
            pass

    def _reply(self, operation: int, node: int, body: bytes) -> bytes | int:
        """The answer's body, or an errno value."""
        if operation == _INIT:
            return struct.pack("<IIIIHHIIHHI28x", 7, 31, 1 << 17, 0, 16, 12, 1 << 17, 1, 32, 0, 0)
        if operation == _LOOKUP:
            found = _NAMES.get(body.rstrip(b"\0")) if node == ROOT else None
            return _entry(found) if found else _ENOENT
        if operation == _GETATTR:
            return struct.pack("<QII", 0, 0, 0) + _attributes(node)
        if operation in (_OPEN, _OPENDIR):
            return struct.pack("<QII", 1, 0, 0)
        if operation == _READ:
            (offset,) = struct.unpack_from("<Q", body, 8)
            return CONTENT[offset:]
        if operation == _READDIR:
            return b""
        if operation == _STATFS:
            return struct.pack("<QQQQQIIII24x", 1, 1, 1, 1, 1, 4096, 255, 4096, 0)
        if operation in (_RELEASE, _RELEASEDIR, _FLUSH, _ACCESS):
            return b""
        return _ENOSYS


def _program(request: bytes) -> str:
    (process,) = struct.unpack_from("<I", request, 32)
    try:
        return Path(f"/proc/{process}/comm").read_text().strip()
    except OSError:
        return ""


def _attributes(node: int) -> bytes:
    size = len(CONTENT) if node == FILE else 0
    return struct.pack("<QQQQQQIIIIIIIIII", node, size, 1, 0, 0, 0, 0, 0, 0, _MODES[node], 1, 0, 0, 0, 4096, 0)


def _entry(node: int) -> bytes:
    """Nothing that the kernel may remember: it asks each time."""
    return struct.pack("<QQQQII", node, 0, 0, 0, 0, 0) + _attributes(node)
