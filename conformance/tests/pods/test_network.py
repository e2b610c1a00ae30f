"""Pods on the network: host ports of each protocol and family, bandwidth, and which network counts."""

import contextlib
import copy
import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from grpc import StatusCode

from harness import cri
from harness.client import refused
from harness.nodes.node import CNI_CONFIG, NETWORK
from harness.wait import wait_until

pytestmark = pytest.mark.gantry


def output(*command):
    """What a command on the node writes."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@contextlib.contextmanager
def network(path=CNI_CONFIG, bridge="cni0", subnets=("10.88.0.0/16",), plugins=()):
    """Another network, as long as a test needs it."""
    config = copy.deepcopy(NETWORK)
    config["name"] = path.stem
    config["plugins"][0]["bridge"] = bridge
    config["plugins"][0]["ipam"]["ranges"] = [[{"subnet": subnet}] for subnet in subnets]
    config["plugins"][0]["ipam"]["routes"] = []
    config["plugins"] += plugins
    before = path.read_text() if path.exists() else None
    path.write_text(json.dumps(config))
    try:
        yield
    finally:
        path.write_text(before) if before else path.unlink()
        if bridge != "cni0":
            subprocess.run(["ip", "link", "delete", bridge], check=False)


ECHO = """
import socket
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("", 7000))
while True:
    words, sender = server.recvfrom(100)
    server.sendto(words, sender)
"""


def ping(port):
    """What comes back of a datagram to a port of the node, or nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(0.5)
        try:
            client.sendto(b"ping", ("127.0.0.1", port))
            return client.recv(100)
        except OSError:
            return b""


def test_udp(pods, client):
    pod = pods.run(port_mappings=[{"protocol": cri.UDP, "container_port": 7000, "host_port": 17000}])
    info = json.loads(client.PodSandboxStatus(pod_sandbox_id=pod.id, verbose=True).info["info"])
    server = subprocess.Popen(["nsenter", f"--net={info['networkNamespace']}",
                               sys.executable, "-c", ECHO])
    try:
        wait_until(lambda: ping(17000) == b"ping", "an answer over UDP")
    finally:
        server.kill()
        server.wait()


def test_sctp_and_the_hosts_address(pods):
    """This kernel has no SCTP sockets; the rule is all that there is to see."""
    pod = pods.run(port_mappings=[
        {"protocol": cri.SCTP, "container_port": 80, "host_port": 10132, "host_ip": "127.0.0.1"}])
    rules = [rule for rule in output("iptables-save", "-t", "nat").splitlines() if "10132" in rule]
    target = next(rule for rule in rules if "DNAT" in rule)
    assert "-p sctp" in target and "-d 127.0.0.1/32" in target
    assert f"--to-destination {pod.status.network.ip}:80" in target
    pod.remove()
    assert "10132" not in output("iptables-save", "-t", "nat")


@pytest.mark.parametrize("wrong", [{"host_port": 70000}, {"container_port": 0}])
def test_ports_that_are_none(pods, wrong):
    with refused(StatusCode.INVALID_ARGUMENT, "no port"):
        pods.run(port_mappings=[{"container_port": 80, "host_port": 10080, **wrong}])


def test_both_families(pods, busybox):
    with network(bridge="cni6", subnets=("10.89.0.0/24", "fd00:89::/64")):
        pod = pods.run(port_mappings=[{"container_port": 80, "host_port": 10086}])
        status = pod.status.network
        assert status.ip.startswith("10.89.0.")
        assert [ip.ip for ip in status.additional_ips][0].startswith("fd00:89::")
        addresses = pod.run("sleep 1000", image=busybox).output("ip", "addr", "show", "eth0")
        assert status.ip in addresses and status.additional_ips[0].ip in addresses
        assert "10086" in output("ip6tables-save", "-t", "nat")
        pods.remove()


def test_bandwidth(pods):
    plugin = {"type": "bandwidth", "capabilities": {"bandwidth": True}}
    with network(plugins=[plugin]):
        pods.run(annotations={"kubernetes.io/ingress-bandwidth": "1M",
                              "kubernetes.io/egress-bandwidth": "2M"})
        shaped = output("tc", "qdisc", "show")
        assert "rate 1Mbit" in shaped and "rate 2Mbit" in shaped
        pods.remove()


def test_a_bandwidth_that_is_none(pods):
    with refused(StatusCode.INVALID_ARGUMENT, "is no quantity"):
        pods.run(annotations={"kubernetes.io/ingress-bandwidth": "fast"})


def test_the_first_network_by_name_counts_at_once(pods, client):
    with network(Path("/etc/cni/net.d/05-other.conflist"), "cni5", ["10.90.0.0/24"]):
        status = json.loads(client.Status(verbose=True).info["network"])
        assert status["name"] == "05-other"
        assert pods.run().status.network.ip.startswith("10.90.0.")
        pods.remove()
    assert pods.run().status.network.ip.startswith("10.88.")


def test_a_network_that_serves_no_host_ports_is_told_of(pods, node):
    config = copy.deepcopy(NETWORK)
    del config["plugins"][1]
    node.connect_network(config)
    try:
        pods.run(port_mappings=[{"container_port": 80, "host_port": 10081}])
        wait_until(lambda: "portMappings" in node.daemon.output, "a warning in the log")
    finally:
        node.connect_network()


def test_a_network_that_changed_while_no_daemon_ran_is_told_of(pods, node):
    pod = pods.run()
    Path("/var/lib/cni/networks/conformance", pod.status.network.ip).unlink()
    node.restart()
    wait_until(lambda: f"check sandbox {pod.id}" in node.daemon.output, "a warning in the log")


def test_a_pod_whose_plugin_is_gone_can_be_stopped(pods, client, node):
    """Whatever the network held is told of, and given back once the plugin is there again."""
    plugin = Path("/opt/cni/bin/conformance-gone")
    plugin.parent.mkdir(parents=True, exist_ok=True)
    plugin.write_text("#!/bin/sh\n" + GONE)
    plugin.chmod(0o755)
    records = Path("/var/lib/gantry/network")
    with network(plugins=[{"type": plugin.name}]):
        pod = pods.run()
    plugin.rename("/opt/cni/gone")
    try:
        pod.remove()
        assert any(pod.id in name.name for name in records.rglob("*"))
        told = subprocess.run([node.runtime.command[0], "check"], capture_output=True, text=True,
                              check=False).stdout
        assert pod.id in told
        assert "conformance-gone" in node.daemon.output
    finally:
        Path("/opt/cni/gone").rename(plugin)
    node.restart()
    wait_until(lambda: not any(pod.id in name.name for name in records.rglob("*")),
               "the record is gone")
    plugin.unlink()


#: A plugin that hands on the result of the one before it.
GONE = """
case $CNI_COMMAND in
ADD) exec %s -c 'import json, sys; print(json.dumps(json.load(sys.stdin)["prevResult"]))' ;;
VERSION) echo '{"cniVersion": "1.0.0", "supportedVersions": ["0.4.0", "1.0.0"]}' ;;
esac
""" % sys.executable
