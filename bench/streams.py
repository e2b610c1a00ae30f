"""One round of streams.py RUNTIME HANDLER: what exec's output and a port-forward carry, and how long
the exec of a program that does nothing takes, from the RPC to its status.

The client takes part in all of it, and is the same for every runtime: true ratios are farther apart.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from harness import catalogue, runtimes
from harness.node import Node
from harness.pods import Pods
from harness.registry import Registry
from harness.streaming import Forward, Session
from test_port_forward import network_namespace

from pods import report, timed

MEBIBYTES = 256
ROUNDS = 5
EXECS = 50
PORT = 7002
#: Sends what is to be measured to whoever connects.
SERVER = f"""
import socket
listener = socket.create_server(("127.0.0.1", {PORT}))
print("ready", flush=True)
while True:
    connection = listener.accept()[0]
    for _ in range({MEBIBYTES}):
        connection.sendall(bytes(1 << 20))
    connection.close()
"""


def main(runtime: str, handler: str) -> None:
    """Makes a pod, measures, and leaves it to the node's end."""
    with tempfile.TemporaryDirectory() as directory:
        registry = Registry(Path(directory), 5000)
        image = registry.push("bench/sleep:1", catalogue.marked("sleep"))
        node = Node(runtimes.named(runtime), Path(directory), registry)
        node.start()
        node.client.PullImage(image={"image": image})
        pod = Pods(node.client).run(handler)
        container = pod.run("sleep", "1000000", image=image)
        print(f"{runtime}, {handler}", flush=True)
        rate("exec output", lambda: output(container))
        rate("port-forward", lambda: forwarded(pod))
        report("exec true", [timed(lambda: execute(container))[0] for _ in range(EXECS)])
        node.stop()
        registry.stop()


def rate(name: str, body) -> None:
    """Prints the median of some rounds."""
    speeds = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        received = body()
        assert received == MEBIBYTES << 20, f"{name}: {received} bytes came"
        speeds.append(MEBIBYTES / (time.perf_counter() - begin))
    print(f"  {name:28} p50 {median(speeds):8.0f} MiB/s", flush=True)


def session(container, *command) -> Session:
    """An exec with its output."""
    url = container.client.Exec(container_id=container.id, cmd=command, stdout=True).url
    return Session("spdy", url, stderr=False)


def output(container) -> int:
    """Bytes that came."""
    with session(container, "dd", "if=/dev/zero", "bs=1M", f"count={MEBIBYTES}") as running:
        return len(running.stdout.whole(120))


def execute(container) -> None:
    """The whole of it."""
    with session(container, "true") as running:
        assert running.exit_code() == 0


def forwarded(pod) -> int:
    """Bytes that came through a connection to a server in the pod."""
    enter = ["nsenter", f"--net={network_namespace(pod)}"]
    server = subprocess.Popen([*enter, sys.executable, "-c", SERVER], stdout=subprocess.PIPE)
    try:
        assert server.stdout.readline() == b"ready\n"
        url = pod.client.PortForward(pod_sandbox_id=pod.id, port=[PORT]).url
        with Forward("spdy", url, [PORT]) as client:
            data, _ = client.open(PORT)
            return len(data.whole(120))
    finally:
        server.kill()
        server.wait()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
