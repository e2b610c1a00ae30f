"""What images have come to expect without anybody asking for it."""

import socket

import pytest

from harness import cri
from harness.images import catalogue

pytestmark = pytest.mark.gantry

PORTS = "/proc/sys/net/ipv4/ip_unprivileged_port_start"
PING = "/proc/sys/net/ipv4/ping_group_range"
NODE = {"security_context": {"namespace_options": {"network": cri.NODE, "pid": cri.CONTAINER}}}


def test_sysctls_of_a_pod(pods, busybox):
    container = pods.run().run("sleep 1000", image=busybox)
    assert container.output("cat", PORTS) == "0\n"
    assert container.output("cat", PING).split() == ["0", "2147483647"]


def test_the_pods_own_sysctls_win(pods, busybox):
    pod = pods.run(linux={"sysctls": {"net.ipv4.ip_unprivileged_port_start": "80"}})
    assert pod.run("sleep 1000", image=busybox).output("cat", PORTS) == "80\n"


def test_the_range_fits_a_user_namespace(pods, busybox):
    mapping = [{"host_id": 1 << 20, "container_id": 0, "length": 65536}]
    linux = {"security_context": {"namespace_options": {"pid": cri.CONTAINER, "userns_options": {
        "mode": cri.POD, "uids": mapping, "gids": mapping}}}}
    container = pods.run(linux=linux).run("sleep 1000", image=busybox, linux=linux)
    assert container.output("cat", PING).split() == ["0", "65535"]


def test_the_nodes_network_keeps_its_sysctls(pods, busybox):
    container = pods.run(linux=NODE).run("sleep 1000", image=busybox, linux=NODE)
    with open(PORTS, encoding="ascii") as file:
        assert container.output("cat", PORTS) == file.read()


@pytest.mark.parametrize("fields, expected", [
    ({"linux": NODE}, socket.gethostname()), ({}, socket.gethostname()),
    ({"hostname": "web"}, "web")], ids=["node", "none", "named"])
def test_the_hostname_in_the_environment(pods, busybox, fields, expected):
    """Of the process that the runtime starts: a shell would set it by itself."""
    pod = pods.run(**fields)
    container = pod.run("sleep", "1000", image=busybox, linux=fields.get("linux", {}))
    variables = container.output("cat", "/proc/1/environ").split("\0")
    assert f"HOSTNAME={expected}" in variables


def test_mtab(pods, busybox):
    container = pods.run().run("sleep 1000", image=busybox)
    assert container.output("readlink", "/etc/mtab") == "/proc/mounts\n"


def test_an_images_own_mtab_stays(pods, registry, pull):
    reference = registry.push("test/mtab:1", catalogue.image(
        catalogue.layer([catalogue.file("etc/mtab", "the image's")])))
    pull(reference)
    container = pods.run().run("sleep 1000", image=reference)
    assert container.output("cat", "/etc/mtab") == "the image's"
