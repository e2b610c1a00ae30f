"""Exec, Attach and PortForward as kubectl's client does them, over SPDY or WebSocket."""

import itertools
import json
from typing import Any

from harness.pods import Container
from harness.streaming import spdy, websocket
from harness.streaming.channel import Channel

PROTOCOLS = ["spdy", "websocket"]
#: In the order in which a client prefers them; SPDY has no v5.
_SPDY = ["v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io"]
_WEBSOCKET = ["v5.channel.k8s.io", "v4.channel.k8s.io"]
#: Numbers of the channels (remotecommand), and the header that names a stream in SPDY.
_CHANNELS = {"stdin": 0, "stdout": 1, "stderr": 2, "error": 3, "resize": 4}


class Session:
    """A running exec or attach."""

    def __init__(self, protocol: str, url: str, stdin: bool = False, stdout: bool = True,
                 stderr: bool = True, tty: bool = False,
                 versions: list[str] | None = None) -> None:
        asked = {"error": True, "stdin": stdin, "stdout": stdout, "stderr": stderr and not tty,
                 "resize": tty}
        names = [name for name, wanted in asked.items() if wanted]
        self.connection: Any
        if protocol == "spdy":
            self.connection = spdy.Connection(url, versions or _SPDY)
            self._streams = {name: self.connection.open({"streamtype": name}) for name in names}
        else:
            self.connection = websocket.Connection(url, versions or _WEBSOCKET)
            self._streams = {name: self.connection.channel(_CHANNELS[name]) for name in names}

    @property
    def stdout(self) -> Channel:
        """What the command has written to its standard output."""
        return self._streams["stdout"]

    @property
    def stderr(self) -> Channel:
        """What the command has written to its standard error."""
        return self._streams["stderr"]

    @property
    def finished(self) -> set[str]:
        """Over SPDY, the streams that the server has ended itself."""
        return {name for name, stream in self._streams.items() if stream.finished}

    def write(self, data: bytes) -> None:
        """To the standard input."""
        self._streams["stdin"].write(data)

    def finish(self) -> None:
        """Ends the standard input."""
        self._streams["stdin"].finish()

    def resize(self, width: int, height: int) -> None:
        """As remotecommand's TerminalSize in JSON."""
        size = json.dumps({"Width": width, "Height": height}) + "\n"
        self._streams["resize"].write(size.encode())

    def status(self, seconds: float = 20) -> dict[str, Any]:
        """The metav1.Status at the end; empty when there was none."""
        text = self._streams["error"].whole(seconds)
        return json.loads(text) if text else {}

    def exit_code(self, seconds: float = 20) -> int:
        """The exit code that the status tells of."""
        return exit_code(self.status(seconds))

    def close(self) -> None:
        """Goes away."""
        self.connection.close()

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def exit_code(status: dict[str, Any]) -> int:
    """Of a metav1.Status in the form of v4.channel.k8s.io."""
    if status.get("status") == "Success":
        return 0
    assert status.get("reason") == "NonZeroExitCode", status
    causes = status["details"]["causes"]
    return next(int(cause["message"]) for cause in causes if cause["reason"] == "ExitCode")


class Forward:
    """A port-forward: over SPDY any number of connections, over WebSocket one for each port."""

    def __init__(self, protocol: str, url: str, ports: list[int]) -> None:
        self.protocol, self.ports = protocol, ports
        self._requests = itertools.count()
        if protocol == "spdy":
            self.connection: Any = spdy.Connection(url, ["portforward.k8s.io"])
        else:
            self.connection = websocket.Connection(url, ["v4.channel.k8s.io"])

    def open(self, port: int) -> tuple[Any, Any]:
        """The streams of data and of errors of a new connection to `port`."""
        number = next(self._requests)
        if self.protocol == "spdy":
            headers = {"port": str(port), "requestid": str(number)}
            error = self.connection.open({**headers, "streamtype": "error"}, fin=True)
            return self.connection.open({**headers, "streamtype": "data"}), error
        index = self.ports.index(port)
        data, error = (self.connection.channel(2 * index + k) for k in (0, 1))
        for stream in (data, error):
            stream.until(port.to_bytes(2, "little"))
            assert stream.data[:2] == port.to_bytes(2, "little")
            del stream.data[:2]
        return data, error

    def close(self) -> None:
        """Goes away."""
        self.connection.close()

    def __enter__(self) -> "Forward":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def exec_(protocol: str, container: Container, *command: str, **streams: Any) -> Session:
    """A Session with a command; stdout and stderr unless said otherwise."""
    return Session(protocol, exec_url(container, *command, **streams), **streams)


def exec_url(container: Container, *command: str, stdin: bool = False, stdout: bool = True, stderr: bool = True,
             tty: bool = False) -> str:
    """Exec's answer."""
    return container.client.Exec(
        container_id=container.id, cmd=command, stdin=stdin, stdout=stdout,
        stderr=stderr and not tty, tty=tty).url


def attach(protocol: str, container: Container, stdin: bool = False, tty: bool = False) -> Session:
    """A Session with what the container runs."""
    url = container.client.Attach(container_id=container.id, stdin=stdin, stdout=True,
                                  stderr=not tty, tty=tty).url
    return Session(protocol, url, stdin=stdin, tty=tty)
