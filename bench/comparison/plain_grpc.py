"""A gRPC client without a library's cost: frames of HTTP/2 (RFC 9113) on a unix socket.

It has one call under way, never compresses, and knows just enough to measure a server by: with
grpcio, the client alone takes longer than a list of sixty containers.
"""

import socket
import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 4, 6, 7, 8
END_STREAM, END_HEADERS, ACK = 1, 4, 1
INITIAL_WINDOW = 4
LARGEST_WINDOW = (1 << 31) - 1
FRAME = 16384
#: Bytes after which a window is opened again, by when other clients do it too; not after each answer.
WINDOW_STEP = 1 << 20
#: Whether the message is compressed, and its length.
PREFIX = 5


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """Section 4.1."""
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def field(name: str, value: str) -> bytes:
    """A header that is in no table (RFC 7541, section 6.2.2)."""
    return bytes([0, len(name)]) + name.encode() + bytes([len(value)]) + value.encode()


class Channel:
    """A connection to a server."""

    def __init__(self, path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(path)
        self._rest = b""
        self._stream = -1
        self._unacknowledged = 0
        self._socket.sendall(
            PREFACE + frame(SETTINGS, 0, 0, struct.pack(">HI", INITIAL_WINDOW, LARGEST_WINDOW))
            + frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", LARGEST_WINDOW - 65535)))

    def call(self, path: str, request: bytes) -> bytes:
        """The answer of a unary method, not decoded; ConnectionError when the call failed: it then
        has no message, not even an empty one, but trailers alone (gRPC over HTTP/2, Responses)."""
        self._stream += 2
        headers = b"".join(field(*pair) for pair in (
            (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "localhost"),
            ("content-type", "application/grpc"), ("te", "trailers")))
        message = struct.pack(">BI", 0, len(request)) + request
        assert len(message) < FRAME
        self._socket.sendall(frame(HEADERS, END_HEADERS, self._stream, headers)
                             + frame(DATA, END_STREAM, self._stream, message))
        answer = self._answer()
        if len(answer) < PREFIX:
            raise ConnectionError(f"{path} failed")
        return answer[PREFIX:]

    def _answer(self) -> bytes:
        parts, ended = [], False
        while not ended:
            kind, flags, stream, payload = self._next()
            assert kind != GOAWAY, payload
            if kind in (SETTINGS, PING) and not flags & ACK:
                self._socket.sendall(frame(kind, ACK, 0, payload if kind == PING else b""))
            if kind == DATA:
                parts.append(payload)
            ended = stream == self._stream and bool(kind in (DATA, HEADERS) and flags & END_STREAM)
        answer = b"".join(parts)
        self._acknowledge(len(answer))
        return answer

    def _acknowledge(self, count: int) -> None:
        """Opens the connection's window again (section 6.9)."""
        self._unacknowledged += count
        if self._unacknowledged >= WINDOW_STEP:
            update = struct.pack(">I", self._unacknowledged)
            self._socket.sendall(frame(WINDOW_UPDATE, 0, 0, update))
            self._unacknowledged = 0

    def _next(self) -> tuple[int, int, int, bytes]:
        head = self._read(9)
        kind, flags, stream = struct.unpack(">BBI", head[3:])
        return kind, flags, stream, self._read(int.from_bytes(head[:3], "big"))

    def _read(self, count: int) -> bytes:
        while len(self._rest) < count:
            more = self._socket.recv(1 << 18)
            if not more:
                raise ConnectionError("the server closed the connection")
            self._rest += more
        part, self._rest = self._rest[:count], self._rest[count:]
        return part

    def close(self) -> None:
        """Ends the connection."""
        self._socket.close()
