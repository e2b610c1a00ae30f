"""Pods whose sandboxes are their shim's own (`sandboxer = "shim"`), with the stand-in that has the sandbox API."""

import json
import os
import shutil
import signal
import sys
import threading
from pathlib import Path

import grpc
import pytest

from harness import cri, protos
from harness.client import refused
from harness.cri import REPOSITORY
from harness.monitors import kill_monitor
from harness.nodes import damage
from harness.wait import wait_until
from stand_ins import shim_sandbox

pytestmark = pytest.mark.gantry
HANDLERS = ["shim"]
STAND_IN = REPOSITORY / "conformance/stand_ins/runtime_shim.py"
RUNC = shutil.which("runc", path="/usr/sbin:/usr/bin:/sbin:/bin")
PLACE = shim_sandbox.PLACE
PODS = Path("/run/gantry/pods")
SHARED = {"security_context": {"namespace_options": {"pid": cri.POD}}}


@pytest.fixture
def stand_ins():
    """The stand-in with the API, with its processes hidden and not, and without the API."""
    PLACE.mkdir(exist_ok=True)
    for name, words in [("hidden", "hidden sandbox"), ("open", "sandbox"), ("without", "hidden")]:
        program = PLACE / name
        program.write_text(f'#!/bin/sh\nexec {sys.executable} {STAND_IN} {RUNC} {words} -- "$@"\n')
        program.chmod(0o755)
    yield PLACE
    shutil.rmtree(PLACE)


@pytest.fixture(params=["hidden"])
def shim(request, stand_ins):
    """The path of one."""
    return stand_ins / request.param


both = pytest.mark.parametrize("shim", ["hidden", "open"], indirect=True)


def handlers(shim, sandboxer="shim"):
    """The keys of a handler that is this shim. What that is asked for has little time."""
    return f'''
        runtime_limit = 3

        [runtimes.runc]
        path = "{RUNC}"

        [runtimes.shim]
        type = "shim"
        path = "{shim}"
        sandboxer = "{sandboxer}"
        allowed_annotations = ["allowed.*"]
        default_annotations = ["usual=yes"]
        '''


@pytest.fixture
def pods(shim, pods, configured):
    """Pods are removed while their handler is there."""
    configured(handlers(shim))
    yield pods
    for file in ("hang", "hangs", "fail", "nonsense", "lacks"):
        (PLACE / file).unlink(missing_ok=True)
    pods.remove()
    shutil.rmtree("/run/gantry/runtimes")


def trouble(kind, method):
    """From now on."""
    (PLACE / kind).write_text(method)


def running(*words):
    """The processes with such a command line."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if all(word.encode() in line for word in words):
                found.append(int(entry.name))
    return found


def shims():
    """The process IDs of the shims that run."""
    return running(str(STAND_IN), "start")


def sandboxes():
    """Those of their sandboxes."""
    return running("unshare", "--kill-child")


def nothing_runs():
    """Neither shims nor sandboxes, and no pod has a directory."""
    return shims() == sandboxes() == [] and list(PODS.iterdir()) == []


@both
def test_a_pods_life(pods, busybox):
    pod = pods.run()
    first = pod.run("echo out; echo err >&2; sleep 1000", image=busybox)
    second = pod.run("exit 7", image=busybox)
    assert first.logged("out") == "out\n"
    assert first.logged("err", "stderr") == "err\n"
    assert second.exited().exit_code == 7
    result = first.exec("sh", "-c", "echo hello; exit 3")
    assert (result.exit_code, result.stdout) == (3, b"hello\n")
    assert (len(shims()), len(sandboxes())) == (1, 1)
    assert not running("/pause")
    first.stop(0)
    assert first.status.exit_code == 137
    pod.remove()
    assert nothing_runs()


@both
def test_a_stopped_pod_keeps_its_shim_until_it_is_removed(pods, client, busybox):
    pod = pods.run()
    container = pod.run("sleep 1000", image=busybox)
    client.StopPodSandbox(pod_sandbox_id=pod.id)
    assert container.status.exit_code == 137
    assert pod.status.state == cri.SANDBOX_NOTREADY
    assert (len(shims()), len(sandboxes())) == (1, 0)
    client.StopPodSandbox(pod_sandbox_id=pod.id)
    pod.remove()
    assert nothing_runs()


def test_what_the_shim_is_asked_for(pods):
    """The pod's configuration, of whose annotations only those that are allowed reach a shim."""
    pod = pods.run(annotations={"allowed.a": "1", "other": "2"}, hostname="name")
    asked = json.loads((PODS / pod.id / "shim" / pod.id / "asked.json").read_text())
    assert (asked["id"], asked["type"]) == (pod.id, "runtime.v1.PodSandboxConfig")
    assert asked["netns"] == str(PODS / pod.id / "ns/net")
    [runtime] = protos.load("runtime")
    config = protos.message(runtime, "PodSandboxConfig").FromString(bytes.fromhex(asked["config"]))
    assert dict(config.annotations) == {"allowed.a": "1", "usual": "yes"}
    assert (config.hostname, config.metadata.name) == ("name", pod.status.metadata.name)
    assert dict(pod.status.annotations) == {"allowed.a": "1", "other": "2"}


def test_a_pod_on_the_nodes_network_has_no_file_for_it(pods):
    pod = pods.run(linux={"security_context": {"namespace_options": {"network": cri.NODE}}})
    asked = json.loads((PODS / pod.id / "shim" / pod.id / "asked.json").read_text())
    assert asked["netns"] == ""


def test_processes_are_shared(pods, busybox):
    pod = pods.run(linux=SHARED)
    pod.run("sleep 1234", image=busybox, linux=SHARED)
    other = pod.run("sleep 1000", image=busybox, linux=SHARED)
    assert "sleep 1234" in other.output("ps")


@pytest.mark.parametrize("shim", ["open"], indirect=True)
def test_processes_that_are_the_nodes_are_not_shared(pods):
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "sandboxer"):
        pods.run(linux=SHARED)


def test_what_the_shim_says_of_the_sandbox(pods, client):
    pod = pods.run()
    told = client.PodSandboxStatus(pod_sandbox_id=pod.id, verbose=True).info
    assert told["machine"] == "none"
    info = json.loads(told["info"])
    assert info["sandboxStatus"]["state"] == "SANDBOX_READY"
    assert info["sandboxStatus"]["info"] == "a stand-in's"
    assert info["pid"] == info["sandboxStatus"]["pid"] == sandboxes()[0]
    trouble("fail", "SandboxStatus")
    told = client.PodSandboxStatus(pod_sandbox_id=pod.id, verbose=True).info
    assert "not work today" in json.loads(told["info"])["sandboxStatus"]["error"]


def test_what_the_sandbox_uses(pods, client, busybox):
    """As the shim says; without its word, the containers' sum."""
    pod = pods.run()
    pod.run("sleep 1000", image=busybox)

    def used():
        return client.PodSandboxStats(pod_sandbox_id=pod.id).stats.linux

    assert used().memory.usage_bytes.value == shim_sandbox.MEMORY
    assert used().cpu.usage_core_nano_seconds.value == shim_sandbox.CPU_MICROSECONDS * 1000
    trouble("lacks", "SandboxMetrics")
    assert 0 < used().memory.usage_bytes.value < shim_sandbox.MEMORY


def test_a_sandbox_that_ends_makes_its_pod_not_ready(pods, busybox):
    pod = pods.run()
    os.kill(sandboxes()[0], signal.SIGKILL)
    wait_until(lambda: pod.status.state == cri.SANDBOX_NOTREADY, "the pod's end")
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "not ready"):
        pod.create("true", image=busybox)
    pod.remove()
    assert nothing_runs()


@pytest.mark.parametrize("daemon_dies", [False, True])
@both
def test_a_shim_that_dies_takes_its_pod_along(pods, busybox, node, daemon_dies):
    pod, empty = pods.run(), pods.run()
    container = pod.run("echo on; sleep 1000", image=busybox)
    container.logged("on")
    if daemon_dies:
        node.daemon.kill()
    for process in shims():
        os.kill(process, signal.SIGKILL)
    node.revive()
    assert container.exited().exit_code == 137
    for each in (pod, empty):
        wait_until(lambda each=each: each.status.state == cri.SANDBOX_NOTREADY, "the pod's end")
        each.remove()
    assert nothing_runs()


@both
def test_the_daemon_may_come_and_go(pods, busybox, node, client):
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
    info = json.loads(client.PodSandboxStatus(pod_sandbox_id=pod.id, verbose=True).info["info"])
    assert info["pid"] == sandboxes()[0]
    os.kill(sandboxes()[0], signal.SIGKILL)
    wait_until(lambda: pod.status.state == cri.SANDBOX_NOTREADY, "the pod's end")
    pod.remove()
    assert nothing_runs()


@pytest.mark.parametrize("lacks", ["", "SandboxStatus", "SandboxStatus PingSandbox", "WaitSandbox"])
def test_a_sandbox_that_ends_while_the_daemon_is_away(pods, node, lacks):
    """Told by SandboxStatus, or at last by WaitSandbox."""
    trouble("lacks", lacks)
    pod, other = pods.run(), pods.run()
    asked = json.loads(next((PODS / pod.id / "shim").glob("*/shim.json")).read_text())
    node.daemon.kill()
    os.kill(asked["process"], signal.SIGKILL)
    node.revive()
    wait_until(lambda: pod.status.state == cri.SANDBOX_NOTREADY, "the pod's end")
    assert other.status.state == cri.SANDBOX_READY
    for process in shims():
        os.kill(process, signal.SIGKILL)
    wait_until(lambda: other.status.state == cri.SANDBOX_NOTREADY, "the other's end")


def in_the_background(call, **fields):
    """Makes a call that the daemon does not live to answer."""
    def make():
        with pytest.raises(grpc.RpcError):
            call(**fields)

    thread = threading.Thread(target=make)
    thread.start()
    return thread


@pytest.mark.parametrize("method", ["CreateSandbox", "StartSandbox"])
def test_the_daemon_is_killed_while_a_pod_is_made(pods, node, method):
    trouble("hang", method)
    call = in_the_background(pods.run)
    wait_until((PLACE / "hangs").exists, "the call")
    node.daemon.kill()
    call.join()
    node.revive()
    wait_until(nothing_runs, "nothing is left")


@pytest.mark.parametrize("method", ["StopSandbox", "ShutdownSandbox"])
def test_the_daemon_is_killed_while_a_pod_is_ended(pods, node, client, busybox, method):
    pod = pods.run()
    pod.run("sleep 1000", image=busybox)
    trouble("hang", method)
    call = in_the_background(client.RemovePodSandbox, pod_sandbox_id=pod.id)
    wait_until((PLACE / "hangs").exists, "the call")
    node.daemon.kill()
    call.join()
    (PLACE / "hang").unlink()
    node.revive()
    assert {each.state for each in client.ListContainers().containers} <= {cri.CONTAINER_EXITED}
    assert pod.status.state == cri.SANDBOX_NOTREADY
    pod.remove()
    assert nothing_runs()


@pytest.mark.parametrize("sandboxer", ["shim", "podsandbox"])
def test_a_pod_ends_as_it_began(shim, pods, configured, busybox, sandboxer):
    """Whatever the configuration says by then."""
    configured(handlers(shim, sandboxer))
    pod = pods.run()
    container = pod.run("sleep 1000", image=busybox)
    configured(handlers(shim, {"shim": "podsandbox", "podsandbox": "shim"}[sandboxer]))
    assert pod.status.state == cri.SANDBOX_READY
    assert container.output("echo", "hello") == "hello\n"
    pod.remove()
    assert nothing_runs()


def test_a_monitor_that_dies_takes_its_pod_along(pods, busybox):
    pod = pods.run()
    container = pod.run("sleep 1000", image=busybox)
    kill_monitor(pod)
    assert container.exited().exit_code == 255
    wait_until(lambda: pod.status.state == cri.SANDBOX_NOTREADY, "the pod's end")
    pod.remove()
    assert nothing_runs()


def test_a_pod_of_which_nothing_is_stored_is_ended(pods, busybox, node):
    linux = {"security_context": {"namespace_options": {"network": cri.NODE}}}
    pods.run(linux=linux).run("sleep 1000", image=busybox, linux=linux)
    node.crash()
    with damage.rows() as database:
        database.execute("DELETE FROM container")
        database.execute("DELETE FROM sandbox")
    for record in [*damage.RECORDS[1].glob("sandbox/*"), *damage.RECORDS[1].glob("container/*")]:
        record.unlink()
    node.start()
    assert nothing_runs()


@pytest.mark.parametrize("shim", ["without"], indirect=True)
def test_a_shim_without_the_api_is_refused(pods):
    with refused(grpc.StatusCode.FAILED_PRECONDITION, 'handler shim (sandboxer = "shim")', "sandbox API"):
        pods.run()
    assert nothing_runs()


@pytest.mark.skipif(not shutil.which("containerd-shim-runc-v2"), reason="is not there")
def test_runcs_shim_without_the_api_is_refused(pods, configured):
    """containerd's wants a container's spec even to start."""
    configured(f'''
        [runtimes.shim]
        type = "shim"
        path = "{shutil.which("containerd-shim-runc-v2")}"
        sandboxer = "shim"
        ''')
    with refused(grpc.StatusCode.UNAVAILABLE, 'sandboxer = "shim"'):
        pods.run()
    assert list(PODS.iterdir()) == []
    assert running("containerd-shim-runc-v2") == []


@pytest.mark.parametrize(("kind", "method", "code", "words"), [
    ("fail", "CreateSandbox", grpc.StatusCode.UNKNOWN, "not work today"),
    ("fail", "StartSandbox", grpc.StatusCode.UNKNOWN, "not work today"),
    ("nonsense", "CreateSandbox", None, "CreateSandbox"),
    ("nonsense", "StartSandbox", None, "StartSandbox"),
    ("nonsense", "pid", grpc.StatusCode.INTERNAL, "process 4294967295"),
    ("nonsense", "os", grpc.StatusCode.FAILED_PRECONDITION, "plan9"),
    ("hang", "CreateSandbox", grpc.StatusCode.DEADLINE_EXCEEDED, "CreateSandbox"),
    ("hang", "StartSandbox ShutdownSandbox", grpc.StatusCode.DEADLINE_EXCEEDED, "StartSandbox"),
])
def test_what_goes_wrong_at_first_leaves_nothing(pods, kind, method, code, words):
    trouble(kind, method)
    with refused(code, 'handler shim (sandboxer = "shim")', words):
        pods.run()
    assert nothing_runs()


@pytest.mark.parametrize(("kind", "method"), [
    ("hang", "StopSandbox"), ("hang", "ShutdownSandbox"), ("fail", "StopSandbox"), ("fail", "ShutdownSandbox"),
    ("lacks", "StopSandbox"), ("lacks", "ShutdownSandbox"), ("nonsense", "StopSandbox")])
def test_a_pod_goes_whatever_its_shim_does(pods, client, busybox, kind, method):
    pod = pods.run()
    container = pod.run("sleep 1000", image=busybox)
    trouble(kind, method)
    client.StopPodSandbox(pod_sandbox_id=pod.id)
    assert container.status.exit_code == 137
    pod.remove()
    assert nothing_runs()


@pytest.mark.parametrize("kind", ["hang", "nonsense", "lacks", "fail"])
def test_a_pod_is_ready_whatever_its_shim_says_of_it(pods, node, client, kind):
    """A sandbox that is there: no answer, and none that makes sense, is the end of it."""
    trouble(kind, "SandboxStatus PingSandbox SandboxMetrics Platform")
    pod = pods.run()
    node.daemon.kill()
    node.revive()
    assert pod.status.state == cri.SANDBOX_READY
    assert client.PodSandboxStatus(pod_sandbox_id=pod.id, verbose=True).info["info"]
    assert client.ListPodSandboxStats().stats
