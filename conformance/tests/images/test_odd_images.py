"""Images as they are served: many layers, odd types and tars, what a registry does to whoever pulls."""

import io
import json
import tarfile

import pytest
from grpc import StatusCode

from harness import cri
from harness.client import refused
from harness.images import catalogue
from harness.images.fake_registry import Answer, FakeRegistry, blob_path
from harness.images.formats import Document, Image
from harness.images.tarball import Layer, file, hard_link, layer, sha256

from conftest import SPARE_PORTS

pytestmark = [pytest.mark.gantry, pytest.mark.layers]
DOCKER = "application/vnd.docker.distribution.manifest.v2+json"


@pytest.fixture
def fake():
    """A registry that can be told to misbehave."""
    registry = FakeRegistry(SPARE_PORTS[0])
    yield registry
    registry.stop()


def of_layers(count):
    """An image of so many layers with a file in each; the lowest has the programs."""
    more = [layer([file(f"many/{number}", str(number))], "none") for number in range(count - 1)]
    return catalogue.image(*more)


@pytest.mark.parametrize("count", [100, 500])
def test_up_to_500_layers_mount_in_every_form(registry, pull, pods, busybox, count):
    image = of_layers(count)
    assert len(image.layers) == count
    reference = registry.push(f"test/layers:{count}", image)
    pull(reference)
    last = f"/many/{count - 2}"
    plain = pods.run().run("sleep 1000", image=reference)
    assert plain.output("cat", last, "/many/0") == f"{count - 2}0"
    assert plain.output("sh", "-c", "echo x > /written && cat /written") == "x\n"
    mapping = {"host_id": 1 << 20, "container_id": 0, "length": 65536}
    linux = {"security_context": {"namespace_options": {"pid": cri.CONTAINER, "userns_options": {
        "mode": cri.POD, "uids": [mapping], "gids": [mapping]}}}}
    mapped = pods.run(linux=linux).run("sleep 1000", image=reference, linux=linux)
    assert mapped.output("cat", last) == str(count - 2)
    mount = {"container_path": "/volume", "readonly": True, "image": {"image": reference}}
    volume = pods.run().run("sleep 1000", image=busybox, mounts=[mount])
    assert volume.output("cat", f"/volume{last}") == str(count - 2)


def test_indexes_within_indexes_are_few_documents(fake, client):
    """Each names the next sixteen times, and none says for which platform."""
    media_type = "application/vnd.oci.image.index.v1+json"
    foreign = Image([catalogue.base()], {}, architecture="s390x")
    fake.serve("test/image:foreign", foreign)
    inner = foreign.manifest
    for _ in range(3):
        inner = Document(media_type, json.dumps({
            "schemaVersion": 2, "mediaType": media_type,
            "manifests": [inner.descriptor()] * 16}).encode())
        reference = fake.serve("test/image:latest", inner)
    with refused(StatusCode.RESOURCE_EXHAUSTED, "the index leads to more than 64 documents"):
        client.PullImage(image={"image": reference})
    assert sum("/manifests/" in path for _, path, _ in fake.requests) <= 66


def test_more_layers_are_refused_at_the_pull(fake, client):
    reference = fake.serve("test/image:1", of_layers(501))
    with refused(StatusCode.UNIMPLEMENTED, "501 layers, 500 are the most"):
        client.PullImage(image={"image": reference})


def test_a_link_with_a_size_loses_no_file(fake, pull, pods):
    """Its size is its target's, and no content follows (Go's archive/tar reads it so)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(file("one", "content", xattrs={"user.a": "b"}).info(), io.BytesIO(b"content"))
        link = hard_link("two", "one").info()
        link.size, link.pax_headers = 700, {"comment": "before it"}
        archive.addfile(link)
        archive.addfile(file("three", "here").info(), io.BytesIO(b"here"))
        archive.addfile(hard_link("below", "bin/busybox").info())
    tar = buffer.getvalue()
    odd = Layer(tar, sha256(tar), "none")
    reference = fake.serve("test/image:1", catalogue.image(odd))
    pull(reference)
    container = pods.run().run("sleep 1000", image=reference)
    assert container.output("cat", "/two", "/three") == "contenthere"
    container.output("cmp", "/below", "/bin/busybox")


def test_a_negative_size_costs_one_pull(fake, client):
    info = file("sparse", "content").info()
    info.pax_headers = {"SCHILY.realsize": "-7"}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(info, io.BytesIO(b"content"))
    tar = buffer.getvalue()
    reference = fake.serve("test/image:1", catalogue.image(Layer(tar, sha256(tar), "none")))
    with refused(StatusCode.DATA_LOSS, "SCHILY.realsize is negative"):
        client.PullImage(image={"image": reference})
    client.Version()


def served(fake, image, change):
    """Serves an image whose manifest is another one."""
    manifest = json.loads(image.manifest.body)
    change(manifest)
    reference = fake.serve("test/image:1", image)
    body = json.dumps(manifest).encode()
    fake.answers["/v2/test/image/manifests/1"] = Answer(body, manifest["mediaType"])
    return reference


@pytest.mark.parametrize("size", [2**64 - 1, -1, 1.5])
def test_a_layer_of_an_impossible_size(fake, client, size):
    def change(manifest):
        for one in manifest["layers"]:
            one["size"] = size
    reference = served(fake, of_layers(2), change)
    with refused(None, "test/image"):
        client.PullImage(image={"image": reference})
    client.Version()


@pytest.mark.parametrize("type", ["application/octet-stream", "text/html", "application/json", None])
def test_dockers_configuration_of_another_type(fake, pull, pods, type):
    def change(manifest):
        manifest["mediaType"] = DOCKER
        manifest["config"]["mediaType"] = type
        if type is None:
            del manifest["config"]["mediaType"]
    reference = served(fake, catalogue.marked("typed"), change)
    pull(reference)
    pods.run().run("sleep 1000", image=reference)


@pytest.mark.parametrize("status", [416, 400, 403])
def test_a_layer_begins_anew_where_its_rest_is_refused(fake, pull, status):
    image = catalogue.marked("resumed")
    reference = fake.serve("test/image:1", image)
    blob = image.blobs[-1]
    path = blob_path("test/image", sha256(blob))
    answers = [Answer(blob[:len(blob) // 2], length=len(blob)), Answer(b"", status=status), Answer(blob)]
    fake.answers[path] = lambda: answers.pop(0)
    pull(reference)
    assert not answers


def test_what_is_no_variable_is_left_out(registry, pull, pods):
    """Some runtimes make no container with it."""
    reference = registry.push("test/variables:1", catalogue.image(
        Env=["=x", "", "=", "NUL=a\0b", "GOOD=1", "ALONE", catalogue.PATH]))
    pull(reference)
    words = pods.run().run("sleep 1000", image=reference).output("cat", "/proc/1/environ").split("\0")
    assert {"GOOD=1", "ALONE=", catalogue.PATH} <= set(words)
    assert [word for word in words if word.startswith(("=", "NUL"))] == []
