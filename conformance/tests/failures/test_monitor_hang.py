"""A pod's monitor hangs: nothing that needs it can be done until it goes on, or is killed."""

import contextlib
import os
import signal
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
from grpc import StatusCode
from test_monitor_death import TWO_PROCESSES, assert_lost

from harness import cri
from harness.client import refused
from harness.monitors import living, monitor_of

pytestmark = [pytest.mark.gantry, pytest.mark.promise]
#: How long a monitor is waited for does not depend on the OCI runtime.
HANDLERS = ["crun"]


def test_one_that_hangs_is_killed_at_the_daemons_start(pods, node, busybox):
    pod, other = pods.run(), pods.run()
    container = pod.run(TWO_PROCESSES, image=busybox)
    container.logged("up")
    node.crash()
    os.kill(monitor_of(pod), signal.SIGSTOP)
    node.start()
    assert_lost(container)
    assert not living("sleep 5432")
    assert (pod.status.state, other.status.state) == (cri.SANDBOX_NOTREADY, cri.SANDBOX_READY)


def test_one_that_takes_no_more_connections_is_killed_at_the_daemons_start(pods, node):
    pod = pods.run()
    node.crash()
    os.kill(monitor_of(pod), signal.SIGSTOP)
    with contextlib.ExitStack() as waiting:
        with contextlib.suppress(BlockingIOError):
            while True:
                another = waiting.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
                another.setblocking(False)
                another.connect(f"/run/gantry/pods/{pod.id}/monitor.sock")
        node.start()
        assert pod.status.state == cri.SANDBOX_NOTREADY


def test_ones_that_hang_are_killed_when_their_pods_are_stopped(pods, busybox):
    """Until then they are waited for: what needs them fails, and pods go on when they do."""
    pod, empty = pods.run(), pods.run()
    shared = pods.run(linux={"security_context": {"namespace_options": {"pid": cri.POD}}})
    container = pod.run(TWO_PROCESSES, image=busybox)
    container.logged("up")
    os.kill(monitor_of(pod), signal.SIGSTOP)
    with refused(StatusCode.DEADLINE_EXCEEDED, "monitor has not answered"):
        pod.client.ReopenContainerLog(container_id=container.id)
    os.kill(monitor_of(pod), signal.SIGCONT)
    pod.client.ReopenContainerLog(container_id=container.id)
    for each in (pod, empty, shared):
        os.kill(monitor_of(each), signal.SIGSTOP)
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda each: each.client.StopPodSandbox(pod_sandbox_id=each.id), (pod, empty, shared)))
    assert_lost(container)
    assert not living("sleep 5432")
    assert {each.status.state for each in (pod, empty, shared)} == {cri.SANDBOX_NOTREADY}
    for each in (pod, empty, shared):
        each.client.RemovePodSandbox(pod_sandbox_id=each.id)
