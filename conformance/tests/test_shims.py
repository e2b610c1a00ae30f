"""Pods in shims of the containerd kind: one written for these tests, and runc's where it is on PATH."""

import os
import shutil
import signal
import sys
from pathlib import Path

import grpc
import pytest

from harness import cri
from harness.client import refused
from harness.cri import REPOSITORY
from harness.wait import wait_until

pytestmark = pytest.mark.gantry
HANDLERS = ["shim"]
STAND_IN = REPOSITORY / "conformance/stand_ins/runtime_shim.py"
RUNC = shutil.which("runc", path="/usr/sbin:/usr/bin:/sbin:/bin")
PLACE = Path("/run/shims")
SHIMS = [path for path in (str(PLACE / "stand-in"), shutil.which("containerd-shim-runc-v2")) if path]


@pytest.fixture(params=SHIMS, ids=lambda path: Path(path).name)
def shim(request):
    """The path of one."""
    PLACE.mkdir(exist_ok=True)
    program = PLACE / "stand-in"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {STAND_IN} {RUNC} -- "$@"\n')
    program.chmod(0o755)
    yield request.param
    shutil.rmtree(PLACE)


def handlers(program):
    """The keys of a handler that is this shim."""
    return f'''
        [runtimes.runc]
        path = "{RUNC}"

        [runtimes.shim]
        type = "shim"
        path = "{program}"
        '''


@pytest.fixture
def pods(shim, pods, configured):
    """Pods are removed while their handler is there."""
    configured(handlers(shim))
    yield pods
    pods.remove()
    shutil.rmtree("/run/gantry/runtimes")


def shims():
    """The process IDs of the shims that run."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if words[0].endswith(b"containerd-shim-runc-v2") or str(STAND_IN).encode() in words:
                found.append(int(entry.name))
    return found


def test_a_pod_is_one_shim(pods, busybox):
    pod = pods.run()
    first = pod.run("echo out; echo err >&2; sleep 1000", image=busybox)
    second = pod.run("sleep 1000", image=busybox)
    assert first.logged("out") == "out\n"
    assert first.logged("err", "stderr") == "err\n"
    assert len(shims()) == 1
    second.stop(0)
    assert second.status.exit_code == 137
    pod.remove()
    assert shims() == []


def test_a_shim_that_never_starts_leaves_nothing(shim, pods, configured):
    """Neither to whoever asked for the pod, nor to the daemon's next start."""
    program = PLACE / "containerd-shim-never-v1"
    program.write_text(f'#!/bin/sh\n[ $# = 1 ] && exec {shim} "$1"\necho not today >&2; exit 1\n')
    program.chmod(0o755)
    configured(handlers(program))
    with refused(grpc.StatusCode.UNAVAILABLE, "not today"):
        pods.run()
    assert list(Path("/run/gantry/pods").iterdir()) == []


def test_exits_are_told(pods, busybox):
    pod = pods.run()
    assert pod.run("exit 7", image=busybox).exited().exit_code == 7
    container = pod.run("trap 'exit 3' TERM; echo on; while :; do sleep 0.1; done", image=busybox)
    container.logged("on")
    container.stop(20)
    assert container.status.exit_code == 3


def test_all_that_was_written_is_logged(pods, busybox):
    container = pods.run().run("seq 1 20000", image=busybox)
    container.exited()
    assert container.logged("20000").endswith("\n19999\n20000\n")


def test_commands_run(pods, busybox):
    container = pods.run().run("sleep 1000", image=busybox)
    assert container.output("echo", "hello") == "hello\n"
    result = container.exec("sh", "-c", "echo out; echo err >&2; exit 3")
    assert (result.exit_code, result.stdout, result.stderr) == (3, b"out\n", b"err\n")
    assert container.exec("/nowhere").exit_code in (126, 127)
    assert len(container.exec("sh", "-c", "seq 1 100000").stdout) == 588895


def test_the_limits_of_a_container_change(pods, busybox, client):
    container = pods.run().run("sleep 1000", image=busybox)
    client.UpdateContainerResources(
        container_id=container.id, linux={"memory_limit_in_bytes": 64 << 20})
    assert client.ContainerStatus(
        container_id=container.id).status.resources.linux.memory_limit_in_bytes == 64 << 20


def test_a_program_that_is_missing_is_the_starts_failure(pods, busybox):
    container = pods.run().create("/nowhere", "at", "all", image=busybox)
    with pytest.raises(Exception):
        container.start()
    assert container.status.exit_code == 128


def test_the_daemon_may_come_and_go(pods, busybox, node):
    pod = pods.run()
    lives = pod.run("echo one; sleep 1000", image=busybox)
    lives.logged("one")
    ends = pod.run("sleep 1; echo end; exit 5", image=busybox)
    node.daemon.kill()
    wait_until(lambda: "end" in ends.log.read_text(), "the end")
    node.revive()
    assert ends.exited().exit_code == 5
    assert lives.status.state == cri.CONTAINER_RUNNING
    assert lives.output("echo", "hello") == "hello\n"
    lives.stop(0)


@pytest.mark.parametrize("daemon_dies", [False, True])
def test_a_shim_that_dies_takes_its_pod_along(pods, busybox, node, client, daemon_dies):
    pod = pods.run()
    container = pod.run("echo on; sleep 1000", image=busybox)
    container.logged("on")
    if daemon_dies:
        node.daemon.kill()
    for shim in shims():
        os.kill(shim, signal.SIGKILL)
    node.revive()
    assert container.exited().exit_code == 137
    wait_until(lambda: pod.status.state == cri.SANDBOX_NOTREADY, "the pod's end")
    pod.remove()
