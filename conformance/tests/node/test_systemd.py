"""The systemd cgroup driver: containers are scopes of the pod's slice, and systemd knows them."""

import subprocess
from pathlib import Path

import pytest

from harness import cri
from harness.wait import wait_until

pytestmark = [pytest.mark.gantry, pytest.mark.node(having=["systemd"])]

SLICE = "kubepods-burstable-pod7.slice"
DIRECTORY = Path("/sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice") / SLICE

#: Debian's crun 1.8.1 tells systemd no limits; it sets them in a cgroup of its own below the scope.
TOLD = {"runc": str, "crun": lambda limit: "infinity"}


def systemctl(*arguments):
    """What systemctl says."""
    return subprocess.run(["systemctl", *arguments], check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def scope(container):
    """The name of the unit that a container is to be."""
    return f"cri-gantry-{container.id}.scope"


def cgroup(container):
    """The directory of the cgroup that a container's processes are in: the scope's, or one below
    it."""
    directories = [file.parent for file in (DIRECTORY / scope(container)).rglob("cgroup.procs")
                   if file.read_text()]
    assert len(directories) == 1
    return directories[0]


def shown(unit, *names):
    """Properties of a unit, in the order of their names here."""
    lines = systemctl("show", f"--property={','.join(names)}", unit).splitlines()
    return [dict(line.split("=", 1) for line in lines)[name] for name in names]


@pytest.fixture(autouse=True)
def slice(nothing_left):
    """The pod's slice, made and taken away as the kubelet does it."""
    systemctl("start", SLICE)
    yield
    systemctl("stop", "kubepods.slice")


def limited(pods, busybox, parent=SLICE, **resources):
    """A running container in the slice, with limits."""
    pod = pods.run(linux={"cgroup_parent": parent})
    return pod.run("sleep 1000", image=busybox, linux={"resources": resources})


def test_the_driver_is_found(client):
    assert client.RuntimeConfig().linux.cgroup_driver == cri.SYSTEMD


@pytest.mark.parametrize("parent", [
    pytest.param(SLICE, marks=pytest.mark.sample, id="name"),
    pytest.param(str(DIRECTORY).removeprefix("/sys/fs/cgroup"), id="path"),
])
def test_a_container_is_a_scope_of_its_pods_slice(pods, busybox, parent):
    container = limited(pods, busybox, parent)
    assert cgroup(container).is_relative_to(DIRECTORY / scope(container))
    assert shown(scope(container), "Slice", "ActiveState") == [SLICE, "active"]


def test_what_is_executed_is_in_the_scope(pods, busybox):
    container = limited(pods, busybox)
    processes = cgroup(container) / "cgroup.procs"
    assert len(processes.read_text().split()) == 1
    container.exec("sh", "-c", "sleep 1000 >/dev/null 2>&1 &")
    assert len(processes.read_text().split()) == 2


def test_the_infra_container_is_a_scope_too(pods):
    pod = pods.run(linux={"cgroup_parent": SLICE, "security_context": {
        "namespace_options": {"pid": cri.POD}}})
    assert shown(f"cri-gantry-{pod.id}.scope", "Slice") == [SLICE]


def test_limits(pods, client, busybox):
    container = limited(pods, busybox, memory_limit_in_bytes=64 << 20, cpu_quota=50_000,
                        cpu_period=100_000)
    assert in_effect(container) == (64 << 20, "50000 100000")
    client.UpdateContainerResources(container_id=container.id, linux={
        "memory_limit_in_bytes": 128 << 20, "cpu_quota": 70_000})
    assert in_effect(container) == (128 << 20, "70000 100000")
    # systemd sets all that it knows of the scope once more.
    systemctl("daemon-reload")
    assert in_effect(container) == (128 << 20, "70000 100000")


def in_effect(container):
    """The limits of memory and CPU."""
    directory = cgroup(container)
    return (int((directory / "memory.max").read_text()),
            (directory / "cpu.max").read_text().strip())


def test_what_systemd_knows_of_limits(pods, client, busybox):
    container = limited(pods, busybox, memory_limit_in_bytes=64 << 20)
    client.UpdateContainerResources(container_id=container.id, linux={
        "memory_limit_in_bytes": 128 << 20})
    assert shown(scope(container), "MemoryMax") == [TOLD[pods.handler](128 << 20)]


def test_stats(pods, client, busybox):
    container = limited(pods, busybox, memory_limit_in_bytes=64 << 20)
    stats = client.ContainerStats(container_id=container.id).stats
    assert stats.cpu.usage_core_nano_seconds.value > 0
    assert 0 < stats.memory.working_set_bytes.value < 64 << 20
    assert stats.memory.available_bytes.value == (64 << 20) - stats.memory.working_set_bytes.value


def test_want_of_memory_is_told(pods, busybox):
    pod = pods.run(linux={"cgroup_parent": SLICE})
    container = pod.run("dd if=/dev/zero of=/dev/null bs=100M", image=busybox, linux={
        "resources": {"memory_limit_in_bytes": 32 << 20}})
    status = container.exited()
    assert (status.exit_code, status.reason) == (137, "OOMKilled")


def test_containers_outlive_the_daemon(pods, node, busybox):
    container = limited(pods, busybox)
    node.restart()
    assert container.status.state == cri.CONTAINER_RUNNING
    assert shown(scope(container), "ActiveState") == ["active"]


def test_nothing_is_left_of_a_scope(pods, busybox):
    container = limited(pods, busybox)
    container.stop()
    container.remove()
    assert not (DIRECTORY / scope(container)).exists()
    wait_until(lambda: shown(scope(container), "LoadState") == ["not-found"], "systemd forgets it")
