"""`gantry image mount` and `unmount`."""

import os
import subprocess
from pathlib import Path

import grpc
import pytest

from harness.client import refused
from harness.command import gantry
from harness.images import catalogue
from harness.images.tarball import file, layer

pytestmark = [pytest.mark.gantry, pytest.mark.layers]


@pytest.fixture
def place(tmp_path, node):
    """A directory to mount on, with a blank in its name, which the mount table escapes."""
    directory = tmp_path / "a place"
    directory.mkdir()
    yield directory
    subprocess.run(["umount", "--quiet", directory], check=False)


def fails(node, *arguments):
    """What a command that fails says."""
    done = subprocess.run([node.runtime.command[0], "image", *arguments], text=True, check=False, capture_output=True)
    assert done.returncode != 0, done.stdout
    return done.stderr


def mounted(directory):
    """Options and source of what is mounted there."""
    written = str(directory).replace(" ", "\\040")
    lines = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    return [(fields[0], fields[3].split(",")) for fields in lines if fields[1] == written]


def test_an_image_is_mounted_read_only(node, client, pull, registry, place):
    reference = registry.push("test/mounted:1", catalogue.layered())
    image = pull(reference)
    assert gantry(node.runtime, "image", "mount", reference, str(place)) == f"{image}\n"
    assert (place / "data/kept").read_text() == "kept"
    assert not (place / "data/removed").exists()
    assert [each.name for each in (place / "data/hidden").iterdir()] == ["new"]
    [(source, options)] = mounted(place)
    assert source == f"gantry-image:{image}" and {"ro", "nosuid", "nodev"} <= set(options)
    with pytest.raises(OSError):
        (place / "new").write_text("")
    assert gantry(node.runtime, "image", "mount") == f"{place}  {image}\n"
    assert gantry(node.runtime, "image", "unmount", str(place)) == f"{image}\n"
    assert not mounted(place) and gantry(node.runtime, "image", "mount") == ""


@pytest.mark.parametrize("make", [
    lambda: catalogue.image(), lambda: catalogue.image(*(layer([file(f"layer/{n}", "x")]) for n in range(120)))],
    ids=["one layer", "121 layers"])
def test_any_number_of_layers(node, pull, registry, place, make):
    reference = registry.push("test/mounted:1", make())
    pull(reference)
    gantry(node.runtime, "image", "mount", reference, str(place))
    assert (place / "bin/busybox").stat().st_size
    assert len(list((place / "layer").iterdir()) if (place / "layer").exists() else []) in (0, 120)
    gantry(node.runtime, "image", "unmount", str(place))


def test_a_mounted_image_is_in_use(node, client, pull, registry, place, images):
    reference = registry.push("test/mounted:1", catalogue.marked("mounted"))
    image = pull(reference)
    gantry(node.runtime, "image", "mount", reference, str(place))
    with refused(grpc.StatusCode.FAILED_PRECONDITION, str(place), "gantry image unmount"):
        client.RemoveImage(image={"image": image})
    assert str(place) in fails(node, "rm", reference)
    # The kubelet's garbage collection asks for this.
    assert client.ImageStatus(image={"image": image}).image.pinned
    pruned = subprocess.run([node.runtime.command[0], "image", "prune"], text=True, check=True, capture_output=True)
    assert f"{image} stays: it is mounted on {place}" in pruned.stderr
    assert (place / "mounted").read_text() == "mounted"
    for kept in node.kept:
        client.PullImage(image={"image": kept})
    gantry(node.runtime, "image", "unmount", str(place))
    assert not client.ImageStatus(image={"image": image}).image.pinned
    client.RemoveImage(image={"image": image})


def test_the_mount_outlives_the_daemon(node, client, pull, registry, place):
    reference = registry.push("test/mounted:1", catalogue.marked("mounted"))
    image = pull(reference)
    gantry(node.runtime, "image", "mount", reference, str(place))
    node.crash()
    assert (place / "mounted").read_text() == "mounted"
    node.start()
    with refused(grpc.StatusCode.FAILED_PRECONDITION, str(place)):
        client.RemoveImage(image={"image": image})
    # By hand is as good.
    subprocess.run(["umount", place], check=True)
    client.RemoveImage(image={"image": image})


def test_what_cannot_be_mounted_or_unmounted(node, pull, registry, place, busybox, tmp_path):
    plain = tmp_path / "file"
    plain.write_text("")
    assert "no directory" in fails(node, "mount", busybox, str(plain))
    assert "Gantry's own" in fails(node, "mount", busybox, "/var/lib/gantry/layers")
    assert "is not here" in fails(node, "mount", "nothing:1", str(place))
    assert "no image is mounted" in fails(node, "unmount", "/proc")
    gantry(node.runtime, "image", "mount", busybox, str(place))
    assert "is mounted on" in fails(node, "mount", busybox, str(place))
    handle = os.open(place / "bin", os.O_PATH)
    try:
        assert "in use" in fails(node, "unmount", str(place))
    finally:
        os.close(handle)
    gantry(node.runtime, "image", "unmount", str(place))


def test_wipe_takes_mounts_along(node, client, pull, registry, place):
    reference = registry.push("test/mounted:1", catalogue.marked("mounted"))
    pull(reference)
    gantry(node.runtime, "image", "mount", reference, str(place))
    assert node.daemon.terminate() == 0
    try:
        gantry(node.runtime, "wipe", "--images")
        assert not mounted(place)
    finally:
        node.start()
        for kept in node.kept:
            client.PullImage(image={"image": kept})


def test_wipe_does_not_wait_for_who_stands_in_a_mount(node, client, pull, registry, place):
    image = pull(registry.push("test/busy:1", catalogue.marked("busy")))
    gantry(node.runtime, "image", "mount", image, str(place))
    assert node.daemon.terminate() == 0
    try:
        with subprocess.Popen(["sleep", "1000"], cwd=place) as shell:
            try:
                gantry(node.runtime, "wipe", "--images")
                assert not mounted(place)
            finally:
                shell.kill()
    finally:
        node.start()
        for kept in node.kept:
            client.PullImage(image={"image": kept})
