"""Containers that do not end by themselves: frozen ones, and processes that outlive the first."""

import json
import subprocess
from pathlib import Path

import grpc
import pytest
from grpc import StatusCode

from harness import cri
from harness.client import refused
from harness.wait import wait_until

pytestmark = [pytest.mark.gantry, pytest.mark.promise]


def paused(container, handler):
    """Pauses it by hand, as an engineer does to look at it."""
    subprocess.run([handler, "--root", f"/run/gantry/{handler}", "pause", container.id], check=True)
    return container


@pytest.mark.parametrize("end", ["StopContainer", "with time", "RemoveContainer", "StopPodSandbox"])
def test_a_paused_container_ends(pods, client, busybox, handler, end):
    pod = pods.run()
    container = paused(pod.run("sleep 1000 & sleep 1000", image=busybox), handler)
    if end == "StopPodSandbox":
        client.StopPodSandbox(pod_sandbox_id=pod.id)
    elif end == "RemoveContainer":
        return container.remove()
    else:
        container.stop(20 if end == "with time" else 0)
    assert container.status.exit_code in (137, 143)


def test_a_paused_container_gets_its_signal(pods, busybox, handler):
    container = pods.run().run("trap 'exit 3' TERM; echo ready; while :; do sleep 0.1; done",
                               image=busybox)
    container.logged("ready")
    paused(container, handler).stop(1000)
    assert container.status.exit_code == 3


def test_a_command_in_a_paused_container(pods, busybox, handler):
    container = paused(pods.run().run("sleep 1000", image=busybox), handler)
    with refused(StatusCode.FAILED_PRECONDITION, "paused"):
        container.exec("true")


def test_limits_that_meet_the_end_of_their_container(pods, client, busybox):
    pod = pods.run()
    for number in range(40):
        container = pod.run(f"sleep 0.0{number % 8}", image=busybox)
        try:
            for bytes in range(64 << 20, 65 << 20, 1 << 18):
                client.UpdateContainerResources(
                    container_id=container.id, linux={"memory_limit_in_bytes": bytes})
        except grpc.RpcError as error:
            assert error.code() == StatusCode.FAILED_PRECONDITION, error.details()


def marks(name):
    """The processes that sleep for so many seconds, of whichever container."""
    return [path.parent.name for path in Path("/proc").glob("[0-9]*/cmdline")
            if name.encode() in read(path)]


def read(path):
    """What a file of /proc has, as long as there is one."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


@pytest.mark.parametrize("namespace", ["POD", "NODE"])
@pytest.mark.parametrize("end", ["by itself", "stopped"])
def test_what_outlives_the_first_process(pods, busybox, namespace, end):
    """In a PID namespace that goes on, the kernel ends nothing with it."""
    options = {"security_context": {"namespace_options": {"pid": getattr(cri, namespace)}}}
    pod = pods.run(linux=options)
    seconds = f"10{pod.config.metadata.name[-1]}7531"
    other = pod.run("sleep 1000", image=busybox, linux=options)
    container = pod.run(f"setsid sleep {seconds} & echo there; " +
                        ("exit 4" if end == "by itself" else "sleep 1000"),
                        image=busybox, linux=options)
    if end == "stopped":
        container.logged("there")
        wait_until(lambda: marks(seconds), "it runs")
        container.stop()
    container.exited()
    assert not marks(seconds)
    assert other.status.state == cri.CONTAINER_RUNNING


def test_what_a_command_left_in_the_background(pods, busybox):
    options = {"security_context": {"namespace_options": {"pid": cri.POD}}}
    container = pods.run(linux=options).run("sleep 1000", image=busybox, linux=options)
    container.exec("sh", "-c", "setsid sleep 1087532 >/dev/null 2>&1 &")
    wait_until(lambda: marks("1087532"), "it runs")
    container.stop()
    assert not marks("1087532")


def test_a_paused_infra_container_ends(pods, client, handler):
    pod = pods.run(linux={"security_context": {"namespace_options": {"pid": cri.POD}}})
    assert json.loads(client.PodSandboxStatus(pod_sandbox_id=pod.id, verbose=True).info["info"])
    subprocess.run([handler, "--root", f"/run/gantry/{handler}", "pause", pod.id], check=True)
    client.StopPodSandbox(pod_sandbox_id=pod.id)
    assert pod.status.state == cri.SANDBOX_NOTREADY
