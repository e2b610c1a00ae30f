"""OCI artifacts: files of any type, pulled as images are and mounted as volumes."""

import json
from pathlib import Path

import pytest
from grpc import StatusCode

from harness.client import refused
from harness.command import gantry
from harness.images import archives
from harness.images.fake_registry import FakeRegistry
from harness.images.formats import Artifact, Document, File
from harness.images.tarball import directory, file, layer, sha256

from conftest import SPARE_PORTS

pytestmark = [pytest.mark.gantry, pytest.mark.layers]

TAR = "application/vnd.oci.image.layer.v1.tar+gzip"
UNPACK = {"io.deis.oras.content.unpack": "true"}


@pytest.fixture
def mounted(registry, pods, pull, busybox):
    """Pulls an artifact and mounts it at /volume of a running container."""
    def mounted(artifact, **fields):
        reference = registry.push("test/artifact:1", artifact)
        pull(reference)
        mount = {"container_path": "/volume", "readonly": True, "image": {"image": reference}}
        return pods.run().run("sleep 1000", image=busybox, mounts=[{**mount, **fields}])
    return mounted


def test_its_files_have_their_titles(mounted):
    container = mounted(Artifact([
        File(b"first", "one.txt"), File(b"second", "models/deep/two.bin"),
        File(b"a name of its own"),
        File(b"text that is called a tar", "note.txt", "application/vnd.oci.image.layer.v1.tar")]))
    files = container.output("sh", "-c", "cd /volume && find . -type f | sort").split()
    hex = sha256(b"a name of its own").removeprefix("sha256:")
    assert files == sorted(["./one.txt", "./models/deep/two.bin", f"./{hex}", "./note.txt"])
    assert container.output("cat", "/volume/one.txt") == "first"
    assert container.output("cat", "/volume/models/deep/two.bin") == "second"
    assert container.output("cat", f"/volume/{hex}") == "a name of its own"
    assert container.output("stat", "-c", "%a %u", "/volume/one.txt", "/volume/models") == (
        "644 0\n755 0\n")
    assert container.exec("touch", "/volume/new").exit_code != 0


def test_tars_are_unpacked(mounted):
    plain = layer([directory("plain"), file("plain/file", "of the tar")])
    marked = layer([directory("marked"), file("marked/file", "of the directory")])
    container = mounted(Artifact([
        File(plain.blob, media_type=TAR), File(marked.blob, "marked", TAR, UNPACK),
        File(b"beside", "plain/beside")]))
    assert container.output("cat", "/volume/plain/file") == "of the tar"
    assert container.output("cat", "/volume/plain/beside") == "beside"
    assert container.output("cat", "/volume/marked/file") == "of the directory"


def test_a_part_of_it(mounted):
    container = mounted(Artifact([File(b"x", "a/b/c"), File(b"y", "d")]), image_sub_path="a/b")
    assert container.output("ls", "/volume") == "c\n"


def test_it_is_listed_as_an_image(client, registry, pull, node):
    artifact = Artifact([File(b"words", "words")])
    reference = registry.push("test/artifact:1", artifact)
    assert pull(reference) == artifact.id
    status = client.ImageStatus(image={"image": reference}, verbose=True)
    assert status.image.id == artifact.id
    assert list(status.image.repo_tags) == [reference]
    assert status.image.repo_digests[0].endswith(artifact.manifest.digest)
    assert json.loads(status.info["info"])["imageSpec"]["artifactType"] == artifact.type
    assert artifact.id in [image.id for image in client.ListImages().images]
    node.restart()
    assert client.ImageStatus(image={"image": artifact.id}).image == status.image
    assert gantry(node.runtime, "image", "rm", reference) == f"{artifact.id}\n"


def test_artifacts_with_the_same_empty_config(client, registry, pull):
    artifacts = [Artifact([File(name.encode(), "name")]) for name in ("one", "two")]
    ids = [pull(registry.push(f"test/artifact:{number}", artifact))
           for number, artifact in enumerate(artifacts)]
    assert ids == [artifact.id for artifact in artifacts]


def test_one_without_files(mounted):
    empty = "application/vnd.oci.empty.v1+json"
    assert mounted(Artifact([File(b"{}", media_type=empty)])).output("ls", "/volume") == ""


def test_one_that_its_config_names(mounted):
    """Helm's and others have a type of their own in place of artifactType."""
    config = Document("application/vnd.cncf.helm.config.v1+json", b'{"name": "chart"}')
    container = mounted(Artifact([File(b"chart", "chart.tgz")], "", config))
    assert container.output("cat", "/volume/chart.tgz") == "chart"


def test_it_does_not_run(node, client, registry, pull, pods):
    reference = registry.push("test/artifact:1", Artifact([File(b"x", "x")]))
    pull(reference)
    pod = pods.run()
    for _ in range(2):
        with refused(StatusCode.INVALID_ARGUMENT, "is an artifact (application/x-artifact)"):
            pod.create("true", image=reference)
        # As it is read from the database, too.
        node.restart()


@pytest.mark.parametrize("title", ["../out", "/etc/out", "a/../../out", "a//b", "", ".", "x/"])
def test_titles_that_lead_out(client, nothing_left, title):
    fake = FakeRegistry(SPARE_PORTS[0])
    reference = fake.serve("test/artifact:1", Artifact([File(b"x", title)]))
    with refused(StatusCode.INVALID_ARGUMENT, "is no file's name"):
        client.PullImage(image={"image": reference})
    fake.stop()


def test_two_files_of_one_title(client, registry):
    reference = registry.push("test/artifact:1", Artifact([File(b"x", "x"), File(b"y", "x")]))
    with refused(StatusCode.INVALID_ARGUMENT, 'two layers have the title "x"'):
        client.PullImage(image={"image": reference})


def test_a_file_with_another_content(client, nothing_left):
    fake = FakeRegistry(SPARE_PORTS[0])
    artifact = Artifact([File(b"good", "file")])
    reference = fake.serve("test/artifact:1", artifact)
    path = f"/v2/test/artifact/blobs/{sha256(b'good')}"
    for body, words in ((b"evil", "was asked for"), (b"goo", "ended after 3 of 4"),
                        (b"goods", "longer than the 4 bytes")):
        fake.answers[path].body = body
        with refused(StatusCode.DATA_LOSS, words):
            client.PullImage(image={"image": reference})
        assert not list(Path("/var/lib/gantry/staging").iterdir())
    fake.stop()


def test_one_out_of_an_archive(client, node, nothing_left, tmp_path):
    artifact = Artifact([File(b"from the archive", "file")])
    files = archives.layout((artifact, {archives.NAME: "example.com/artifact:1"}))
    path = archives.write(tmp_path / "archive", files)
    assert gantry(node.runtime, "image", "import", str(path)).split()[1] == artifact.id
    client.RemoveImage(image={"image": artifact.id})
