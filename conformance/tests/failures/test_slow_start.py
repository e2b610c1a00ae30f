"""A daemon starts while a program hangs that it needs for pods of before: it serves all the same, and goes on with them."""

import pytest
from grpc import StatusCode
from test_failures import failing, plugin, runtime  # noqa: F401 (fixtures)
from test_monitor_death import assert_lost

from harness import cri
from harness.client import refused
from harness.monitors import kill_monitor
from harness.pods import pod_config
from harness.wait import wait_until

pytestmark = [pytest.mark.gantry, pytest.mark.promise]


def test_a_runtime_that_hangs(runtime, pods, node, busybox):  # noqa: F811
    pod, other = pods.run(), pods.run()
    container = pod.run("sleep 1000", image=busybox)
    node.crash()
    kill_monitor(pod)
    runtime("delete", "hang")
    node.start()
    assert (pod.status.state, other.status.state) == (cri.SANDBOX_NOTREADY, cri.SANDBOX_READY)
    # It may run still.
    assert container.status.state == cri.CONTAINER_RUNNING
    assert other.run("echo up; sleep 1000", image=busybox).logged("up")
    runtime()
    assert_lost(container)
    pod.remove()


def test_a_network_plugin_that_hangs(plugin, pods, node, client):  # noqa: F811
    """On a node that boots it may wait for a pod of its own."""
    plugin("ADD", "hang")
    with refused(StatusCode.DEADLINE_EXCEEDED):
        client.RunPodSandbox(config=pod_config(), runtime_handler=pods.handler, deadline=1)
    node.crash()
    plugin("DEL", "hang")
    node.start()
    pod = pods.run()
    assert pod.status.network.ip
    plugin()
    wait_until(lambda: [each.id for each in client.ListPodSandbox().items] == [pod.id], "the unmade pod is gone")
