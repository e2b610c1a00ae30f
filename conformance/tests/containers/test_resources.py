"""Limits of a container that change while it is there, seen from inside of it."""

import pytest
from grpc import StatusCode

from harness.client import refused

MEMORY = ("cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null "
          "|| cat /sys/fs/cgroup/memory.max")


def limited(pods, busybox, **resources):
    """A container with limits."""
    return pods.run().create("sleep 1000", image=busybox, linux={"resources": resources})


def update(client, container, **resources):
    """UpdateContainerResources."""
    client.UpdateContainerResources(container_id=container.id, linux=resources)


@pytest.mark.parametrize("started", [False, pytest.param(True, marks=pytest.mark.sample)])
def test_a_new_memory_limit(pods, client, busybox, started):
    container = limited(pods, busybox, memory_limit_in_bytes=64 << 20, cpu_shares=512)
    if started:
        container.start()
    update(client, container, memory_limit_in_bytes=128 << 20)
    if not started:
        container.start()
    assert int(container.output("sh", "-c", MEMORY)) == 128 << 20
    resources = container.status.resources.linux
    assert resources.memory_limit_in_bytes == 128 << 20
    assert resources.cpu_shares == 512


@pytest.mark.gantry
@pytest.mark.parametrize("field, value", [("cpuset_cpus", "4000"), ("cpuset_mems", "60"),
                                          ("cpuset_cpus", "none")])
def test_a_limit_that_the_kernel_refuses_is_named(pods, client, busybox, field, value):
    """Nor is anything left of the container: each retry of the kubelet's would leave as much again."""
    pod = pods.run()
    for _ in range(3):
        with refused(StatusCode.INVALID_ARGUMENT, f"linux.resources.{field}"):
            pod.create("true", image=busybox, linux={"resources": {field: value}})
    assert not client.ListContainers().containers


@pytest.mark.gantry
def test_a_limit_that_the_kernel_refuses_changes_nothing(pods, client, busybox):
    container = limited(pods, busybox, memory_limit_in_bytes=64 << 20).start()
    with refused(StatusCode.INVALID_ARGUMENT, "linux.resources.cpuset_cpus"):
        update(client, container, memory_limit_in_bytes=128 << 20, cpuset_cpus="4000")
    assert container.status.resources.linux.memory_limit_in_bytes == 64 << 20
    assert int(container.output("sh", "-c", MEMORY)) == 64 << 20


@pytest.mark.gantry
def test_what_has_exited_or_never_was(pods, client, busybox):
    container = pods.run().run("true", image=busybox)
    container.exited()
    with refused(StatusCode.FAILED_PRECONDITION):
        update(client, container, cpu_shares=512)
    with refused(StatusCode.NOT_FOUND):
        client.UpdateContainerResources(container_id="none", linux={})
    with refused(StatusCode.INVALID_ARGUMENT):
        client.UpdateContainerResources(container_id=container.id)
