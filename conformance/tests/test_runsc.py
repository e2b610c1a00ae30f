"""gVisor: a handler that needs an infra container, and whose containers are no host processes."""

import pytest

from harness import cri
from harness.monitors import kill_monitor, living
from harness.wait import wait_until

pytestmark = pytest.mark.gantry
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
