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


def test_a_container_in_containerds_words(pods, busybox, handler):
    container = pods.run().run("sleep", "1000", image=busybox)
    info = inspect(container)
    assert (info["removing"], info["snapshotter"], info["snapshotKey"]) == (
        False, "overlayfs", container.id)
    assert info["runtimeType"] == "oci"
    assert info["runtimeOptions"]["binary_name"].endswith(f"/{handler}")
    assert info["runtimeOptions"]["systemd_cgroup"] is False
    security = info["config"]["linux"]["security_context"]
    assert security["namespace_options"]["pid"] == "CONTAINER"


def test_a_pod_in_containerds_words(pods, handler):
    pod = pods.run()
    info = inspectp(pod)
    address = pod.status.network.ip
    own = info["cniResult"]["Interfaces"]["eth0"]
    assert own["IPConfigs"] == [{"IP": address, "Gateway": "10.88.0.1"}]
    assert own["Sandbox"] == info["networkNamespace"]
    metadata = info["sandboxMetadata"]["Metadata"]
    assert (metadata["ID"], metadata["IP"]) == (pod.id, address)
    assert metadata["NetNSPath"] == info["networkNamespace"]
    assert (info["processStatus"], info["netNamespaceClosed"]) == ("running", False)
    assert info["image"] and info["runtimeType"] == "oci"
    pod.client.StopPodSandbox(pod_sandbox_id=pod.id)
    info = inspectp(pod)
    assert (info["processStatus"], info["netNamespaceClosed"]) == ("deleted", True)
    assert info["cniResult"] is None


def test_a_pod_on_the_nodes_network_has_no_result_of_plugins(pods):
    pod = pods.run(linux={"security_context": {"namespace_options": {
        "network": cri.NODE, "pid": cri.CONTAINER}}})
    info = inspectp(pod)
    assert (info["cniResult"], info["netNamespaceClosed"]) == (None, False)


def test_the_node_in_containerds_words(client):
    info = client.Status(verbose=True).info
    network = json.loads(info["cniconfig"])["Networks"][0]
    assert (network["IFName"], network["Config"]["Name"]) == ("eth0", "conformance")
    assert json.loads(network["Config"]["Source"])["name"] == "conformance"
    assert [plugin["Network"]["type"] for plugin in network["Config"]["Plugins"]] == [
        "bridge", "portmap"]
    assert info["lastCNILoadStatus"] == "OK"


def test_where_an_image_comes_from(pods, client, busybox):
    container = pods.run().create("true", image=busybox)
    image = client.ImageStatus(image={"image": busybox}).image
    listed = client.ListContainers(filter={"id": container.id}).containers[0]
    for shown in (container.status, listed):
        assert (shown.image_ref, shown.image_id) == (image.repo_digests[0], image.id)


def test_a_pods_status_has_its_containers(pods, client, busybox):
    """What a kubelet with EventedPLEG reads in ListContainers' stead."""
    pod = pods.run()
    first = client.PodSandboxStatus(pod_sandbox_id=pod.id)
    assert not first.containers_statuses
    containers = [pod.run("sleep 1000", image=busybox), pod.create("true", image=busybox)]
    second = client.PodSandboxStatus(pod_sandbox_id=pod.id)
    assert first.timestamp < second.timestamp
    statuses = {container.id: container.status for container in containers}
    assert {status.id: status for status in second.containers_statuses} == statuses
    containers[0].stop()
    third = client.PodSandboxStatus(pod_sandbox_id=pod.id, verbose=True)
    exited = {status.id: status for status in third.containers_statuses}[containers[0].id]
    assert exited == containers[0].status and exited.exit_code == 137
    assert third.timestamp >= exited.finished_at and third.info
