"""`gantry wipe`, pinned images, `gantry image inspect` and `usage`."""

import json
import subprocess
from pathlib import Path

import pytest

from harness.command import gantry
from harness.images import catalogue

pytestmark = [pytest.mark.gantry, pytest.mark.layers]


@pytest.fixture
def stopped(node):
    """The daemon ends, and is there again after the test, with the images that all tests count on."""
    def stop():
        assert node.daemon.terminate() == 0
    yield stop
    if not node.running:
        node.start()
    for reference in node.kept:
        node.client.PullImage(image={"image": reference})


def test_wipe_removes_pods_and_keeps_images(stopped, pods, node, client, busybox):
    pod = pods.run()
    container = pod.run("sleep 1000", image=busybox)
    pods.run()
    images = len(client.ListImages().images)
    stopped()
    assert gantry(node.runtime, "wipe") == "removed 2 pods and 0 images\n"
    assert container.id not in Path("/proc/self/mounts").read_text()
    assert not list(Path("/run/gantry/pods").iterdir())
    node.start()
    assert not client.ListPodSandbox().items
    assert len(client.ListImages().images) == images


def test_wipe_removes_images(stopped, node, client):
    images = len(client.ListImages().images)
    stopped()
    assert gantry(node.runtime, "wipe", "--images") == f"removed 0 pods and {images} images\n"
    node.start()
    assert not client.ListImages().images


def test_wipe_is_refused_while_the_daemon_runs(pods, node):
    pod = pods.run()
    done = subprocess.run([node.runtime.command[0], "wipe", "--images"], text=True, check=False,
                          capture_output=True)
    assert done.returncode != 0 and "another gantry works on" in done.stderr
    assert pod.status.state == 0


def test_pinned_images(configured, client, pull, registry, node):
    pinned = pull(registry.push("pinned/pause:1", catalogue.marked("pinned")))
    free = pull(registry.push("test/free:1", catalogue.marked("free")))
    configured(f'pinned_images = ["{registry.host}/pinned/*"]')
    shown = {image.id: image.pinned for image in client.ListImages().images}
    assert shown[pinned] and not shown[free]
    assert client.ImageStatus(image={"image": pinned}).image.pinned
    assert not client.ImageStatus(image={"image": free}).image.pinned
    gantry(node.runtime, "image", "prune")
    left = {image.id for image in client.ListImages().images}
    assert pinned in left and free not in left
    for reference in node.kept:
        client.PullImage(image={"image": reference})


def test_image_inspect_and_usage(node, busybox, client):
    found = json.loads(gantry(node.runtime, "image", "inspect", busybox))
    assert found["image"]["repo_tags" if "repo_tags" in found["image"] else "repoTags"] == [busybox]
    assert "rootfs" in found["info"]["imageSpec"]
    usage = gantry(node.runtime, "image", "usage")
    assert usage.startswith("images ") and "inodes" in usage
    done = subprocess.run([node.runtime.command[0], "image", "inspect", "nothing:1"], text=True,
                          check=False, capture_output=True)
    assert done.returncode == 1 and "is not here" in done.stderr
