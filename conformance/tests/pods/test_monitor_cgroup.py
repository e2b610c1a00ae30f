"""`monitor_cgroup`: where the pods' monitors live."""

import subprocess
from pathlib import Path

import pytest

from harness import cri
from harness.pods import Pods

pytestmark = pytest.mark.gantry
CGROUPS = Path("/sys/fs/cgroup")
PARENT = "/kubepods/pod7"


def cgroups_of(pid):
    """The cgroups of a process but that of the pids hierarchy, where monitors stay with the daemon."""
    lines = [line.split(":", 2) for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines()]
    return {path for _, controllers, path in lines if controllers not in ("pids", "name=systemd")}


def monitor(pod):
    """The process ID of a pod's monitor."""
    for path in Path("/proc").glob("[0-9]*"):
        command = (path / "cmdline").read_bytes()
        if b"gantry-monitor" in command and pod.id.encode() in command:
            return int(path.name)
    raise AssertionError(f"no monitor of {pod.id}")


def clear(*names):
    """Removes what the kubelet or an administrator would have made."""
    for name in names:
        for directory in [CGROUPS / name, *CGROUPS.glob(f"*/{name}")]:
            if directory.is_dir() and not directory.is_symlink():
                for inner in sorted(directory.rglob("*"), reverse=True):
                    if inner.is_dir():
                        inner.rmdir()
                directory.rmdir()


@pytest.mark.node(lacking=["systemd"])
@pytest.mark.parametrize("parent", ["", PARENT])
def test_monitors_in_a_cgroup_of_their_own(configured, node, client, busybox, parent):
    configured('monitor_cgroup = "/monitors"\n')
    try:
        pods = Pods(client)
        pod = pods.run(linux={"cgroup_parent": parent})
        assert f"/monitors/{pod.id}" in cgroups_of(monitor(pod))
        container = pod.run("echo hello; sleep 1000", image=busybox)
        container.logged("hello")
        # Removal finds it, also by a daemon with another configuration.
        configured("")
        pods.remove()
        assert not list(CGROUPS.glob(f"**/{pod.id}"))
    finally:
        clear("monitors", "kubepods")


@pytest.mark.node(lacking=["systemd"])
def test_in_the_pods_unless_told(client):
    try:
        pods = Pods(client)
        pod = pods.run(linux={"cgroup_parent": PARENT})
        assert f"{PARENT}/{pod.id}" in cgroups_of(monitor(pod))
        pods.remove()
    finally:
        clear("kubepods")


def test_the_other_drivers_form_is_refused(node, client):
    wrong = "/monitors" if client.RuntimeConfig().linux.cgroup_driver == cri.SYSTEMD else "system.slice"
    file = Path("/etc/gantry/conf.d/60-monitor.toml")
    assert node.daemon.terminate() == 0
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f'monitor_cgroup = "{wrong}"\n')
    try:
        daemon = node.spawn()
        assert daemon.wait() != 0 and "monitor_cgroup" in daemon.output
    finally:
        file.unlink()
        node.start()


@pytest.fixture
def slices(nothing_left):
    """Slices that the kubelet or an administrator would have made."""
    yield "gantrytest-monitors.slice", "kubepods-podseven.slice"
    subprocess.run(["systemctl", "stop", "gantrytest.slice", "kubepods.slice"], check=True)


@pytest.mark.node(having=["systemd"])
@pytest.mark.sample
def test_monitors_in_a_slice(configured, client, busybox, slices):
    """CRI-O's usual conmon_cgroup: a slice beside those of the kubelet."""
    monitors, pods_slice = slices
    configured(f'monitor_cgroup = "{monitors}"\n')
    pods = Pods(client)
    pod = pods.run(linux={"cgroup_parent": pods_slice})
    [place] = {path for path in cgroups_of(monitor(pod)) if pod.id in path}
    assert place.startswith(f"/gantrytest.slice/{monitors}/"), place
    container = pod.run("echo hello; sleep 1000", image=busybox)
    container.logged("hello")
    configured("")
    pods.remove()
    assert not list(CGROUPS.glob(f"**/*{pod.id}*"))
