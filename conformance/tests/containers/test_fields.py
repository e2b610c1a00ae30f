"""Fields of ContainerConfig that no other file is about: mounts, devices, limits, process."""

import re
from pathlib import Path

import pytest
from grpc import StatusCode

from harness import cri
from harness.client import refused

pytestmark = pytest.mark.gantry


def run(pods, image, *command, **fields):
    """A running container."""
    return pods.run().run(*command or ("sleep 1000",), image=image, **fields)


def mounted(container, path):
    """The options of a mount, as /proc/mounts has them."""
    for line in container.output("cat", "/proc/self/mounts").splitlines():
        if line.split()[1] == path:
            return line.split()[3].split(",")
    raise AssertionError(f"nothing is mounted on {path}")


def test_mount_options(pods, client, busybox, tmp_path):
    assert client.Status().features.mount_options
    mount = {"host_path": str(tmp_path), "container_path": "/v",
             "mount_options": ["noexec", "nosuid", "nodev"]}
    container = run(pods, busybox, mounts=[mount])
    assert {"noexec", "nosuid", "nodev"} <= set(mounted(container, "/v"))
    container.output("cp", "/bin/busybox", "/v/busybox")
    assert container.exec("/v/busybox", "true").exit_code != 0


@pytest.mark.parametrize("wrong, words", [
    ({"mount_options": ["rw"]}, 'mount option "rw" of /v is none of noexec, nodev and nosuid'),
    ({"recursive_read_only": True}, "needs readonly and private propagation"),
    ({"recursive_read_only": True, "readonly": True, "propagation": cri.PROPAGATION_HOST_TO_CONTAINER},
     "needs readonly and private propagation"),
    ({"container_path": ""}, "a mount has no container_path"),
    ({"host_path": "v"}, 'the mount\'s source "v" is not absolute')])
def test_mounts_that_are_refused(pods, busybox, tmp_path, wrong, words):
    mount = {"host_path": str(tmp_path), "container_path": "/v", **wrong}
    with refused(StatusCode.INVALID_ARGUMENT, words):
        pods.run().create("true", image=busybox, mounts=[mount])


def test_a_source_that_is_missing_and_one_that_is_a_link(pods, busybox, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "file").write_text("there")
    (tmp_path / "link").symlink_to("real")
    container = run(pods, busybox, mounts=[
        {"host_path": str(tmp_path / "new"), "container_path": "/new"},
        {"host_path": str(tmp_path / "link"), "container_path": "/link"}])
    assert (tmp_path / "new").is_dir()
    assert container.output("cat", "/link/file") == "there"


def test_shared_memory_has_its_size(pods, busybox):
    container = run(pods, busybox)
    assert "size=65536k" in mounted(container, "/dev/shm")


@pytest.mark.parametrize("access, readable, writable", [("r", True, False), ("rw", True, True)])
def test_a_device_and_its_permissions(pods, busybox, access, readable, writable):
    container = run(pods, busybox, devices=[
        {"host_path": "/dev/fuse", "container_path": "/dev/card", "permissions": access}])
    for direction, allowed in (("<", readable), (">", writable)):
        opened = container.exec("sh", "-c", f"exec 3{direction}/dev/card")
        assert (opened.exit_code == 0) == allowed, direction


def test_devices_that_are_none(pods, busybox, tmp_path):
    for path, access, words in ((str(tmp_path / "no"), "r", "is not a device"),
                                ("/dev/fuse", "x", 'device permissions "x"')):
        with refused(StatusCode.INVALID_ARGUMENT, words):
            pods.run().create("true", image=busybox, devices=[
                {"host_path": path, "container_path": "/dev/card", "permissions": access}])


def test_limits(pods, busybox):
    """As this node's cgroup version spells them."""
    container = run(pods, busybox, linux={"resources": {
        "cpu_period": 100000, "cpu_quota": 50000, "cpu_shares": 512, "cpuset_cpus": "0",
        "memory_limit_in_bytes": 64 << 20, "oom_score_adj": 500}})
    files = container.output(
        "sh", "-c", "cd /sys/fs/cgroup; cat cpu.max cpuset.cpus memory.max 2>/dev/null || "
        "cat cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us cpu/cpu.shares cpuset/cpuset.cpus "
        "memory/memory.limit_in_bytes").split()
    assert files in (["50000", "100000", "0", str(64 << 20)],
                     ["50000", "100000", "512", "0", str(64 << 20)])
    assert int(container.output("cat", "/proc/1/oom_score_adj")) >= 500
    assert container.status.resources.linux.cpu_quota == 50000


@pytest.mark.parametrize("wrong, words", [
    ({"linux": {"resources": {"memory_limit_in_bytes": 2 << 20,
                              "memory_swap_limit_in_bytes": 1 << 20}}}, "less than the memory"),
    ({"annotations": {"blockio.resources.beta.kubernetes.io/pod": "x"}}, "no classes are configured"),
    ({"annotations": {"rdt.resources.beta.kubernetes.io/pod": "x"}}, "no classes are configured"),
    ({"working_dir": "tmp"}, 'working_dir "tmp" is not absolute'),
    ({"envs": [{"key": "A=B", "value": b"x"}]}, '"A=B" is no name'),
    ({"envs": [{"key": "A", "value": b"\xff"}]}, "the value of variable A is not UTF-8")])
def test_configurations_that_are_refused(pods, busybox, wrong, words):
    with refused(StatusCode.INVALID_ARGUMENT, words):
        pods.run().create("true", image=busybox, **wrong)


def test_unified_limits_want_cgroup_v2(pods, busybox):
    linux = {"resources": {"unified": {"pids.max": "100"}}}
    if Path("/sys/fs/cgroup/cgroup.controllers").exists():
        container = run(pods, busybox, linux=linux)
        assert container.output("cat", "/sys/fs/cgroup/pids.max") == "100\n"
    else:
        with refused(StatusCode.INVALID_ARGUMENT, "unified resources need cgroup v2"):
            run(pods, busybox, linux=linux)


def test_a_stop_signal_of_its_own(pods, busybox):
    container = run(pods, busybox, "trap 'exit 3' USR2; echo up; while :; do sleep 0.1; done",
                    stop_signal=cri.SIGNAL_SIGUSR2)
    container.logged("up")
    assert container.status.stop_signal == cri.SIGNAL_SIGUSR2
    container.stop(30)
    assert container.status.exit_code == 3


def test_a_terminal(pods, busybox):
    container = run(pods, busybox, 'echo "$TERM"; tty; echo end >&2; sleep 1000', tty=True)
    text = container.logged("end")
    assert re.findall(r"\S+", text)[:2] == ["xterm", "/dev/pts/0"]


def test_standard_input_stays_open_or_is_empty(pods, busybox):
    pod = pods.run()
    pod.run("cat; echo over", image=busybox).logged("over")
    waiting = pod.run("cat", image=busybox, stdin=True)
    assert waiting.output("readlink", "/proc/1/fd/0").startswith("pipe:")


def test_without_a_log_path_there_is_no_log(pods, busybox):
    """The output is read all the same, or the container would block."""
    container = run(pods, busybox, "head -c 1000000 /dev/zero; exit 3", log_path="")
    assert container.exited().exit_code == 3


def test_a_termination_message(pods, busybox, tmp_path):
    """The kubelet mounts a file and reads it afterwards."""
    (tmp_path / "message").touch()
    container = run(pods, busybox, "echo why > /dev/termination-log; exit 1", mounts=[
        {"host_path": str(tmp_path / "message"), "container_path": "/dev/termination-log"}])
    container.exited()
    assert (tmp_path / "message").read_text() == "why\n"


def test_resources_of_a_pod_are_noted(pods, client):
    pod = pods.run(linux={"overhead": {"cpu_shares": 2}})
    client.UpdatePodSandboxResources(pod_sandbox_id=pod.id, resources={"cpu_shares": 512})
    info = client.PodSandboxStatus(pod_sandbox_id=pod.id, verbose=True).info["info"]
    assert re.search(r'"cpu_?[sS]hares":\s*"?512', info), info
    assert re.search(r'"cpu_?[sS]hares":\s*"?2\D', info), info
    with refused(StatusCode.NOT_FOUND):
        client.UpdatePodSandboxResources(pod_sandbox_id="0" * 64)
    client.StopPodSandbox(pod_sandbox_id=pod.id)
    with refused(StatusCode.FAILED_PRECONDITION, "is not ready"):
        client.UpdatePodSandboxResources(pod_sandbox_id=pod.id)
