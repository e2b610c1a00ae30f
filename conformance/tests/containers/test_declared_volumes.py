"""The volumes that an image declares: directories of the container's own, filled from the image."""

import fcntl
import itertools
import os
import struct
from pathlib import Path

import pytest

from harness import cri
from harness.images import catalogue
from harness.wait import wait_until

pytestmark = [pytest.mark.gantry, pytest.mark.layers]

_tags = itertools.count(1)
USERS = {"mode": cri.POD, **{kind: [{"host_id": 1 << 20, "container_id": 0, "length": 65536}]
                             for kind in ("uids", "gids")}}
MAPPED = {"security_context": {
    "namespace_options": {"pid": cri.CONTAINER, "userns_options": USERS}}}
READ_ONLY = {"security_context": {
    "namespace_options": {"pid": cri.CONTAINER}, "readonly_rootfs": True}}


@pytest.fixture
def image(registry, pull):
    """Makes and pulls an image that declares these volumes."""

    def make(*volumes):
        content = catalogue.layer([
            catalogue.directory("data", 0o2750, uid=33, gid=44),
            catalogue.file("data/file", "from the image", 0o640, uid=5, gid=6),
            catalogue.symlink("out", "/../../../../etc"), catalogue.symlink("away", "../../../tmp"),
            catalogue.symlink("loop", "loop"), catalogue.symlink("process", "/proc/1")])
        reference = registry.push(f"test/declared:{next(_tags)}", catalogue.image(
            content, Volumes={path: {} for path in volumes}))
        pull(reference)
        return reference

    return make


@pytest.mark.parametrize("pod, linux", [({}, {}), ({}, READ_ONLY), (MAPPED, MAPPED)],
                         ids=["plain", "read-only", "user namespace"])
def test_they_are_filled_and_can_be_written(pods, image, pod, linux):
    reference = image("/data", "/made/by/it")
    first = pods.run(linux=pod).run("sleep 1000", image=reference, linux=linux)
    assert first.output("stat", "-c", "%u %g %a", "/data", "/data/file").splitlines() == [
        "33 44 2750", "5 6 640"]
    assert first.output("cat", "/data/file") == "from the image"
    first.output("sh", "-c", "echo new > /data/file && touch /made/by/it/too")
    second = pods.run(linux=pod).run("sleep 1000", image=reference, linux=linux)
    assert second.output("cat", "/data/file") == "from the image"
    assert second.output("ls", "/made/by/it") == ""


def test_a_mount_of_the_request_covers_one(pods, image, tmp_path):
    (tmp_path / "word").write_text("the request's")
    container = pods.run().run("sleep 1000", image=image("/data"), mounts=[
        {"host_path": str(tmp_path), "container_path": "/data/"}])
    assert container.output("ls", "/data") == "word\n"


def test_links_lead_nowhere_out_of_the_image(pods, image):
    secret = Path("/tmp/declared-volumes-secret")
    secret.write_text("the node's")
    try:
        reference = image("/out", "/away", "/../../../../tmp", "/data/../../../../tmp")
        container = pods.run().run("sleep 1000", image=reference)
        assert container.output("cat", "/out/passwd") == catalogue.PASSWD
        assert container.output("ls", "/away") == container.output("ls", "/tmp") == ""
    finally:
        secret.unlink()


@pytest.mark.parametrize("mode", ["bind", "mkdir"])
@pytest.mark.parametrize("path", [
    "/" + "a" * 300, "/a" * 3000, "/a\0b", "/loop/x", "/process", "/process/x", "/etc/passwd",
    "/etc/passwd/x"], ids=lambda path: ascii(path)[:20])
def test_where_there_can_be_no_directory_there_is_none(pods, image, configured, path, mode):
    """The image runs without it."""
    configured(f'image_volumes = "{mode}"\n')
    container = pods.run().run("sleep 1000", image=image(path, "/data"))
    assert container.output("cat", "/data/file") == "from the image"
    mounts = [line.split()[4] for line in container.output("cat", "/proc/self/mountinfo").splitlines()]
    assert [place for place in mounts if place.startswith(("/a", "/loop", "/proc/1", "/etc/passwd"))] == []


def test_they_count_as_the_containers(pods, client, image):
    container = pods.run().run(
        "head -c 3000000 /dev/zero > /data/big; sleep 1000", image=image("/data"))

    def used():
        stats = client.ContainerStats(container_id=container.id).stats
        return stats.writable_layer.used_bytes.value

    wait_until(lambda: used() >= 3000000, "the volume counts")


MOUNTED = "grep -cE ' /(data|made/by/it) ' /proc/self/mountinfo"


def test_mkdir_makes_them_in_the_root_file_system(pods, image, configured):
    configured('image_volumes = "mkdir"\n')
    reference = image("/data", "/made/by/it", "/out/made")
    container = pods.run().run("sleep 1000", image=reference, linux={"security_context": {
        **pods_own(), "run_as_user": {"value": 33}}})
    assert container.exec("sh", "-c", MOUNTED).stdout == b"0\n"
    assert container.output("stat", "-c", "%u %g %a", "/data", "/made/by/it").splitlines()[0] == "33 44 2750"
    assert container.output("stat", "-c", "%u", "/made/by/it", "/etc/made").split() == ["33", "33"]
    container.output("touch", "/made/by/it/new")
    second = pods.run().run("sleep 1000", image=reference, linux=READ_ONLY)
    assert second.output("ls", "/made/by/it") == ""
    assert second.exec("touch", "/made/by/it/new").exit_code != 0
    assert not Path("/etc/made").exists()


def test_ignore_leaves_the_image_as_it_is(pods, image, configured):
    configured('image_volumes = "ignore"\n')
    container = pods.run().run("sleep 1000", image=image("/data", "/made/by/it"))
    assert container.exec("sh", "-c", MOUNTED).stdout == b"0\n"
    assert container.output("ls", "/data") == "file\n"
    assert container.exec("ls", "/made").exit_code != 0


def pods_own():
    """The namespaces that a container has by itself."""
    return {"namespace_options": {"pid": cri.CONTAINER}}


def test_what_is_immutable_goes_too(pods, image):
    """Whoever has CAP_LINUX_IMMUTABLE can make it so in a volume, and in the pod's own files."""
    pod = pods.run()
    container = pod.run("mkdir -p /data/inner && touch /data/inner/file && sleep 1000", image=image("/data"))
    volume = Path(f"/var/lib/gantry/containers/{container.id}/volumes/0")
    wait_until((volume / "inner/file").exists, "the file is there")
    for path in (volume / "inner/file", volume / "inner", volume / "file",
                 Path(f"/run/gantry/pods/{pod.id}/hosts")):
        protect(path)
    container.remove()
    assert not volume.exists()
    pod.remove()


def protect(path):
    """chattr +i (ioctl_iflags(2))."""
    file = os.open(path, os.O_RDONLY)
    try:
        fcntl.ioctl(file, 0x40086602, struct.pack("i", 0x10))
    finally:
        os.close(file)
