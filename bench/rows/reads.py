"""What a kubelet asks each second. Answers are not decoded, and the client is a plain one: what
counts is the server's time and the transport's."""

from comparison.caller import Caller
from comparison.row import Row
from comparison.stage import Stage
from comparison.usage import processor
from harness import cri

#: The first call of a kind may find caches empty; it is not what a kubelet sees each second.
WARMUP = 3
GOAL = "≤ 0.5 × containerd"


def measure(stage: Stage) -> None:
    """Beside as many containers as there are sizes, one a pod."""
    for size in (*stage.scale.sizes, stage.scale.many):
        stage.grow(size)
        caller = Caller(stage.socket)
        for rpc, request in requests(stage).items():
            caller.call(rpc, request, WARMUP)
            before = processor([stage.daemon])
            times, _ = caller.call(rpc, request, stage.scale.calls)
            used = (processor([stage.daemon]) - before) / len(times) * 1000
            stage.record(rpc, times, at=size, goal=GOAL)
            stage.record(f"{rpc}, daemon's CPU", used, at=size)
        caller.close()


def requests(stage: Stage) -> dict[str, bytes]:
    """By RPC, encoded."""
    up = stage.ups[0]
    return {
        "ListContainers": b"", "ListPodSandbox": b"", "ListContainerStats": b"", "Status": b"",
        "ContainerStatus": cri.ContainerStatusRequest(container_id=up.container.id).SerializeToString(),
        "PodSandboxStatus": cri.PodSandboxStatusRequest(pod_sandbox_id=up.pod.id).SerializeToString(),
    }


ROW = Row("reads", "List*, *Status, Status and stats: latency, and CPU time of the daemon", measure)
