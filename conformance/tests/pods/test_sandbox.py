"""What a pod's configuration asks of its sandbox, seen from inside."""

import socket
import subprocess
import urllib.request
from pathlib import Path

import pytest

from harness import cri
from harness.images import catalogue, lookalikes
from harness.images.tarball import file, layer
from harness.wait import wait_until


def with_namespaces(**modes):
    """A pod's or a container's `linux` with these namespace modes."""
    return {"security_context": {"namespace_options": {"pid": cri.CONTAINER, **modes}}}


def run(pods, image, *command, container=None, **pod):
    """A pod with one container that has the same `linux`."""
    command = command or ("sleep 1000",)
    return pods.run(**pod).run(*command, image=image, linux=container or {})


def test_hostname(pods, busybox):
    container = run(pods, busybox, hostname="my-host")
    assert container.output("hostname") == "my-host\n"
    assert container.output("cat", "/etc/hostname") == "my-host\n"


def test_dns(pods, busybox):
    dns = {"servers": ["10.10.10.10", "10.10.10.11"], "searches": ["a.example", "b.example"],
           "options": ["ndots:8", "timeout:3"]}
    container = run(pods, busybox, dns_config=dns)
    assert container.output("cat", "/etc/resolv.conf").splitlines() == [
        "search a.example b.example", "nameserver 10.10.10.10", "nameserver 10.10.10.11",
        "options ndots:8 timeout:3"]


def test_sysctls(pods, busybox):
    sysctls = {"kernel.shm_rmid_forced": "1", "net.ipv4.ip_local_port_range": "1024 65000"}
    container = run(pods, busybox, linux={"sysctls": sysctls})
    assert container.output("cat", "/proc/sys/kernel/shm_rmid_forced") == "1\n"
    assert container.output("cat", "/proc/sys/net/ipv4/ip_local_port_range") == "1024\t65000\n"


def test_shared_memory_is_the_pods(pods, busybox):
    pod = pods.run()
    first, second = (pod.run("sleep 1000", image=busybox) for _ in range(2))
    first.output("sh", "-c", "echo shared > /dev/shm/file")
    assert second.output("cat", "/dev/shm/file") == "shared\n"
    assert not Path("/dev/shm/file").exists()


def test_containers_of_a_pod_share_network_and_ipc_but_no_processes(pods, busybox):
    pod = pods.run()
    first, second = (pod.run("sleep 1000", image=busybox) for _ in range(2))
    for kind, shared in (("net", True), ("ipc", True), ("uts", True), ("pid", False),
                         ("mnt", False)):
        links = {c.output("readlink", f"/proc/self/ns/{kind}") for c in (first, second)}
        assert len(links) == (1 if shared else 2), kind


def test_a_shared_pid_namespace(pods, busybox):
    linux = with_namespaces(pid=cri.POD)
    pod = pods.run(linux=linux)
    first, second = (pod.run(f"sleep {n}", image=busybox, linux=linux) for n in (4321, 5432))
    assert "4321" in second.output("ps", "-o", "args")
    assert "5432" in first.output("ps", "-o", "args")
    assert "sleep" not in first.output("cat", "/proc/1/cmdline")


@pytest.mark.gantry
def test_the_pid_namespace_of_another_container(pods, busybox):
    pod = pods.run()
    target = pod.run("sleep 4321", image=busybox)
    linux = with_namespaces(pid=cri.TARGET, target_id=target.id)
    assert "4321" in pod.run("sleep 1000", image=busybox, linux=linux).output("ps", "-o", "args")


@pytest.mark.parametrize("kind, namespace", [("network", "net"), ("pid", "pid"), ("ipc", "ipc")])
def test_the_hosts_namespaces(pods, busybox, kind, namespace):
    linux = with_namespaces(**{kind: cri.NODE})
    container = run(pods, busybox, linux=linux, container=linux)
    assert container.output("readlink", f"/proc/self/ns/{namespace}").strip() == str(
        Path(f"/proc/self/ns/{namespace}").readlink())


def test_a_pod_on_the_hosts_network_has_the_hosts_name(pods, busybox):
    linux = with_namespaces(network=cri.NODE)
    container = run(pods, busybox, linux=linux, container=linux)
    assert container.output("hostname").strip() == socket.gethostname()


@pytest.mark.gantry
def test_the_cgroup_parent(pods, busybox):
    parent = "/kubepods/burstable/pod-of-a-test"
    for hierarchy in Path("/sys/fs/cgroup").iterdir():
        if hierarchy.is_dir() and not hierarchy.is_symlink():
            (hierarchy / parent.lstrip("/")).mkdir(parents=True)
    container = run(pods, busybox, linux={"cgroup_parent": parent})
    try:
        status = container.output("cat", "/proc/self/cgroup")
        found = [path for path in Path("/sys/fs/cgroup").rglob("cgroup.procs")
                 if parent in str(path) and path.read_text().strip()]
        assert found, status
    finally:
        pods.remove()
        subprocess.run(["find", "/sys/fs/cgroup", "-depth", "-type", "d", "-path", "*/kubepods*",
                        "-exec", "rmdir", "{}", "+"], check=True)


@pytest.fixture(scope="module")
def web(node, registry):
    """The image of a web server on port 80."""
    program = layer([file("usr/sbin/web", lookalikes.compiled("server"), 0o755)])
    reference = registry.push("test/web:1", catalogue.image(
        program, Entrypoint=["/usr/sbin/web", "web", "web server", "80"], Cmd=None))
    node.client.PullImage(image={"image": reference})
    yield reference
    node.client.RemoveImage(image={"image": reference})


def fetch(address):
    """The body that a web server answers with, or nothing while it does not."""
    try:
        return urllib.request.urlopen(f"http://{address}", timeout=2).read()
    except OSError:
        return b""


def test_port_mappings(pods, web):
    pod = pods.run(port_mappings=[{"container_port": 80, "host_port": 12080}])
    pod.run(image=web).logged("ready")
    wait_until(lambda: fetch(f"{pod.status.network.ip}:80") == b"hello\n", "the pod answers")
    wait_until(lambda: fetch("127.0.0.1:12080") == b"hello\n", "the host's port answers")
