"""What signals do to the daemon and to monitors: none ends either without clean-up."""

import os
import signal
import ssl
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from harness import cri
from harness.images import catalogue
from harness.images.fake_registry import Answer, FakeRegistry, blob_path
from harness.images.tarball import sha256
from harness.monitors import monitor_of
from harness.wait import wait_until

from conftest import CONFIG, SPARE_PORTS

pytestmark = [pytest.mark.gantry, pytest.mark.promise]
HANDLERS = ["crun"]
SOCKET = Path("/run/gantry/gantry.sock")

#: Signals that mean nothing to the daemon, and would end a program that does not look for them.
MEANINGLESS = [signal.SIGUSR2, signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF, signal.SIGIO,
               signal.SIGPWR, signal.SIGXCPU, signal.SIGXFSZ, signal.SIGPIPE, signal.SIGRTMIN,
               signal.SIGRTMAX]


def send(node, number):
    """A signal to the daemon."""
    os.kill(node.daemon.id, number)


def lines(node, words):
    """The daemon's lines that have these words."""
    return [line for line in node.daemon.output.splitlines() if words in line]


def told(node, words, count=1):
    """So many lines with these words, the last of them."""
    wait_until(lambda: len(lines(node, words)) >= count, f"{words!r} in the log")
    return lines(node, words)[-1]


@pytest.mark.parametrize("number", MEANINGLESS)
def test_one_without_a_meaning_does_nothing(node, client, number):
    send(node, number)
    send(node, signal.SIGUSR1)
    told(node, "operations are under way")
    assert node.daemon.running and client.Version().runtime_name == "gantry"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_an_end_is_clean(node, pods, busybox, number):
    container = pods.run().run("sleep 1000", image=busybox)
    send(node, number)
    assert node.daemon.wait() == 0
    assert not SOCKET.exists()
    assert lines(node, f"ending, on signal {int(number)}")
    node.start()
    assert container.status.state == cri.CONTAINER_RUNNING and container.output("true") == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1])
def test_while_the_daemon_starts(node, number):
    """Whenever it comes, the daemon ends well or serves."""
    node.daemon.terminate()
    node.launch()
    wait_until(lambda: _catches(node.daemon.id), "it looks for signals")
    send(node, number)
    if number == signal.SIGTERM:
        assert node.daemon.wait() == 0
        node.launch()
    told(node, "serving the CRI")


def _catches(process):
    """Whether a process has a handler for SIGHUP (proc(5), SigCgt)."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except FileNotFoundError:
        return False
    mask = next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(mask, 16) & 1 << (signal.SIGHUP - 1))


@pytest.fixture
def stalled(client, node, nothing_left):
    """A pull whose layer stops half-way; the call that waits for it."""
    registry, let_go = FakeRegistry(SPARE_PORTS[0]), threading.Event()
    blob = catalogue.layer([catalogue.file("stalled", os.urandom(2 << 20))], "none")
    reference = registry.serve("test/stalled:1", catalogue.image(blob))
    registry.answers[blob_path("test/stalled", sha256(blob.blob))] = Answer(blob.blob, resume=let_go)
    with ThreadPoolExecutor() as threads:
        call = threads.submit(client.PullImage, image={"image": reference})
        wait_until(lambda: reference in _under_way(node), "the pull is under way")
        yield reference, call
        let_go.set()
        call.exception()
    registry.stop()
    node.restart()
    client.RemoveImage(image={"image": reference})


def _under_way(node):
    before = len(lines(node, "operations are under way"))
    send(node, signal.SIGUSR1)
    told(node, "operations are under way", before + 1)
    return "\n".join(lines(node, "under way: "))


def test_sigusr1_tells_what_is_under_way(node, stalled):
    reference, _ = stalled
    assert any("pull_image" in line and reference in line for line in lines(node, "under way: "))
    assert "password" not in node.daemon.output


def test_a_pull_that_stalls_does_not_hold_up_the_end(node, stalled):
    """systemd kills after thirty seconds; the daemon's own grace is five."""
    reference, call = stalled
    send(node, signal.SIGTERM)
    assert node.daemon.wait(15) == 0
    assert call.exception()
    assert not SOCKET.exists()
    assert reference in told(node, "ended without waiting for")
    node.start()


@pytest.fixture
def file():
    """The configuration file, which goes after the test."""
    CONFIG.parent.mkdir(exist_ok=True)
    yield CONFIG
    CONFIG.unlink(missing_ok=True)


def reload(node):
    """SIGHUP, and what the daemon says to it."""
    before = len(lines(node, "reloaded"))
    send(node, signal.SIGHUP)
    return told(node, "reloaded", before + 1)


@pytest.fixture
def reloaded(node, file):
    """Reloads a configuration; in the end the daemon has none again."""
    def reloaded(text):
        file.write_text(text)
        return reload(node)

    yield reloaded
    file.unlink(missing_ok=True)
    node.restart()


def test_nothing_to_reload(node, reloaded):
    assert "configuration reloaded: nothing changed" in reloaded("")


def test_sighup_takes_over_what_can_change(node, pods, busybox, reloaded):
    container = pods.run().run("sleep 1000", image=busybox)
    line = reloaded('default_ulimits = ["nofile=321:654"]\nlog_level = "debug"\n'
                    'streaming_port = 10250\n')
    assert "default_ulimits" in line and "log_level" in line
    assert "streaming_port needs a restart" in line
    assert container.output("true") == ""
    limited = pods.run().run("sleep 1000", image=busybox)
    assert limited.output("sh", "-c", "ulimit -Sn; ulimit -Hn") == "321\n654\n"
    assert lines(node, " debug ")


def test_a_configuration_that_cannot_be_used_changes_nothing(node, pods, busybox, reloaded):
    line = reloaded('default_ulimits = ["nofile=321:654"]\nlog_level = "loud"\n')
    assert "not reloaded" in line and "log_level" in line and str(CONFIG) in line
    container = pods.run().run("sleep 1000", image=busybox)
    assert container.output("sh", "-c", "ulimit -Hn") != "654\n"


def test_handlers_come_and_go(node, client, pods, busybox, reloaded):
    """Those that have pods stay until these have gone."""
    pod = pods.run("crun")
    assert "runtimes" in reloaded('[runtimes.other]\npath = "/usr/sbin/runc"\nroot = "/run/other"\n')
    assert {"other", "crun"} <= {one.name for one in client.Status().runtime_handlers}
    assert pods.run("other").run("sleep 1000", image=busybox).output("true") == ""
    assert pod.run("sleep 1000", image=busybox).output("true") == ""
    pods.remove()


def _certificate(name):
    """A certificate and its key."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
               "-nodes", "-subj", f"/CN={name}", "-keyout", "-", "-out", "-"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_a_certificate_of_streams_that_was_renewed(node, client, pods, busybox, reloaded, tmp_path):
    container = pods.run().run("sleep 1000", image=busybox)
    pem = tmp_path / "streams.pem"

    def shown():
        url = urlsplit(client.Exec(container_id=container.id, cmd=["true"], stdout=True).url)
        assert url.scheme == "https"
        return ssl.get_server_certificate((url.hostname, url.port)).strip()

    pem.write_text(_certificate("before"))
    text = f'streaming_certificate = "{pem}"\nstreaming_key = "{pem}"\n'
    assert "TLS of streams needs a restart" in reloaded(text)
    node.restart()
    before = shown()
    assert before in pem.read_text()
    pem.write_text(_certificate("after"))
    assert "certificate of streams was read again" in reloaded(text)
    after = shown()
    assert after != before and after in pem.read_text()
    pem.write_text("no certificate")
    assert "not reloaded" in reloaded(text)
    assert shown() == after


@pytest.mark.parametrize("number", [*MEANINGLESS, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT,
                                    signal.SIGUSR1])
def test_monitors_do_not_end(pods, busybox, number):
    pod = pods.run()
    container = pod.run("sleep 1000", image=busybox)
    os.kill(monitor_of(pod), number)
    assert container.output("true") == ""
    container.stop()
    assert container.status.exit_code == 137
    assert pod.status.state == cri.SANDBOX_READY


def test_containers_have_all_signals(pods, busybox):
    """What the daemon and the monitor ignore or catch is not handed down (execve(2))."""
    container = pods.run().run("sleep", "1000", image=busybox)
    for process in ("1", "self"):
        status = container.output("cat", f"/proc/{process}/status")
        masks = {line.split()[0]: int(line.split()[1], 16) for line in status.splitlines()
                 if line.startswith(("SigBlk", "SigIgn"))}
        # glibc's posix_spawn ignores its own two, 32 and 33.
        assert {name: mask & ~(3 << 31) for name, mask in masks.items()} == {
            "SigBlk:": 0, "SigIgn:": 0}, process
