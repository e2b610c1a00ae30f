"""The daemon's start while pods are there: from the spawn of its process until Status says ready."""

import time

from comparison.caller import Caller
from comparison.row import Row
from comparison.stage import Stage
from harness import cri
from harness.wait import PATIENCE

RESTARTS = 5


def measure(stage: Stage) -> None:
    """Each time after SIGTERM, as an update of the daemon does it."""
    for size in stage.scale.sizes:
        stage.grow(size)
        stage.record("start until ready", [restart(stage, size) for _ in range(RESTARTS)], at=size)


def restart(stage: Stage, size: int) -> float:
    """Milliseconds; AssertionError when a pod is not there again."""
    assert stage.node
    code = stage.node.daemon.terminate()
    assert code == 0, f"{stage.node.runtime.name} ended with {code}"
    begin = time.perf_counter()
    stage.node.launch()
    caller = Caller(stage.socket)
    while not ready(caller):
        assert stage.node.daemon.running, "the daemon ended"
        assert time.perf_counter() - begin < 120 * PATIENCE, "the daemon does not get ready"
        time.sleep(0.001)
    took = (time.perf_counter() - begin) * 1000
    caller.close()
    there = sum(pod.state == cri.SANDBOX_READY for pod in stage.client.ListPodSandbox().items)
    assert there == size, f"{there} of {size} pods are ready"
    return took


def ready(caller: Caller) -> bool:
    """Whether runtime and network are, as of now; a daemon that refuses to say is not."""
    try:
        _, answer = caller.call("Status")
    except ConnectionError:
        return False
    status = cri.StatusResponse.FromString(answer).status
    return len(status.conditions) >= 2 and all(each.status for each in status.conditions)


ROW = Row("restart", "start of the daemon with pods present, until Status is ready", measure, restarts=True)
