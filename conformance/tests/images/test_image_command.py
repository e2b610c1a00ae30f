"""`gantry image`: the images of a node, by hand."""

import subprocess

import pytest

from harness.command import gantry
from harness.images import catalogue

pytestmark = [pytest.mark.gantry, pytest.mark.layers]


def test_pull_list_and_remove(node, registry):
    image = catalogue.marked("by-hand")
    reference = registry.push("test/by-hand:1", image)
    assert gantry(node.runtime, "image", "pull", reference).splitlines()[-1] == image.id
    lines = gantry(node.runtime, "image", "list").splitlines()
    assert lines[0].split() == ["NAME", "ID", "SIZE"]
    assert any(line.startswith(f"{reference} ") for line in lines)
    assert gantry(node.runtime, "image", "rm", reference) == f"{image.id}\n"
    assert reference not in gantry(node.runtime, "image", "list")


def test_what_the_daemon_refuses_is_said(node):
    for arguments in (("pull", "UPPER/case"), ("rm", "never-pulled")):
        done = subprocess.run([node.runtime.command[0], "image", *arguments], text=True,
                              capture_output=True, check=False)
        assert done.returncode != 0
        assert arguments[1] in done.stderr


def test_prune_leaves_what_is_used(node, client, registry, pods, busybox):
    pods.run().create("sleep 1000", image=busybox)
    images = {"unused": registry.push("test/unused:1", catalogue.marked("unused"))}
    client.PullImage(image={"image": images["unused"]})
    kept = [image.repo_tags[0] for image in client.ListImages().images
            if image.repo_tags[0] not in (images["unused"], busybox)]
    assert images["unused"] in gantry(node.runtime, "image", "prune").splitlines()
    assert client.ImageStatus(image={"image": busybox}).HasField("image")
    assert not client.ImageStatus(image={"image": images["unused"]}).HasField("image")
    for reference in kept:  # The session's own.
        client.PullImage(image={"image": reference})
