"""What the service manager hears from the daemon: sd_notify(3), with a watchdog that is honest."""

import os
import socket
import time
from pathlib import Path

import pytest

from harness import hostile
from harness.wait import wait_until

pytestmark = [pytest.mark.gantry, pytest.mark.promise]
HANDLERS = ["crun"]
SOCKET = "/run/gantry/gantry.sock"


class Manager:
    """A service manager's socket; what it hears, in order."""

    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(path)
        self.address = path.replace("\0", "@")

    def heard(self, word, seconds=20):
        """Everything up to the first message that has the line `word`."""
        messages, deadline = [], time.monotonic() + seconds
        while not messages or word not in messages[-1]:
            self._socket.settimeout(max(0.01, deadline - time.monotonic()))
            messages.append(self._socket.recv(4096).decode().split("\n"))
        return messages

    def forget(self):
        """Takes out what has been said already."""
        self._socket.setblocking(False)
        try:
            while True:
                self._socket.recv(4096)
        except BlockingIOError:
            pass

    def close(self):
        self._socket.close()


@pytest.fixture(params=["path", "abstract"])
def manager(request, node, directory):
    """The daemon restarted under a manager with a watchdog of one second; afterwards under none."""
    path = str(directory / "notify") if request.param == "path" else "\0gantry-notify"
    manager = Manager(path)
    node.environment = {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "1000000"}
    node.restart()
    yield manager
    node.environment = {}
    node.restart()
    manager.close()
    if request.param == "path":
        os.unlink(path)


def test_ready_alive_and_stopping(manager, node):
    start = manager.heard("READY=1")
    assert not any("WATCHDOG=1" in message for message in start)
    assert [message[0] for message in start][0].startswith("STATUS=")
    assert f"STATUS=serving the CRI on {SOCKET}" in start[-1]
    for _ in range(3):
        manager.heard("WATCHDOG=1")
    node.restart()
    manager.heard("STOPPING=1")
    manager.heard("READY=1")


def test_the_watchdog_is_fed_only_when_requests_are_answered(manager, node):
    manager.heard("READY=1")
    manager.heard("WATCHDOG=1")
    os.rename(SOCKET, f"{SOCKET}.away")
    try:
        # What was under way when the socket went may still come through.
        wait_until(lambda: "the watchdog is not answered" in node.daemon.output, "it is told")
        manager.forget()
        with pytest.raises(TimeoutError):
            manager.heard("WATCHDOG=1", 3)
    finally:
        os.rename(f"{SOCKET}.away", SOCKET)
    manager.heard("WATCHDOG=1")


def test_signs_of_life_leave_nothing(manager, node):
    manager.heard("READY=1")
    for _ in range(3):
        manager.heard("WATCHDOG=1")
    daemon = node.daemon.id
    descriptors, threads = hostile.descriptors(daemon), hostile.threads(daemon)
    for _ in range(10):
        manager.heard("WATCHDOG=1")
    wait_until(lambda: hostile.descriptors(daemon) <= descriptors, "descriptors are closed")
    wait_until(lambda: hostile.threads(daemon) <= threads, "threads end")


def test_programs_are_not_told_of_the_manager(manager, node, pods):
    """What a pod's monitor inherits outlives the daemon: nothing of the manager may be in it."""
    pods.run()
    monitors = [path for path in Path("/proc").glob("[0-9]*/cmdline")
                if b"gantry-monitor" in path.read_bytes().split(b"\0")[0]]
    assert monitors
    for monitor in monitors:
        assert b"NOTIFY_SOCKET" not in (monitor.parent / "environ").read_bytes()
