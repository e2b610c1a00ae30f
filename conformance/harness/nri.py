"""A plugin of the Node Resource Interface, written for these tests alone: ttrpc over NRI's multiplexed socket, with the
messages of Proto/nri.proto.

``Plugin(CreateContainer=lambda request: nri.CreateContainerResponse(…))`` connects, registers and answers; what it was
told stands in ``told``. A function that raises ``Refusal`` answers with an error.
"""

import socket
import struct
import threading
from collections.abc import Callable
from typing import Any

from google.protobuf import message_factory

from harness import protos
from harness.wait import wait_until

SOCKET = "/var/run/nri/nri.sock"
#: Numbers of the logical connections, and of ttrpc's frames.
PLUGIN, RUNTIME = 1, 2
REQUEST, RESPONSE = 1, 2
UNIMPLEMENTED, UNKNOWN = 12, 2

_contract, _envelope = protos.load("nri", "ttrpc")
METHODS = _contract.services_by_name["Plugin"].methods_by_name
EVENTS = {value.name: value.number
          for value in _contract.enum_types_by_name["Event"].values}


def __getattr__(name: str) -> Any:
    """A message of the contract, by its name."""
    if name in _contract.message_types_by_name:
        return protos.message(_contract, name)
    raise AttributeError(f"the NRI contract has no {name}")


def _envelope_class(name: str) -> Any:
    return protos.message(_envelope, name)


def envelope(method: str, request: Any) -> bytes:
    """A request to the runtime, as it stands in a frame."""
    return _envelope_class("Request")(
        service="nri.pkg.api.v1alpha1.Runtime", method=method,
        payload=request.SerializeToString()).SerializeToString()


def mask(*events: str) -> int:
    """The subscription to these events alone."""
    return sum(1 << (EVENTS[event] - 1) for event in events)


class Refusal(Exception):
    """What a function of a plugin raises to answer with an error."""

    def __init__(self, words: str, code: int = UNKNOWN) -> None:
        super().__init__(words)
        self.code = code


class Wire:
    """The frames of a multiplexed ttrpc connection, and nothing of what they mean."""

    def __init__(self, path: str = SOCKET) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self._lock = threading.Lock()

    def send(self, connection: int, stream: int, kind: int, data: bytes) -> None:
        """One frame."""
        frame = struct.pack(">IIBB", len(data), stream, kind, 0) + data
        with self._lock:
            self.socket.sendall(struct.pack(">II", connection, len(frame)) + frame)

    def frames(self) -> Any:
        """Frames as they come: connection, stream, kind, data."""
        parts: dict[int, bytes] = {}
        while header := self._read(8):
            connection, size = struct.unpack(">II", header)
            parts[connection] = parts.get(connection, b"") + self._read(size)
            while len(parts[connection]) >= 10:
                length, stream, kind, _ = struct.unpack(">IIBB", parts[connection][:10])
                if len(parts[connection]) < 10 + length:
                    break
                data = parts[connection][10:10 + length]
                parts[connection] = parts[connection][10 + length:]
                yield connection, stream, kind, data

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            try:
                more = self.socket.recv(size - len(data))
            except OSError:
                return b""
            if not more:
                return b""
            data += more
        return data

    def close(self) -> None:
        """Ends the connection."""
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()


class Plugin:
    """A plugin that is connected until `close`."""

    def __init__(self, index: str = "10", name: str = "test", events: int = 0,
                 register: bool = True, awaited: bool = True, **answers: Callable) -> None:
        self.index, self.name, self.answers = index, name, answers
        #: Pairs of a method's name and its request, in their order.
        self.told: list[tuple[str, Any]] = []
        self.ended = threading.Event()
        #: For functions that hang until they are told to go on.
        self.released = threading.Event()
        self.failure = ""
        self._events = events
        self._calls: dict[int, Any] = {}
        self._next = 1
        self.wire = Wire()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        if register:
            self._register()
        if register and awaited:
            self.wait("Synchronize")

    def __enter__(self) -> "Plugin":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection."""
        self.wire.close()
        self._thread.join(10)

    def methods(self, *but: str) -> list[str]:
        """The names of what it was told, in their order."""
        return [method for method, _ in self.told if method not in ("Configure", "Synchronize", *but)]

    def requests(self, method: str) -> list[Any]:
        """All requests of one method."""
        return [request for name, request in self.told if name == method]

    def wait(self, method: str, count: int = 1) -> Any:
        """The request of this method, once it came so often and was answered."""
        wait_until(lambda: len(self.requests(method)) >= count, f"{method} came {count} times")
        return self.requests(method)[count - 1]

    def answered(self, method: str, seconds: float) -> None:
        """Waits until the method was answered, or the connection has ended."""
        wait_until(lambda: self.requests(method) or self.ended.is_set(), f"{method} came", seconds)

    def flood(self, method: str, request: Any, count: int) -> None:
        """Asks the runtime so many times, and waits for no answer."""
        data = envelope(method, request)
        for _ in range(count):
            stream, self._next = self._next, self._next + 2
            self._calls[stream] = (threading.Event(), [])
            self.wire.send(RUNTIME, stream, REQUEST, data)

    def call(self, method: str, request: Any) -> bytes:
        """Asks the runtime; Refusal with its words when it refuses."""
        stream, self._next = self._next, self._next + 2
        answered = threading.Event()
        self._calls[stream] = (answered, [])
        self.wire.send(RUNTIME, stream, REQUEST, envelope(method, request))
        assert answered.wait(20), f"{method} is not answered"
        response = self._calls.pop(stream)[1][0]
        if response.status.code:
            raise Refusal(response.status.message, response.status.code)
        return response.payload

    def _register(self) -> None:
        try:
            self.call("RegisterPlugin", __getattr__("RegisterPluginRequest")(
                plugin_name=self.name, plugin_idx=self.index, nri_version="v0.11.0"))
        except Refusal:
            self.close()
            raise

    def update(self, *updates: Any, evict: tuple = ()) -> list[Any]:
        """UpdateContainers; those that failed."""
        payload = self.call("UpdateContainers", __getattr__("UpdateContainersRequest")(
            update=updates, evict=evict))
        return list(__getattr__("UpdateContainersResponse").FromString(payload).failed)

    def _serve(self) -> None:
        for connection, stream, kind, data in self.wire.frames():
            if connection == RUNTIME and kind == RESPONSE:
                answered, box = self._calls[stream]
                box.append(_envelope_class("Response").FromString(data))
                answered.set()
            elif connection == PLUGIN and kind == REQUEST:
                threading.Thread(target=self._answer, args=(stream, data), daemon=True).start()
        self.ended.set()

    def _answer(self, stream: int, data: bytes) -> None:
        envelope = _envelope_class("Request").FromString(data)
        descriptor = METHODS[envelope.method]
        request = message_factory.GetMessageClass(descriptor.input_type).FromString(
            envelope.payload)
        response = _envelope_class("Response")()
        try:
            response.payload = self._made(envelope.method, descriptor, request)
        except Refusal as refusal:
            response.status.code, response.status.message = refusal.code, str(refusal)
        finally:
            self.told.append((envelope.method, request))
        try:
            self.wire.send(PLUGIN, stream, RESPONSE, response.SerializeToString())
        except OSError:
            pass

    def _made(self, method: str, descriptor: Any, request: Any) -> bytes:
        if answer := self.answers.get(method):
            made = answer(request)
            if isinstance(made, bytes):
                return made
            if hasattr(made, "SerializeToString"):
                return made.SerializeToString()
        output = message_factory.GetMessageClass(descriptor.output_type)()
        if method == "Configure":
            output.events = self._events
        if method == "Synchronize":
            output.more = request.more
        return output.SerializeToString()
