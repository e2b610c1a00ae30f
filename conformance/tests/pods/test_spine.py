"""The way through all of it: a pod, a container, its log."""

import pytest

from harness import cri

pytestmark = pytest.mark.layers


def test_a_containers_output_is_in_its_log(pods, busybox):
    container = pods.run().run("echo to stdout; echo to stderr >&2; exit 3", image=busybox)
    status = container.exited()
    assert (status.exit_code, status.reason) == (3, "Error")
    assert container.logged("to stdout") == "to stdout\n"
    assert container.logged("to stderr", "stderr") == "to stderr\n"


def test_ready_and_running(pods, busybox):
    pod = pods.run()
    assert pod.status.state == cri.SANDBOX_READY
    container = pod.run("sleep 1000", image=busybox)
    assert container.status.state == cri.CONTAINER_RUNNING
    assert container.output("echo", "hi") == "hi\n"
