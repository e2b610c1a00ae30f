"""PortForward, over SPDY and over WebSocket."""

import contextlib
import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from grpc import StatusCode

from harness import cri
from harness.cgroups import without_threads
from harness.client import refused
from harness.streaming.sessions import PROTOCOLS, Forward
from harness.wait import wait_until

SERVER = Path(__file__).resolve().parents[2] / "stand_ins" / "echo_server.py"
PORT = 7000
#: A port on which nobody listens.
CLOSED = 7001
MUCH = 32 << 20


@pytest.fixture(params=PROTOCOLS)
def protocol(request):
    """Each test of a connection runs over both."""
    return request.param


def network_namespace(pod):
    """The path of the pod's namespace, wherever this runtime's verbose status has it."""
    status = pod.client.PodSandboxStatus(pod_sandbox_id=pod.id, verbose=True)
    info = json.loads(status.info["info"])
    if "networkNamespace" in info:
        return info["networkNamespace"]
    namespaces = info["runtimeSpec"]["linux"]["namespaces"]
    return next(each["path"] for each in namespaces if each["type"] == "network")


@contextlib.contextmanager
def served(pod=None, address="127.0.0.1", port=PORT, leaves=False):
    """The echo server in the pod's network, or in the node's; one that `leaves` closes each
    connection after the first echo."""
    enter = ["nsenter", f"--net={network_namespace(pod)}"] if pod else []
    server = subprocess.Popen([*enter, sys.executable, str(SERVER), address, str(port),
                               *(["leave"] if leaves else [])],
                              stdout=subprocess.PIPE)
    try:
        assert server.stdout.readline() == b"ready\n"
        yield
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


def forward(protocol, pod, *ports):
    """A connection of the client's to the ports."""
    url = pod.client.PortForward(pod_sandbox_id=pod.id, port=ports).url
    return Forward(protocol, url, list(ports))


def echo(streams, words):
    """Sends words, and waits until they are back."""
    streams[0].write(words)
    streams[0].until(words)


def test_an_echo(protocol, pods):
    pod = pods.run()
    with served(pod), forward(protocol, pod, PORT) as session:
        echo(session.open(PORT), b"there and back")


def test_much_both_ways(protocol, pods):
    pod = pods.run()
    sent = os.urandom(MUCH)
    with served(pod), forward(protocol, pod, PORT) as session:
        data, _ = session.open(PORT)
        writer = threading.Thread(target=data.write, args=(sent,))
        writer.start()
        wait_until(lambda: len(data.data) >= MUCH, "all is back", 120)
        writer.join()
        assert hashlib.sha256(data.data).digest() == hashlib.sha256(sent).digest()


def test_two_at_once_over_spdy(pods):
    pod = pods.run()
    with served(pod), forward("spdy", pod, PORT) as session:
        one, two = (session.open(PORT) for _ in range(2))
        echo(one, b"to the first")
        echo(two, b"to the second")
        echo(one, b"again")
        assert b"second" not in one[0].data and b"first" not in two[0].data


@pytest.mark.gantry
def test_half_close_over_spdy(pods):
    pod = pods.run()
    with served(pod), forward("spdy", pod, PORT) as session:
        data, error = session.open(PORT)
        data.write(b"last words ")
        data.finish()
        assert data.whole() == b"last words goodbye"
        assert error.whole() == b""


@pytest.mark.gantry
def test_one_after_another_over_spdy(pods):
    """What a finished connection held is given back: the client's connection lives for hours."""
    pod = pods.run()
    with served(pod), forward("spdy", pod, PORT) as session:
        for number in range(200):
            data, error = session.open(PORT)
            data.write(b"%d " % number)
            data.finish()
            assert data.whole() == b"%d goodbye" % number
            error.whole()


def test_a_refused_port_over_spdy(pods):
    """Its sibling goes on."""
    pod = pods.run()
    with served(pod), forward("spdy", pod, PORT, CLOSED) as session:
        sibling = session.open(PORT)
        echo(sibling, b"before")
        _, error = session.open(CLOSED)
        assert str(CLOSED).encode() in error.whole()
        echo(sibling, b"after")


def test_a_refused_port_over_websocket(pods):
    pod = pods.run()
    with served(pod), forward("websocket", pod, PORT, CLOSED) as session:
        sibling = session.open(PORT)
        _, error = session.open(CLOSED)
        error.until(str(CLOSED).encode())
        echo(sibling, b"after")


@pytest.mark.gantry
def test_no_thread_is_to_be_had(pods, node):
    """A thread enters the pod's network for each connection: without one that connection fails alone."""
    pod, daemon = pods.run(), node.daemon.id
    with served(pod), forward("spdy", pod, PORT) as session:
        sibling = session.open(PORT)
        # It is connected by now, and not about to be.
        echo(sibling, b"here")
        with without_threads(daemon):
            _, error = session.open(PORT)
            assert b"thread" in error.whole()
        echo(sibling, b"still here")
        echo(session.open(PORT), b"and once more")
    assert node.daemon.id == daemon


@pytest.mark.gantry
def test_the_pods_server_closes(protocol, pods):
    """A client that reads to the end, as Kubernetes' for Python does, comes to one."""
    pod = pods.run()
    with served(pod, leaves=True), forward(protocol, pod, PORT) as session:
        data, error = session.open(PORT)
        data.write(b"last words ")
        assert data.whole() == b"last words goodbye"
        assert error.whole() == b""
        if protocol == "websocket":
            assert session.connection.close_code == 1000


@pytest.mark.gantry
def test_a_websocket_ends_with_the_last_of_its_ports(pods):
    pod = pods.run()
    with served(pod, leaves=True), served(pod, port=CLOSED), \
            forward("websocket", pod, PORT, CLOSED) as session:
        one, two = session.open(PORT), session.open(CLOSED)
        one[0].write(b"last words ")
        one[0].until(b"goodbye")
        # Longer than the server waits for a client that says no more.
        for _ in range(30):
            echo(two, b"still here")
            del two[0].data[:]
            time.sleep(0.05)
    with forward("websocket", pod, PORT, CLOSED) as session:
        for port in (PORT, CLOSED):
            assert session.open(port)[1].whole()
        assert session.connection.close_code == 1000


def test_two_ports_over_websocket(pods):
    pod = pods.run()
    with served(pod), served(pod, port=CLOSED), \
            forward("websocket", pod, PORT, CLOSED) as session:
        one, two = session.open(PORT), session.open(CLOSED)
        echo(one, b"to the first")
        echo(two, b"to the second")


@pytest.mark.gantry
def test_localhost_of_ipv6(protocol, pods):
    pod = pods.run()
    with served(pod, "::1"), forward(protocol, pod, PORT) as session:
        echo(session.open(PORT), b"there and back")


def test_a_pod_in_the_nodes_network(protocol, pods):
    options = {"network": cri.NODE, "pid": cri.CONTAINER}
    pod = pods.run(linux={"security_context": {"namespace_options": options}})
    with served(port=17001), forward(protocol, pod, 17001) as session:
        echo(session.open(17001), b"there and back")


def test_a_client_that_vanishes(protocol, pods):
    """nothing_left looks for descriptors of the daemon."""
    pod = pods.run()
    with served(pod):
        session = forward(protocol, pod, PORT)
        echo(session.open(PORT), b"here")
        session.close()


@pytest.mark.gantry
def test_a_pod_that_is_not_ready(client, pods):
    pod = pods.run()
    client.StopPodSandbox(pod_sandbox_id=pod.id)
    with refused(StatusCode.FAILED_PRECONDITION):
        client.PortForward(pod_sandbox_id=pod.id, port=[PORT])
    with refused(StatusCode.NOT_FOUND):
        client.PortForward(pod_sandbox_id="0" * 64, port=[PORT])
