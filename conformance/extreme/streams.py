"""What a client may send to a streaming URL: the request's head, and then frames, with each extreme."""

import base64
import os
import socket
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import grpc

from harness.streaming import spdy

from .values import INVALID, MANY, NUMBERS, TEXTS

#: The bytes that a client sends, piece by piece; each piece but the first waits for an answer to that.
Talk = Callable[[str], list[bytes]]
#: Seconds in which a server answers or hangs up; what it does not is no failure by itself.
PATIENCE = 0.3
_ALL: dict[str, bytes] = {
    **{name: text.encode() for name, text in TEXTS.items()},
    **{str(number): str(number).encode() for number in NUMBERS},
    "not UTF-8": INVALID,
}
_UPGRADES = {
    "websocket": {
        b"Host": b"localhost", b"Connection": b"Upgrade", b"Upgrade": b"websocket",
        b"Sec-WebSocket-Version": b"13", b"Sec-WebSocket-Key": base64.b64encode(bytes(16)),
        b"Sec-WebSocket-Protocol": b"v5.channel.k8s.io", b"Content-Length": b"0",
    },
    "SPDY": {
        b"Host": b"localhost", b"Connection": b"Upgrade", b"Upgrade": b"SPDY/3.1",
        b"X-Stream-Protocol-Version": b"v4.channel.k8s.io", b"Content-Length": b"0",
    },
}
_FORWARD = {b"Sec-WebSocket-Protocol": b"SPDY/3.1+portforward.k8s.io",
            b"X-Stream-Protocol-Version": b"portforward.k8s.io"}


@dataclass(frozen=True)
class StreamCell:
    """One conversation with a streaming URL of that RPC."""

    rpc: str
    field: str
    value: str
    talk: Talk

    @property
    def name(self) -> str:
        """`Exec URL websocket length = 18446744073709551615`."""
        return f"{self.rpc} URL {self.field} = {self.value}"

    def ask(self, standing: Any, call: Callable[..., Any]) -> str:
        """Holds the conversation; what is wrong with the answer."""
        try:
            url = call(self.rpc, **_request(self.rpc, standing)).url
        except grpc.RpcError as error:
            return f"preparing: {error.code().name}: {error.details()}"
        answer = _say(url, self.talk(url))
        if answer and not answer.startswith((b"HTTP/1.1 101 ", b"HTTP/1.1 4", b"HTTP/1.1 503 ")):
            return f"answered with {answer[:200]!r}"
        return ""


def stream_cells() -> list[StreamCell]:
    """All of them."""
    return [*_heads(), *_websocket(), *_spdy(), *_ports()]


def _request(rpc: str, standing: Any) -> dict[str, Any]:
    if rpc == "PortForward":
        return {"pod_sandbox_id": standing.pod}
    wanted = {"container_id": standing.container, "stdin": rpc == "Exec", "stdout": True}
    return wanted | ({"cmd": ["cat"]} if rpc == "Exec" else {})


def _say(url: str, pieces: list[bytes]) -> bytes:
    """What came back first."""
    place = urlsplit(url)
    first = b""
    with socket.create_connection((place.hostname, place.port), timeout=5) as connection:
        try:
            for number, piece in enumerate(pieces):
                connection.settimeout(5)
                connection.sendall(piece)
                connection.settimeout(5 if number + 1 < len(pieces) else PATIENCE)
                answer = connection.recv(4096)
                first = first or answer
                if not answer:
                    break
        except OSError:
            pass
    return first


def _head(kind: str, url: str, rpc: str = "Exec", *, method: bytes = b"", path: bytes = b"",
          version: bytes = b"HTTP/1.1", headers: dict[bytes, bytes] | None = None) -> bytes:
    place = urlsplit(url)
    method = method or (b"GET" if kind == "websocket" else b"POST")
    fields = dict(_UPGRADES[kind])
    if rpc == "PortForward":
        fields |= {name: value for name, value in _FORWARD.items() if name in fields}
    fields |= headers or {}
    lines = b"".join(b"%s: %s\r\n" % field for field in fields.items())
    return b"%s %s %s\r\n%s\r\n" % (method, path or place.path.encode(), version, lines)


def _heads() -> Iterator[StreamCell]:
    for rpc in ("Exec", "Attach", "PortForward"):
        for kind, good in _UPGRADES.items():
            for name, value in _ALL.items():
                for field in ("method", "path", "version"):
                    yield StreamCell(rpc, f"{kind} {field}", name, _with(kind, rpc, **{
                        field: value}))
                yield StreamCell(rpc, f"{kind} token", name, _with_path(kind, rpc, b"/%s", value))
                yield StreamCell(rpc, f"{kind} query", name, _with_path(kind, rpc, b"?%s", value))
                for header in good:
                    yield StreamCell(rpc, f"{kind} {header.decode()}", name, _with(
                        kind, rpc, headers={header: value}))
            many = {b"x-%d" % number: b"a" for number in range(MANY)}
            yield StreamCell(rpc, f"{kind} headers", f"{MANY}", _with(kind, rpc, headers=many))
            yield StreamCell(rpc, f"{kind} query", "ports", _with_path(
                kind, rpc, b"?%s", b"&".join(b"port=%d" % port for port in range(300))))


def _with(kind: str, rpc: str, **changes: Any) -> Talk:
    return lambda url: [_head(kind, url, rpc, **changes)]


def _with_path(kind: str, rpc: str, form: bytes, value: bytes) -> Talk:
    return lambda url: [_head(kind, url, rpc, path=urlsplit(url).path.encode() + form % value)]


def _frame(first: int, length: int, body: bytes, claimed: int | None = None) -> bytes:
    """A WebSocket frame, masked with zeros; `claimed` is a length that it may not have."""
    claimed = len(body) if claimed is None else claimed
    size = {126: struct.pack(">H", claimed & 0xFFFF), 127: struct.pack(">Q", claimed)}.get(length, b"")
    return bytes([first, 0x80 | length]) + size + bytes(4) + body


def _websocket() -> Iterator[StreamCell]:
    def cell(field: str, value: Any, *frames: bytes) -> StreamCell:
        return StreamCell("Exec", f"websocket {field}", str(value),
                          lambda url: [_head("websocket", url), b"".join(frames)])

    for first in range(256):
        yield cell("first byte", first, _frame(first, 2, b"\0a"))
    for number in (0, 1, 125, 126, 65535, *(n for n in NUMBERS if n >= 0)):
        yield cell("length", number, _frame(0x82, 127, b"\0abc", number))
        yield cell("short length", number, _frame(0x82, 126, b"\0abc", number))
        yield cell("ping length", number, _frame(0x89, 127, b"abc", number))
    for channel in (*range(8), 127, 128, 254, 255):
        yield cell("channel", channel, _frame(0x82, 4, bytes([channel]) + b"abc"))
        yield cell("closed channel", channel, _frame(0x82, 2, bytes([255, channel])))
        yield cell("channel without bytes", channel, _frame(0x82, 1, bytes([channel])))
    for name, value in _ALL.items():
        for field in (b"Width", b"Height"):
            for text in (b'{"%s":%s}', b'{"%s":"%s"}'):
                body = b"\4" + text % (field, value)
                yield cell(f"resize {field.decode()} {text.decode()}", name,
                           _frame(0x82, 127, body))
        yield cell("close code", name, _frame(0x88, min(len(value), 125), value[:125]))
    yield cell("unmasked", "", bytes([0x82, 2, 0, 97]))
    yield cell("empty fragments", MANY, _frame(0x02, 0, b""), _frame(0x00, 0, b"") * MANY)
    yield cell("pings", MANY, _frame(0x89, 4, b"ping") * MANY)
    yield cell("nested brackets", MANY, _frame(0x82, 127, b"\4" + b"[" * MANY))
    yield cell("fragments without an end", MANY, _frame(0x02, 127, b"\0" + bytes(2000)) * 2000)


def _control(kind: int, body: bytes, flags: int = 0, length: int | None = None) -> bytes:
    length = len(body) if length is None else length
    return struct.pack(">HHI", 0x8003, kind, flags << 24 | length & 0xFFFFFF) + body


def _block(headers: list[tuple[bytes, bytes]], count: int | None = None, size: int | None = None
           ) -> bytes:
    """A header block; `count` and `size` are what it says instead of the truth."""
    block = struct.pack(">I", len(headers) if count is None else count)
    for name, value in headers:
        block += struct.pack(">I", len(name) if size is None else size) + name
        block += struct.pack(">I", len(value)) + value
    deflate = zlib.compressobj(zdict=spdy.DICTIONARY)
    return deflate.compress(block) + deflate.flush(zlib.Z_SYNC_FLUSH)


def _open(stream: int, block: bytes, associated: int = 0) -> bytes:
    return _control(spdy.SYN_STREAM, struct.pack(">IIH", stream, associated, 0) + block)


def _spdy() -> Iterator[StreamCell]:
    def cell(field: str, value: Any, *frames: bytes) -> StreamCell:
        return StreamCell("Exec", f"SPDY {field}", str(value),
                          lambda url: [_head("SPDY", url), b"".join(frames)])

    error = [(b"streamtype", b"error")]
    words = [number & 0xFFFFFFFF for number in NUMBERS if -(2**31) <= number < 2**32]
    for kind in (*range(20), 255, 0x7FFF, 0xFFFF):
        for length in (0, 1, 4, 8, 10, 0xFFFFFF):
            yield cell(f"type {kind} length", length, _control(kind, bytes(min(length, 16)), 0, length))
    for flags in range(256):
        yield cell("flags", flags, _control(
            spdy.SYN_STREAM, struct.pack(">IIH", 1, 0, 0) + _block(error), flags))
    for word in words:
        yield cell("stream", word, _open(word, _block(error)))
        yield cell("associated", word, _open(1, _block(error), word))
        yield cell("headers", word, _open(1, _block(error, count=word)))
        yield cell("name's length", word, _open(1, _block(error, size=word)))
        yield cell("data's stream", word, struct.pack(">II", word & 0x7FFFFFFF, 3) + b"abc")
        yield cell("window", word, _open(1, _block(error)), _control(9, struct.pack(">II", 1, word)))
        yield cell("settings", word, _control(spdy.SETTINGS, struct.pack(">I", word)))
        yield cell("ping", word, _control(spdy.PING, struct.pack(">I", word)))
        yield cell("reset", word, _control(spdy.RST_STREAM, struct.pack(">II", word, word)))
        yield cell("away", word, _control(spdy.GOAWAY, struct.pack(">II", word, word)))
    for name, value in _ALL.items():
        yield cell("streamtype", name, _open(1, _block([(b"streamtype", value)])))
        yield cell("header's name", name, _open(1, _block([(value, b"a"), *error])))
        yield cell("block", name, _open(1, value))
    yield cell("header twice", "", _open(1, _block(error + error)))
    yield cell("streams", MANY, *(_open(2 * n + 1, b"") for n in range(MANY)))
    yield cell("headers", MANY, _open(1, _block([(b"x%d" % n, b"a") for n in range(MANY)])))
    yield cell("zeros", 16 << 20, _open(1, _block([(b"a", bytes(16 << 20))])))
    yield cell("noise", 65536, os.urandom(65536))


def _ports() -> Iterator[StreamCell]:
    for name, value in _ALL.items():
        for field in (b"port", b"requestid", b"streamtype"):
            headers = dict(
                [(b"streamtype", b"error"), (b"port", b"80"), (b"requestid", b"0")]) | {field: value}
            yield StreamCell("PortForward", f"SPDY {field.decode()}", name, _forwarded(headers))
            yield StreamCell("PortForward", f"SPDY data {field.decode()}", name, _forwarded(
                headers | {b"streamtype": b"data"}))


def _forwarded(headers: dict[bytes, bytes]) -> Talk:
    return lambda url: [
        _head("SPDY", url, "PortForward"), _open(1, _block(list(headers.items())))]
