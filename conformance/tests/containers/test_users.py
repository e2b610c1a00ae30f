"""Whom a container runs as: a number is an ID, whatever the image's files of accounts say."""

import itertools
import os
import tarfile

import pytest
from grpc import StatusCode

from harness import cri
from harness.client import refused
from harness.images import catalogue
from harness.images.tarball import Entry

pytestmark = pytest.mark.gantry

HOSTILE = {
    "etc/passwd": "1000:x:0:0::/root:/bin/sh\n4294967296:x:0:0::/root:/bin/sh\n"
                  "-1:x:0:0::/root:/bin/sh\nroot:x:0:0:root:/root:/bin/sh\n",
    "etc/group": "2000:x:0:\n-1:x:0:\n4294967296:x:0:\nroot:x:0:\n",
}
_tags = itertools.count(1)


@pytest.fixture
def image(registry, pull):
    """Makes an image with these files and this USER, and pulls it."""

    def make(files=None, entries=(), **config):
        content = [catalogue.file(path, text) for path, text in (files or {}).items()]
        reference = registry.push(f"test/users:{next(_tags)}", catalogue.image(
            catalogue.layer([*content, *entries]), **config))
        pull(reference)
        return reference

    return make


def ids(container):
    """User, group and all groups of the container's process."""
    lines = container.output("cat", "/proc/1/status").splitlines()
    fields = {name: value.split() for name, value in (line.split(":", 1) for line in lines)}
    return int(fields["Uid"][1]), int(fields["Gid"][1]), sorted(map(int, fields["Groups"]))


def run(pods, image, **security):
    """A container with this security context."""
    return pods.run().run("sleep 1000", image=image, linux={"security_context": {
        "namespace_options": {"pid": cri.CONTAINER}, **security}})


@pytest.mark.parametrize("user, uid, gid", [
    ("1000", 1000, 0), ("1000:2000", 1000, 2000), ("0001000", 1000, 0), (":33", 0, 33)])
def test_a_number_in_the_image(pods, client, image, user, uid, gid):
    reference = image(HOSTILE, User=user)
    container = run(pods, reference)
    assert ids(container)[:2] == (uid, gid)
    told = client.ImageStatus(image={"image": reference}).image
    assert told.uid.value == uid
    assert container.output("id", "-u").strip() == str(uid)
    linux = container.status.user.linux
    assert (linux.uid, linux.gid) == (uid, gid)


@pytest.mark.parametrize("security, uid", [
    ({"run_as_user": {"value": 1000}}, 1000), ({"run_as_username": "1000"}, 1000),
    ({"run_as_username": "01000"}, 1000), ({"run_as_username": "1000:2000"}, 1000)])
def test_a_number_in_the_request(pods, image, security, uid):
    assert ids(run(pods, image(HOSTILE), **security))[0] == uid


@pytest.mark.parametrize("number", ["4294967296", "-1", "4294967295", "1" * 30])
def test_a_number_that_is_no_id(pods, client, image, number):
    reference = image(HOSTILE, User=number)
    told = client.ImageStatus(image={"image": reference}).image
    assert not told.HasField("uid") and told.username == number
    with refused(StatusCode.INVALID_ARGUMENT, f"{number} is not a user or group ID"):
        run(pods, reference)
    for security in ({"run_as_username": number}, {"run_as_username": f"1:{number}"}):
        with refused(StatusCode.INVALID_ARGUMENT, f"{number} is not a user or group ID"):
            run(pods, reference, **security)


def test_files_from_windows(pods, image):
    """CR LF, blank lines, comments, and entries that are none."""
    reference = image({
        "etc/passwd": "\r\n# accounts\r\napp:x:0:0:five\r\nroot:x:0:0:root:/root:/bin/sh\r\n"
                      "app:x:1234:5678::/home/app:/bin/sh\r\n",
        "etc/group": "\r\nvideo:x:44:app\r\napp:x:5678:\r\n"}, User="app")
    container = run(pods, reference)
    assert ids(container) == (1234, 5678, [44, 5678])
    assert "HOME=/home/app\0" in container.output("cat", "/proc/1/environ")


def device(path, numbers):
    """A character device of a layer."""

    class Device(Entry):
        def info(self):
            info = super().info()
            info.devmajor, info.devminor = numbers
            return info

    return Device(path, type=tarfile.CHRTYPE, mode=0o666)


@pytest.mark.parametrize("name", ["etc/passwd", "etc/group"])
@pytest.mark.parametrize("entry", [
    lambda path: device(path, (1, 5)), lambda path: Entry(path, type=tarfile.FIFOTYPE),
    lambda path: catalogue.directory(path),
    lambda path: catalogue.symlink(path, "/proc/self/environ"),
], ids=["device", "fifo", "directory", "link"])
def test_no_regular_file(pods, image, name, entry):
    """A device is not even opened, and nothing waits for a FIFO's writer."""
    reference = image(entries=[catalogue.whiteout(name), entry(name)], User="www-data:www-data")
    with refused(None):
        run(pods, reference)


def test_a_device_is_never_opened(pods, image, node_device):
    """A terminal notices who opens it: with no reader of its other end left, that is an error."""
    numbers, opens = node_device
    reference = image(entries=[device("etc/passwd", numbers)], User="www-data")
    with refused(StatusCode.FAILED_PRECONDITION, "/etc/passwd"):
        run(pods, reference)
    assert opens() == 0


@pytest.fixture
def node_device():
    """The numbers of a pseudo-terminal, and how often it was opened: its end tells by an error at a
    read, which goes away with the first who opens it."""
    master, slave = os.openpty()
    number = os.fstat(slave).st_rdev
    os.close(slave)
    os.set_blocking(master, False)

    def opens():
        try:
            os.read(master, 1)
        except BlockingIOError:
            return 1
        except OSError:
            return 0
        return 1

    yield (os.major(number), os.minor(number)), opens
    os.close(master)
