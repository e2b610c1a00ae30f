"""A CRI client that shares no code with Gantry: `client.Version()`, `client.StopContainer(…)`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import grpc

from harness import cri
from harness.wait import PATIENCE

#: Long enough for two busy cores; a call that hangs still ends the test.
DEADLINE = 60 * PATIENCE


class Client:
    """One channel to a CRI socket; each RPC is a method that takes its request's fields."""

    def __init__(self, socket: str) -> None:
        self.socket = socket
        self._channel = grpc.insecure_channel(f"unix://{socket}", options=[
            ("grpc.max_receive_message_length", 16 << 20),
            # Otherwise a killed daemon's backoff would be counted as the new one's start time.
            ("grpc.initial_reconnect_backoff_ms", 20), ("grpc.max_reconnect_backoff_ms", 100),
        ])

    def close(self) -> None:
        """Ends the connection."""
        self._channel.close()

    def __getattr__(self, rpc: str) -> Callable[..., Any]:
        if rpc not in cri.METHODS:
            raise AttributeError(f"the CRI contract has no RPC {rpc}")

        def call(deadline: float = DEADLINE, **fields: Any) -> Any:
            request = cri.message_class(cri.METHODS[rpc].input_type)(**fields)
            return self._callable(rpc)(request, timeout=deadline)

        return call

    def send(self, rpc: str, request: bytes, deadline: float = DEADLINE) -> Any:
        """Sends a request that is encoded; of a stream, all answers that come."""
        answer = self._callable(rpc, bytes)(request, timeout=deadline)
        return list(answer) if cri.METHODS[rpc].server_streaming else answer

    def _callable(self, rpc: str, serialize: Callable[[Any], bytes] | None = None) -> Any:
        method = cri.METHODS[rpc]
        kind = self._channel.unary_stream if method.server_streaming else self._channel.unary_unary
        return kind(
            f"/{method.containing_service.full_name}/{rpc}",
            request_serializer=serialize
            or cri.message_class(method.input_type).SerializeToString,
            response_deserializer=cri.message_class(method.output_type).FromString,
        )


@contextmanager
def refused(code: grpc.StatusCode | None, *words: str) -> Iterator[None]:
    """Expects a call to fail with `code` and a message that holds all of `words`.

    No code stands for any: the CRI names none for what an OCI runtime or a plugin says."""
    try:
        yield
    except grpc.RpcError as error:
        assert code in (None, error.code()), f"{error.code()}: {error.details()}, wanted {code}"
        for word in words:
            assert word in error.details(), f"no {word!r} in {error.details()!r}"
    else:
        raise AssertionError(f"the call went well, wanted {code}")
