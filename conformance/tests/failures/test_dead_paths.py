"""Paths of the node whose file system does not answer any more, as NFS does when its server is gone."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
from grpc import StatusCode

from harness import cri
from harness.client import refused
from harness.nodes.silent_files import CONTENT, SilentFiles
from harness.pods import pod_config
from harness.wait import wait_until

pytestmark = pytest.mark.gantry

#: Seconds; far less than a client's patience, and than a runtime's limit.
LIMIT = 2


@pytest.fixture
def files(configured, node, tmp_path):
    """A file system on the node that answers until it is told not to."""
    configured(f"host_path_limit = {LIMIT}\nruntime_limit = 4\n")
    files = SilentFiles(tmp_path / "mnt")
    yield files
    files.end()


def held():
    """The processes that wait in the kernel for gantry-path's file systems."""
    return [path.parent.name for path in Path("/proc").glob("[0-9]*/comm") if name(path) == "gantry-path"]


def name(path):
    """What /proc says, as long as there is a process."""
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def threads(node):
    """Of the daemon."""
    return len(list(Path(f"/proc/{node.daemon.id}/task").iterdir()))


def mount(path):
    """As a pod has it."""
    return {"mounts": [{"host_path": str(path), "container_path": "/mnt"}]}


def test_one_that_answers(pods, busybox, files):
    pod = pods.run()
    assert pod.run("sleep 1000", image=busybox, **mount(files.place)).output(
        "cat", "/mnt/file").encode() == CONTENT
    assert pod.run("sleep 1000", image=busybox, **mount(files.place / "file")).output(
        "cat", "/mnt").encode() == CONTENT


@pytest.mark.parametrize("where", ["itself", "dir", "new/directory", "link"])
def test_a_mount_is_refused_in_time(pods, client, busybox, files, tmp_path, where):
    path = files.place / where.replace("itself", ".")
    if where == "link":
        path = tmp_path / "link"
        path.symlink_to(files.place / "dir")
    files.fall_silent()
    pod = pods.run()
    with refused(StatusCode.FAILED_PRECONDITION, "mounts.host_path", str(path), "not answered"):
        pod.create("true", image=busybox, **mount(path))
    assert not client.ListContainers(filter={"pod_sandbox_id": pod.id}).containers
    assert pod.run("sleep 1000", image=busybox).output("true") == ""
    pod.remove()


def test_one_whose_program_is_gone(pods, busybox, files):
    path = files.place
    files.end()
    other = SilentFiles(path)
    other.abort()
    try:
        with refused(StatusCode.FAILED_PRECONDITION, "mounts.host_path", str(path), "not connected"):
            pods.run().create("true", image=busybox, **mount(path))
    finally:
        other.end()


@pytest.mark.parametrize("fields", ["device", "seccomp", "log"])
def test_so_are_other_paths(pods, busybox, files, fields):
    files.fall_silent()
    path = files.place / "dir"
    config, pod = {}, {}
    if fields == "device":
        config = {"devices": [{"host_path": str(path), "container_path": "/dev/x", "permissions": "r"}]}
    elif fields == "seccomp":
        profile = {"profile_type": cri.SecurityProfile.Localhost, "localhost_ref": str(path)}
        config = {"linux": {"security_context": {"seccomp": profile}}}
    else:
        pod = {"log_directory": str(path)}
    running = pods.run_config(pod_config(**pod), makes_logs=False)
    with refused(None, str(path), "not answered"):
        running.create("true", image=busybox, **config)
    running.remove()


def test_the_sandboxs_own_profile_too(pods, files):
    files.fall_silent()
    path = files.place / "dir"
    profile = {"profile_type": cri.SecurityProfile.Localhost, "localhost_ref": str(path)}
    with refused(None, str(path), "not answered"):
        pods.run(linux={"security_context": {
            "namespace_options": {"pid": cri.POD}, "seccomp": profile}})


def test_many_hold_no_thread_and_no_others(pods, client, node, busybox, files):
    pod, other = pods.run(), pods.run()
    before = threads(node)
    files.fall_silent()

    def create(number):
        with refused(StatusCode.FAILED_PRECONDITION, str(files.place)):
            pod.create("true", image=busybox, name=f"c{number}", **mount(files.place))

    with ThreadPoolExecutor(100) as pool:
        attempts = [pool.submit(create, number) for number in range(100)]
        wait_until(held, "one waits")
        container = other.run("sleep 1000", image=busybox)
        assert container.output("true") == ""
        client.ListContainerStats()
        for attempt in attempts:
            attempt.result()
    for number in range(5):
        create(number)
    wait_until(lambda: threads(node) <= before + 8, "threads have ended")
    container.stop()
    pod.remove()
    files.end()
    wait_until(lambda: not held(), "those that were held have ended")


def test_a_runtime_that_it_holds(pods, client, node, busybox, files):
    """The file system falls silent after it was looked at."""
    files.fall_silent_after("gantry-path")
    pod = pods.run()
    path = files.place / "dir"
    with refused(None, "mounts.host_path", str(path)):
        pod.create("true", image=busybox, **mount(path))
    other = pods.run().run("sleep 1000", image=busybox)
    assert other.output("true") == ""
    assert client.ListContainerStats(filter={"id": other.id}).stats
    files.end()
    pod.remove()


def test_a_container_that_it_holds(pods, client, busybox, files):
    pod = pods.run()
    container = pod.run("sleep 1000 & wait", image=busybox, **mount(files.place))
    reader = pod.run("while [ ! -e /go ]; do sleep 0.1; done; exec cat /mnt/file", image=busybox,
                     **mount(files.place))
    files.fall_silent()
    with refused(StatusCode.DEADLINE_EXCEEDED, "took longer than 1", "outlived SIGKILL"):
        container.exec("cat", "/mnt/file", timeout=1)
    waiting = files.waiting
    reader.exec("touch", "/go")
    wait_until(lambda: files.waiting > waiting, "it reads")
    assert container.status.state == reader.status.state == cri.CONTAINER_RUNNING
    assert client.ContainerStats(container_id=container.id).stats.memory.timestamp
    assert client.ListPodSandboxStats(filter={"id": pod.id}).stats
    assert container.output("true") == ""
    with refused(StatusCode.DEADLINE_EXCEEDED, "SIGKILL"):
        reader.stop()
    other = pods.run().run("sleep 1000", image=busybox)
    assert other.output("true") == ""
    files.end()
    # A stop that is under way may still fail; the kubelet tries again.
    wait_until(lambda: removed(pod), "the pod is removed", 60)


def removed(pod):
    """Whether the kubelet's calls went well."""
    try:
        pod.remove()
    except grpc.RpcError:
        return False
    return True
