"""Clients that are slow, silent, impatient or mad: the others do not notice, and nothing is left.

After each test the daemon's descriptors are those of before: `nothing_left` sees to it."""

import random
import resource
import threading

import grpc
import pytest
from grpc import StatusCode

from harness import cri, hostile
from harness.client import refused
from harness.streaming.channel import Refused
from harness.streaming.sessions import Session
from harness.wait import wait_until

pytestmark = [pytest.mark.gantry, pytest.mark.promise]
HANDLERS = ["crun"]
SOCKET = "/run/gantry/gantry.sock"
#: An answer that takes longer was held up by somebody else.
PROMPTLY = 5


@pytest.fixture(autouse=True)
def as_before(node, nothing_left):
    """Also in number: connections that are waited for have gone."""
    daemon, before = node.daemon.id, hostile.descriptors(node.daemon.id)
    yield
    if node.daemon.id == daemon:
        wait_until(lambda: hostile.descriptors(daemon) <= before, "the descriptors are closed")


def answers(client):
    """Whether the daemon answers who asks now."""
    return client.Version(deadline=PROMPTLY).runtime_name == "gantry" and all(
        condition.status for condition in client.Status(deadline=PROMPTLY).status.conditions)


def test_a_thousand_idle_connections(client, node):
    before = hostile.descriptors(node.daemon.id)
    with hostile.many(1000, lambda: hostile.unix(SOCKET)):
        wait_until(lambda: hostile.descriptors(node.daemon.id) >= before + 1000, "all are accepted")
        assert answers(client)
    assert answers(client)


def test_clients_that_stop_in_the_middle(client):
    beginnings = [b"P", hostile.PREFACE[:10], hostile.PREFACE, hostile.PREFACE + hostile.SETTINGS,
                  hostile.PREFACE + hostile.SETTINGS + b"\0\1\0\1\4\0\0\0\1half a header block"]
    with hostile.many(100, lambda: hostile.unix(SOCKET)) as connections:
        for number, connection in enumerate(connections):
            connection.sendall(beginnings[number % len(beginnings)])
        assert answers(client)


@pytest.mark.parametrize("start", [b"", hostile.PREFACE, hostile.PREFACE + hostile.SETTINGS],
                         ids=["at once", "for frames", "after settings"])
def test_garbage(client, start):
    source = random.Random(7)
    with hostile.many(100, lambda: hostile.unix(SOCKET)) as connections:
        for connection in connections:
            try:
                connection.sendall(start + source.randbytes(4096))
            except (BrokenPipeError, ConnectionResetError):
                pass  # The daemon has seen enough.
        assert answers(client)


def test_messages_of_sixteen_mebibytes_at_most(client):
    assert client.Version(version="x" * ((16 << 20) - 100)).runtime_name == "gantry"
    with refused(StatusCode.RESOURCE_EXHAUSTED):
        client.Version(version="x" * (17 << 20))
    assert answers(client)


def test_messages_that_are_none(client):
    source = random.Random(7)
    channel = grpc.insecure_channel(f"unix://{SOCKET}")
    for name, method in cri.METHODS.items():
        if method.server_streaming:
            continue
        call = channel.unary_unary(f"/{method.containing_service.full_name}/{name}")
        with pytest.raises(grpc.RpcError) as caught:
            call(b"\xff" + source.randbytes(200), timeout=PROMPTLY)
        # What is not built yet is not even read.
        assert caught.value.code() in (StatusCode.INVALID_ARGUMENT, StatusCode.UNIMPLEMENTED), name
    channel.close()
    assert answers(client)


def impatient(client, container, pod):
    """Each RPC with a deadline of 1 ms, on the objects as far as that does not end them."""
    for name, method in cri.METHODS.items():
        if name.startswith(("Stop", "Remove", "Update")):
            continue
        fields = cri.message_class(method.input_type).DESCRIPTOR.fields_by_name
        given = {"container_id": container.id, "pod_sandbox_id": pod.id}
        known = {field: given[field] for field in given if field in fields}
        try:
            answer = getattr(client, name)(deadline=0.001, **known)
            if method.server_streaming:
                list(answer)
        except grpc.RpcError:
            pass


def test_deadlines_of_a_millisecond(client, pods, busybox):
    pod = pods.run()
    container = pod.run("sleep 1000", image=busybox)
    ended = threading.Event()

    def annoy():
        while not ended.is_set():
            impatient(client, container, pod)

    nuisances = [threading.Thread(target=annoy) for _ in range(3)]
    for nuisance in nuisances:
        nuisance.start()
    try:
        for _ in range(5):
            other = pods.run().run("echo done", image=busybox)
            assert other.exited().exit_code == 0
            assert container.output("echo", "here") == "here\n"
    finally:
        ended.set()
        for nuisance in nuisances:
            nuisance.join()
    assert answers(client)


def test_listeners_that_never_read(client, pods, busybox):
    silent = [client.GetContainerEvents() for _ in range(20)]
    pod = pods.run()
    for _ in range(10):
        container = pod.run("true", image=busybox)
        container.exited()
        container.remove()
    assert answers(client)
    for call in silent:
        call.cancel()


@pytest.fixture
def url(client, pods, busybox):
    """Gives one-time URLs of a shell in a container that runs."""
    container = pods.run().run("sleep 1000", image=busybox)
    return lambda *command: client.Exec(
        container_id=container.id, cmd=command or ["cat"], stdin=True, stdout=True).url


def test_streams_that_are_left_half_open(url, client):
    for number in range(30):
        there = url()
        connection = hostile.tcp(there)
        whole = hostile.upgrade(there)
        connection.sendall(whole[:len(whole) // 2] if number % 3 == 0 else whole)
        if number % 3 == 2:
            assert b"101" in connection.recv(100)
        (hostile.reset if number % 2 else lambda gone: gone.close())(connection)
    with Session("spdy", url("echo", "there"), stdin=True) as session:
        assert session.stdout.whole() == b"there\n"
    assert answers(client)


def test_garbage_for_streams(url):
    source = random.Random(7)
    for start in (b"", hostile.upgrade(url()), hostile.upgrade(url())):
        connection = hostile.tcp(url())
        try:
            connection.sendall(start + source.randbytes(100_000))
        except (BrokenPipeError, ConnectionResetError):
            pass
        connection.close()
    with Session("websocket", url("echo", "there"), stdin=True) as session:
        assert session.stdout.whole() == b"there\n"


def test_so_many_streams_and_no_more(configured, client, pods, busybox):
    configured("streaming_connections = 3")
    container = pods.run().run("sleep 1000", image=busybox)

    def session(*command):
        there = client.Exec(container_id=container.id, cmd=command, stdin=True, stdout=True).url
        return Session("spdy", there, stdin=True)

    held = [session("cat") for _ in range(3)]
    for _ in range(3):
        with pytest.raises(Refused) as refusal:
            session("true")
        assert refusal.value.status == 503
        assert "3 clients are connected already" in str(refusal.value)
    held.pop().close()
    wait_until(lambda: enters(session), "the place is free again")
    for one in held:
        one.write(b"still here\n")
        one.stdout.until(b"still here")
        one.close()
    pods.remove()


def enters(session):
    """Whether a session is taken."""
    try:
        with session("echo", "in") as one:
            return one.stdout.whole() == b"in\n"
    except Refused:
        return False


def test_limits_of_open_files(node, pods, busybox):
    """The daemon takes what it may; its containers get what it was started with."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert hostile.open_files(node.daemon.id) == (hard, hard)
    container = pods.run().run("sleep 1000", image=busybox)
    assert container.output("sh", "-c", "ulimit -Sn; ulimit -Hn").split() == [str(soft), str(hard)]
    limits = container.output("grep", "Max open files", "/proc/1/limits").split()
    assert limits[3:5] == [str(soft), str(hard)]
