"""Figures of pods with the kubelet's default gates: what its cAdvisor finds by cgroup and process."""

import contextlib
import json
import os
import socket
from pathlib import Path

import pytest
from grpc import StatusCode

from harness import cri
from harness.cadvisor import Cadvisor
from harness.cgroups import MOUNT
from harness.client import refused
from harness.monitors import kill_monitor, monitor_of
from harness.wait import wait_until

pytestmark = pytest.mark.gantry

HOOK = Path("/etc/containers/oci/hooks.d/place.json")
PARENT = "/kubepods/burstable/poda-b"
LABELS = {"io.kubernetes.pod.name": "web", "io.kubernetes.pod.namespace": "default",
          "io.kubernetes.pod.uid": "a-b"}


def hierarchies():
    """Where cgroups are made: one place on version 2."""
    if (MOUNT / "cgroup.controllers").exists():
        return [MOUNT]
    return [path for path in MOUNT.iterdir() if path.is_dir() and not path.is_symlink()]


@pytest.fixture
def parent(nothing_left):
    """The pod's cgroup, made and taken away as the kubelet does it."""
    for hierarchy in hierarchies():
        path = hierarchy
        for name in PARENT.split("/")[1:]:
            if hierarchy == MOUNT:
                enable(path)
            path /= name
            path.mkdir()
            for file in ("cpuset.cpus", "cpuset.mems"):
                if hierarchy.name == "cpuset":
                    (path / file).write_text((path.parent / file).read_text())
    yield PARENT
    for hierarchy in hierarchies():
        for path in (hierarchy / PARENT[1:], *list((hierarchy / PARENT[1:]).parents)[:2]):
            wait_until(lambda path=path: removed(path), f"{path} is removed")


def removed(path):
    """A task that is just dying keeps its cgroup busy for a moment."""
    with contextlib.suppress(OSError):
        path.rmdir()
    return not path.exists()


def enable(path):
    """Passes a cgroup's controllers on to those below."""
    for controller in (path / "cgroup.controllers").read_text().split():
        with contextlib.suppress(OSError):
            (path / "cgroup.subtree_control").write_text(f"+{controller}")


@pytest.fixture
def cadvisor(node):
    """Asks at the CRI's socket, as `kubelet --containerd=…` has it."""
    cadvisor = Cadvisor(node.runtime.socket)
    yield cadvisor
    cadvisor.close()


@pytest.fixture
def pod(parent, pods):
    """A pod in the kubelet's cgroup."""
    return pods.run(linux={"cgroup_parent": parent}, labels=LABELS)


def members(path):
    """The processes of a cgroup, in the memory controller's hierarchy."""
    hierarchy = MOUNT if (MOUNT / "cgroup.controllers").exists() else MOUNT / "memory"
    return [int(pid) for pid in (hierarchy / path[1:] / "cgroup.procs").read_text().split()]


def test_the_monitor_is_in_the_sandboxs_cgroup(pod, cadvisor):
    assert members(f"{PARENT}/{pod.id}") == [monitor_of(pod)]
    assert cadvisor.task(pod.id).pid == monitor_of(pod)


def test_a_sandbox_is_found_with_its_network(pod, cadvisor):
    container = cadvisor.container(pod.id)
    assert dict(container.labels) == {**LABELS, "io.cri-containerd.kind": "sandbox"}
    assert "env" in json.loads(container.spec.value)["process"]
    task = cadvisor.task(pod.id)
    assert task.status == 2
    interfaces = Path(f"/proc/{task.pid}/net/dev").read_text()
    assert "eth0:" in interfaces and "cni0:" not in interfaces


def test_a_container_is_found(pod, cadvisor, busybox):
    container = pod.create("sleep 1000", image=busybox, labels={
        **LABELS, "io.kubernetes.container.name": "main"})
    assert cadvisor.task(container.id).status == 1
    container.start()
    found = cadvisor.container(container.id)
    assert found.labels["io.cri-containerd.kind"] == "container"
    assert found.labels["io.kubernetes.container.name"] == "main"
    assert found.image == busybox
    assert json.loads(found.spec.value)["process"]["args"] == ["sh", "-c", "sleep 1000"]
    task = cadvisor.task(container.id)
    assert task.status == 2
    assert "1000" in Path(f"/proc/{task.pid}/cmdline").read_text()
    container.stop()
    assert (cadvisor.task(container.id).status, cadvisor.task(container.id).exit_status) == (3, 137)


def test_only_whole_ids_are_known(pod, cadvisor):
    for id in (pod.id[:63], "f" * 64, ""):
        with refused(StatusCode.NOT_FOUND):
            cadvisor.container(id)
        with refused(StatusCode.NOT_FOUND):
            cadvisor.task(id)


def test_any_version_will_do(cadvisor):
    assert cadvisor.version()


@pytest.fixture
def place(tmp_path):
    """Where the runtime that creates a container is: a hook of its own tells."""
    program, told = tmp_path / "hook", tmp_path / "told"
    program.write_text(f"#!/bin/sh\ncat /proc/self/cgroup >{told}\nreadlink /proc/self/ns/net >>{told}\n")
    program.chmod(0o755)
    HOOK.parent.mkdir(parents=True, exist_ok=True)
    HOOK.write_text(json.dumps({
        "version": "1.0.0", "hook": {"path": str(program)}, "when": {"always": True},
        "stages": ["createRuntime"]}))
    yield lambda: told.read_text()
    HOOK.unlink()


def test_runtimes_are_not_the_pods(pod, node, busybox, place):
    """They begin where the daemon is: neither the pod's limits nor its network are theirs."""
    pod.create("sleep 1000", image=busybox)
    assert place() == (Path(f"/proc/{node.daemon.id}/cgroup").read_text()
                       + os.readlink(f"/proc/{node.daemon.id}/ns/net") + "\n")


def test_a_shared_pid_namespace_has_a_process_of_its_own(parent, pods, cadvisor):
    pod = pods.run(linux={"cgroup_parent": parent, "security_context": {
        "namespace_options": {"pid": cri.POD}}})
    assert members(f"{PARENT}/{pod.id}") == [cadvisor.task(pod.id).pid]
    assert cadvisor.task(pod.id).pid != monitor_of(pod)


def test_it_survives_the_daemon(pod, node, cadvisor):
    node.restart()
    wait_until(lambda: cadvisor.task(pod.id).pid == monitor_of(pod), "the monitor is found again")


def test_a_dead_monitor_leaves_no_cgroup(pod, client):
    kill_monitor(pod)
    pod.remove()
    assert not list(MOUNT.rglob(pod.id))


def test_a_socket_where_cadvisor_looks_by_itself(configured):
    path = "/run/containerd/containerd.sock"
    configured(f'containerd_socket = "{path}"\n')
    cadvisor = Cadvisor(path)
    assert cadvisor.version()
    cadvisor.close()
    assert Path(path).stat().st_mode & 0o777 == 0o660


def test_another_runtimes_socket_is_left_alone(node):
    with socket.socket(socket.AF_UNIX) as other:
        path = "/run/other.sock"
        other.bind(path)
        other.listen()
        try:
            Path("/etc/gantry/gantry.toml").write_text(f'containerd_socket = "{path}"\n')
            assert node.daemon.terminate() == 0
            refused_one = node.spawn()
            assert refused_one.wait() != 0
            assert "another program serves the socket" in refused_one.output
            assert Path(path).is_socket()
        finally:
            Path("/etc/gantry/gantry.toml").unlink()
            Path(path).unlink()
            Path(path + ".lock").unlink(missing_ok=True)
            node.start()
