"""Exec and Attach, over SPDY and over WebSocket."""

import hashlib
import os
import threading
from urllib.parse import urlsplit

import pytest
from grpc import StatusCode

from harness import cri, crilog
from harness.client import refused
from harness.streaming.channel import Refused
from harness.streaming.sessions import PROTOCOLS, Session, attach, exec_, exec_url
from harness.wait import wait_until

MUCH = 32 << 20


@pytest.fixture(params=PROTOCOLS)
def protocol(request):
    """Each test of a connection runs over both."""
    return request.param


@pytest.fixture
def container(pods, busybox):
    """A running container."""
    return pods.run().run("sleep 1000", image=busybox)


def test_output_and_exit_code(protocol, container):
    with exec_(protocol, container, "sh", "-c", "echo out; echo err >&2; exit 42") as session:
        assert session.exit_code() == 42
        assert session.stdout.whole() == b"out\n"
        assert session.stderr.whole() == b"err\n"


@pytest.mark.parametrize("stream, other", [(1, "stderr"), (2, "stdout")], ids=["stdout", "stderr"])
def test_output_that_nobody_asked_for_is_discarded(protocol, container, stream, other):
    """It is read, or the command would wait; and it is no /dev/null of the node's, which root could change."""
    shown = 3 - stream
    script = f"head -c 1000000 /dev/zero >&{stream}; readlink /proc/self/fd/{stream} >&{shown}"
    streams = {"stdout": stream != 1, "stderr": stream != 2}
    with exec_(protocol, container, "sh", "-c", script, **streams) as session:
        assert session.exit_code() == 0
        assert getattr(session, other).whole().startswith(b"pipe:")


def test_success(protocol, container):
    with exec_(protocol, container, "true") as session:
        assert session.status()["status"] == "Success"


@pytest.mark.gantry
def test_the_server_ends_each_stream(container):
    """Over SPDY a client reads each stream to its end, and does not close the connection before."""
    for _ in range(60):
        with exec_("spdy", container, "sh", "-c", "cat; echo end", stdin=True) as session:
            session.write(b"line\n")
            session.finish()
            assert session.stdout.whole() == b"line\nend\n"
            assert session.stderr.whole() == b""
            assert session.exit_code() == 0
            assert session.finished == {"stdout", "stderr", "error"}


def test_a_ping_is_answered(protocol, container):
    with exec_(protocol, container, "cat", stdin=True) as session:
        session.connection.ping()


def test_standard_input(protocol, container):
    with exec_(protocol, container, "head", "-n", "1", stdin=True) as session:
        session.write(b"first\nsecond\n")
        assert session.exit_code() == 0
        assert session.stdout.whole() == b"first\n"


def ends_input(protocol, runtime):
    """Whether this runtime's version of the protocol can end a standard input: not WebSocket's v4."""
    return protocol == "spdy" or runtime == "gantry"


def test_the_end_of_standard_input(protocol, container, node):
    if not ends_input(protocol, node.runtime.name):
        pytest.skip("containerd 1.6 speaks no v5")
    with exec_(protocol, container, "cat", stdin=True) as session:
        session.write(b"echo me")
        session.stdout.until(b"echo me")
        session.finish()
        assert session.exit_code() == 0
        assert session.stdout.whole() == b"echo me"


def test_much_output(protocol, container):
    script = f"head -c {MUCH} /dev/urandom | tee /much; sha256sum </much >&2"
    with exec_(protocol, container, "sh", "-c", script) as session:
        assert session.exit_code(120) == 0
        received = session.stdout.whole()
        assert len(received) == MUCH
        assert session.stderr.whole().split()[0].decode() == hashlib.sha256(received).hexdigest()


def test_much_both_ways(protocol, container):
    """Reading and writing at once, so that nothing may wait for the other."""
    sent = os.urandom(MUCH)
    with exec_(protocol, container, "head", "-c", str(MUCH), stdin=True) as session:
        writer = threading.Thread(target=session.write, args=(sent,))
        writer.start()
        assert session.exit_code(120) == 0
        writer.join()
        received = session.stdout.whole()
    assert (len(received), hashlib.sha256(received).digest()) == (
        MUCH, hashlib.sha256(sent).digest())


def test_a_terminal(protocol, container):
    script = "tty; echo err >&2; read line; exit 7"
    with exec_(protocol, container, "sh", "-c", script, stdin=True, tty=True) as session:
        assert b"/dev/pts/" in session.stdout.until(b"err\r\n")
        session.write(b"go on\n")
        assert session.exit_code() == 7
        assert b"go on\r\n" in session.stdout.whole()


def test_a_terminals_size(protocol, container):
    script = "echo ready; while read line; do stty size; done"
    with exec_(protocol, container, "sh", "-c", script, stdin=True, tty=True) as session:
        session.stdout.until(b"ready")
        session.resize(97, 31)

        def size():
            session.write(b"\n")
            return b"31 97" in session.stdout.data

        wait_until(size, "the new size")
        session.resize(0, 0)
        del session.stdout.data[:]
        session.write(b"\n")
        assert b"31 97" in session.stdout.until(b"31 97")


def test_a_url_counts_once(protocol, container):
    url = exec_url(container, "true")
    with Session(protocol, url) as session:
        assert session.exit_code() == 0
    with pytest.raises(Refused) as error:
        Session(protocol, url)
    assert error.value.status in (403, 404)


def test_an_invented_token(protocol, container):
    parts = urlsplit(exec_url(container, "true"))
    with pytest.raises(Refused) as error:
        Session(protocol, f"{parts.scheme}://{parts.netloc}/exec/invented")
    assert error.value.status in (403, 404)


@pytest.mark.gantry
def test_a_token_is_for_its_kind_alone(protocol, container):
    with pytest.raises(Refused):
        Session(protocol, exec_url(container, "true").replace("/exec/", "/attach/"))


def test_a_missing_program(protocol, container):
    with exec_(protocol, container, "no-such-program") as session:
        assert session.status()["status"] == "Failure"


@pytest.mark.parametrize("streams", [{}, {"stdout": True, "stderr": True, "tty": True}])
def test_streams_that_exclude_each_other(client, container, streams):
    for call, fields in ((client.Exec, {"cmd": ["true"]}), (client.Attach, {})):
        # containerd 1.6 leaves the code unknown.
        with refused(None):
            call(container_id=container.id, **fields, **streams)


@pytest.mark.gantry
def test_codes_of_what_is_refused(client, container, pods):
    with refused(StatusCode.INVALID_ARGUMENT):
        client.Exec(container_id=container.id, cmd=["true"])
    with refused(StatusCode.INVALID_ARGUMENT):
        client.Exec(container_id=container.id, cmd=["true"], stdout=True, stderr=True, tty=True)
    with refused(StatusCode.INVALID_ARGUMENT):
        client.Exec(container_id=container.id, stdout=True)
    with refused(StatusCode.INVALID_ARGUMENT):
        client.Attach(container_id=container.id)
    for call in (client.Exec, client.Attach):
        command = {"cmd": ["true"]} if call == client.Exec else {}
        with refused(StatusCode.NOT_FOUND):
            call(container_id="0" * 64, stdout=True, **command)
    container.stop()
    with refused(StatusCode.FAILED_PRECONDITION):
        client.Exec(container_id=container.id, cmd=["true"], stdout=True)
    with refused(StatusCode.FAILED_PRECONDITION):
        client.Attach(container_id=container.id, stdout=True)


def test_a_container_that_does_not_run(client, container):
    container.stop()
    with refused(None):
        client.Exec(container_id=container.id, cmd=["true"], stdout=True)


def test_a_client_that_vanishes(protocol, container):
    """Standard input ends with it, so that cat ends; nothing_left looks for the rest."""
    session = exec_(protocol, container, "cat", "/dev/stdin", stdin=True)
    session.write(b"here\n")
    session.stdout.until(b"here")
    session.close()
    wait_until(lambda: "cat /dev/stdin" not in container.output("ps"), "cat has ended")


@pytest.mark.gantry
@pytest.mark.parametrize("namespace", ["CONTAINER", "NODE"])
@pytest.mark.parametrize("tty", [False, True], ids=["pipes", "terminal"])
def test_a_background_child_does_not_hold_the_end(protocol, pods, busybox, namespace, tty):
    linux = {"security_context": {"namespace_options": {"pid": getattr(cri, namespace)}}}
    container = pods.run(linux=linux).run("sleep 1000", image=busybox, linux=linux)
    command = "trap '' HUP; sleep 5433 & echo done; exit 5"
    with exec_(protocol, container, "sh", "-c", command, tty=tty) as session:
        assert session.exit_code() == 5
        assert session.stdout.whole().strip() == b"done"


def test_a_command_that_runs_when_its_container_ends(protocol, container):
    with exec_(protocol, container, "cat", stdin=True) as session:
        session.write(b"up")
        session.stdout.until(b"up")
        container.stop()
        assert session.exit_code() == 137
        assert session.stdout.whole() == b"up"
        assert session.stderr.whole() == b""


TICKER = "i=0; while :; do i=$((i + 1)); echo tick $i; echo tock $i >&2; sleep 0.1; done"


def test_two_clients_attached(protocol, pods, busybox):
    container = pods.run().run(TICKER, image=busybox)
    with attach(protocol, container) as one, attach(protocol, container) as two:
        for session in (one, two):
            session.stdout.until(b"tick")
            session.stderr.until(b"tock")
    with attach(protocol, container) as again:
        again.stdout.until(b"tick")
    container.stop()
    ticks = crilog.text(container.log).splitlines()
    assert ticks == [f"tick {n + 1}" for n in range(len(ticks))]


def test_attached_to_what_ends(protocol, pods, busybox):
    container = pods.run().run("read line; echo got $line", image=busybox, stdin=True)
    with attach(protocol, container, stdin=True) as session:
        session.write(b"words\n")
        assert session.stdout.whole() == b"got words\n"
    assert container.logged("got words") == "got words\n"


def test_standard_input_stays_for_the_next(protocol, pods, busybox):
    container = pods.run().run("while read line; do echo got $line; done; echo end",
                               image=busybox, stdin=True)
    for words in ("one", "two"):
        with attach(protocol, container, stdin=True) as session:
            session.write(f"{words}\n".encode())
            session.stdout.until(f"got {words}".encode())
    assert container.status.state == cri.CONTAINER_RUNNING


def test_the_clients_end_is_the_sessions_end(protocol, pods, busybox, node):
    """Not the container's, whose input stays for the next: `echo words | kubectl attach -i` comes back."""
    if not ends_input(protocol, node.runtime.name):
        pytest.skip("containerd 1.6 speaks no v5")
    container = pods.run().run("while read line; do echo got $line; done; echo end",
                               image=busybox, stdin=True)
    for words in ("one", "two"):
        with attach(protocol, container, stdin=True) as session:
            session.write(f"{words}\n".encode())
            session.stdout.until(f"got {words}".encode())
            session.finish()
            assert session.status().get("status", "Success") == "Success"
    assert container.status.state == cri.CONTAINER_RUNNING
    assert container.logged("got two") == "got one\ngot two\n"


def test_attached_when_the_input_has_ended(protocol, pods, busybox):
    """What is sent then goes nowhere, but what comes is seen."""
    container = pods.run().run(f"cat; {TICKER}", image=busybox, stdin=True, stdin_once=True)
    with attach(protocol, container, stdin=True) as session:
        # A client that goes away before it is attached ends nothing.
        session.write(b"first")
        session.stdout.until(b"first")
    container.logged("tick")
    with attach(protocol, container, stdin=True) as session:
        session.write(b"words")
        session.stdout.until(b"tick")
        session.stderr.until(b"tock")


def test_standard_input_once(protocol, pods, busybox):
    container = pods.run().run("while read line; do echo got $line; done; echo end",
                               image=busybox, stdin=True, stdin_once=True)
    with attach(protocol, container, stdin=True) as session:
        session.write(b"one\n")
        session.stdout.until(b"got one")
    container.exited()
    assert container.logged("end") == "got one\nend\n"


def test_attached_to_a_terminal(protocol, pods, busybox):
    container = pods.run().run("while read line; do echo $line; stty size; done", image=busybox,
                               stdin=True, tty=True)
    with attach(protocol, container, stdin=True, tty=True) as session:
        session.resize(97, 31)

        def size():
            session.write(b"\n")
            return b"31 97" in session.stdout.data

        wait_until(size, "the new size")


@pytest.mark.gantry
def test_attached_after_the_daemon_restarted(protocol, pods, busybox, node):
    container = pods.run().run("while read line; do echo got $line; done", image=busybox,
                               stdin=True)
    for end in (node.restart, lambda: (node.crash(), node.start())):
        end()
        with attach(protocol, container, stdin=True) as session:
            session.write(b"words\n")
            session.stdout.until(b"got words")
    assert container.logged("got words\ngot words\n")
