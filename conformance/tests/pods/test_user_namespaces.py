"""Pods in user namespaces: their root is nobody on the node, and their files are theirs."""

import os
import stat

import pytest
from grpc import StatusCode

from harness import cri
from harness.client import refused
from harness.images import catalogue
from harness.images.formats import Artifact, File

pytestmark = [pytest.mark.gantry, pytest.mark.layers]
#: Some that no node lets everybody open.
NODE_DEVICES = ("/dev/fuse", "/dev/loop-control", "/dev/mem")
BASE = 1 << 20
MAPPING = {"host_id": BASE, "container_id": 0, "length": 65536}


def linux(uids=(MAPPING,), gids=(MAPPING,), **modes):
    """A pod's or a container's `linux` with a user namespace."""
    users = {"mode": cri.POD, "uids": uids, "gids": gids}
    return {"security_context": {
        "namespace_options": {"pid": cri.CONTAINER, "userns_options": users, **modes}}}


def run(pods, image, *command, pod=None, **fields):
    """A running container of a pod in a user namespace."""
    return pods.run(linux=pod or linux()).run(
        *command or ("sleep 1000",), image=image, linux=pod or linux(), **fields)


def pod_of(container):
    """The ID of the container's pod."""
    containers = container.client.ListContainers(filter={"id": container.id}).containers
    return containers[0].pod_sandbox_id


def test_nobody_else_gets_at_it_on_the_node(pods, busybox):
    """Images have programs that run as root, which users of the node must not start."""
    mapped, plain = run(pods, busybox), pods.run().create("true", image=busybox)
    for container, expected in ((mapped, (0o710, BASE)), (plain, (0o700, 0))):
        for path in (f"containers/{container.id}", f"pods/{pod_of(container)}"):
            status = os.stat(f"/run/gantry/{path}")
            assert (stat.S_IMODE(status.st_mode), status.st_gid) == expected, path


def test_root_is_nobody_on_the_node(pods, busybox):
    container = run(pods, busybox)
    assert container.output("id", "-u") == "0\n"
    for kind in ("uid", "gid"):
        assert container.output("cat", f"/proc/self/{kind}_map").split() == [
            "0", str(BASE), "65536"]


def test_the_pods_namespaces_belong_to_it(pods, busybox):
    """Whoever may set the host's name or add a route has the rights of the namespace's owner."""
    pod = linux()
    added = {"capabilities": {"add_capabilities": ["SYS_ADMIN", "NET_ADMIN"]}}
    container = pods.run(linux=pod, hostname="before").run(
        "sleep 1000", image=busybox, linux={"security_context": {**pod["security_context"], **added}})
    assert container.output("hostname") == "before\n"
    container.output("hostname", "after")
    container.output("ip", "link", "set", "lo", "down")


def test_files_of_the_image_keep_their_owners(pods, images):
    container = run(pods, images.busybox)
    assert container.output("stat", "-c", "%u:%g", "/", "/bin/sh", "/var/www").split() == [
        "0:0", "0:0", "33:33"]
    container.output("sh", "-c", "touch /root/new && chown 33 /var/www/ && stat -c %u /root/new")


def test_what_it_writes_is_the_mapped_roots_on_the_node(pods, busybox, tmp_path):
    tmp_path.chmod(0o777)
    for parent in list(tmp_path.parents)[:-1]:
        parent.chmod(parent.stat().st_mode | stat.S_IXOTH)
    mounts = [{"host_path": str(tmp_path), "container_path": "/data"}]
    container = run(pods, busybox, mounts=mounts)
    container.output("touch", "/data/new")
    assert (tmp_path / "new").stat().st_uid == BASE


def test_a_volume_with_mapped_ids(pods, busybox, tmp_path):
    (tmp_path / "roots").write_text("secret")
    (tmp_path / "roots").chmod(0o600)
    file = {"host_path": str(tmp_path / "roots"), "container_path": "/file",
            "uidMappings": [MAPPING], "gidMappings": [MAPPING]}
    mount = {"host_path": str(tmp_path), "container_path": "/data",
             "uidMappings": [MAPPING], "gidMappings": [MAPPING]}
    container = run(pods, busybox, mounts=[mount, file])
    assert container.output("cat", "/data/roots", "/file") == "secretsecret"
    container.output("touch", "/data/new")
    assert (tmp_path / "new").stat().st_uid == 0


def test_the_pods_own_files_are_its_roots(pods, busybox):
    container = run(pods, busybox)
    owners = container.output("stat", "-c", "%u", "/etc/hosts", "/etc/resolv.conf", "/dev/shm")
    assert owners.split() == ["0", "0", "0"]
    container.output("sh", "-c", "echo 127.0.0.2 me >> /etc/hosts && touch /dev/shm/new")


@pytest.mark.parametrize("content", [
    catalogue.image(catalogue.layer([catalogue.file("words", "from the image", 0o600)])),
    Artifact([File(b"from the image", "words"), File(b"beside", "other")]),
], ids=["image", "artifact"])
def test_an_image_volume(pods, busybox, registry, pull, content):
    reference = registry.push("test/mapped:1", content)
    pull(reference)
    mount = {"container_path": "/volume", "readonly": True, "image": {"image": reference}}
    container = run(pods, busybox, mounts=[mount])
    assert container.output("cat", "/volume/words") == "from the image"
    assert container.output("stat", "-c", "%u", "/volume/words") == "0\n"


def test_a_shared_pid_namespace(pods, busybox):
    options = linux(pid=cri.POD)
    assert "pause" in run(pods, busybox, pod=options).output("ps", "-o", "args")


def test_the_nodes_network(pods, busybox, client):
    assert client.Status().features.user_namespaces_host_network
    container = run(pods, busybox, pod=linux(network=cri.NODE))
    assert container.output("readlink", "/proc/self/ns/net").strip() == os.readlink(
        "/proc/self/ns/net")
    assert container.output("id", "-u") == "0\n"


def test_sysctls_of_the_pod(pods, busybox):
    sysctls = {"net.ipv4.ping_group_range": "0 1000", "kernel.shm_rmid_forced": "1"}
    container = pods.run(linux={**linux(), "sysctls": sysctls}).run(
        "sleep 1000", image=busybox, linux=linux())
    assert container.output("cat", "/proc/sys/net/ipv4/ping_group_range").split() == ["0", "1000"]


def test_a_terminal(pods, busybox):
    container = run(pods, busybox, "tty; sleep 1000", tty=True)
    container.logged("/dev/pts/0")


def test_a_device(pods, busybox):
    container = run(pods, busybox, devices=[
        {"host_path": "/dev/null", "container_path": "/dev/nothing", "permissions": "rw"}])
    container.output("sh", "-c", "echo x > /dev/nothing && echo x > /dev/null")


def test_a_pod_outlives_the_daemon(pods, node, busybox, tmp_path):
    (tmp_path / "roots").write_text("secret")
    mount = {"host_path": str(tmp_path), "container_path": "/data",
             "uidMappings": [MAPPING], "gidMappings": [MAPPING]}
    pod = pods.run(linux=linux())
    first = pod.run("sleep 1000", image=busybox, linux=linux(), mounts=[mount])
    node.crash()
    node.start()
    second = pod.run("sleep 1000", image=busybox, linux=linux(), mounts=[mount])
    for container in (first, second):
        assert container.output("cat", "/data/roots") == "secret"
        assert container.output("stat", "-c", "%u", "/data/roots") == "0\n"
    assert len({c.output("readlink", "/proc/self/ns/user") for c in (first, second)}) == 1


def test_a_privileged_container_is_so_in_its_namespace_alone(pods, busybox):
    pod = linux()
    pod["security_context"]["privileged"] = True
    container = run(pods, busybox, pod=pod)
    container.output("mount", "-t", "tmpfs", "none", "/home")
    container.output("sh", "-c", "echo x > /dev/null")
    assert container.exec("sh", "-c", "echo 0 > /proc/sys/kernel/panic").exit_code != 0
    device = next(path for path in NODE_DEVICES if os.path.exists(path) and not os.stat(path).st_mode & 0o007)
    assert container.exec("sh", "-c", f"exec 3<{device}").exit_code != 0


def test_the_nodes_null_device_stays_roots(pods, busybox):
    container = run(pods, busybox)
    container.output("true")
    assert container.output("sh", "-c", "cat; echo read") == "read\n"
    status = os.stat("/dev/null")
    assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (0, 0, 0o666)


@pytest.mark.parametrize("wrong", [
    {"uids": [MAPPING, {**MAPPING, "container_id": 65536}]}, {"gids": []},
    {"uids": [{**MAPPING, "length": 0}]}, {"uids": [{**MAPPING, "container_id": 1}]}])
def test_mappings_that_are_none(pods, wrong):
    with refused(StatusCode.INVALID_ARGUMENT, "mapping"):
        pods.run(linux=linux(**wrong))


def test_a_container_cannot_have_another_one(pods, busybox):
    pod = pods.run(linux=linux())
    other = {**MAPPING, "host_id": 2 * BASE}
    with refused(StatusCode.INVALID_ARGUMENT, "differs"):
        pod.create("true", image=busybox, linux=linux(uids=[other], gids=[other]))


def test_features_are_told_and_kept(pods, client):
    features = {h.name: h.features.user_namespaces for h in client.Status().runtime_handlers}
    assert features[pods.handler]
    if "runsc" in features:
        assert not features["runsc"]
        with refused(StatusCode.FAILED_PRECONDITION, "runsc cannot run pods in user namespaces"):
            pods.run(handler="runsc", linux=linux())
