"""`writable_layer_limit`: what a container may write, by project quota, on file systems that have it."""

import shutil
import subprocess
from pathlib import Path

import pytest

from harness.command import gantry

pytestmark = pytest.mark.gantry

CONFIG = Path("/etc/gantry/conf.d/60-limit.toml")
LIMIT = 8 << 20
MAKE = {
    "ext4": (["mkfs.ext4", "-q", "-O", "quota,project", "-E", "quotatype=prjquota"], "prjquota", "quota exceeded"),
    "xfs": (["mkfs.xfs", "-q"], "prjquota", "No space left"),
}


@pytest.fixture(params=MAKE)
def filesystem(request):
    """Kind of a file system whose maker is here."""
    if not shutil.which(MAKE[request.param][0][0]):
        pytest.skip(f"{MAKE[request.param][0][0]} is not installed: {request.param} was not tried")
    return request.param


@pytest.fixture
def disk(node, filesystem, tmp_path):
    """The daemon's root on such a file system, in a file."""
    command, options, _ = MAKE[filesystem]
    image, root = Path("/dev/shm/limit.img"), Path("/mnt/gantry-limit")
    with image.open("wb") as file:
        file.truncate(400 << 20)
    subprocess.run([*command, image], check=True)
    root.mkdir(parents=True, exist_ok=True)
    subprocess.run(["modprobe", "--all", "loop", "quota_v2", filesystem], check=False, capture_output=True)
    subprocess.run(["mount", "-o", f"loop,{options}", image, root], check=True)
    CONFIG.parent.mkdir(parents=True, exist_ok=True)
    CONFIG.write_text(f'root = "{root}/root"\nwritable_layer_limit = {LIMIT}\n')
    node.restart()
    yield root / "root"
    CONFIG.unlink()
    node.restart()
    subprocess.run(["umount", root], check=True)
    image.unlink()
    root.rmdir()


def projects(root):
    """The numbers of the containers' projects."""
    listed = subprocess.run(["lsattr", "-p", "-d", *(root / "containers").iterdir()], text=True, check=True,
                            capture_output=True).stdout
    return [int(line.split()[0]) for line in listed.splitlines()]


@pytest.mark.node(having=["project quotas"])
def test_a_container_writes_up_to_its_limit(disk, pods, node, client, busybox, filesystem):
    client.PullImage(image={"image": busybox})
    assert f"a container may write {LIMIT} bytes" in gantry(node.runtime, "check")
    pod = pods.run()
    greedy, other = (pod.run("sleep 1000", image=busybox) for _ in range(2))
    first, second = projects(disk)
    assert first != second
    failed = greedy.exec("dd", "if=/dev/zero", "of=/big", "bs=1M", "count=20")
    assert failed.exit_code != 0 and MAKE[filesystem][2] in failed.stderr.decode()
    written = int(greedy.output("stat", "-c", "%s", "/big"))
    assert LIMIT - (1 << 20) <= written <= LIMIT
    # Nobody else is concerned, nor is the container when it has made room.
    other.output("dd", "if=/dev/zero", "of=/big", "bs=1M", "count=6")
    greedy.output("rm", "/big")
    greedy.output("dd", "if=/dev/zero", "of=/big", "bs=1M", "count=6")
    # What the file system counts is told, at once.
    used = client.ContainerStats(container_id=greedy.id).stats.writable_layer.used_bytes.value
    assert 6 << 20 <= used <= LIMIT
    greedy.remove()
    # The number is free again, and a new container has all of its limit.
    new = pod.run("sleep 1000", image=busybox)
    new.output("dd", "if=/dev/zero", "of=/big", "bs=1M", "count=6")


@pytest.mark.node(having=["project quotas"])
def test_the_limit_holds_after_a_restart(disk, pods, node, client, busybox, filesystem):
    client.PullImage(image={"image": busybox})
    pod = pods.run()
    container = pod.run("sleep 1000", image=busybox)
    node.crash()
    node.start()
    other = pod.run("sleep 1000", image=busybox)
    assert len(set(projects(disk))) == 2
    assert container.exec("dd", "if=/dev/zero", "of=/big", "bs=1M", "count=20").exit_code != 0
    other.output("dd", "if=/dev/zero", "of=/big", "bs=1M", "count=6")


@pytest.mark.node(having=["project quotas"])
def test_a_declared_volume_counts(disk, pods, client, registry, filesystem):
    from harness.images import catalogue
    reference = registry.push("test/volume:1", catalogue.image(Volumes={"/data": {}}))
    client.PullImage(image={"image": reference})
    container = pods.run().run("sleep 1000", image=reference)
    assert container.exec("dd", "if=/dev/zero", "of=/data/big", "bs=1M", "count=20").exit_code != 0


def test_without_project_quotas_the_daemon_does_not_start(node):
    assert node.daemon.terminate() == 0
    CONFIG.parent.mkdir(parents=True, exist_ok=True)
    CONFIG.write_text(f"writable_layer_limit = {LIMIT}\n")
    try:
        done = subprocess.run([node.runtime.command[0], "check"], text=True, check=False, capture_output=True)
        assert "no project quotas" in done.stdout and "writable_layer_limit" in done.stdout
        daemon = node.spawn()
        assert daemon.wait() != 0
        assert "writable_layer_limit" in daemon.output and "prjquota" in daemon.output
    finally:
        CONFIG.unlink()
        node.start()
