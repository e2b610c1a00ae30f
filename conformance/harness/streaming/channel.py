"""One direction of a stream: bytes that a connection's reader thread puts in and a test takes out."""

import socket
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from harness.wait import PATIENCE


class Channel:
    """Collects what arrives until its end."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.ended = False
        self._changed = threading.Condition()

    def put(self, data: bytes) -> None:
        """Takes bytes in."""
        with self._changed:
            self.data += data
            self._changed.notify_all()

    def end(self) -> None:
        """No more will come."""
        with self._changed:
            self.ended = True
            self._changed.notify_all()

    def until(self, words: bytes, seconds: float = 20) -> bytes:
        """All that came so far, once it holds `words`."""
        self._wait(lambda: words in self.data, f"{words!r}", seconds)
        return bytes(self.data)

    def whole(self, seconds: float = 20) -> bytes:
        """All that came, once it has ended."""
        self._wait(lambda: self.ended, "the end", seconds)
        return bytes(self.data)

    def _wait(self, condition: Callable[[], bool], what: str, seconds: float) -> None:
        deadline = time.monotonic() + seconds * PATIENCE
        with self._changed:
            while not condition():
                left = deadline - time.monotonic()
                assert left > 0 and (not self.ended or what == "the end"), (
                    f"no {what} in {bytes(self.data[-2000:])!r}, ended: {self.ended}")
                self._changed.wait(left)


class Refused(Exception):
    """The server answered the upgrade with another status."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status}: {text}")
        self.status = status


def upgrade(url: str, method: str, headers: list[tuple[str, str]]) -> tuple[
        socket.socket, bytes, dict[str, str]]:
    """The socket past the answer 101, what came behind the answer, and the answer's headers."""
    parts = urlsplit(url)
    assert parts.hostname and parts.port, url
    connection = socket.create_connection((parts.hostname, parts.port), timeout=20 * PATIENCE)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    lines = [f"{method} {target} HTTP/1.1", f"Host: {parts.netloc}",
             *(f"{name}: {value}" for name, value in headers)]
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    received = b""
    while b"\r\n\r\n" not in received:
        more = connection.recv(4096)
        if not more:
            break
        received += more
    head, _, rest = received.partition(b"\r\n\r\n")
    first, *fields = head.decode().split("\r\n")
    status = int(first.split()[1]) if first else 0
    if status != 101:
        connection.close()
        raise Refused(status, received.decode(errors="replace"))
    connection.settimeout(None)
    answer = {name.lower(): value.strip() for name, _, value in (f.partition(":") for f in fields)}
    return connection, rest, answer


class Source:
    """Exact counts of bytes from a socket, first of all what was read too far before."""

    def __init__(self, connection: socket.socket, rest: bytes) -> None:
        self._connection, self._rest = connection, rest

    def take(self, count: int) -> bytes:
        """`count` bytes; EOFError when the connection ends before."""
        taken = bytearray(self._rest[:count])
        self._rest = self._rest[count:]
        while len(taken) < count:
            more = self._connection.recv(count - len(taken))
            if not more:
                raise EOFError
            taken += more
        return bytes(taken)
