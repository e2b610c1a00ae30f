"""Programs that cannot be run: the create goes well and the start fails, as on containerd, so that a
pod that never restarts ends instead of being created again for ever."""

import pytest
from grpc import StatusCode

from harness import cri
from harness.client import refused

pytestmark = [pytest.mark.gantry, pytest.mark.promise, pytest.mark.layers]

#: What is asked for, and a word of the runtime's message.
CASES = {
    "missing": ({"command": ["no-such-program", "x"]}, "no-such-program"),
    "missing path": ({"command": ["/no/such/program", "x"]}, "/no/such/program"),
    "not executable": ({"command": ["/etc/passwd", "x"]}, "ermission denied"),
    "a directory": ({"command": ["/etc", "x"]}, ""),
    "below a file": ({"command": ["/etc/passwd/x", "x"]}, "ot a directory"),
    "working directory": ({"working_dir": "/etc/passwd"}, "/etc/passwd"),
}


@pytest.fixture(params=CASES)
def unrunnable(request, pods, busybox):
    """A created container whose program cannot be run, and a word of why."""
    fields, words = CASES[request.param]
    fields = {"command": ["true", "x"], **fields}
    return pods.run().create(*fields.pop("command"), image=busybox, **fields), words


def failed(container, words):
    """Its start fails, and it has exited with that."""
    assert container.status.state == cri.CONTAINER_CREATED
    with refused(None, words):
        container.start()
    status = container.status
    assert (status.state, status.exit_code, status.reason) == (
        cri.CONTAINER_EXITED, 128, "StartError")
    assert words in status.message
    assert status.finished_at >= status.created_at


def test_the_start_fails(unrunnable):
    failed(*unrunnable)


def test_after_a_restart_of_the_daemon(pods, busybox, node):
    container = pods.run().create("no-such-program", "x", image=busybox)
    node.restart()
    failed(container, "no-such-program")
    node.restart()
    assert container.status.reason == "StartError"


def test_a_killed_daemon_remembers(pods, busybox, node):
    container = pods.run().create("no-such-program", "x", image=busybox)
    node.crash()
    node.revive()
    failed(container, "no-such-program")


def test_a_second_start_is_refused(pods, busybox):
    container = pods.run().create("no-such-program", "x", image=busybox)
    failed(container, "no-such-program")
    with refused(StatusCode.FAILED_PRECONDITION):
        container.start()


def test_nothing_of_it_runs(pods, client, busybox):
    """Nor is anything left in the runtime's hands; the leak check looks for cgroups."""
    container = pods.run().create("no-such-program", "x", image=busybox)
    with refused(StatusCode.FAILED_PRECONDITION):
        container.exec("true")
    assert not client.ListContainerStats(filter={"id": container.id}).stats
    container.remove()
    assert not client.ListContainers(filter={"id": container.id}).containers


@pytest.mark.parametrize("end", ["StopContainer", "StopPodSandbox"])
def test_one_that_is_never_started_can_be_stopped(pods, client, busybox, end):
    pod = pods.run()
    container = pod.create("no-such-program", "x", image=busybox)
    if end == "StopContainer":
        container.stop(5)
    else:
        client.StopPodSandbox(pod_sandbox_id=pod.id)
    assert container.status.state == cri.CONTAINER_EXITED


def test_a_retry_of_the_create_gets_it(pods, busybox):
    pod = pods.run()
    first = pod.create("no-such-program", "x", image=busybox, name="one")
    assert pod.create("no-such-program", "x", image=busybox, name="one").id == first.id


def test_the_next_attempt_runs(pods, busybox):
    pod = pods.run()
    failed(pod.create("no-such-program", "x", image=busybox, name="one"), "no-such-program")
    assert pod.run("exit 3", image=busybox, name="one", attempt=1).exited().exit_code == 3
