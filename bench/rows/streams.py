"""Exec and port-forward over SPDY. The client takes part in all of it, and is the same for every
runtime: true ratios are farther apart."""

import subprocess
import sys
import time
from collections.abc import Callable

from comparison.recorder import repeated
from comparison.row import Row
from comparison.stage import Stage
from harness.pods import Container, Pod
from harness.streaming.sessions import Forward, Session
from test_port_forward import network_namespace

ROUNDS = 3
PORT = 7002
#: Sends what is to be measured to whoever connects.
SERVER = """
import socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("ready", flush=True)
connection = listener.accept()[0]
for _ in range(int(sys.argv[2])):
    connection.sendall(bytes(1 << 20))
connection.close()
"""


def measure(stage: Stage) -> None:
    """A quarter of what is logged, some times over; and execs one at a time."""
    up = stage.up()
    mebibytes = stage.scale.mebibytes // 4
    rate(stage, "exec output", mebibytes, lambda: output(up.container, mebibytes))
    rate(stage, "port-forward", mebibytes, lambda: forwarded(up.pod, mebibytes))
    times = repeated(lambda: execute(up.container), stage.scale.pods)
    stage.record("exec true, RPC to status", times)


def rate(stage: Stage, name: str, mebibytes: int, body: Callable[[], int]) -> None:
    """Records MiB a second; AssertionError when not all came."""
    speeds = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        received = body()
        assert received == mebibytes << 20, f"{name}: {received} bytes came"
        speeds.append(mebibytes / (time.perf_counter() - begin))
    stage.record(name, speeds, "MiB/s", better="higher")


def session(container: Container, *command: str) -> Session:
    """An exec with its output."""
    url = container.client.Exec(container_id=container.id, cmd=command, stdout=True).url
    return Session("spdy", url, stderr=False)


def output(container: Container, mebibytes: int) -> int:
    """Bytes that came."""
    with session(container, "dd", "if=/dev/zero", "bs=1M", f"count={mebibytes}") as running:
        return len(running.stdout.whole(120))


def execute(container: Container) -> None:
    """The whole of it."""
    with session(container, "true") as running:
        assert running.exit_code() == 0


def forwarded(pod: Pod, mebibytes: int) -> int:
    """Bytes that came through a connection to a server in the pod."""
    command = ["nsenter", f"--net={network_namespace(pod)}", sys.executable, "-c", SERVER,
               str(PORT), str(mebibytes)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        try:
            assert server.stdout.readline() == b"ready\n"
            url = pod.client.PortForward(pod_sandbox_id=pod.id, port=[PORT]).url
            with Forward("spdy", url, [PORT]) as client:
                data, _ = client.open(PORT)
                return len(data.whole(120))
        finally:
            server.kill()


ROW = Row("streams", "exec output and port-forward over SPDY", measure)
