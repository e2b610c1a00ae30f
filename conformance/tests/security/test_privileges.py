"""What others than root get to see, and what programs that Gantry starts get from it."""

import os
import re
import shutil
import stat
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.gantry, pytest.mark.promise]
HANDLERS = ["crun"]
CONFIG = Path("/etc/gantry/gantry.toml")
SPY = Path("/run/spy")
SECRET = "a-secret-that-only-root-may-know"

#: A program that notes what it was given and then is the real one.
SPYING = """#!{python}
import os, sys
from pathlib import Path
name = Path(sys.argv[0]).name
links = []
for number in os.listdir("/proc/self/fd"):
    try:
        links.append(f"{{number}} {{os.readlink('/proc/self/fd/' + number)}}")
    except FileNotFoundError:
        pass  # The listing's own.
note = Path(f"{spy}/{{name}}.{{os.getpid()}}")
note.with_suffix(".environment" + note.suffix).write_bytes(Path("/proc/self/environ").read_bytes())
note.with_suffix(".descriptors" + note.suffix).write_text("\\n".join(links))
os.execv({real!r}, [name, *sys.argv[1:]])
"""


@pytest.fixture
def spied(node):
    """The daemon, with a secret in its environment, finds programs that spy upon it."""
    programs = SPY / "bin"
    programs.mkdir(parents=True)
    for name, places in (("crun", "/usr/sbin:/usr/bin:/sbin:/bin"), ("bridge", "/usr/lib/cni")):
        real = shutil.which(name, path=places)
        (programs / name).write_text(SPYING.format(python=sys.executable, spy=SPY, real=real))
        (programs / name).chmod(0o755)
    CONFIG.parent.mkdir(exist_ok=True)
    CONFIG.write_text(f"""
        cni_plugin_dirs = ["{programs}", "/usr/lib/cni"]
        [runtimes.crun]
        path = "{programs}/crun"
        root = "/run/gantry/crun"
        """)
    node.environment = {"TOKEN": SECRET}
    node.reconfigure()
    yield SPY
    node.environment = {}
    CONFIG.unlink()
    node.reconfigure()
    shutil.rmtree(SPY)


@pytest.fixture
def pods(pods, spied):
    """Pods go while their handler is there."""
    yield pods
    pods.remove()


def environments(name):
    """The variables of each run of a spying program."""
    return [dict(pair.split("=", 1) for pair in note.read_text().split("\0") if pair)
            for note in SPY.glob(f"{name}.environment.*")]


def opened(process):
    """What a process has open, by descriptor."""
    return {int(entry.name): os.readlink(entry) for entry in Path(f"/proc/{process}/fd").iterdir()}


def monitors():
    """The process IDs of the pods' monitors."""
    return [path.parent.name for path in Path("/proc").glob("[0-9]*/cmdline")
            if path.read_bytes().split(b"\0")[0].endswith(b"/gantry-monitor")]


def whole_life(pods, busybox):
    """A pod with a container, in which a command was run; both are still there."""
    container = pods.run().run("sleep 1000", image=busybox, envs=[
        {"key": "PASSWORD", "value": SECRET.encode()}])
    assert container.output("true") == ""
    return container


def test_plugins_get_the_protocols_environment_alone(pods, busybox):
    whole_life(pods, busybox)
    pods.remove()
    protocol = {"PATH", "CNI_COMMAND", "CNI_PATH", "CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME",
                "CNI_ARGS"}
    found = environments("bridge")
    assert {environment["CNI_COMMAND"] for environment in found} >= {"ADD", "DEL"}
    for environment in found:
        assert set(environment) <= protocol


def test_runtimes_get_a_search_path_alone(pods, busybox):
    whole_life(pods, busybox)
    pods.remove()
    found = environments("crun")
    assert len(found) >= 4  # create, start, exec, kill or delete
    for environment in found:
        assert set(environment) == {"PATH"}


def test_programs_get_their_standard_streams_alone(pods, busybox):
    whole_life(pods, busybox)
    pods.remove()
    notes = list(SPY.glob("*.descriptors.*"))
    assert notes
    for note in notes:
        given = dict(line.split(" ", 1) for line in note.read_text().splitlines())
        assert set(given) == {"0", "1", "2"}, note
        assert all(re.match(r"pipe:|/dev/null$", target) for target in given.values()), given


def test_monitors_get_nothing_of_the_daemons(pods, busybox, node):
    whole_life(pods, busybox)
    daemons = {target for target in opened(node.daemon.id).values() if target.startswith("/")}
    assert any(target.endswith("gantry.db") for target in daemons)
    found = monitors()
    assert found
    own = re.compile(r"/dev/null$|/run/gantry/pods/\w+/|/var/log/pods/|pipe:|socket:"
                     r"|anon_inode:|/sys/fs/cgroup/|/proc/\d+/")
    for monitor in found:
        environment = Path(f"/proc/{monitor}/environ").read_text().rstrip("\0").split("\0")
        assert [pair.split("=")[0] for pair in environment] == ["PATH"]
        targets = opened(monitor).values()
        assert all(own.match(target) for target in targets), targets
        assert not (daemons - {"/dev/null"}) & set(targets)


def test_containers_get_their_standard_streams_alone(pods, busybox, client):
    container = whole_life(pods, busybox)
    process = Path(f"/run/gantry/containers/{container.id}/pid").read_text()
    assert set(opened(process)) == {0, 1, 2}
    assert SECRET not in container.output("cat", "/proc/self/environ").replace(
        f"PASSWORD={SECRET}", "")


#: What a container's processes read of the node's files.
MOUNTED = re.compile(r"/run/gantry/pods/\w+/(resolv\.conf|hosts|hostname)$")


def reachable(root):
    """Each path below `root` that others get to, with its status; links are not followed."""
    status = os.lstat(root)
    yield root, status
    if stat.S_ISDIR(status.st_mode) and status.st_mode & 0o001:
        for name in os.listdir(root):
            yield from reachable(f"{root}/{name}")


def test_others_list_and_read_nothing(pods, busybox, node):
    whole_life(pods, busybox)
    for root in node.runtime.directories:
        for path, status in reachable(root):
            if re.search(r"/(layers|rootfs|merged|ns|shm|pause)(/|$)", path):
                continue  # An image's or a container's own.
            if stat.S_ISDIR(status.st_mode):
                assert not status.st_mode & 0o006, f"others may list {path}"
            elif stat.S_ISREG(status.st_mode) and not MOUNTED.match(path):
                assert not status.st_mode & 0o006, f"others may read {path}"


def test_sockets_are_roots(pods, busybox, node):
    whole_life(pods, busybox)
    found = [Path(directory, name) for root in node.runtime.directories
             for directory, _, names in os.walk(root) for name in names
             if stat.S_ISSOCK(os.lstat(Path(directory, name)).st_mode)]
    assert Path("/run/gantry/gantry.sock") in found and len(found) >= 2
    for path in found:
        status = path.lstat()
        assert status.st_uid == 0 and not status.st_mode & 0o007 or not any(
            other == str(path) for root in node.runtime.directories
            for other, _ in reachable(root)), path


def test_the_secret_is_nowhere_but_with_root(pods, busybox, node):
    """The variables of a container are in its spec and in the database."""
    whole_life(pods, busybox)
    holders = [path for root in node.runtime.directories for path in Path(root).rglob("*")
               if path.is_file() and not {"rootfs", "ns"} & set(path.parts)
               and path.stat().st_size < 10 << 20
               and SECRET.encode() in path.read_bytes()]
    assert holders
    for path in holders:
        assert not path.stat().st_mode & 0o077, path
    assert SECRET not in node.daemon.output
