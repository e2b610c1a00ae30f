"""What verbose answers tell beyond the contract, as `crictl inspect` prints it."""

import json

import pytest

from harness import cri

pytestmark = pytest.mark.gantry


def inspect(container):
    """The info of a container."""
    response = container.client.ContainerStatus(container_id=container.id, verbose=True)
    return json.loads(response.info["info"])


def inspectp(pod):
    """The info of a sandbox."""
    response = pod.client.PodSandboxStatus(pod_sandbox_id=pod.id, verbose=True)
    return json.loads(response.info["info"])


def test_a_container_tells_its_process_and_spec(pods, busybox, handler):
    pod = pods.run()
    container = pod.run("sleep", "1000", image=busybox, envs=[{"key": "WHICH", "value": b"this"}])
    info = inspect(container)
    with open(f"/proc/{info['pid']}/cmdline") as file:
        assert file.read().split("\0")[:2] == ["sleep", "1000"]
    assert info["sandboxID"] == pod.id
    assert info["runtimeHandler"] == handler
    assert info["runtimeSpec"]["process"]["args"] == ["sleep", "1000"]
    assert "WHICH=this" in info["runtimeSpec"]["process"]["env"]
    assert info["config"]["image"]["image"] == busybox
    assert [operation["name"] for operation in info["timeline"]] == [
        "RunPodSandbox", "CreateContainer", "StartContainer"]


def test_what_has_exited_has_no_process(pods, busybox):
    container = pods.run().run("true", image=busybox)
    container.exited()
    assert inspect(container)["pid"] == 0


def test_a_pod_with_a_shared_pid_namespace_has_a_process(pods):
    pod = pods.run(linux={"security_context": {"namespace_options": {"pid": cri.POD}}})
    info = inspectp(pod)
    assert info["pid"] > 0
    assert info["runtimeSpec"]["process"]["args"] == ["/pause"]


def test_a_pod_without_one_tells_its_network_namespace(pods, handler):
    pod = pods.run()
    info = inspectp(pod)
    assert info["pid"] == 0
    assert info["networkNamespace"].endswith("/ns/net")
    assert info["runtimeHandler"] == handler
    assert info["config"]["metadata"]["name"] == pod.config.metadata.name


def test_little_is_told_unasked(pods, client):
    assert not client.PodSandboxStatus(pod_sandbox_id=pods.run().id).info
