"""What containers use: checked against containers that use a known amount."""

import json
import os
import subprocess

import pytest
from grpc import StatusCode

from harness.cgroups import Cgroup
from harness.client import DEADLINE, refused
from harness.nodes import damage
from harness.wait import wait_until

pytestmark = pytest.mark.layers


@pytest.fixture
def cgroup():
    """What the kernel's files say of a container, by the process that they count."""
    return lambda container: Cgroup(json.loads(
        container.client.ContainerStatus(container_id=container.id, verbose=True)
        .info["info"])["pid"])


def stats(client, container):
    """ContainerStats of one container."""
    return client.ContainerStats(container_id=container.id).stats


def test_cpu_time_of_a_busy_container(pods, client, busybox):
    container = pods.run().run("while :; do :; done", image=busybox)
    begin = stats(client, container).cpu
    wait_until(lambda: stats(client, container).cpu.usage_core_nano_seconds.value
               > begin.usage_core_nano_seconds.value + 200_000_000, "200 ms of CPU are used")
    cpu = stats(client, container).cpu
    elapsed = cpu.timestamp - begin.timestamp
    used = cpu.usage_core_nano_seconds.value - begin.usage_core_nano_seconds.value
    assert 0 < used <= elapsed * 1.1
    assert cpu.usage_nano_cores.value > 0


def test_memory_that_is_held(pods, client, busybox):
    limit = 64 << 20
    container = pods.run().run(
        "x=$(head -c 16000000 /dev/zero | tr '\\0' x); echo held; sleep 1000; :", image=busybox,
        linux={"resources": {"memory_limit_in_bytes": limit}})
    container.logged("held")
    memory = stats(client, container).memory
    assert memory.working_set_bytes.value >= 16_000_000
    assert memory.rss_bytes.value >= 16_000_000
    assert memory.available_bytes.value == limit - memory.working_set_bytes.value
    assert memory.page_faults.value > 0


@pytest.mark.gantry
def test_the_writable_layer_grows(pods, client, busybox):
    container = pods.run().run("sleep 1000", image=busybox)
    before = stats(client, container).writable_layer
    container.output("dd", "if=/dev/zero", "of=/big", "bs=1M", "count=3")
    # A figure may be as old as twenty times what it took to find it out.
    wait_until(lambda: stats(client, container).writable_layer.used_bytes.value
               - before.used_bytes.value >= 3 << 20, "what was written is counted")
    after = stats(client, container).writable_layer
    assert after.inodes_used.value == before.inodes_used.value + 1
    assert after.timestamp > before.timestamp


BURNT = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo burnt; sleep 1000; :"


@pytest.mark.gantry
def test_figures_are_those_of_the_cgroup(pods, client, busybox, cgroup):
    """A container that has burnt CPU and then sleeps: its figures come to a stand."""
    container = pods.run().run(BURNT, image=busybox)
    container.logged("burnt")
    files = cgroup(container)
    burnt = files.cpu_nanoseconds

    def agree():
        found = stats(client, container)
        return (found.cpu.usage_core_nano_seconds.value == files.cpu_nanoseconds
                and found.memory.usage_bytes.value == files.memory
                and found.memory.working_set_bytes.value == files.memory - files.inactive_file
                and found.memory.rss_bytes.value == files.rss)

    wait_until(agree, "stats and cgroup files agree")
    assert stats(client, container).cpu.usage_core_nano_seconds.value >= burnt > 0
    assert stats(client, container).swap.swap_usage_bytes.value == 0


@pytest.mark.gantry
def test_the_first_rate_is_that_since_the_start(pods, client, busybox):
    container = pods.run().run("while :; do :; done", image=busybox)
    # Two ticks of the kernel's clock, at least.
    wait_until(lambda: stats(client, container).cpu.usage_nano_cores.value > 0, "it has a rate")


@pytest.mark.gantry
def test_processes_of_a_pod(pods, client, busybox):
    pod = pods.run()
    container = pod.run("sleep 1000 & sleep 1000 & echo up; wait", image=busybox)
    container.logged("up")
    assert client.PodSandboxStats(
        pod_sandbox_id=pod.id).stats.linux.process.process_count.value == 3


def test_lists_and_filters(pods, client, busybox):
    pod = pods.run()
    one = pod.run("sleep 1000", image=busybox, labels={"which": "one"})
    two = pod.create("sleep 1000", image=busybox, labels={"which": "two"})

    def listed(**filter):
        return {s.attributes.id for s in client.ListContainerStats(filter=filter).stats}

    assert listed(pod_sandbox_id=pod.id) == {one.id, two.id}
    assert listed(label_selector={"which": "one"}) == {one.id}
    assert listed(id=two.id) == {two.id}
    assert listed(id="none") == set()


@pytest.mark.gantry
def test_what_has_exited_has_none(pods, client, busybox):
    pod = pods.run()
    container = pod.run("true", image=busybox)
    container.exited()
    with refused(StatusCode.FAILED_PRECONDITION):
        stats(client, container)
    assert not client.ListContainerStats(filter={"pod_sandbox_id": pod.id}).stats
    with refused(StatusCode.NOT_FOUND):
        client.ContainerStats(container_id="none")


@pytest.mark.gantry
def test_a_pod_is_the_sum_of_its_containers(pods, client, busybox):
    pod = pods.run(labels={"which": "summed"})
    for _ in range(2):
        pod.run("sleep 1000", image=busybox)
    linux = client.PodSandboxStats(pod_sandbox_id=pod.id).stats.linux
    assert len(linux.containers) == 2
    assert linux.memory.working_set_bytes.value == sum(
        container.memory.working_set_bytes.value for container in linux.containers)
    assert linux.network.default_interface.name == "eth0"
    listed = client.ListPodSandboxStats(filter={"label_selector": {"which": "summed"}}).stats
    assert [stats.attributes.id for stats in listed] == [pod.id]


@pytest.mark.gantry
def test_what_comes_over_the_network_is_counted(pods, client, busybox):
    pod = pods.run()
    container = pod.run("sleep 1000", image=busybox)

    def sent():
        stats = client.PodSandboxStats(pod_sandbox_id=pod.id).stats
        return stats.linux.network.default_interface.tx_bytes.value

    before = sent()
    container.exec("ping", "-c", "3", "-s", "1000", "-W", "1", "10.88.0.1")
    assert sent() - before >= 3000


@pytest.mark.gantry
def test_sums_of_limits_that_no_pod_can_have(pods, client, busybox):
    """Each of them is legal, and their sum is no number of 64 bits."""
    pod = pods.run()
    for _ in range(5):
        pod.run("sleep 1000", image=busybox,
                linux={"resources": {"memory_limit_in_bytes": 2**62 - 4096}})
    stats = client.PodSandboxStats(pod_sandbox_id=pod.id).stats
    assert len(stats.linux.containers) == 5
    assert stats.linux.memory.available_bytes.value >= 2**62 - (64 << 20)
    assert client.ListPodSandboxStats().stats
    client.ListPodSandboxMetrics()


@pytest.mark.gantry
def test_a_directory_that_is_very_deep(pods, client, busybox):
    """A container can nest directories without end; nobody else pays for it."""
    pod = pods.run()
    other = pod.run("sleep 1000", image=busybox)
    deep = pod.run("sleep 1000", image=busybox)
    nest(deep, 30_000)
    found = {each.attributes.id: each for each in client.ListContainerStats().stats}
    assert {deep.id, other.id} <= set(found)
    assert found[deep.id].writable_layer.inodes_used.value >= 30_000
    assert client.ListPodSandboxStats().stats
    assert client.ImageFsInfo().container_filesystems
    deep.stop()
    # A disk that is mounted with `discard` gives back each directory by itself, in a millisecond.
    client.RemoveContainer(container_id=deep.id, deadline=4 * DEADLINE)


@pytest.fixture
def root_on_a_bind_mount(node):
    """The state is on a mount of a directory, as on a subvolume: there, the kernel follows all parents at each `..`."""
    assert node.daemon.terminate() == 0, node.daemon.output[-4000:]
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", damage.ROOT], check=True)
    (damage.ROOT / "part").mkdir()
    subprocess.run(["mount", "--bind", damage.ROOT / "part", damage.ROOT], check=True)
    node.start()
    node.pull_kept()
    yield
    assert node.daemon.terminate() == 0, node.daemon.output[-4000:]
    for _ in range(2):
        subprocess.run(["umount", damage.ROOT], check=True)
    node.start()


@pytest.mark.gantry
def test_a_very_deep_directory_on_a_bind_mount(root_on_a_bind_mount, pods, client, busybox):
    """100,000 levels took minutes of CPU time at each list that found the disk changed."""
    deep = pods.run().run("sleep 1000", image=busybox)
    nest(deep, 100_000)
    stats = client.ContainerStats(container_id=deep.id).stats
    assert stats.writable_layer.inodes_used.value >= 100_000
    deep.stop()
    deep.remove()


def nest(container, depth):
    """Makes so many directories below each other in a container's root."""
    info = container.client.ContainerStatus(container_id=container.id, verbose=True).info
    here = os.open(f"/proc/{json.loads(info['info'])['pid']}/root", os.O_DIRECTORY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=here)
        above, here = here, os.open("d", os.O_DIRECTORY, dir_fd=here)
        os.close(above)
    os.close(here)
