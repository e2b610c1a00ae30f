"""gVisor: a handler that needs an infra container, and whose containers are no host processes."""

import pytest

from harness import cri
from harness.client import refused
from harness.monitors import kill_monitor, living
from harness.wait import wait_until

pytestmark = [pytest.mark.gantry, pytest.mark.layers]
HANDLERS = ["runsc"]


def test_a_containers_output_is_in_its_log(pods, busybox):
    pod = pods.run()
    container = pod.run("echo to stdout; echo to stderr >&2; exit 3", image=busybox)
    assert container.exited().exit_code == 3
    assert container.logged("to stdout") == "to stdout\n"
    assert container.logged("to stderr", "stderr") == "to stderr\n"
    assert pod.status.runtime_handler == "runsc"


def test_stop_and_remove(pods, busybox):
    container = pods.run().run("sleep 1000", image=busybox)
    container.stop()
    assert container.status.exit_code == 137


def test_a_monitors_death_ends_the_sandbox(pods, busybox):
    pod = pods.run()
    container = pod.run("sleep 1000", image=busybox)
    assert len(living(pod.id)) > 1, "the monitor, and the sandbox"
    kill_monitor(pod)
    status = container.exited()
    assert (status.exit_code, status.reason) == (255, "MonitorLost")
    wait_until(lambda: pod.status.state == cri.SANDBOX_NOTREADY, "the pod is not ready")
    wait_until(lambda: not living(pod.id), "the sandbox is gone")


#: What is asked for, and a word of the message: of a directory that is none the sandbox says no more
#: than that its mounts could not be made.
UNRUNNABLE = {
    "missing": ({"command": ["no-such-program", "x"]}, "no-such-program"),
    "not executable": ({"command": ["/etc/passwd", "x"]}, "/etc/passwd: permission denied"),
    "a directory": ({"command": ["/etc", "x"]}, "/etc: permission denied"),
    "below a file": ({"command": ["/etc/passwd/x", "x"]}, "not a directory"),
    "working directory": ({"working_dir": "/etc/passwd"}, "mounts"),
}


@pytest.mark.parametrize("fields, words", UNRUNNABLE.values(), ids=UNRUNNABLE)
def test_a_program_that_cannot_be_run(pods, busybox, fields, words):
    """The sandbox looks for it at the start; crun and runc, at create (test_starts.py)."""
    fields = {"command": ["true", "x"], **fields}
    container = pods.run().create(*fields.pop("command"), image=busybox, **fields)
    with refused(None, words):
        container.start()
    status = container.status
    assert (status.state, status.exit_code, status.reason) == (
        cri.CONTAINER_EXITED, 128, "StartError")
