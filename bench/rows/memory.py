"""Memory of the daemon and of what it keeps beside itself for pods, and what a pod adds to both.

Infra containers are not counted: their images are the test's."""

import time

from comparison.row import Row
from comparison.stage import Stage
from comparison.usage import helpers, memory

#: Seconds in which a kubelet would only have looked.
SETTLED = 15


def measure(stage: Stage) -> None:
    """Without a pod, and beside as many as there are sizes."""
    empty = write(stage, 0)
    for size in stage.scale.sizes:
        stage.grow(size)
        beside = helpers()
        pss, private = memory(beside)
        stage.record("a pod's monitor, PSS", pss / size, "KiB", at=size, goal="≤ 300 KiB")
        stage.record("a pod's monitor, private", private / size, "KiB", at=size)
        stage.record("processes a pod", len(beside) / size, "", at=size)
        added = (write(stage, size) + pss - empty) / size
        stage.record("a pod adds, PSS", added, "KiB", at=size, goal="≤ 300 KiB")


def write(stage: Stage, size: int) -> int:
    """The daemon's PSS, when nobody has asked for anything but lists for a while: Gantry gives back after
    ten seconds what only operations need, and Go's collector works at its leisure too."""
    end = time.monotonic() + SETTLED
    while time.monotonic() < end:
        stage.client.ListPodSandbox()
        stage.client.ListContainers()
        stage.client.Status()
        time.sleep(1)
    pss, private = memory([stage.daemon])
    stage.record("daemon, PSS", pss / 1024, "MiB", at=size, goal="≤ 24 MiB")
    stage.record("daemon, private", private / 1024, "MiB", at=size)
    return pss


ROW = Row("memory", "PSS and private memory of daemon and monitors, and what a pod adds", measure)
