"""A WebSocket client (RFC 6455) for Kubernetes' channels: a message's first byte is its channel."""

import base64
import os
import socket
import struct
import threading

from harness.streaming.channel import Channel, Source, upgrade

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
#: Its message's second byte names the channel that ends (v5.channel.k8s.io).
CLOSING = 255
CHUNK = 32 << 10


class Stream(Channel):
    """A channel, in both directions."""

    def __init__(self, connection: "Connection", id: int) -> None:
        super().__init__()
        self._connection, self.id = connection, id

    def write(self, data: bytes) -> None:
        """Sends all of `data`."""
        for start in range(0, len(data), CHUNK):
            self._connection.send(BINARY, bytes([self.id]) + data[start:start + CHUNK])

    def finish(self) -> None:
        """Ends this direction, as v5 does it."""
        self._connection.send(BINARY, bytes([CLOSING, self.id]))


class Connection:
    """An upgraded connection; a thread of its own reads it."""

    def __init__(self, url: str, protocols: list[str]) -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket, rest, answer = upgrade(url, "GET", [
            ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", key), ("Sec-WebSocket-Protocol", ", ".join(protocols)),
            ("Origin", "http://localhost")])
        assert answer["upgrade"].lower() == "websocket", answer
        self.protocol = answer.get("sec-websocket-protocol", "")
        self.pongs = Channel()
        self.close_code: int | None = None
        self._streams: dict[int, Stream] = {}
        self._ended = False
        self._source = Source(self.socket, rest)
        self._lock = threading.Lock()
        self._registry = threading.Lock()
        threading.Thread(target=self._read, daemon=True).start()

    def channel(self, id: int) -> Stream:
        """The channel of this number."""
        with self._registry:
            stream = self._streams.setdefault(id, Stream(self, id))
            if self._ended:
                stream.end()
            return stream

    def ping(self) -> None:
        """Asks for an echo, and waits for it."""
        self.send(PING, b"are you there")
        self.pongs.until(b"are you there")

    def close(self) -> None:
        """Ends the connection without a word."""
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()

    def send(self, opcode: int, payload: bytes) -> None:
        """A frame that is a whole message, masked as a client's must be."""
        mask = os.urandom(4)
        count = len(payload)
        if count < 126:
            head = struct.pack(">BB", 0x80 | opcode, 0x80 | count)
        elif count < 1 << 16:
            head = struct.pack(">BBH", 0x80 | opcode, 0x80 | 126, count)
        else:
            head = struct.pack(">BBQ", 0x80 | opcode, 0x80 | 127, count)
        with self._lock:
            self.socket.sendall(head + mask + _masked(payload, mask))

    def _read(self) -> None:
        message = b""
        try:
            while True:
                final, opcode, payload = self._frame()
                if opcode >= CLOSE:
                    self._control(opcode, payload)
                    continue
                message += payload
                if final:
                    self._take(message)
                    message = b""
        except (EOFError, OSError):
            self._end()

    def _frame(self) -> tuple[bool, int, bytes]:
        first, second = self._source.take(2)
        assert not second & 0x80, "a server must not mask"
        count = second & 0x7F
        if count == 126:
            count = struct.unpack(">H", self._source.take(2))[0]
        elif count == 127:
            count = struct.unpack(">Q", self._source.take(8))[0]
        return bool(first & 0x80), first & 0x0F, self._source.take(count)

    def _control(self, opcode: int, payload: bytes) -> None:
        if opcode == PING:
            self.send(PONG, payload)
        elif opcode == PONG:
            self.pongs.put(payload)
        else:
            self.close_code = struct.unpack(">H", payload[:2])[0] if payload else None
            self.send(CLOSE, payload[:2])
            raise EOFError

    def _take(self, message: bytes) -> None:
        if message[:1] == bytes([CLOSING]):
            self.channel(message[1]).end()
        elif message:
            self.channel(message[0]).put(message[1:])

    def _end(self) -> None:
        with self._registry:
            self._ended = True
            for stream in self._streams.values():
                stream.end()
            self.pongs.end()


def _masked(data: bytes, mask: bytes) -> bytes:
    key = (mask * (len(data) // 4 + 1))[:len(data)]
    return (int.from_bytes(data) ^ int.from_bytes(key)).to_bytes(len(data))
