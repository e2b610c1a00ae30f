"""`gantry image tag`, `untag`, `pin` and `unpin`; `image_dirs`."""

import subprocess

import pytest

from harness.command import gantry
from harness.images import archives, catalogue
from harness.images.archives import CONTAINERD_NAME
from harness.wait import wait_until

pytestmark = [pytest.mark.gantry, pytest.mark.layers]

NAME = "example.com/team/app:2"


def image(client, name):
    """What ImageStatus says; None for no image."""
    answer = client.ImageStatus(image={"image": name})
    return answer.image if answer.HasField("image") else None


def fails(node, *arguments):
    """What the command says when it refuses."""
    done = subprocess.run([node.runtime.command[0], *arguments], text=True, check=False,
                          capture_output=True)
    assert done.returncode != 0, done.stdout
    return done.stderr


def test_a_further_name(node, client, pull, registry):
    reference = registry.push("test/tagged:1", catalogue.marked("tagged"))
    id = pull(reference)
    assert gantry(node.runtime, "image", "tag", reference, NAME).strip() == NAME
    assert image(client, NAME).id == id
    assert sorted(image(client, id).repo_tags) == sorted([reference, NAME])
    node.restart()
    assert image(client, NAME).id == id
    assert gantry(node.runtime, "image", "untag", NAME).strip() == id
    assert image(client, NAME) is None and list(image(client, id).repo_tags) == [reference]
    assert "no image has the name" in fails(node, "image", "untag", NAME)


def test_a_name_that_another_has(node, client, pull, registry):
    first = pull(registry.push("test/first:1", catalogue.marked("first")))
    second = pull(registry.push("test/second:1", catalogue.marked("second")))
    gantry(node.runtime, "image", "tag", first, NAME)
    gantry(node.runtime, "image", "tag", second, NAME)
    assert image(client, NAME).id == second
    assert NAME not in image(client, first).repo_tags
    assert "not here" in fails(node, "image", "tag", "nothing:1", NAME)
    assert "digest" in fails(node, "image", "tag", first, f"example.com/a@sha256:{'a' * 64}")
    assert "lower case" in fails(node, "image", "tag", first, "Not A Name")


def test_pinned_by_hand(node, client, pull, registry):
    reference = registry.push("test/pinned:1", catalogue.marked("pinned-by-hand"))
    id = pull(reference)
    gantry(node.runtime, "image", "pin", reference)
    assert image(client, id).pinned
    node.restart()
    pull(reference)
    assert image(client, id).pinned
    gantry(node.runtime, "image", "prune")
    assert image(client, id)
    gantry(node.runtime, "image", "unpin", reference)
    assert not image(client, id).pinned
    gantry(node.runtime, "image", "prune")
    assert image(client, id) is None
    for kept in node.kept:
        client.PullImage(image={"image": kept})


def test_pinned_by_the_configuration_stays_so(configured, node, client, pull, registry):
    reference = registry.push("pinned/other:1", catalogue.marked("pinned-by-key"))
    pull(reference)
    configured('pinned_images = ["*/pinned/*"]')
    assert "pinned_images" in fails(node, "image", "unpin", reference)
    assert image(client, reference).pinned


def test_image_dirs(configured, node, client, tmp_path):
    good = archives.layout((catalogue.marked("shipped"), {CONTAINERD_NAME: NAME}))
    archives.write(tmp_path / "b.tar", good, "tar")
    (tmp_path / "a.tar").write_bytes(b"broken")
    (tmp_path / ".hidden.tar").write_bytes(b"broken, too")
    configured(f'image_dirs = ["/nowhere", "{tmp_path}"]')
    wait_until(lambda: image(client, NAME), "the image")
    wait_until(lambda: image(client, NAME).pinned, "the pin")
    output = node.daemon.output
    assert "a.tar" in output and ".hidden" not in output
    client.RemoveImage(image={"image": NAME})
