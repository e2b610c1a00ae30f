"""The client that reads and restarts are measured with, client.c."""

import subprocess

from . import BUILD


class Caller:
    """A connection to a CRI runtime, which is made as soon as the runtime listens."""

    def __init__(self, socket: str) -> None:
        self._process = subprocess.Popen(
            [BUILD / "client", socket], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def call(self, rpc: str, request: bytes = b"", count: int = 1) -> tuple[list[float], bytes]:
        """Milliseconds of `count` calls of the RuntimeService, and the last one's answer, not decoded;
        ConnectionError when one failed."""
        self._process.stdin.write(f"/runtime.v1.RuntimeService/{rpc} {count} {request.hex()}\n")
        self._process.stdin.flush()
        times, answer = self._process.stdout.readline(), self._process.stdout.readline()
        if answer in ("", "failed\n"):
            raise ConnectionError(f"{rpc} failed")
        return [float(time) for time in times.split()], bytes.fromhex(answer)

    def close(self) -> None:
        """Ends the connection."""
        self._process.kill()
        self._process.wait()
