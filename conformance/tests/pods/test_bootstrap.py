"""A node brought up from nothing, in the order of kubeadm: static pods and the network's own agents run
before there is a network; the CNI configuration that they write lets all other pods follow."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from grpc import StatusCode

from harness import cri
from harness.client import refused
from harness.command import gantry
from harness.nodes.node import CNI_CONFIG, NETWORK
from harness.pods import Pods, pod_config
from harness.wait import wait_until

pytestmark = [pytest.mark.gantry, pytest.mark.promise, pytest.mark.layers]

HOST = {"security_context": {"namespace_options": {"pid": cri.CONTAINER, "network": cri.NODE}}}
SHARED_PID = {"security_context": {"namespace_options": {"pid": cri.POD, "network": cri.NODE}}}
#: A network whose plugin is not on the node.
MISSING = json.dumps({"cniVersion": "1.0.0", "name": "n", "plugins": [{"type": "no-such-plugin"}]})


@pytest.fixture
def bare(node, nothing_left):
    """An empty root, no run directory, no CNI configuration, and the daemon's first start."""
    CNI_CONFIG.unlink()
    node.begin_anew(pull=False)
    yield node
    node.connect_network()
    node.begin_anew()


@pytest.fixture
def pods(bare, handler):
    """Pods of the bare node."""
    pods = Pods(bare.client, handler)
    yield pods
    bare.revive()
    pods.remove()


def network_ready(client):
    """The condition as the kubelet sees it."""
    conditions = client.Status().status.conditions
    return next(one.status for one in conditions if one.type == "NetworkReady")


@pytest.mark.sample
def test_in_the_order_of_kubeadm(bare, pods, client, busybox):
    assert not network_ready(client)
    static = pods.run(linux=HOST)
    assert static.status.state == cri.SANDBOX_READY and not static.status.network.ip
    client.PullImage(image={"image": busybox})
    agent = static.run("echo up; sleep 1000", image=busybox, linux=HOST)
    agent.logged("up")
    assert not network_ready(client)
    with ThreadPoolExecutor() as threads:
        waiting = threads.submit(pods.run)
        # What the agents of a network do when they are up.
        CNI_CONFIG.write_text(json.dumps(NETWORK))
        pod = waiting.result()
    assert network_ready(client)
    assert pod.status.network.ip.startswith("10.88.")
    assert pod.run("sleep 1000", image=busybox).output("ip", "addr", "show", "eth0")


@pytest.mark.parametrize("linux", [HOST, SHARED_PID], ids=["own-pid", "shared-pid"])
@pytest.mark.parametrize("found", ["", "{", MISSING], ids=["none", "damaged", "no-plugin"])
def test_a_pod_of_the_nodes_network_needs_no_other(bare, pods, client, busybox, found, linux):
    """Nothing that is done to it waits for a network, or asks one."""
    if found:
        CNI_CONFIG.write_text(found)
    client.PullImage(image={"image": busybox})
    pod = pods.run(linux=linux, port_mappings=[{"container_port": 80, "host_port": 80}])
    container = pod.run("sleep 1000", image=busybox, linux=linux)
    assert container.output("true") == ""
    assert client.PodSandboxStats(pod_sandbox_id=pod.id).stats.attributes.id == pod.id
    assert [stats.attributes.id for stats in client.ListPodSandboxStats().stats] == [pod.id]
    assert client.ListPodSandboxMetrics().pod_metrics
    assert json.loads(client.PodSandboxStatus(pod_sandbox_id=pod.id, verbose=True).info["info"])
    assert client.PortForward(pod_sandbox_id=pod.id, port=[80]).url
    assert client.RunPodSandbox(
        config=pod.config, runtime_handler=pods.handler).pod_sandbox_id == pod.id
    bare.restart()
    assert pod.status.state == cri.SANDBOX_READY and container.output("true") == ""
    assert "ready" in gantry(bare.runtime, "status")
    client.StopPodSandbox(pod_sandbox_id=pod.id)
    client.RemovePodSandbox(pod_sandbox_id=pod.id)
    assert not network_ready(client) and not client.ListPodSandbox().items


def test_a_pod_with_a_network_of_its_own_waits(bare, client, handler):
    with refused(StatusCode.DEADLINE_EXCEEDED):
        client.RunPodSandbox(config=pod_config(), runtime_handler=handler, deadline=1)
    wait_until(lambda: "the network is not ready: no CNI" in bare.daemon.output, "it is told why")
    assert not client.ListPodSandbox().items


def test_a_retry_gets_its_pod_though_the_network_has_gone(bare, pods, client):
    bare.connect_network()
    pod = pods.run()
    CNI_CONFIG.unlink()
    assert client.RunPodSandbox(
        config=pod.config, runtime_handler=pods.handler).pod_sandbox_id == pod.id
    bare.connect_network()
