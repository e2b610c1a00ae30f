"""Images as volumes: their files, read-only, for as long as a container has them."""

import pytest
from grpc import StatusCode

from harness.client import refused
from harness.images import catalogue

pytestmark = [pytest.mark.gantry, pytest.mark.layers]


@pytest.fixture
def volume(registry, pull):
    """An image that is only files."""
    content = catalogue.layer([
        catalogue.directory("data"), catalogue.directory("data/inner"),
        catalogue.file("data/inner/words", "from the image"),
        catalogue.symlink("away", "/etc"), catalogue.symlink("up", "../..")])
    reference = registry.push("test/volume:1", catalogue.image(content))
    pull(reference)
    return reference


def with_volume(pod, busybox, reference, **fields):
    """A container with the image at /volume."""
    mount = {"container_path": "/volume", "readonly": True, "image": {"image": reference}}
    return pod.create("sleep 1000", image=busybox, mounts=[{**mount, **fields}])


def test_its_files_are_there_and_cannot_be_written(pods, client, busybox, volume):
    container = with_volume(pods.run(), busybox, volume).start()
    assert container.output("cat", "/volume/data/inner/words") == "from the image"
    assert container.exec("touch", "/volume/new").exit_code != 0
    # Its programs run, as critest wants it, but bring no privileges; and nothing is a device.
    assert container.exec("/volume/bin/true").exit_code == 0
    options, = (line.split()[5].split(",") for line in
                container.output("cat", "/proc/self/mountinfo").splitlines()
                if line.split()[4] == "/volume")
    assert {"ro", "nosuid", "nodev"} <= set(options) and "noexec" not in options
    id = client.ImageStatus(image={"image": volume}).image.id
    assert [mount.image.image_ref for mount in container.status.mounts] == [id]


def test_a_part_of_it(pods, busybox, volume):
    container = with_volume(pods.run(), busybox, volume, image_sub_path="data/inner").start()
    assert container.output("ls", "/volume") == "words\n"


@pytest.mark.parametrize("path", ["none", "data/inner/words"])
def test_a_part_that_it_does_not_have(pods, busybox, volume, path):
    with refused(StatusCode.INVALID_ARGUMENT, "ImageVolumeMountFailed"):
        with_volume(pods.run(), busybox, volume, image_sub_path=path)


@pytest.mark.parametrize("path", ["../..", "../../etc", "data/../..", "up"])
def test_a_part_that_leads_out_is_refused(pods, busybox, volume, path):
    with refused(StatusCode.INVALID_ARGUMENT, "ImageVolumeMountFailed"):
        with_volume(pods.run(), busybox, volume, image_sub_path=path)


def test_an_absolute_link_leads_back_in(pods, busybox, volume):
    """To the image's own /etc, never to the node's."""
    container = with_volume(pods.run(), busybox, volume, image_sub_path="away").start()
    assert container.output("cat", "/volume/passwd") == catalogue.PASSWD


def test_it_must_be_read_only_and_here(pods, busybox, volume):
    pod = pods.run()
    with refused(StatusCode.INVALID_ARGUMENT, "read-only"):
        with_volume(pod, busybox, volume, readonly=False)
    with refused(StatusCode.NOT_FOUND):
        with_volume(pod, busybox, "127.0.0.1:5000/test/never:1")


def test_it_stays_while_it_is_used(pods, client, busybox, volume):
    container = with_volume(pods.run(), busybox, volume).start()
    client.RemoveImage(image={"image": volume})
    assert container.output("cat", "/volume/data/inner/words") == "from the image"
