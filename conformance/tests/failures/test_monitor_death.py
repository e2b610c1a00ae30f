"""A pod's monitor is killed: nobody reaps its containers or keeps their logs any more, so they are
killed and known as exited, and the pod is not ready, for the kubelet to make a new one."""

import contextlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
from grpc import StatusCode
from test_failures import failing, runtime  # noqa: F401 (fixtures)

from harness import cri
from harness.client import refused
from harness.monitors import kill_monitor, living
from harness.pods import container_config
from harness.streaming.sessions import PROTOCOLS, attach, exec_
from harness.wait import wait_until

pytestmark = [pytest.mark.gantry, pytest.mark.promise]

SHARED_PID = {"security_context": {"namespace_options": {"pid": cri.POD}}}
#: Its second process has a session of its own and no terminal: only the cgroup knows whose it is.
TWO_PROCESSES = "echo up; setsid sleep 54321 & exec sleep 54322"


def assert_lost(container):
    """Exited with what the kubelet is told of a container that nobody saw end."""
    status = container.exited()
    assert (status.exit_code, status.reason) == (255, "MonitorLost")
    assert "monitor" in status.message
    assert 0 < status.started_at <= status.finished_at


@pytest.mark.sample
@pytest.mark.parametrize("linux", [{}, SHARED_PID], ids=["own-pid", "shared-pid"])
def test_its_containers_are_killed_and_known_as_exited(pods, busybox, linux):
    pod = pods.run(linux=linux)
    container = pod.run(TWO_PROCESSES, image=busybox, linux=linux)
    created = pod.create("sleep 54323", image=busybox, linux=linux)
    container.logged("up")
    wait_until(lambda: len(living("sleep 5432")) == 2, "both processes run")
    kill_monitor(pod)
    assert_lost(container)
    assert created.exited().exit_code == 255
    wait_until(lambda: not living("sleep 5432"), "no process of the container lives")
    wait_until(lambda: pod.status.state == cri.SANDBOX_NOTREADY, "the pod is not ready")
    with refused(StatusCode.FAILED_PRECONDITION):
        pod.create("true", image=busybox)
    pod.remove()


def test_while_the_daemon_is_down(pods, node, busybox):
    pod = pods.run()
    container = pod.run(TWO_PROCESSES, image=busybox)
    container.logged("up")
    node.crash()
    kill_monitor(pod)
    node.start()
    assert_lost(container)
    assert not living("sleep 5432")
    assert pod.status.state == cri.SANDBOX_NOTREADY


def test_what_it_had_recorded_counts(pods, node, busybox, tmp_path):
    """An exit is recorded before anybody is told, so it is known whoever dies next."""
    gate = [{"host_path": str(tmp_path), "container_path": "/gate"}]
    pod = pods.run()
    container = pod.run("echo up; while [ ! -e /gate/open ]; do sleep 0.05; done; exit 6",
                        image=busybox, mounts=gate)
    container.logged("up")
    node.crash()
    (tmp_path / "open").touch()
    record = Path("/run/gantry/pods") / pod.id / "exits" / container.id
    wait_until(record.exists, "the exit is recorded")
    kill_monitor(pod)
    node.start()
    status = container.exited()
    assert (status.exit_code, status.reason) == (6, "Error")
    assert pod.status.state == cri.SANDBOX_NOTREADY


def test_while_a_container_is_being_created(runtime, pods, busybox):
    """The runtime that it had started must not go on to make a container that nobody knows."""
    pod = pods.run()
    runtime("create", "hang")
    with ThreadPoolExecutor() as pool:
        creation = pool.submit(pod.create, "sleep 54324", image=busybox)
        wait_until(lambda: living(" create "), "the runtime creates")
        kill_monitor(pod)
        with refused(StatusCode.UNAVAILABLE, "monitor"):
            creation.result()
        assert not living(" create ")
        runtime()
    wait_until(lambda: pod.status.state == cri.SANDBOX_NOTREADY, "the pod is not ready")
    assert not living("sleep 54324")


def test_while_the_daemon_is_down_and_a_container_is_being_created(runtime, pods, node, busybox):
    pod = pods.run()
    runtime("create", "hang")
    with ThreadPoolExecutor() as pool:
        creation = pool.submit(pod.create, "sleep 54324", image=busybox)
        wait_until(lambda: living(" create "), "the runtime creates")
        node.crash()
        kill_monitor(pod)
        with refused(StatusCode.UNAVAILABLE):
            creation.result()
        node.start()
        assert not living(" create ")
        runtime()
    assert pod.status.state == cri.SANDBOX_NOTREADY


def test_while_an_exec_runs(pods, busybox):
    pod = pods.run()
    container = pod.run("sleep 54325", image=busybox)
    with ThreadPoolExecutor() as pool:
        call = pool.submit(container.exec, "sleep", "54326")
        wait_until(lambda: living("sleep 54326"), "the exec runs")
        kill_monitor(pod)
        assert call.result().exit_code == 137
    assert_lost(container)
    with refused(StatusCode.FAILED_PRECONDITION):
        container.exec("true")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_streams_end(protocol, pods, busybox):
    """Of an exec with its program's end, of an attachment with the monitor that it was to."""
    pod = pods.run()
    container = pod.run("echo up; sleep 54331", image=busybox)
    container.logged("up")
    with exec_(protocol, container, "sh", "-c", "echo in; sleep 54332") as program, \
            attach(protocol, container) as attached:
        wait_until(lambda: living("sleep 54332"), "the program runs")
        kill_monitor(pod)
        assert program.exit_code() == 137
        assert attached.stdout.whole() == b""
    assert_lost(container)


def test_events_are_sent(listener, pods, busybox):
    pod = pods.run()
    container = pod.run("sleep 54327", image=busybox)
    kill_monitor(pod)
    wait_until(lambda: cri.CONTAINER_STOPPED_EVENT in listener.of(container.id)
               and cri.CONTAINER_STOPPED_EVENT in listener.of(pod.id), "both have stopped")
    last = [event for event in listener.events if event.container_id == pod.id][-1]
    assert last.pod_sandbox_status.state == cri.SANDBOX_NOTREADY
    assert [status.exit_code for status in last.containers_statuses] == [255]


def test_the_kubelet_makes_the_pod_anew(pods, busybox):
    """The next attempt runs beside the lost one, as the kubelet does it."""
    pod = pods.run()
    pod.run("sleep 54328", image=busybox)
    kill_monitor(pod)
    wait_until(lambda: pod.status.state == cri.SANDBOX_NOTREADY, "the pod is not ready")
    config = cri.PodSandboxConfig()
    config.CopyFrom(pod.config)
    config.metadata.attempt += 1
    again = pods.run_config(config).run("sleep 54329", image=busybox)
    assert again.status.state == cri.CONTAINER_RUNNING
    pod.remove()
    assert again.status.state == cri.CONTAINER_RUNNING


def test_amid_creations_at_any_moment(pods, client, busybox):
    """Wherever the runtime was when the monitor died, nothing of its container is left."""
    for delay in (0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.06):
        pod = pods.run()
        with contextlib.suppress(grpc.RpcError):
            client.CreateContainer(
                pod_sandbox_id=pod.id, sandbox_config=pod.config, deadline=delay,
                config=container_config("sleep 54330", image=busybox))
        kill_monitor(pod)
        wait_until(lambda: pod.status.state == cri.SANDBOX_NOTREADY, "the pod is not ready")
        pod.remove()
        assert not living("sleep 54330")
