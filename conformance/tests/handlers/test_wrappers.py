"""Runtimes that are scripts before another, as clusters have them, and that come, go and change under their pods."""

import os
import shutil

import pytest
from grpc import StatusCode

from harness import cri
from harness.client import refused
from harness.streaming.sessions import exec_
from harness.wait import wait_until

pytestmark = [pytest.mark.gantry, pytest.mark.promise]
CRUN = shutil.which("crun", path="/usr/sbin:/usr/bin:/sbin:/bin")
HANDLERS = ["crun"]


@pytest.fixture
def wrapper(tmp_path):
    """Writes the program of a handler: what it does before it becomes crun."""
    def write(script="", runtime=CRUN):
        program = tmp_path / "new"
        program.write_text(f'#!/bin/sh\n{script}\nexec {runtime} "$@"\n')
        program.chmod(0o755)
        program.rename(tmp_path / "wrapper")
        return tmp_path / "wrapper"

    return write


@pytest.fixture
def wrapped(wrapper, pods, configured):
    """Pods whose handler is the wrapper, which is also the default."""
    def run(script=""):
        configured(f'default_runtime = "mine"\n[runtimes.crun]\npath = "crun"\nroot = "/run/gantry/crun"\n[runtimes.mine]\n'
                   f'path = "{wrapper(script)}"\nroot = "/run/gantry/mine"\n')
        pods.handler = "mine"
        return pods

    yield run
    wrapper()
    pods.remove()
    shutil.rmtree("/run/gantry/mine")


#: Of its own log, a line that is text, and those of others.
LOGS = ["doing exec", '{"level":"INFO","fields":{"message":"doing exec"}}', '{"level":"error","message":"none"}']


@pytest.mark.parametrize("line", LOGS)
def test_what_it_writes_to_the_log_is_no_failure_of_a_command(wrapped, busybox, line):
    script = f"""
        for word; do [ "$last" = --log ] && log=$word; last=$word; done
        echo '{line}' >> "$log"
        """
    container = wrapped(script).run().run("sleep 1000", image=busybox)
    result = container.exec("sh", "-c", "echo out; exit 3")
    assert (result.exit_code, result.stdout) == (3, b"out\n")
    with exec_("websocket", container, "sh", "-c", "exit 3") as session:
        assert session.exit_code() == 3
    assert container.exec("/no/such").exit_code == 127


def test_one_that_fails_is_no_failure_of_a_command(wrapped, wrapper, busybox):
    """A probe would take an exit code for the container's."""
    container = wrapped().run().run("sleep 1000", image=busybox)
    wrapper("echo no such file or directory >&2; exit 1")
    with refused(StatusCode.INTERNAL, "the runtime ended with 1: no such file or directory"):
        container.exec("true")
    wrapper("kill -SEGV $$")
    with refused(StatusCode.INTERNAL, "the runtime ended with 139"):
        container.exec("true")
    os.chmod(wrapper(), 0o644)
    with refused(StatusCode.INTERNAL, "cannot run ", "Permission denied"):
        container.exec("true")


def test_a_container_is_killed_without_it(wrapped, wrapper, busybox):
    pod = wrapped().run()
    container = pod.run("sleep 1000", image=busybox)
    wrapper("exit 1")
    container.stop(0)
    assert container.exited().exit_code == 137
    wrapper()
    pod.remove()


def test_a_container_that_it_does_not_know_any_more_is_killed(wrapped, busybox):
    pod = wrapped().run()
    container = pod.run("sleep 1000", image=busybox)
    shutil.rmtree(f"/run/gantry/mine/{container.id}")
    container.stop(0)
    assert container.exited().exit_code == 137
    pod.remove()


def test_one_that_comes_after_the_daemon(wrapped, wrapper, pods, client, node, busybox):
    """Pods that it has had meanwhile wait for it, and no other takes its place."""
    pod = wrapped().run()
    container = pod.run("sleep 1000", image=busybox)
    program = wrapper()
    program.unlink()
    node.restart()
    ready = next(c for c in client.Status().status.conditions if c.type == "RuntimeReady")
    assert not ready.status
    assert f"mine cannot run: posix_spawn {program}: No such file or directory" in ready.message
    with refused(StatusCode.FAILED_PRECONDITION, '"mine" does not work'):
        client.StopPodSandbox(pod_sandbox_id=pod.id)
    pods.handler = ""
    with refused(StatusCode.FAILED_PRECONDITION, '"mine" does not work'):
        pods.run()
    assert pods.run("crun").status.state == cri.SANDBOX_READY
    wrapper()
    wait_until(lambda: all(c.status for c in client.Status().status.conditions), "it is found")
    container.stop(0)
    pod.remove()
    assert pods.run().run("sleep 1000", image=busybox).status.state == cri.CONTAINER_RUNNING


def test_the_default_needs_no_table(configured, client, node):
    configured('default_runtime = "crun"\n[runtimes.other]\npath = "runc"\nroot = "/run/gantry/runc"\n')
    assert [h.name for h in client.Status().runtime_handlers][:3] == ["", "crun", "other"]


def test_the_state_of_one_has_no_place(configured, client, node):
    configured('[runtimes.crun]\npath = "crun"\nroot = "/run/gantry/crun"\n[runtimes.other]\npath = "crun"\nroot = "/proc/nowhere"\n')
    assert {h.name for h in client.Status().runtime_handlers} == {"", "crun"}
    assert "handler that does not work: other: root: " in node.daemon.output
