"""A terminal of a shim's process: the runtime hands its end over, and bytes go between that and two FIFOs."""

import array
import fcntl
import os
import socket
import struct
import tempfile
import termios
import threading
from pathlib import Path


class ConsoleSocket:
    """What an OCI runtime sends a terminal to (`--console-socket`)."""

    def __init__(self) -> None:
        self._directory = tempfile.mkdtemp(prefix="console-")
        self.path = f"{self._directory}/socket"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.path)
        self._listener.listen()

    def receive(self) -> int:
        """The terminal's descriptor; the runtime has sent it."""
        connection, _ = self._listener.accept()
        with connection:
            _, ancillary, _, _ = connection.recvmsg(4096, socket.CMSG_SPACE(4))
        numbers = array.array("i")
        numbers.frombytes(ancillary[0][2][:4])
        return numbers[0]

    def close(self) -> None:
        """Nobody sends to it any more."""
        self._listener.close()
        Path(self.path).unlink()
        os.rmdir(self._directory)


class Console:
    """A terminal with its FIFOs."""

    def __init__(self, terminal: int, stdin: str, stdout: str) -> None:
        self._terminal = terminal
        self._output = threading.Thread(target=self._copy_output, args=(stdout,), daemon=True)
        self._output.start()
        if stdin:
            threading.Thread(target=self._copy_input, args=(stdin,), daemon=True).start()

    def resize(self, width: int, height: int) -> None:
        """In characters."""
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def drain(self) -> None:
        """Returns when what was written to it has been passed on, or when somebody holds it too long."""
        self._output.join(timeout=1)

    def _copy_output(self, path: str) -> None:
        with open(path, "wb", buffering=0) as stdout:
            while data := self._read():
                stdout.write(data)

    def _read(self) -> bytes:
        """Empty when the last process that has the terminal is gone, which is EIO."""
        try:
            return os.read(self._terminal, 4096)
        except OSError:
            return b""

    def _copy_input(self, path: str) -> None:
        with open(path, "rb", buffering=0) as stdin:
            while data := stdin.read(4096):
                try:
                    os.write(self._terminal, data)
                except OSError:
                    return
