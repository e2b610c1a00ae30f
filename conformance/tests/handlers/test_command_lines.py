"""Runtimes whose command lines have less than crun's and runc's, or mean something else by a process ID."""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from grpc import StatusCode

from harness import cri, nri
from harness.client import refused
from harness.cri import REPOSITORY
from harness.leaks import processes
from harness.wait import wait_until

pytestmark = pytest.mark.gantry
STAND_IN = REPOSITORY / "conformance/stand_ins/odd_runtime.py"
PLACE = Path("/run/odd")
SHARED = {"security_context": {"namespace_options": {"pid": cri.POD}}}


@pytest.fixture
def pods(pods, configured):
    """Pods are removed while the handlers that they are of are there."""
    yield pods
    pods.remove()
    shutil.rmtree(PLACE, ignore_errors=True)


@pytest.fixture
def odd(pods, configured):
    """Has pods run with a runtime of these quirks; more keys of its handler may be given."""
    def make(*quirks, name="odd", keys=""):
        PLACE.mkdir(exist_ok=True)
        program = PLACE / name
        real = shutil.which(pods.handler, path="/usr/sbin:/usr/bin:/sbin:/bin")
        program.write_text(f'#!/bin/sh\nexec python3 {STAND_IN} {real} {" ".join(quirks)} -- "$@"\n')
        program.chmod(0o755)
        configured(f"""
            [runtimes.odd]
            path = "{program}"
            root = "/run/gantry/{pods.handler}"
            {keys}
            """)
        pods.handler = "odd"
        return pods

    return make


@pytest.fixture
def handler_of(client):
    """What Status tells of the handler."""
    return lambda: next(h for h in client.Status().runtime_handlers if h.name == "odd")


def mine(kind):
    """The node's own namespace."""
    return os.readlink(f"/proc/self/ns/{kind}")


def run(pods, busybox):
    """A pod with a container that does what containers do."""
    pod = pods.run()
    container = pod.run("echo out; echo err >&2; sleep 1000", image=busybox)
    assert container.logged("out") == "out\n"
    assert container.logged("err", "stderr") == "err\n"
    assert container.output("echo", "hello") == "hello\n"
    assert container.exec("sh", "-c", "exit 3").exit_code == 3
    return pod, container


@pytest.mark.parametrize("quirks", [
    ["nothing"], ["no-log"], ["no-update", "no-pause"], ["nothing", "no-log", "no-console", "no-update", "no-pause"],
    ["monitor"], ["no-init"], ["no-init", "no-all", "no-log"], ["no-all"], ["rewrites"]], ids="+".join)
def test_containers_run_all_the_same(odd, busybox, quirks):
    pods = odd(*quirks)
    pod, container = run(pods, busybox)
    container.stop(5)
    assert container.status.exit_code in (137, 143)
    assert pod.run("exit 7", image=busybox).exited().exit_code == 7


def test_without_features_nothing_is_claimed(odd, handler_of):
    odd("nothing")
    features = handler_of().features
    assert not features.recursive_read_only_mounts


def test_a_key_claims_what_is_not_told(odd, handler_of):
    odd("nothing", keys="recursive_read_only = true")
    assert handler_of().features.recursive_read_only_mounts


def test_errors_of_a_runtime_without_a_log(odd, busybox):
    pod = odd("no-log").run()
    container = pod.create("/no/such/program", "x", image=busybox)
    with refused(None, "/no/such/program"):
        container.start()
    status = container.status
    assert (status.exit_code, status.reason) == (128, "StartError")


def test_limits_cannot_change_without_update(odd, busybox, client):
    _, container = run(odd("no-update"), busybox)
    with refused(StatusCode.FAILED_PRECONDITION, "has no update --resources (update)"):
        client.UpdateContainerResources(
            container_id=container.id, linux={"memory_limit_in_bytes": 64 << 20})
    assert container.output("echo", "on") == "on\n"


#: What is told of the init: by `state` alone, or by nothing.
told = pytest.mark.parametrize("quirk", ["monitor", "no-init"])


@told
def test_the_init_is_not_the_monitor(odd, busybox, client, quirk):
    """Namespaces, figures and limits are those of the init, whatever the pid file names."""
    pods = odd(quirk)
    pod = pods.run(linux=SHARED)
    first, second = (pod.run(f"sleep {n}", image=busybox, linux=SHARED) for n in (4321, 5432))
    assert "4321" in second.output("ps", "-o", "args")
    link = first.output("readlink", "/proc/self/ns/pid").strip()
    assert link == second.output("readlink", "/proc/self/ns/pid").strip() != mine("pid")
    target = pods.run().run("sleep 6543", image=busybox)
    stats = client.ContainerStats(container_id=target.id).stats
    assert 0 < stats.memory.usage_bytes.value < 64 << 20
    info = json.loads(client.ContainerStatus(container_id=target.id, verbose=True).info["info"])
    wait_until(lambda: "sleep" in Path(f"/proc/{info['pid']}/cmdline").read_text(), "the container's program")


@told
def test_a_target_behind_a_monitor(odd, busybox, quirk):
    pod = odd(quirk, "no-all").run()
    target = pod.run("sleep 4321", image=busybox)
    linux = {"security_context": {"namespace_options": {"pid": cri.TARGET, "target_id": target.id}}}
    assert "4321" in pod.run("sleep 1000", image=busybox, linux=linux).output("ps", "-o", "args")


@told
def test_the_init_is_known_after_a_restart(odd, busybox, node, quirk):
    pods = odd(quirk)
    pod = pods.run(linux=SHARED)
    first = pod.run("sleep 4321", image=busybox, linux=SHARED)
    node.restart()
    second = pod.run("sleep 1000", image=busybox, linux=SHARED)
    assert "4321" in second.output("ps", "-o", "args")
    first.stop()
    assert first.status.exit_code == 137


def test_no_pid_namespace_is_shared_where_the_init_is_not_known(odd, busybox):
    """The monitor's is the node's, with all that runs there. What was refused leaves nothing."""
    pods = odd("no-init", "elsewhere", "no-all")
    with refused(StatusCode.FAILED_PRECONDITION, "does not tell which process is a container's init"):
        pods.run(linux=SHARED)
    assert not pods.client.ListPodSandbox().items
    pod = pods.run()
    target = pod.run("sleep 4321", image=busybox)
    linux = {"security_context": {"namespace_options": {"pid": cri.TARGET, "target_id": target.id}}}
    with refused(StatusCode.FAILED_PRECONDITION, "does not tell which process is a container's init"):
        pod.create("true", image=busybox, linux=linux)
    alone = pod.run("sleep 1000", image=busybox)
    assert alone.output("readlink", "/proc/self/ns/pid").strip() != mine("pid")


def test_a_monitors_death_ends_the_init(odd, busybox):
    """Else the kubelet would start another beside one that runs on."""
    pod = odd("no-init").run()
    container = pod.run("sleep 4321", image=busybox)
    os.kill(int((PLACE / "monitors" / container.id).read_text()), signal.SIGKILL)
    assert container.exited().exit_code == 137
    assert not [line for line in processes() if "sleep 4321" in line]
    container.remove()


def test_a_kill_that_fails_since_it_worked(odd, busybox):
    container = odd("gone", "monitor").run().run("sleep 1000", image=busybox)
    container.stop(0)
    assert container.status.exit_code == 137
    container.remove()


def test_commands_of_a_runtime_without_a_log(odd, busybox):
    container = odd("no-log").run().run("sleep 1000", image=busybox)
    missing = container.exec("/no/such/program")
    assert missing.exit_code == 127 and b"/no/such/program" in missing.stderr
    assert container.exec("sh", "-c", "echo own >&2; exit 127").stderr == b"own\n"


@pytest.fixture
def newer(odd, busybox):
    """Runs a container that a plugin adjusts so, and gives the `linux` of the spec that the runtime got."""
    pods = odd("newer")

    def run_adjusted(**linux):
        adjustment = nri.ContainerAdjustment(linux=linux)
        with nri.Plugin(CreateContainer=lambda _: nri.CreateContainerResponse(adjust=adjustment)):
            container = pods.run().run("sleep 1000", image=busybox)
        return json.loads((PLACE / "specs" / f"{container.id}.json").read_text())

    return run_adjusted


def test_devices_and_policies_of_a_newer_runtime(newer):
    spec = newer(
        net_devices=[{"key": "eth9", "value": {"name": "in"}}, {"key": "eth8", "value": {}}],
        memory_policy={"mode": 2, "nodes": "0-1", "flags": [0]})
    assert spec["ociVersion"] == "1.3.0"
    assert spec["linux"]["netDevices"] == {"eth9": {"name": "in"}, "eth8": {}}
    assert spec["linux"]["memoryPolicy"] == {
        "mode": "MPOL_BIND", "nodes": "0-1", "flags": ["MPOL_F_STATIC_NODES"]}
    assert "intelRdt" not in spec["linux"]


def test_rdt_of_a_newer_runtime(newer):
    spec = newer(rdt={
        "clos_id": {"value": "gold"}, "schemata": {"value": ["L3:0=f", "MB:0=20"]},
        "enable_monitoring": {"value": True}})
    assert spec["linux"]["intelRdt"] == {
        "closID": "gold", "schemata": ["L3:0=f", "MB:0=20"], "enableMonitoring": True}
    assert newer(resources={"rdt_class": {"value": "silver"}})["linux"]["intelRdt"] == {"closID": "silver"}
    assert "intelRdt" not in newer(resources={"rdt_class": {"value": ""}})["linux"]


def test_a_policy_that_a_newer_runtime_lacks(newer):
    with refused(StatusCode.FAILED_PRECONDITION, "memory policy MPOL_WEIGHTED_INTERLEAVE", "does not have"):
        newer(memory_policy={"mode": 6, "nodes": "0"})


def test_a_name_means_nothing(odd, busybox):
    """A program that is called runsc and is crun or runc."""
    _, container = run(odd("monitor", name="runsc"), busybox)
    assert container.output("readlink", "/proc/self/ns/pid").strip() != mine("pid")


def test_config_and_check_tell_what_was_found(odd, node):
    odd("no-update", "no-log", keys="pause = false")
    binary = node.runtime.command[0]
    text = subprocess.run([binary, "config"], text=True, capture_output=True, check=True).stdout
    lines = text.splitlines()
    assert {"#update = false", "#log_file = false", "#log_format = false", "#exec_detach = true",
            "pause = false", "#hidden_processes = false"} <= set(lines)
    done = subprocess.run([binary, "check"], text=True, capture_output=True, check=False)
    assert "without log_file, log_format, update, pause" in done.stdout
