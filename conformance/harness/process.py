"""A long-running program of the node: started, ended, its output kept to be shown."""

import os
import signal
import subprocess
import tempfile
from pathlib import Path

from harness.wait import PATIENCE


class Process:
    """Runs `command`; its output goes to a file, so that nobody has to drain a pipe."""

    def __init__(self, command: list[str], directory: Path,
                 environment: dict[str, str] | None = None, umask: int = -1) -> None:
        name = Path(command[0]).name
        handle, path = tempfile.mkstemp(prefix=f"{name}-", suffix=".log", dir=directory)
        self.log = Path(path)
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=handle, stderr=handle,
            env={**os.environ, **(environment or {})}, start_new_session=True, umask=umask,
        )
        os.close(handle)

    @property
    def id(self) -> int:
        """The process ID."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    @property
    def output(self) -> str:
        """All that it has written so far."""
        return self.log.read_text(errors="replace")

    def wait(self, seconds: float = 20) -> int:
        """Its exit code, once it has ended by itself; TimeoutExpired past the deadline."""
        return self._process.wait(seconds * PATIENCE)

    def terminate(self, seconds: float = 20) -> int:
        """SIGTERM, and the exit code that it then gives."""
        self._process.send_signal(signal.SIGTERM)
        return self.wait(seconds)

    def kill(self) -> None:
        """SIGKILL: it gets no chance to tidy up."""
        self._process.kill()
        self._process.wait()
