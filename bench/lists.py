"""One round of lists.py RUNTIME CONTAINERS: latencies of reads, and CPU when nobody asks.

One container a pod. Answers are not decoded, and the client is a plain one: what counts is the
server's time and the transport's.
"""

import sys
import tempfile
import time
from pathlib import Path

from harness import catalogue, cri, runtimes
from harness.node import Node
from harness.pods import Pods
from harness.registry import Registry

from plain_grpc import Channel
from pods import helpers, report, timed

ROUNDS = 100
IDLE = 60
#: The first call of a kind may find caches empty; it is not what a kubelet sees each second.
WARMUP = 3


def main(runtime: str, count: int) -> None:
    """Makes the containers, measures, and leaves them to the node's end."""
    with tempfile.TemporaryDirectory() as directory:
        registry = Registry(Path(directory), 5000)
        image = registry.push("bench/sleep:1", catalogue.marked("sleep"))
        node = Node(runtimes.named(runtime), Path(directory), registry)
        node.start()
        node.client.PullImage(image={"image": image})
        pods = Pods(node.client)
        containers = [pods.run("crun").run("sleep", "1000000", image=image) for _ in range(count)]
        print(f"{runtime}, {count} containers", flush=True)
        measure(node, containers[0].id)
        idle(node)
        node.stop()
        registry.stop()


def measure(node: Node, container: str) -> None:
    """p50 and p95 of each read, and the CPU time that the daemon took for it."""
    channel = Channel(node.runtime.socket)
    status = cri.ContainerStatusRequest(container_id=container).SerializeToString()
    for rpc, request in (("ListContainers", b""), ("ListPodSandbox", b""),
                         ("ContainerStatus", status), ("ListContainerStats", b"")):
        path = f"/runtime.v1.RuntimeService/{rpc}"
        sizes = {len(channel.call(path, request)) for _ in range(WARMUP)}
        assert min(sizes) > 0, f"{rpc} failed"
        before = cpu([node.daemon.id])
        times = [timed(lambda: channel.call(path, request))[0] for _ in range(ROUNDS)]
        used = (cpu([node.daemon.id]) - before) / ROUNDS * 1000
        report(rpc, times)
        print(f"  {'':28} CPU {used:8.2f} ms a call", flush=True)
    channel.close()


def idle(node: Node) -> None:
    """The share of one processor that daemon and helpers take when nobody asks."""
    everybody = [node.daemon.id, *helpers()]
    before, daemon = cpu(everybody), cpu([node.daemon.id])
    time.sleep(IDLE)
    print(f"  idle for {IDLE} s: daemon {(cpu([node.daemon.id]) - daemon) / IDLE:.3%}, "
          f"with helpers {(cpu(everybody) - before) / IDLE:.3%}", flush=True)


def cpu(pids: list[int]) -> float:
    """Seconds of CPU time, those of threads that have ended included, to the nanosecond.

    A process's CPU clock has its ID in its number (clock_getcpuclockid(3))."""
    return sum(time.clock_gettime(~pid << 3 | 2) for pid in pids)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
