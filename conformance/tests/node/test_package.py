"""The Debian package on a node with systemd: installed, upgraded with pods running, removed, purged."""

import grp
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from harness import cri
from harness.client import Client
from harness.images import archives, catalogue
from harness.nodes import packages
from harness.pods import Pods
from harness.wait import wait_until

pytestmark = [pytest.mark.gantry, pytest.mark.node(having=["systemd"])]
SOCKET = Path("/run/gantry/gantry.sock")
IMAGE = "localhost/test/package:1"
#: Neither a network plugin nor a registry is there yet.
HOST_NETWORK = {"security_context": {"namespace_options": {"network": cri.NODE}}}


@pytest.fixture(autouse=True)
def nothing_left():
    """In place of the suite's own: no other daemon runs here, and purge leaves nothing."""
    yield
    # Shown when the test has failed.
    print(said("journalctl", "--no-pager", "--lines=60", "--unit=gantry"))
    subprocess.run(["dpkg", "--purge", "gantry"], check=False, stdout=subprocess.DEVNULL)


@pytest.fixture
def older(tmp_path):
    """The version before; the node has neither."""
    packages.like_a_machine()
    assert not packages.version()
    return packages.before(packages.newest(), tmp_path)


def said(*command):
    """What a program prints."""
    return subprocess.run(command, text=True, check=True, stdout=subprocess.PIPE).stdout.strip()


def main_process():
    """The daemon's process ID."""
    return int(said("systemctl", "show", "--property=MainPID", "--value", "gantry"))


def load(tmp_path):
    """An image from a file."""
    file = tmp_path / "image.tar"
    file.write_bytes(archives.tar(archives.layout((catalogue.image(), {archives.NAME: IMAGE}))))
    said("gantry", "image", "import", str(file), "--name", IMAGE)


def running(client):
    """A pod of the node's network with a container that counts."""
    pod = Pods(client).run(linux=HOST_NETWORK)
    script = "n=0; while :; do n=$((n+1)); echo $n; sleep 0.1; done"
    container = pod.run(script, image=IMAGE)
    container.logged("1\n")
    return pod, container


def is_for_its_group(socket):
    """The socket's mode and group."""
    status = socket.stat()
    return (stat.S_IMODE(status.st_mode), grp.getgrgid(status.st_gid).gr_name)


def check_installed(client):
    """What an administrator finds right after apt."""
    assert said("systemctl", "is-active", "gantry") == "active"
    assert said("systemctl", "is-enabled", "gantry") == "enabled"
    assert is_for_its_group(SOCKET) == (0o660, "gantry")
    assert "unix:///run/gantry/gantry.sock" in Path("/etc/crictl.yaml").read_text()
    assert client.Version().runtime_version in said("gantry", "--version")
    if shutil.which("crictl"):
        assert '"RuntimeReady"' in said("crictl", "info")


@pytest.mark.sample
def test_from_install_to_purge(older, tmp_path):
    client = Client(str(SOCKET))
    said_by_apt = packages.apt("install", older)
    assert "gantry check:" in said_by_apt
    assert packages.version().endswith("~before")
    check_installed(client)

    load(tmp_path)
    pod, container = running(client)
    before, first = container.status, main_process()
    Path("/etc/gantry/conf.d/50-mine.toml").write_text('log_level = "debug"\n')
    packages.apt("install", packages.newest())
    assert not packages.version().endswith("~before")
    assert main_process() != first
    check_installed(client)
    assert 'log_level = "debug"' in said("gantry", "config")
    assert container.status == before
    assert container.output("echo", "still here") == "still here\n"
    seen = len(container.log.read_bytes())
    wait_until(lambda: len(container.log.read_bytes()) > seen, "the log goes on")

    pod.remove()
    packages.apt("remove", "gantry")
    assert not SOCKET.exists() and not Path("/usr/bin/gantry").exists()
    assert Path("/var/lib/gantry/gantry.db").exists()
    assert Path("/etc/gantry/conf.d/50-mine.toml").exists()
    packages.apt("purge", "gantry")
    for directory in ("/var/lib/gantry", "/etc/gantry", "/run/gantry"):
        assert not list(Path(directory).glob("*")), directory
    assert not Path("/etc/crictl.yaml").exists()
    assert not re.search(" /(run|var/lib)/gantry/", Path("/proc/self/mounts").read_text())


def test_a_crictl_yaml_of_another_runtime_is_kept(older):
    mine = Path("/etc/crictl.yaml")
    mine.write_text("runtime-endpoint: unix:///run/containerd/containerd.sock\n")
    packages.apt("install", older)
    assert "containerd" in mine.read_text()
    packages.apt("purge", "gantry")
    assert "containerd" in mine.read_text()
    mine.unlink()
