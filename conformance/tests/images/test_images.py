"""PullImage, ListImages, ImageStatus, RemoveImage and ImageFsInfo."""

import pytest
from grpc import StatusCode

from harness.client import refused
from harness.images import catalogue
from harness.images.formats import Image
from harness.nodes import kinds

pytestmark = pytest.mark.layers


def status_of(client, reference):
    """The image, or None when ImageStatus has none."""
    response = client.ImageStatus(image={"image": reference})
    return response.image if response.HasField("image") else None


@pytest.mark.parametrize("format, compression", [
    ("oci", "gzip"), ("oci", "zstd"), ("oci", "none"), ("docker", "gzip")])
def test_pull_of_each_kind(client, registry, pull, format, compression):
    image = catalogue.layered(compression, format)
    reference = registry.push(f"test/{format}-{compression}:1", image)
    pull(reference)
    found = status_of(client, reference)
    assert found.id == image.id
    assert list(found.repo_tags) == [reference]
    assert list(found.repo_digests) == [
        f"{registry.host}/test/{format}-{compression}@{image.manifest.digest}"]
    assert found.size > 0


@pytest.mark.gantry
def test_pull_returns_the_id(client, registry, pull):
    image = catalogue.marked("by-id")
    assert pull(registry.push("test/by-id:1", image)) == image.id


def test_an_index_gives_this_machines_image(client, registry, pull):
    mine = catalogue.marked("mine")
    other = Image(mine.layers, {"Env": ["ARCH=other"]}, architecture="s390x")
    reference = registry.push_index("test/index:1", other, mine)
    pull(reference)
    assert status_of(client, reference).id == mine.id


@pytest.mark.gantry
def test_an_index_without_this_machine(client, registry):
    other = Image(catalogue.image().layers, architecture="s390x")
    reference = registry.push_index("test/foreign:1", other)
    with refused(StatusCode.NOT_FOUND, "linux/"):
        client.PullImage(image={"image": reference})


def test_pull_without_a_tag_is_latest(client, registry, pull):
    reference = registry.push("test/untagged:latest", catalogue.marked("untagged"))
    pull(reference.removesuffix(":latest"))
    assert list(status_of(client, reference).repo_tags) == [reference]


def test_pull_by_digest_has_no_tag(client, registry, pull):
    image = catalogue.marked("digest")
    name = registry.push("test/digest:1", image).removesuffix(":1")
    reference = f"{name}@{image.manifest.digest}"
    pull(reference)
    found = status_of(client, reference)
    assert (list(found.repo_tags), list(found.repo_digests)) == ([], [reference])


def test_status_is_the_same_by_every_name(client, registry, pull):
    image = catalogue.marked("named")
    reference = registry.push("test/named:1", image)
    pull(reference)
    found = status_of(client, reference)
    assert found == status_of(client, found.id)
    assert found == status_of(client, found.repo_digests[0])
    assert found == status_of(client, found.id.removeprefix("sha256:"))


def test_status_of_an_image_that_is_not_here(client, registry):
    assert status_of(client, f"{registry.host}/test/never:1") is None


def test_verbose_status_has_the_config(client, images):
    assert client.ImageStatus(image={"image": images.busybox}, verbose=True).info


@pytest.mark.parametrize("user, uid, username", [
    ("1002", 1002, ""), ("www-data", None, "www-data"), ("1003:1004", 1003, ""),
    ("www-data:1004", None, "www-data")])
def test_the_images_user(client, registry, pull, user, uid, username):
    name = user.replace(":", "-")
    reference = registry.push(f"test/user-{name}:1", catalogue.marked(name, User=user))
    pull(reference)
    found = status_of(client, reference)
    assert (found.uid.value if found.HasField("uid") else None, found.username) == (uid, username)


def test_tags_of_one_image_gather(client, registry, pull):
    references = [registry.push(f"test/tags:{n}", catalogue.marked("tags")) for n in (1, 2, 3)]
    for reference in references:
        pull(reference)
    listed = [i for i in client.ListImages().images if references[0] in i.repo_tags]
    assert [sorted(i.repo_tags) for i in listed] == [references]


def test_a_moved_tag_leaves_the_older_image(client, registry, pull):
    reference = registry.push("test/moved:1", catalogue.marked("before"))
    pull(reference)
    before = status_of(client, reference).id
    registry.push("test/moved:1", catalogue.marked("after"))
    pull(reference)
    assert status_of(client, reference).id != before
    assert not status_of(client, before).repo_tags
    client.RemoveImage(image={"image": before})


@pytest.mark.gantry
def test_list_by_reference(client, images):
    listed = client.ListImages(filter={"image": {"image": images.busybox}}).images
    assert len(listed) == 1 and images.busybox in listed[0].repo_tags
    assert not client.ListImages(filter={"image": {"image": "127.0.0.1:5000/never:1"}}).images


def test_remove_by_one_tag_removes_all(client, registry, pull):
    references = [registry.push(f"test/gone:{n}", catalogue.marked("gone")) for n in (1, 2)]
    for reference in references:
        pull(reference)
    client.RemoveImage(image={"image": references[0]})
    assert [status_of(client, reference) for reference in references] == [None, None]
    client.RemoveImage(image={"image": references[0]})


def test_remove_by_id(client, registry):
    image = catalogue.marked("remove-by-id")
    reference = registry.push("test/remove-by-id:1", image)
    client.PullImage(image={"image": reference})
    client.RemoveImage(image={"image": image.id})
    assert status_of(client, reference) is None


def test_pull_of_what_the_registry_has_not(client, registry):
    with refused(StatusCode.NOT_FOUND, "test/never"):
        client.PullImage(image={"image": f"{registry.host}/test/never:1"})


@pytest.mark.gantry
@pytest.mark.parametrize("reference", ["127.0.0.1:5000/UPPER/case", "a b", "", "host/name@sha256:short", "x:y:z"])
def test_a_bad_reference(client, reference):
    with refused(StatusCode.INVALID_ARGUMENT):
        client.PullImage(image={"image": reference})


@pytest.mark.gantry
def test_fs_info(client, images):
    info = client.ImageFsInfo()
    filesystem = info.image_filesystems[0]
    assert filesystem.timestamp > 0
    assert filesystem.fs_id.mountpoint.startswith("/var/lib/")
    assert filesystem.used_bytes.value > 1 << 20
    # An indexed layer is one file, or two.
    assert filesystem.inodes_used.value > (10 if "trees" in kinds.facts() else 1)


@pytest.mark.gantry
def test_an_image_in_use_lives_until_its_container_goes(client, registry, pods):
    reference = registry.push("test/in-use:1", catalogue.marked("in-use"))
    client.PullImage(image={"image": reference})
    container = pods.run().run("sleep 1000", image=reference)
    client.RemoveImage(image={"image": reference})
    assert status_of(client, reference) is None
    assert container.output("cat", "/in-use") == "in-use"
