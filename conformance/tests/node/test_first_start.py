"""The very first start on a node: nothing is taken for damage, and nothing is for others to read."""

import os
import stat
from pathlib import Path

import pytest

from harness.nodes import damage
from harness.wait import wait_until

pytestmark = [pytest.mark.gantry, pytest.mark.promise, pytest.mark.layers]
HANDLERS = ["crun"]
SECRET = "a-secret-of-the-first-start"
#: What containers' processes read of the node's, and what is an image's or a container's own.
SHARED = {"resolv.conf", "hosts", "hostname"}
FOREIGN = {"layers", "rootfs", "merged", "upper", "ns", "shm", "pause"}


@pytest.fixture(params=[0o000, 0o022, 0o077], ids="umask-{:03o}".format)
def first(request, node, nothing_left):
    """A daemon that is started for the first time, with whatever umask."""
    node.umask = request.param
    node.begin_anew()
    yield node
    node.umask = -1
    node.begin_anew()


def complaints(node):
    """What the daemon has to say beyond what is to be known."""
    lines = node.daemon.output.splitlines()
    return [line for line in lines if line.split()[1] not in ("debug", "info", "notice")]


def files(node):
    """Gantry's own files, with their modes."""
    for root in node.runtime.directories:
        for directory, _, names in os.walk(root):
            for path in (Path(directory, name) for name in names):
                if not FOREIGN & set(path.parts) and path.name not in SHARED:
                    yield path, path.lstat().st_mode


def check_modes(node):
    """Of files and sockets; the socket of the CRI is for root's group too."""
    found = dict(files(node))
    assert found
    for path, mode in found.items():
        allowed = 0o660 if str(path) == node.runtime.socket else 0o600
        if stat.S_ISREG(mode) or stat.S_ISSOCK(mode):
            assert not mode & 0o777 & ~allowed or _unreachable(path), f"{path}: {mode & 0o777:o}"


def _unreachable(path):
    """What runtimes write has their own modes, below directories that only root gets into."""
    return any(not parent.stat().st_mode & 0o077 for parent in path.parents)


def test_nothing_is_damaged(first):
    assert complaints(first) == []
    assert damage.set_aside() == []
    first.restart()
    assert complaints(first) == []


def test_nothing_is_for_others(first, pods, busybox):
    secret = [{"key": "PASSWORD", "value": SECRET.encode()}]
    pods.run().run("sleep 1000", image=busybox, envs=secret).output("true")
    assert damage.LOG.exists()
    check_modes(first)


def test_nor_after_the_database_was_set_aside(first, pods, busybox):
    pods.run().run("sleep 1000", image=busybox, envs=[{"key": "A", "value": SECRET.encode()}])
    first.crash()
    damage.DATABASE_DAMAGE["garbage"]()
    damage.DATABASE.chmod(0o644)
    first.start()
    kept = damage.set_aside()
    assert kept
    check_modes(first)
    for path in kept:
        path.unlink()


def test_what_pods_share_can_be_read_whatever_the_umask(first, pods, busybox):
    """/etc/hosts and its like are for all users of a container."""
    user = {"security_context": {"run_as_user": {"value": 1000}}}
    container = pods.run().run("sleep 1000", image=busybox, linux=user)
    assert container.output("cat", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf")


def test_the_sockets_directory_is_made(first, tmp_path):
    socket = tmp_path / "some" / "where" / "gantry.sock"
    other = ["--root", str(tmp_path / "root"), "--runroot", str(tmp_path / "run")]
    first.daemon.terminate()
    daemon = first.spawn(*other, "--socket", str(socket))
    wait_until(lambda: "serving the CRI" in daemon.output or not daemon.running, "it serves")
    assert socket.is_socket(), daemon.output
    assert daemon.terminate() == 0
    first.start()
