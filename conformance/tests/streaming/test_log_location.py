"""Where a container's log may be: a regular file below the pod's log directory, over no link."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from grpc import StatusCode

from harness import crilog
from harness.client import refused
from harness.pods import Pod, pod_config
from harness.wait import wait_until

pytestmark = pytest.mark.gantry


@pytest.fixture
def logs(tmp_path):
    """A log directory whose parents are not there."""
    yield tmp_path / "not" / "there"


def written(log, text):
    """Waits until this is all that the log holds."""
    wait_until(lambda: log.exists() and crilog.text(log) == text, f"{text!r} in {log}")


def test_directories_are_made(pods, client, logs, busybox):
    config = pod_config(log_directory=str(logs))
    created = client.RunPodSandbox(config=config, runtime_handler=pods.handler)
    pod = Pod(client, created.pod_sandbox_id, config)
    pods.running.append(pod)
    container = pod.run("echo up", image=busybox, log_path="some/container/0.log")
    container.exited()
    log = logs / "some/container/0.log"
    assert container.status.log_path == str(log)
    written(log, "up\n")
    assert stat.S_IMODE(log.stat().st_mode) == 0o640
    assert stat.S_IMODE(log.parent.stat().st_mode) == 0o755


@pytest.mark.parametrize("path", ["../0.log", "a/../../0.log", "/../../etc/passwd", "..", ".", "a/.."])
def test_a_path_that_leaves_the_directory_is_refused(pods, logs, busybox, path):
    pod = pods.run(log_directory=str(logs))
    with refused(StatusCode.INVALID_ARGUMENT, "log_path", path):
        pod.create("true", image=busybox, log_path=path)
    assert not list(logs.rglob("*")) and not (logs.parent / "0.log").exists()


def test_a_path_that_only_looks_so(pods, logs, busybox):
    container = pods.run(log_directory=f"{logs}//").run(
        "echo up", image=busybox, log_path="//a/../b/./0.log")
    container.exited()
    assert container.status.log_path == str(logs / "b/0.log")
    written(logs / "b/0.log", "up\n")


def _fifo(logs, victim):
    os.mkfifo(logs / "c/0.log")


def _link(logs, victim):
    (logs / "c/0.log").symlink_to(victim)


def _hard_link(logs, victim):
    (logs / "c/0.log").hardlink_to(victim)


def _directory_link(logs, victim):
    shutil.rmtree(logs / "c")
    (logs / "c").symlink_to(victim.parent)


def _device(logs, victim):
    os.mknod(logs / "c/0.log", stat.S_IFCHR | 0o666, os.makedev(1, 3))


def _directory(logs, victim):
    (logs / "c/0.log").mkdir()


def _socket(logs, victim):
    os.mknod(logs / "c/0.log", stat.S_IFSOCK | 0o666)


#: What a pod that mounts the directory may put there.
TRAPS = [_fifo, _link, _hard_link, _directory_link, _device, _directory, _socket]


@pytest.fixture(params=TRAPS, ids=lambda trap: trap.__name__.strip("_"))
def trap(request, logs, tmp_path):
    """Sets the trap; a file that must stay as it is."""
    victim = tmp_path / "victim" / "0.log"
    victim.parent.mkdir()
    victim.write_text("as it was")

    def spring():
        (logs / "c").mkdir(parents=True, exist_ok=True)
        request.param(logs, victim)
        return victim

    return spring


def test_what_is_no_regular_file_is_refused(pods, logs, busybox, trap):
    pod = pods.run(log_directory=str(logs))
    victim = trap()
    with refused(None, "0.log"):
        pod.create("echo up", image=busybox, log_path="c/0.log")
    assert victim.read_text() == "as it was"
    assert pod.run("sleep 1000", image=busybox, log_path="other.log").output("true") == ""
    pod.remove()


def test_nor_after_a_rotation(pods, client, logs, busybox, trap):
    pod = pods.run(log_directory=str(logs))
    container = pod.run("echo up; sleep 1000", image=busybox, log_path="c/0.log")
    log = logs / "c/0.log"
    written(log, "up\n")
    log.rename(logs / "rotated")
    victim = trap()
    with refused(None, "0.log"):
        client.ReopenContainerLog(container_id=container.id)
    assert victim.read_text() == "as it was"
    assert container.output("true") == ""
    pod.remove()


def test_a_directory_that_went_is_made_anew(pods, client, logs, busybox):
    container = pods.run(log_directory=str(logs)).run(
        "trap 'echo second' USR1; echo first; while :; do sleep 0.1; done", image=busybox,
        log_path="c/0.log")
    log = logs / "c/0.log"
    written(log, "first\n")
    shutil.rmtree(logs)
    client.ReopenContainerLog(container_id=container.id)
    container.output("kill", "-USR1", "1")
    written(log, "second\n")


def test_a_directory_behind_a_link_is_the_administrators(pods, logs, tmp_path, busybox):
    """/var/log is one on many nodes."""
    logs.mkdir(parents=True)
    (tmp_path / "link").symlink_to(logs)
    container = pods.run(log_directory=str(tmp_path / "link")).run(
        "echo up", image=busybox, log_path="c/0.log")
    container.exited()
    written(logs / "c/0.log", "up\n")
    assert Path(container.status.log_path) == tmp_path / "link/c/0.log"


def test_a_full_disk_loses_lines_and_holds_nobody(pods, client, logs, busybox):
    logs.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", logs], check=True)
    try:
        config = pod_config(log_directory=str(logs))
        created = client.RunPodSandbox(config=config, runtime_handler=pods.handler)
        pod = Pod(client, created.pod_sandbox_id, config)
        pods.running.append(pod)
        container = pod.run("yes | head -n 10000; exit 3", image=busybox, log_path="0.log")
        assert container.exited().exit_code == 3
        said = Path(f"/run/gantry/pods/{created.pod_sandbox_id}/monitor.log")
        wait_until(lambda: "log entries are lost" in said.read_text(), "the monitor says so")
    finally:
        pods.remove()
        subprocess.run(["umount", logs], check=True)
