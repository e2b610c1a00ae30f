"""Pods in shims of the containerd kind: one written for these tests, and runc's where it is on PATH."""

import json
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
from harness.nodes.reboot import remove_run_directory
from harness.pods import pod_config
from harness.streaming.sessions import PROTOCOLS, attach, exec_
from harness.wait import wait_until

pytestmark = pytest.mark.gantry
HANDLERS = ["shim"]
STAND_IN = REPOSITORY / "conformance/stand_ins/runtime_shim.py"
RUNC = shutil.which("runc", path="/usr/sbin:/usr/bin:/sbin:/bin")
PLACE = Path("/run/shims")
SHIMS = [path for path in (
    str(PLACE / "stand-in"), str(PLACE / "hidden"), str(PLACE / "alone"), shutil.which("containerd-shim-runc-v2"),
    shutil.which("containerd-shim-runsc-v1")) if path]
#: Those that have one container each.
ALONE = ("alone", "containerd-shim-runsc-v1")
LONE = [path for path in SHIMS if Path(path).name in ALONE]
#: gVisor's own network does not start where each network namespace shows net.core (docs/handlers.md).
GVISOR = '[runsc_config]\nnetwork = "host"\n'


@pytest.fixture
def stand_ins():
    """The stand-in, as it is, with hidden processes, and with these and one container each."""
    PLACE.mkdir(exist_ok=True)
    for name, words in [("stand-in", ""), ("hidden", "hidden"), ("alone", "hidden alone")]:
        program = PLACE / name
        program.write_text(f'#!/bin/sh\nexec {sys.executable} {STAND_IN} {RUNC} {words} -- "$@"\n')
        program.chmod(0o755)
    (PLACE / "runsc.toml").write_text(GVISOR)
    yield PLACE
    shutil.rmtree(PLACE)


@pytest.fixture(params=SHIMS, ids=lambda path: Path(path).name)
def shim(request, stand_ins):
    """The path of one."""
    return request.param



def handlers(program):
    """The keys of a handler that is this shim."""
    options = ""
    if Path(program).name == "containerd-shim-runsc-v1":
        options = f'config_path = "{PLACE}/runsc.toml"\nconfig_type = "io.containerd.runsc.v1.options"'
    return f'''
        [runtimes.runc]
        path = "{RUNC}"

        [runtimes.shim]
        type = "shim"
        path = "{program}"
        {options}
        '''


@pytest.fixture
def pods(shim, pods, configured):
    """Pods are removed while their handler is there."""
    configured(handlers(shim))
    yield pods
    pods.remove()
    shutil.rmtree("/run/gantry/runtimes")


only_hidden = pytest.mark.parametrize("shim", [str(PLACE / "hidden")], ids=["hidden"], indirect=True)


def shims():
    """The process IDs of the shims that run."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if words[0].endswith((b"containerd-shim-runc-v2", b"containerd-shim-runsc-v1")) or str(STAND_IN).encode() in words:
                found.append(int(entry.name))
    return found


def test_a_pod_is_one_shim(pods, busybox, shim):
    """Or one for each of its containers, and one for itself."""
    pod = pods.run()
    first = pod.run("echo out; echo err >&2; sleep 1000", image=busybox)
    second = pod.run("sleep 1000", image=busybox)
    assert first.logged("out") == "out\n"
    assert first.logged("err", "stderr") == "err\n"
    assert len(shims()) == (3 if Path(shim).name in ALONE else 1)
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


@pytest.mark.parametrize("shim", LONE, ids=lambda path: Path(path).name, indirect=True)
def test_a_sandbox_that_cannot_be_made_leaves_nothing(pods):
    """Such a shim says of what it was never given that it must be created."""
    config = pod_config(log_directory="/var/log/pods/never/made")
    with refused(None, "/var/log/pods/never/made"):
        pods.run_config(config, makes_logs=False)
    assert list(Path("/run/gantry/pods").iterdir()) == []
    assert shims() == []


def test_what_a_command_leaves_in_the_background_does_not_hold_it(pods, busybox):
    container = pods.run().run("sleep 1000", image=busybox)
    result = container.exec("sh", "-c", "sleep 4322 & echo done; exit 5")
    assert (result.exit_code, result.stdout) == (5, b"done\n")


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


def test_a_command_that_takes_too_long_is_ended_alone(pods, busybox):
    """What a shim with a kernel of its own says of a command's process is none of the node's."""
    container = pods.run().run("sleep 1000", image=busybox)
    with refused(grpc.StatusCode.DEADLINE_EXCEEDED):
        container.exec("sleep", "4321", timeout=1)
    assert "4321" not in container.output("ps")
    assert container.status.state == cri.CONTAINER_RUNNING


def test_one_that_was_never_started_is_removed(pods, busybox):
    pod = pods.run()
    pod.create("sleep 1000", image=busybox).remove()
    stopped = pod.create("sleep 1000", image=busybox)
    stopped.stop(0)
    assert stopped.status.state == cri.CONTAINER_EXITED


def test_a_pod_with_one_that_was_never_started_is_removed(pods, busybox):
    pod = pods.run()
    pod.create("sleep 1000", image=busybox)
    pod.remove()
    assert shims() == []


@only_hidden
def test_what_the_shim_says_that_a_container_uses(pods, client, busybox):
    limit = 64 << 20
    pod = pods.run()
    container = pod.run(
        "x=$(head -c 16000000 /dev/zero | tr '\\0' x); echo held; sleep 1000; :", image=busybox,
        linux={"resources": {"memory_limit_in_bytes": limit}})
    container.logged("held")
    stats = client.ContainerStats(container_id=container.id).stats
    assert 16_000_000 <= stats.memory.working_set_bytes.value <= limit
    assert stats.memory.rss_bytes.value >= 16_000_000
    assert stats.memory.available_bytes.value == limit - stats.memory.working_set_bytes.value
    assert stats.cpu.usage_core_nano_seconds.value > 0
    listed = client.ListContainerStats(filter={"id": container.id}).stats
    assert [each.attributes.id for each in listed] == [container.id]
    sums = client.PodSandboxStats(pod_sandbox_id=pod.id).stats.linux
    assert sums.memory.working_set_bytes.value >= 16_000_000
    assert sums.process.process_count.value >= 1


def test_processes_are_shared(pods, busybox):
    linux = {"security_context": {"namespace_options": {"pid": cri.POD}}}
    pod = pods.run(linux=linux)
    pod.run("sleep 1234", image=busybox, linux=linux)
    other = pod.run("sleep 1000", image=busybox, linux=linux)
    assert "sleep 1234" in other.output("ps")


@only_hidden
def test_memory_that_is_short_is_told_by_an_event(pods, busybox):
    container = pods.run().run(
        "x=$(head -c 100000000 /dev/zero | tr '\\0' x); echo $x", image=busybox,
        linux={"resources": {"memory_limit_in_bytes": 16 << 20}})
    status = container.exited()
    assert (status.reason, status.exit_code) == ("OOMKilled", 137)


@only_hidden
def test_a_pods_annotations_tell_a_shim_how_large_it_is(pods):
    pod = pods.run(linux={"resources": {
        "cpu_period": 100000, "cpu_quota": 50000, "memory_limit_in_bytes": 64 << 20}})
    spec = json.loads(Path(f"/run/gantry/pods/{pod.id}/shim/{pod.id}/config.json").read_text())
    said = {key.removeprefix("io.kubernetes.cri."): value for key, value in spec["annotations"].items()}
    assert said["container-type"] == "sandbox"
    assert (said["sandbox-cpu-quota"], said["sandbox-memory"]) == ("50000", str(64 << 20))


def test_a_shim_is_found_by_its_name(stand_ins, configured, client):
    """It is no default by being there; the highest version counts, and a table goes before it."""
    def named():
        return [handler.name for handler in client.Status().runtime_handlers]

    before = named()
    found = [Path("/usr/local/bin") / f"containerd-shim-{name}" for name in (
        "other-v1", "other-v2", "with-dashes-v2", "broken-v9", "runc-v9", "nothing")]
    for program in found:
        program.symlink_to(stand_ins / "hidden" if program.name[-2:] == "v2" else "/bin/false")
    try:
        configured("")
        assert named() == [*before, "other", "with-dashes"]
        configured(handlers(stand_ins / "hidden"))
        assert {"runc", "shim", "other"} <= set(named())
        assert named()[0] == ""
    finally:
        for program in found:
            program.unlink()
        configured("")
        shutil.rmtree("/run/gantry/runtimes", ignore_errors=True)


def test_the_limits_of_a_container_change(pods, busybox, client, shim):
    container = pods.run().run("sleep 1000", image=busybox)
    if Path(shim).name == "containerd-shim-runsc-v1":
        pytest.skip("it has no Update before April 2026")
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


@pytest.mark.parametrize("shim", LONE, ids=lambda path: Path(path).name, indirect=True)
@pytest.mark.parametrize("daemon_dies", [False, True])
def test_a_containers_own_shim_dies_alone(pods, busybox, node, daemon_dies):
    pod = pods.run()
    dies = pod.run("echo on; sleep 1000", image=busybox)
    lives = pod.run("sleep 1000", image=busybox)
    dies.logged("on")
    own = [shim for shim in shims() if os.readlink(f"/proc/{shim}/cwd").endswith(dies.id)]
    assert len(own) == 1
    if daemon_dies:
        node.daemon.kill()
    os.kill(own[0], signal.SIGKILL)
    node.revive()
    assert dies.exited().exit_code == 137
    assert lives.output("echo", "hello") == "hello\n"
    assert pod.status.state == cri.SANDBOX_READY
    assert pod.run("exit 3", image=busybox).exited().exit_code == 3


@pytest.mark.parametrize("shim", LONE, ids=lambda path: Path(path).name, indirect=True)
def test_events_find_somebody_while_the_daemon_is_away(pods, busybox, node):
    """A command's end is an event, and a shim that nobody answers ends, with its container."""
    pod = pods.run()
    container = pod.run("while :; do sleep 0.2; done", image=busybox)
    ends = pod.run("sleep 1; exit 4", image=busybox)
    node.daemon.kill()
    wait_until(lambda: list(Path(f"/run/gantry/pods/{pod.id}/exits").glob(f"{ends.id}*")), "the end is recorded")
    node.revive()
    assert ends.exited().exit_code == 4
    assert container.output("echo", "hello") == "hello\n"
    assert container.status.state == cri.CONTAINER_RUNNING


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


def test_a_shim_whose_record_is_lost_is_ended(pods, busybox, node):
    """With the run directory; the node did not go down."""
    linux = {"security_context": {"namespace_options": {"network": cri.NODE}}}
    pod = pods.run(linux=linux)
    pod.run("sleep 1000", image=busybox, linux=linux)
    node.crash()
    remove_run_directory()
    node.start()
    assert shims() == []
    assert pod.status.state == cri.SANDBOX_NOTREADY


@only_hidden
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_others_go_on_while_an_input_is_open(pods, busybox, protocol):
    """Of a command, and of a container."""
    pod = pods.run()
    container = pod.run("cat; echo ended; sleep 1000", image=busybox, stdin=True, stdin_once=True)
    with exec_(protocol, container, "cat", stdin=True) as session, attach(protocol, container, stdin=True) as attached:
        for each in (session, attached):
            each.write(b"in\n")
            each.stdout.until(b"in\n")
        assert container.output("echo", "on") == "on\n"
        pod.run("exit 7", image=busybox).exited()
        session.finish()
        assert session.exit_code() == 0
        attached.finish()
        container.logged("ended")


@only_hidden
def test_a_program_that_cannot_remove_what_was_never_made(pods, client):
    (PLACE / "uncreatable").touch()
    with refused(None, "a machine cannot be made today"):
        pods.run()
    assert shims() == []
    assert not client.ListPodSandbox().items


@only_hidden
def test_a_shim_that_outlives_its_machine_leaves_nothing(pods):
    """What it cannot delete any more, its program does."""
    pod = pods.run()
    (PLACE / "unavailable").touch()
    pod.remove()
    assert shims() == []
    assert list(Path("/run/gantry/runtimes/stand_in").iterdir()) == []


@pytest.mark.parametrize("shim", [str(PLACE / "stand-in"), str(PLACE / "alone")], ids=["stand-in", "alone"], indirect=True)
def test_one_that_hangs_is_killed_when_its_pod_is_stopped(pods, busybox, client):
    pod = pods.run()
    container = pod.run("sleep 1000", image=busybox)
    for shim in shims():
        os.kill(shim, signal.SIGSTOP)
    with refused(grpc.StatusCode.DEADLINE_EXCEEDED):
        client.StopPodSandbox(pod_sandbox_id=pod.id, deadline=120)
    # The program that removes what they have left is one too.
    wait_until(lambda: shims() == [], "they are killed")
    assert container.exited().exit_code == 137
    pod.remove()
