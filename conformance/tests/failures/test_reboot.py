"""The node goes down and comes back: nothing runs, everything is known and can be removed."""

from pathlib import Path

import pytest
from grpc import StatusCode

from harness import cri
from harness.client import refused
from harness.monitors import living
from harness.nodes.reboot import reboot, remove_run_directory
from harness.pods import LINUX

pytestmark = [pytest.mark.gantry, pytest.mark.promise, pytest.mark.layers]

SHARED_PID = {"security_context": {"namespace_options": {"pid": cri.POD}}}
HOST_NETWORK = {"security_context": {"namespace_options": {
    "pid": cri.CONTAINER, "network": cri.NODE}}}


@pytest.mark.sample
@pytest.mark.parametrize("linux", [LINUX, SHARED_PID, HOST_NETWORK],
                         ids=["bridged", "shared-pid", "host-network"])
def test_pods_are_not_ready_and_containers_exited(pods, node, client, busybox, linux):
    pod = pods.run(linux=linux)
    running = pod.run("echo up; sleep 1000", image=busybox, linux=linux)
    created = pod.create("sleep 1000", image=busybox, linux=linux)
    exited = pod.run("exit 7", image=busybox, linux=linux)
    started = running.status.started_at
    before = exited.exited()
    running.logged("up")
    reboot(node)
    node.start()
    assert pod.status.state == cri.SANDBOX_NOTREADY
    assert exited.status == before
    for container in (running, created):
        status = container.status
        assert (status.state, status.exit_code) == (cri.CONTAINER_EXITED, 255)
        assert status.reason and status.message
    assert running.status.started_at == started <= running.status.finished_at
    assert running.logged("up")
    assert not client.ListContainerStats(filter={"pod_sandbox_id": pod.id}).stats
    with refused(StatusCode.FAILED_PRECONDITION):
        running.exec("true")
    with refused(StatusCode.FAILED_PRECONDITION):
        created.start()
    with refused(StatusCode.FAILED_PRECONDITION):
        pod.create("true", image=busybox)
    running.remove()
    pod.remove()
    with refused(StatusCode.NOT_FOUND):
        assert pod.status


def test_images_are_there_and_the_pod_runs_anew(pods, node, client, busybox):
    pod = pods.run()
    pod.run("sleep 1000", image=busybox)
    images = {image.id for image in client.ListImages().images}
    reboot(node)
    node.start()
    assert {image.id for image in client.ListImages().images} == images
    config = cri.PodSandboxConfig()
    config.CopyFrom(pod.config)
    config.metadata.attempt += 1
    again = pods.run_config(config)
    container = again.run("echo up; sleep 1000", image=busybox)
    container.logged("up")
    pod.remove()
    assert container.status.state == cri.CONTAINER_RUNNING


def test_addresses_are_given_back(pods, node):
    """Plugins keep them on disk, so that they outlive the boot and must be taken back."""
    pod = pods.run()
    lease = Path("/var/lib/cni/networks/conformance") / pod.status.network.ip
    assert lease.exists()
    reboot(node)
    node.start()
    assert lease.exists()
    pod.remove()
    assert not lease.exists()


def test_a_pod_that_was_stopped_before(pods, node, client, busybox):
    pod = pods.run()
    container = pod.run("sleep 1000", image=busybox)
    client.StopPodSandbox(pod_sandbox_id=pod.id)
    status = container.status
    reboot(node)
    node.start()
    assert pod.status.state == cri.SANDBOX_NOTREADY
    assert container.status == status


def test_the_writable_part_goes_with_its_container(pods, node, busybox):
    container = pods.run().run("echo kept > /file; sync; echo up; sleep 1000", image=busybox)
    container.logged("up")
    written = Path("/var/lib/gantry/containers") / container.id / "upper/file"
    reboot(node)
    node.start()
    assert written.read_text() == "kept\n"
    container.remove()
    assert not written.exists()


@pytest.mark.parametrize("linux", [HOST_NETWORK, {"security_context": {"namespace_options": {
    "pid": cri.POD, "network": cri.NODE}}}], ids=["own-pid", "shared-pid"])
def test_the_run_directory_alone_goes(pods, node, busybox, linux):
    """Nobody can reach the monitors any more, or what they follow: all of it is ended.

    On the host's network, since the bridge plugin takes its firewall rules back only while there is
    a network namespace."""
    pod = pods.run(linux=linux)
    container = pod.run("setsid sleep 87651 & exec sleep 87652", image=busybox, linux=linux)
    node.crash()
    remove_run_directory()
    node.start()
    assert (container.status.state, container.status.exit_code) == (cri.CONTAINER_EXITED, 255)
    assert pod.status.state == cri.SANDBOX_NOTREADY
    assert not living("sleep 8765")
    assert not living(pod.id)
