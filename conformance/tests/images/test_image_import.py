"""`gantry image import`: images out of files."""

import json
import subprocess
from pathlib import Path

import pytest

from harness.command import gantry
from harness.images import archives, catalogue, formats
from harness.images.archives import CONTAINERD_NAME, NAME
from harness.images.tarball import file, layer, sha256

pytestmark = [pytest.mark.gantry, pytest.mark.layers]

REFERENCE = "example.com/team/app:1"


@pytest.fixture
def load(node, client, nothing_left, tmp_path):
    """Imports files or a tar; the names and IDs that the command prints. The images are removed after."""
    loaded = []

    def load(files, *arguments, form="tar"):
        path = tmp_path / f"archive-{len(loaded)}"
        if isinstance(files, bytes):
            path.write_bytes(files)
        else:
            archives.write(path, files, form)
        lines = gantry(node.runtime, "image", "import", str(path), *arguments).splitlines()
        loaded.extend(line.split()[1] for line in lines)
        return dict(line.split() for line in lines)

    yield load
    for id in loaded:
        client.RemoveImage(image={"image": id})
    assert not list(Path("/var/lib/gantry/staging").iterdir())


@pytest.fixture
def refuse(node, client, nothing_left, tmp_path):
    """Imports what must not be let in; what the command says. Nothing is there afterwards."""
    def refuse(content, *arguments):
        path = tmp_path / "refused"
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            archives.write(path, content)
        before = set(Path("/var/lib/gantry/layers").iterdir())
        done = subprocess.run([node.runtime.command[0], "image", "import", str(path), *arguments],
                              text=True, capture_output=True, check=False)
        assert done.returncode != 0, done.stdout
        assert str(path) in done.stderr
        assert not client.ImageStatus(image={"image": REFERENCE}).HasField("image")
        assert set(Path("/var/lib/gantry/layers").iterdir()) == before
        assert not list(Path("/var/lib/gantry/staging").iterdir())
        return done.stderr
    return refuse


def named(client, reference):
    """The image of that name."""
    return client.ImageStatus(image={"image": reference}).image


@pytest.mark.parametrize("form", archives.FORMS)
def test_a_layout(load, client, form):
    image = catalogue.marked("layout")
    assert load(archives.layout((image, {NAME: REFERENCE})), form=form) == {REFERENCE: image.id}
    status = named(client, REFERENCE)
    assert status.id == image.id
    assert list(status.repo_tags) == [REFERENCE]
    assert list(status.repo_digests) == [f"example.com/team/app@{image.manifest.digest}"]
    assert status.size > 0


@pytest.mark.parametrize("form", archives.FORMS)
def test_a_docker_archive(load, client, form):
    image = catalogue.marked("saved")
    files = archives.docker(image, "busybox:saved", REFERENCE)
    assert load(files, form=form) == {
        "docker.io/library/busybox:saved": image.id, REFERENCE: image.id}
    assert sorted(named(client, "busybox:saved").repo_tags) == [
        "docker.io/library/busybox:saved", REFERENCE]
    assert not named(client, REFERENCE).repo_digests


def test_what_is_imported_runs_and_survives(load, client, node, pods):
    image = catalogue.marked("runs")
    load(archives.docker(image, REFERENCE))
    container = pods.run().run("sleep 1000", image=REFERENCE)
    assert container.output("cat", "/runs") == "runs"
    node.restart()
    assert container.output("cat", "/runs") == "runs"
    container.stop()
    container.remove()
    assert any(line.startswith(f"{REFERENCE} ")
               for line in gantry(node.runtime, "image", "list").splitlines())
    again = pods.run().run("cat /runs", image=REFERENCE)
    assert again.logged("runs")
    again.exited()
    again.remove()
    assert gantry(node.runtime, "image", "rm", REFERENCE) == f"{image.id}\n"


def test_a_layer_is_shared_with_a_pull(load, registry, pull):
    image = catalogue.marked("shared")
    pull(registry.push("test/shared:1", image))
    before = set(Path("/var/lib/gantry/layers").iterdir())
    load(archives.docker(image, REFERENCE))
    assert set(Path("/var/lib/gantry/layers").iterdir()) == before


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_layers_as_they_are_compressed(load, client, pods, compression):
    image = catalogue.layered(compression)
    load(archives.layout((image, {NAME: REFERENCE})))
    container = pods.run().run("cat /data/hidden/new", image=REFERENCE)
    assert container.logged("new")


def test_a_docker_archive_without_layers(load, client):
    """Go writes null for an empty list."""
    empty = formats.Image([], {})
    files = archives.docker(empty, REFERENCE)
    manifest = json.loads(files["manifest.json"])
    files["manifest.json"] = json.dumps([{**manifest[0], "Layers": None}]).encode()
    assert load(files) == {REFERENCE: empty.id}
    assert named(client, REFERENCE).id == empty.id


def test_compressed_layers_in_a_docker_archive(load, client):
    image = catalogue.marked("crane")
    load(archives.docker(image, REFERENCE, compressed=True))
    assert named(client, REFERENCE).id == image.id


def test_a_layer_that_is_a_link(load, client):
    """Older docker links layers that several images share."""
    image = catalogue.marked("linked")
    files = archives.docker(image, REFERENCE)
    first = json.loads(files["manifest.json"])[0]["Layers"][0]
    content = files.pop(first)
    tar = archives.tar({**files, "shared/layer.tar": content}, {first: "../shared/layer.tar"})
    assert load(tar) == {REFERENCE: image.id}


def test_names_that_are_given(load, client):
    image = catalogue.marked("given")
    given = "example.com/other:2"
    assert load(archives.layout((image, {NAME: REFERENCE})), "--name", given) == {given: image.id}
    assert load(archives.docker(image), "--name", "given") == {
        "docker.io/library/given:latest": image.id}
    assert load(archives.layout((image, {})), "--name", given) == {given: image.id}
    assert load(archives.layout((image, {NAME: "v1"})), "--name", given) == {given: image.id}


def test_a_tag_alone_wants_a_repository(load, refuse):
    first, second = catalogue.marked("v1"), catalogue.marked("v2")
    files = archives.layout((first, {NAME: "v1"}), (second, {NAME: "v2"}))
    assert load(files, "--name", "example.com/app") == {
        "example.com/app:v1": first.id, "example.com/app:v2": second.id}
    assert "no name but the tag v1: one must be given" in refuse(files)
    assert "several images" in refuse(files, "--name", "example.com/app:3")


def test_containerds_name_counts_first(load):
    image = catalogue.marked("containerd")
    files = archives.layout((image, {NAME: "1", CONTAINERD_NAME: REFERENCE}),
                            (image, {NAME: "2", CONTAINERD_NAME: "example.com/team/app:2"}))
    assert load(files) == {REFERENCE: image.id, "example.com/team/app:2": image.id}


def test_the_platform_is_chosen(load, client, refuse):
    here = catalogue.marked("here")
    there = formats.Image(here.layers[1:], {}, "oci", "s390x")
    index = formats.index(there, here)
    blobs = tuple(blob for image in (here, there) for blob in (image.manifest.body, *image.blobs))
    assert load(archives.layout((index, {NAME: REFERENCE}), blobs=blobs)) == {REFERENCE: here.id}
    assert named(client, REFERENCE).repo_digests[0].endswith(index.digest)
    client.RemoveImage(image={"image": REFERENCE})
    only = formats.index(there)
    assert "linux/s390x" in refuse(archives.layout((only, {NAME: REFERENCE}), blobs=blobs))


def test_an_equal_import_changes_nothing(load, client):
    image = catalogue.marked("twice")
    files = archives.layout((image, {NAME: REFERENCE}))
    assert load(files) == load(files)
    assert list(named(client, REFERENCE).repo_tags) == [REFERENCE]


def test_what_is_no_archive(refuse):
    assert "neither an OCI layout" in refuse({"other": b"{}"})
    assert "is no tar" in refuse(b"not an archive at all" * 100)
    assert "bad gzip stream" in refuse(b"\x1f\x8b\x08" + b"x" * 1000)
    assert "schema 1" in refuse({"repositories": b"{}", "abc/layer.tar": b""})
    files = archives.layout((catalogue.marked("v"), {NAME: REFERENCE}))
    assert "oci-layout" in refuse({k: v for k, v in files.items() if k != "oci-layout"})
    assert "version 2.0" in refuse({**files, "oci-layout": b'{"imageLayoutVersion": "2.0"}'})
    assert "cannot be read" in refuse({**files, "index.json": b"{"})
    assert "index.json is empty" in refuse({**files, "index.json": b'{"manifests": []}'})


def test_what_is_missing_or_other_than_promised(refuse):
    # Layers that are on the node already are not asked for.
    layers = [layer([file(name, name)]) for name in ("never", "here")]
    image = formats.Image(layers, {}, "oci", catalogue.ARCHITECTURE)
    files = archives.layout((image, {NAME: REFERENCE}))
    for blob in (image.manifest.body, *image.blobs):
        name = archives.blob_name(blob)
        assert "does not have sha256:" in refuse({k: v for k, v in files.items() if k != name})
        other = bytes([blob[0] ^ 1]) + blob[1:]
        assert sha256(blob) in refuse({**files, name: other})
        assert refuse({**files, name: blob + b" "})


def test_what_is_wrong_with_a_docker_archive(refuse):
    image = catalogue.marked("broken")
    files = archives.docker(image, REFERENCE)
    item = json.loads(files["manifest.json"])[0]

    def changed(**fields):
        return {**files, "manifest.json": json.dumps([{**item, **fields}]).encode()}

    first = item["Layers"][0]
    assert "which is not there" in refuse({k: v for k, v in files.items() if k != first})
    assert "which is not there" in refuse(changed(Config="etc/passwd"))
    assert "leads out of the archive" in refuse(changed(Config="../../etc/passwd"))
    assert "leads out of the archive" in refuse(changed(Layers=["/etc/passwd", first]))
    assert "manifest.json has 1 layers" in refuse(changed(Layers=[first]))
    assert "has the digest" in refuse({**files, item["Config"]: image.config_blob + b" "})
    assert image.layers[1].diff_id in refuse(changed(Layers=[first, first]))
    assert "image reference" in refuse(changed(RepoTags=["a/UPPER:1"]))
    assert "no name" in refuse(changed(RepoTags=None))
    assert "cannot be read" in refuse({**files, "manifest.json": b'{"a": 1}'})


def test_a_truncated_tar(refuse):
    files = archives.layout((catalogue.marked("cut"), {NAME: REFERENCE}))
    whole = archives.tar(files)
    assert "is truncated: it ends within blobs/sha256/" in refuse(whole[:len(whole) // 2])


@pytest.mark.parametrize("name", ["../out", "/etc/out", "a/../../out"])
def test_names_that_lead_out(refuse, name):
    files = archives.layout((catalogue.marked("out"), {NAME: REFERENCE}))
    assert "leads out of the archive" in refuse({**files, name: b"x"})


def test_a_layout_whose_files_lead_out(refuse, node, tmp_path):
    """A symbolic link in a directory is followed within it alone."""
    (tmp_path / "secret").write_bytes(b'{"manifests": []}')
    files = archives.layout((catalogue.marked("out"), {NAME: REFERENCE}))
    layout = archives.write(tmp_path / "layout", files, "directory")
    (layout / "index.json").unlink()
    (layout / "index.json").symlink_to(tmp_path / "secret")
    done = subprocess.run([node.runtime.command[0], "image", "import", str(layout)], text=True,
                          capture_output=True, check=False)
    assert "neither an OCI layout" in done.stderr


def test_no_such_file_and_a_bad_name(node, refuse):
    done = subprocess.run([node.runtime.command[0], "image", "import", "/none/such"], text=True,
                          capture_output=True, check=False)
    assert done.returncode != 0 and "/none/such: No such file" in done.stderr
    files = archives.layout((catalogue.marked("name"), {NAME: REFERENCE}))
    assert "not a repository" in refuse(files, "--name", "bad//name")
    assert "has no digest" in refuse(files, "--name", f"a@sha256:{'0' * 64}")
