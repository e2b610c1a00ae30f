"""The sandbox API of the stand-in shim: a sandbox is a process with a PID namespace, in the pod's network.

Files in /run/shims say what is to go wrong: `hang`, `fail` and `nonsense` hold the name of a method that never
answers (there is a file `hangs` then), answers with an error, or with bytes that mean nothing; `lacks` the names of
those that are not there.
"""

import json
import os
import select
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SERVICE = "containerd.runtime.sandbox.v1.Sandbox"
#: What it says that it uses.
CPU_MICROSECONDS, MEMORY = 7_000_000, 123 << 20
PLACE = Path("/run/shims")


def told(trouble: str) -> list[str]:
    """The methods that have this trouble."""
    file = PLACE / trouble
    return file.read_text().split() if file.exists() else []


@contextmanager
def hanging(method: str) -> Iterator[Path]:
    """Has a method hang; the file is there once it does."""
    PLACE.mkdir(exist_ok=True)
    (PLACE / "hang").write_text(method)
    try:
        yield PLACE / "hangs"
    finally:
        for file in ("hang", "hangs"):
            (PLACE / file).unlink(missing_ok=True)


class Sandbox:
    """The one of a shim."""

    def __init__(self, shim: Any, message: Any) -> None:
        self._shim, self._message = shim, message
        self._bundle = Path()
        self._network = ""
        self.pid = 0

    def CreateSandbox(self, request: Any) -> Any:
        """Notes what it is asked for, beside its bundle, for tests to read."""
        self._bundle, self._network = Path(request.bundle_path), request.netns_path
        assert not request.rootfs and not (self._bundle / "config.json").exists()
        (self._bundle / "asked.json").write_text(json.dumps({
            "id": request.sandbox_id, "netns": request.netns_path, "type": request.options.type_url,
            "config": request.options.value.hex()}))
        return self._message("Nothing")

    def StartSandbox(self, _: Any) -> Any:
        """Runs it; who shares its processes finds them behind it."""
        inside = ["nsenter", f"--net={self._network}"] if self._network else []
        child = subprocess.Popen(  # pylint: disable=consider-using-with
            [*inside, "unshare", "--pid", "--fork", "--kill-child", "tail", "-f", "/dev/null"])
        self._shim.ends.started()
        self.pid = child.pid
        (self._bundle / "sandbox.pid").write_text(str(self.pid))
        return self._message("StartSandboxResponse", pid=0xffffffff if "pid" in told("nonsense") else self.pid)

    def Platform(self, _: Any) -> Any:
        """That of the node."""
        return self._message("PlatformResponse", platform=self._message(
            "SandboxPlatform", os="plan9" if "os" in told("nonsense") else "linux", architecture="amd64"))

    def StopSandbox(self, _: Any) -> Any:
        """Ends it."""
        if self.pid and not self._shim.ends.of(self.pid):
            os.kill(self.pid, signal.SIGKILL)
            self._shim.ends.wait(self.pid)
        return self._message("Nothing")

    def WaitSandbox(self, _: Any) -> Any:
        """Waits for its end."""
        code, at = self._shim.ends.wait(self.pid)
        return self._message("WaitResponse", exit_status=code, exited_at=self._message("Timestamp", seconds=at // 10**9))

    def SandboxStatus(self, request: Any) -> Any:
        """How it is."""
        ended = not self.pid or self._shim.ends.of(self.pid)
        info = {"machine": "none", "info": "a stand-in's"} if request.verbose else {}
        return self._message("SandboxStatusResponse", sandbox_id=request.sandbox_id, pid=self.pid, info=info,
                             state="SANDBOX_NOTREADY" if ended else "SANDBOX_READY")

    def PingSandbox(self, _: Any) -> Any:
        """It is there."""
        return self._message("Nothing")

    def ShutdownSandbox(self, request: Any) -> Any:
        """Ends what is left; whoever answers it ends then."""
        return self.StopSandbox(request)

    def SandboxMetrics(self, _: Any) -> Any:
        """What nobody could have measured."""
        metrics = self._message(
            "MetricsV2", cpu=self._message("CPUMetricsV2", usage_usec=CPU_MICROSECONDS),
            memory=self._message("MemoryMetricsV2", usage=MEMORY))
        return self._message("SandboxMetricsResponse", metrics=self._message("SandboxMetric", data=self._message(
            "TypedMessage", type_url="io.containerd.cgroups.v2.Metrics", value=metrics.SerializeToString())))


def trouble(method: str) -> bytes | None:
    """What is answered in the place of an answer; does not return for one that hangs."""
    if method in told("hang"):
        (PLACE / "hangs").touch()
        threading.Event().wait()
    if method in told("fail"):
        raise RuntimeError(f"{method} does not work today")
    return b"\xff\xff\xff" if method in told("nonsense") else None


def remove(bundle: Path) -> None:
    """What a dead shim has left of it."""
    file = bundle / "sandbox.pid"
    if not file.exists():
        return
    try:
        process = os.pidfd_open(int(file.read_text()))
    except ProcessLookupError:
        return
    signal.pidfd_send_signal(process, signal.SIGKILL)
    select.select([process], [], [])
