"""A SPDY/3.1 client as far as Kubernetes' streaming uses it (SPDY Protocol, Draft 3.1).

As Kubernetes' own client it sends no WINDOW_UPDATE and ignores those that come."""

import socket
import struct
import threading
import zlib

from harness.streaming.channel import Channel, Source, upgrade

#: Words of section 2.6.10.1, each with its length before it there, and what follows them.
_WORDS = """options head post put delete trace accept accept-charset accept-encoding accept-language
accept-ranges age allow authorization cache-control connection content-base content-encoding
content-language content-length content-location content-md5 content-range content-type date etag
expect expires from host if-match if-modified-since if-none-match if-range if-unmodified-since
last-modified location max-forwards pragma proxy-authenticate proxy-authorization range referer
retry-after server te trailer transfer-encoding upgrade user-agent vary via warning www-authenticate
method get status 200_OK version HTTP/1.1 url public set-cookie keep-alive origin"""
_TAIL = (
    "1001012012022052063003023033043053063074024054064074084094104114124134144154164175025045052"
    "03 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 "
    "Unauthorized403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented503 Service "
    "UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, "
    "Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml"
    "+xml,text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset="
    "iso-8859-1,utf-,*,enq=0.")
DICTIONARY = b"".join(
    struct.pack(">I", len(word)) + word.replace("_", " ").encode()
    for word in _WORDS.split()) + _TAIL.encode()

SYN_STREAM, SYN_REPLY, RST_STREAM, SETTINGS, PING, GOAWAY = 1, 2, 3, 4, 6, 7
FIN = 1
#: Far below the 24 bits of a length, as ordinary clients write.
CHUNK = 32 << 10


class Stream(Channel):
    """A stream that this client opened."""

    def __init__(self, connection: "Connection", id: int) -> None:
        super().__init__()
        self._connection, self.id = connection, id
        self.replied = threading.Event()
        self.reset: int | None = None
        #: Whether the server has said that it sends no more.
        self.finished = False

    def write(self, data: bytes) -> None:
        """Sends all of `data`."""
        for start in range(0, len(data), CHUNK):
            self._connection.send_data(self.id, data[start:start + CHUNK])

    def finish(self) -> None:
        """Half-close: nothing more will be sent."""
        self._connection.send_data(self.id, b"", FIN)

    def abort(self) -> None:
        """RST_STREAM with CANCEL."""
        self._connection.send_control(RST_STREAM, 0, struct.pack(">II", self.id, 5))


class Connection:
    """An upgraded connection; a thread of its own reads it."""

    def __init__(self, url: str, protocols: list[str]) -> None:
        self.socket, rest, answer = upgrade(url, "POST", [
            ("Connection", "Upgrade"), ("Upgrade", "SPDY/3.1"), ("Content-Length", "0"),
            *(("X-Stream-Protocol-Version", name) for name in protocols)])
        assert answer["upgrade"].upper() == "SPDY/3.1", answer
        self.protocol = answer.get("x-stream-protocol-version", "")
        self.streams: dict[int, Stream] = {}
        self.pings = Channel()
        self._source = Source(self.socket, rest)
        self._lock = threading.Lock()
        self._deflate = zlib.compressobj(zdict=DICTIONARY)
        self._inflate = zlib.decompressobj(zdict=DICTIONARY)
        threading.Thread(target=self._read, daemon=True).start()

    def open(self, headers: dict[str, str], fin: bool = False) -> Stream:
        """A new stream, once the server has accepted it."""
        with self._lock:
            stream = Stream(self, 2 * len(self.streams) + 1)
            self.streams[stream.id] = stream
            block = self._compressed(headers)
            self._control(SYN_STREAM, FIN if fin else 0,
                          struct.pack(">IIH", stream.id, 0, 0) + block)
        assert stream.replied.wait(20), f"no SYN_REPLY for {headers}"
        return stream

    def ping(self) -> None:
        """Asks for an echo, and waits for it."""
        self.send_control(PING, 0, struct.pack(">I", 1))
        self.pings.until(struct.pack(">I", 1))

    def close(self) -> None:
        """Ends the connection without a word."""
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()

    def send_data(self, id: int, data: bytes, flags: int = 0) -> None:
        """A data frame."""
        with self._lock:
            self.socket.sendall(struct.pack(">II", id, flags << 24 | len(data)) + data)

    def send_control(self, kind: int, flags: int, body: bytes) -> None:
        """A control frame."""
        with self._lock:
            self._control(kind, flags, body)

    def _control(self, kind: int, flags: int, body: bytes) -> None:
        head = struct.pack(">HHI", 0x8003, kind, flags << 24 | len(body))
        self.socket.sendall(head + body)

    def _compressed(self, headers: dict[str, str]) -> bytes:
        block = struct.pack(">I", len(headers))
        for name, value in headers.items():
            for text in (name.lower().encode(), value.encode()):
                block += struct.pack(">I", len(text)) + text
        return self._deflate.compress(block) + self._deflate.flush(zlib.Z_SYNC_FLUSH)

    def _read(self) -> None:
        try:
            while True:
                first, second = struct.unpack(">II", self._source.take(8))
                self._take(first, second >> 24, self._source.take(second & 0xFFFFFF))
        except (EOFError, OSError):
            for stream in list(self.streams.values()):
                stream.end()
            self.pings.end()

    def _take(self, first: int, flags: int, body: bytes) -> None:
        if not first >> 31:
            self.streams[first].put(body)
            self._ended(first, flags)
        elif (kind := first & 0xFFFF) == PING:
            self._pinged(body)
        elif kind in (SYN_REPLY, RST_STREAM):
            id = struct.unpack(">I", body[:4])[0]
            if kind == SYN_REPLY:
                self._inflate.decompress(body[4:])
                self.streams[id].replied.set()
                self._ended(id, flags)
            else:
                self.streams[id].reset = struct.unpack(">I", body[4:8])[0]
                self.streams[id].replied.set()
                self.streams[id].end()

    def _ended(self, id: int, flags: int) -> None:
        if flags & FIN:
            self.streams[id].finished = True
            self.streams[id].end()

    def _pinged(self, body: bytes) -> None:
        if struct.unpack(">I", body)[0] % 2:
            self.pings.put(body)
        else:
            self.send_control(PING, 0, body)
