"""SELinux: the labels of processes and files, and nodes without it."""

import subprocess
from pathlib import Path

import pytest
from grpc import StatusCode

from harness import cri
from harness.client import refused

pytestmark = pytest.mark.gantry
having = pytest.mark.node(having=["selinux"])
LABEL = {"user": "system_u", "role": "system_r", "type": "svirt_lxc_net_t", "level": "s0:c4,c5"}
FILES = "system_u:object_r:container_file_t:"


def label(container):
    """The label of the container's process."""
    return container.output("cat", "/proc/self/attr/current").strip("\0\n")


def file_label(container, path):
    """The label of a file in the container, seen from the node: busybox shows none."""
    process = next(file.parent for file in Path("/proc").glob("[0-9]*/cgroup")
                   if container.id in file.read_text())
    seen = subprocess.run(["stat", "-c", "%C", f"{process}/root{path}"], check=True, text=True,
                          stdout=subprocess.PIPE)
    return seen.stdout.strip()


def labelled(pods, busybox, **security):
    """A running container."""
    return pods.run().run("sleep 1000", image=busybox, linux={"security_context": security})


@having
def test_the_label_that_is_asked_for(pods, busybox):
    container = labelled(pods, busybox, selinux_options=LABEL)
    assert label(container) == "system_u:system_r:svirt_lxc_net_t:s0:c4,c5"
    assert file_label(container, "/bin/busybox") == f"{FILES}s0:c4,c5"


@having
def test_containers_of_a_pod_share_a_level_of_its_own(pods, busybox):
    pod, other = pods.run(), pods.run()
    first, second = (pod.run("sleep 1000", image=busybox) for _ in range(2))
    third = other.run("sleep 1000", image=busybox)
    assert label(first).startswith("system_u:system_r:container_t:s0:c")
    assert label(first) == label(second) != label(third)


@having
def test_the_files_are_the_pods(pods, busybox):
    container = labelled(pods, busybox)
    own = FILES + label(container).split(":", 3)[3]
    for path in ("/", "/bin/busybox", "/etc/resolv.conf", "/etc/hosts", "/dev/shm", "/dev"):
        assert file_label(container, path) == own, path


@having
def test_a_privileged_container(pods, busybox):
    pod = pods.run(linux={"security_context": {"privileged": True}})
    container = pod.run("sleep 1000", image=busybox, linux={
        "security_context": {"privileged": True}})
    assert label(container) == "system_u:system_r:spc_t:s0"


@having
def test_a_label_that_the_policy_does_not_know(pods, busybox):
    with refused(StatusCode.INVALID_ARGUMENT, "s0,c4,c5"):
        labelled(pods, busybox, selinux_options={**LABEL, "level": "s0,c4,c5"})


@having
def test_a_volume_is_labelled_when_it_is_to_be(pods, busybox, tmp_path):
    (tmp_path / "file").write_text("content")
    container = pods.run().run(
        "sleep 1000", image=busybox,
        mounts=[{"host_path": str(tmp_path), "container_path": "/volume",
                 "selinux_relabel": True}])
    own = FILES + label(container).split(":", 3)[3]
    assert file_label(container, "/volume/file") == own


@having
def test_the_infra_container_has_the_pods_label(pods, busybox):
    pod = pods.run(linux={"security_context": {"namespace_options": {"pid": cri.POD}}})
    container = pod.run("sleep 1000", image=busybox, linux={
        "security_context": {"namespace_options": {"pid": cri.POD}}})
    assert container.output("cat", "/proc/1/attr/current").strip("\0\n") == label(container)


@pytest.mark.node(lacking=["selinux"])
def test_without_selinux_labels_are_passed_over(pods, busybox):
    """Charts and Kubernetes' own suite set them on every kernel."""
    pod = pods.run(linux={"security_context": {
        "namespace_options": {"pid": cri.POD}, "selinux_options": LABEL}})
    pod.run("sleep 1000", image=busybox, linux={"security_context": {
        "namespace_options": {"pid": cri.CONTAINER}, "selinux_options": {"level": "s0:c0,c1"}}})
