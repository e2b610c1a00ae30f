"""`gantry image export` and `push`: what the node has, for others."""

import hashlib
import json
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from harness.command import gantry
from harness.images import archives, catalogue, registry as registries, trees
from harness.images.formats import Artifact, File
from harness.images.tarball import directory, file, hard_link, layer, sha256, symlink
from harness.nodes import kinds

pytestmark = [pytest.mark.gantry, pytest.mark.layers]

#: Layers that are kept as tars keep their digests; unpacked ones do not.
KEEPS = "trees" not in kinds.facts()


def rich():
    """Whiteouts, opaque directories, links, attributes, long names, times and large numbers."""
    long = "deep/" + "/".join(["directory with a long name"] * 6)
    return catalogue.image(
        layer([directory("data"), file("data/removed", "x"), directory("data/hidden"), file("data/hidden/old", "x"),
               file("data/one", "one"), hard_link("data/two", "data/one"), symlink("data/link", "/data/one"),
               file("data/attributed", "x", xattrs={"user.origin": "the registry"}),
               file("data/setuid", "x", mode=0o4755, uid=33, gid=33),
               file("data/large", "x", uid=4_000_000_000, gid=3_000_000_000),
               file("data/é \n", "odd"), directory(long), file(long + "/" + "f" * 120, "long"),
               symlink("data/" + "l" * 90, "t" * 150)]),
        layer([file("data/.wh.removed"), directory("data/hidden"), file("data/hidden/.wh..wh..opq"),
               file("data/hidden/new", "new")]),
        User="33", Cmd=["sh", "-c", "echo exported"])


def exported(path):
    """Names and contents of the tar."""
    with tarfile.open(path) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}


#: The first bytes of gzip and of zstd, and how the layers' type ends.
COMPRESSED = {"gzip": (b"\x1f\x8b", "+gzip"), "zstd": (b"\x28\xb5\x2f\xfd", "+zstd")}


def checked(files, compression=None):
    """Each blob is what its name says; the manifest and the configuration."""
    for name, content in files.items():
        if name.startswith("blobs/sha256/"):
            assert hashlib.sha256(content).hexdigest() == name.rpartition("/")[2]
    index = json.loads(files["index.json"])
    digest = index["manifests"][0]["digest"]
    manifest = json.loads(files["blobs/" + digest.replace(":", "/")])
    config = json.loads(files["blobs/" + manifest["config"]["digest"].replace(":", "/")])
    start, suffix = COMPRESSED.get(compression, (b"", ""))
    for blob in manifest["layers"]:
        assert blob["mediaType"] == "application/vnd.oci.image.layer.v1.tar" + suffix
        assert files["blobs/" + blob["digest"].replace(":", "/")].startswith(start)
    assert (config["rootfs"]["diff_ids"] == [layer["digest"] for layer in manifest["layers"]]) == (not compression)
    for blob in [manifest["config"], *manifest["layers"]]:
        assert len(files["blobs/" + blob["digest"].replace(":", "/")]) == blob["size"]
    return index, manifest, config


def fails(node, *arguments):
    """What a command that fails says."""
    done = subprocess.run([node.runtime.command[0], "image", *arguments], text=True, check=False, capture_output=True)
    assert done.returncode != 0, done.stdout
    return done.stderr


@pytest.fixture
def place(tmp_path, node):
    """A directory to mount on."""
    directory = tmp_path / "place"
    directory.mkdir()
    yield directory
    subprocess.run(["umount", "--quiet", directory], check=False)


@pytest.fixture
def looked_at(node, place):
    """All that is in an image."""
    def look(image):
        gantry(node.runtime, "image", "mount", image, str(place))
        try:
            return trees.entries(place), trees.times(place), trees.hard_links(place)
        finally:
            gantry(node.runtime, "image", "unmount", str(place))
    return look


def test_export_and_import(node, client, pull, registry, tmp_path, looked_at):
    reference = registry.push("test/exported:1", rich())
    image = pull(reference)
    before = looked_at(image)
    target = tmp_path / "image.tar"
    done = subprocess.run([node.runtime.command[0], "image", "export", reference, target.name], cwd=tmp_path, text=True,
                          check=True, capture_output=True)
    id = done.stdout.strip()
    assert (id == image) == KEEPS and ("packed anew" in done.stderr) == (not KEEPS)
    assert target.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir() if "partial" in path.name] == []
    index, manifest, config = checked(exported(target))
    assert sha256(exported(target)["blobs/" + id.replace(":", "/")]) == id
    assert index["manifests"][0]["annotations"] == {
        archives.CONTAINERD_NAME: reference, archives.NAME: "1"}
    assert config["config"]["User"] == "33"
    if KEEPS:
        assert [each["digest"] for each in manifest["layers"]] == [each.diff_id for each in rich().layers]
    client.RemoveImage(image={"image": reference})
    assert gantry(node.runtime, "image", "import", str(target)).split() == [reference, id]
    assert looked_at(id) == before


def test_it_runs_again(pods, node, client, pull, registry, tmp_path):
    reference = registry.push("test/exported:2", rich())
    pull(reference)
    gantry(node.runtime, "image", "export", reference, str(tmp_path / "a.tar"))
    # The same image gives the same file.
    gantry(node.runtime, "image", "export", reference, str(tmp_path / "b.tar"))
    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()
    client.RemoveImage(image={"image": reference})
    gantry(node.runtime, "image", "import", str(tmp_path / "a.tar"))
    container = pods.run().run("cat /data/one; echo; sleep 1000", image=reference,
                               linux={"security_context": {"run_as_user": {"value": 0}}})
    assert "one" in container.logged("one")


@pytest.mark.parametrize("compression", COMPRESSED)
def test_compressed_layers(node, client, pull, registry, tmp_path, looked_at, compression):
    reference = registry.push("test/exported:3", rich())
    image = pull(reference)
    before = looked_at(image)
    plain, target, again = (tmp_path / name for name in ("plain.tar", "a.tar", "b.tar"))
    id = gantry(node.runtime, "image", "export", reference, str(plain)).strip()
    # Compression changes no ID, and the same image gives the same file.
    for path in (target, again):
        assert gantry(node.runtime, "image", "export", "--compression", compression, reference, str(path)).strip() == id
    assert target.read_bytes() == again.read_bytes() and target.stat().st_size < plain.stat().st_size
    checked(exported(target), compression)
    client.RemoveImage(image={"image": reference})
    assert gantry(node.runtime, "image", "import", str(target)).split() == [reference, id]
    assert looked_at(id) == before


@pytest.mark.parametrize("compression", ["none", *COMPRESSED])
@pytest.mark.parametrize("form", ["oci-archive", "docker-archive"])
def test_skopeo_reads_it(node, pull, registry, tmp_path, form, compression):
    if not shutil.which("skopeo"):
        pytest.skip("skopeo is not installed: nobody else has read the file")
    reference = registry.push("test/exported:1", rich())
    pull(reference)
    target = tmp_path / "image.tar"
    gantry(node.runtime, "image", "export", "--compression", compression, reference, str(target))
    out = tmp_path / "out"
    subprocess.run(["skopeo", "--insecure-policy", "copy", f"{form}:{target}", f"dir:{out}"], check=True)
    assert json.loads((out / "manifest.json").read_text())["layers"]


def test_what_cannot_be_exported(node, client, pull, registry, tmp_path, busybox):
    there = tmp_path / "there"
    there.write_text("mine")
    assert "there already" in fails(node, "export", busybox, str(there)) and there.read_text() == "mine"
    assert "is not here" in fails(node, "export", "nothing:1", str(tmp_path / "new"))
    assert "No such file" in fails(node, "export", busybox, str(tmp_path / "none/new"))
    artifact = registry.push("test/artifact:1", Artifact([File(b"a", title="a.txt")]))
    pull(artifact)
    assert "artifact" in fails(node, "export", artifact, str(tmp_path / "new"))
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def test_an_export_that_finds_no_space_leaves_nothing(node, pull, registry, tmp_path, busybox):
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small], check=True)
    try:
        assert "No space left" in fails(node, "export", busybox, str(small / "image.tar"))
        assert not list(small.iterdir())
    finally:
        subprocess.run(["umount", small], check=True)


@pytest.mark.parametrize("compression", ["", "--compression=none", "--compression=zstd"])
def test_push_and_pull(node, client, pull, registry, looked_at, compression):
    reference = registry.push("test/pushed:1", rich())
    image = pull(reference)
    before = looked_at(image)
    target = f"{registry.host}/elsewhere/copy:2"
    options = [compression] if compression else []
    done = subprocess.run([node.runtime.command[0], "image", "push", *options, reference, target], text=True, check=True,
                          capture_output=True)
    name, _, digest = done.stdout.strip().partition("@")
    assert name == target and ("packed anew" in done.stderr) == (not KEEPS)
    layers = json.loads(registry.content(f"elsewhere/copy/manifests/{digest}"))["layers"]
    start, suffix = COMPRESSED.get(compression.partition("=")[2] or "gzip", (b"", ""))
    assert all(each["mediaType"] == "application/vnd.oci.image.layer.v1.tar" + suffix for each in layers)
    assert all(registry.content(f"elsewhere/copy/blobs/{each['digest']}").startswith(start) for each in layers)
    client.RemoveImage(image={"image": reference})
    pulled = pull(target)
    assert (pulled == image) == KEEPS
    assert client.ImageStatus(image={"image": target}).image.repo_digests == [f"{registry.host}/elsewhere/copy@{digest}"]
    assert looked_at(pulled) == before
    # What is there already is not sent again.
    assert gantry(node.runtime, "image", "push", *options, target, target).strip() == done.stdout.strip()


@pytest.fixture
def auth():
    """Writes the node's auth.json."""
    file = Path("/etc/gantry/auth.json")

    def write(host, user, password):
        import base64
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps({"auths": {
            host: {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}}}))
    yield write
    file.unlink(missing_ok=True)


def test_push_with_a_login(node, client, nothing_left, tmp_path, busybox, auth):
    locked = registries.Registry(tmp_path, 5002, login=True)
    try:
        target = f"{locked.host}/team/copy:1"
        assert "401" in fails(node, "push", busybox, target)
        auth(locked.host, registries.USER, "wrong")
        assert "401" in fails(node, "push", busybox, target)
        auth(locked.host, registries.USER, registries.PASSWORD)
        assert gantry(node.runtime, "image", "push", busybox, target).startswith(f"{target}@sha256:")
    finally:
        locked.stop()
    assert "RegistryUnavailable" in fails(node, "push", busybox, target)


def test_a_destination_is_a_name_with_a_tag(node, busybox, registry):
    digest = "sha256:" + "0" * 64
    assert "pushed to a tag" in fails(node, "push", busybox, f"{registry.host}/x@{digest}")
    assert "reference" in fails(node, "push", busybox, f"{registry.host}/UPPER:1")
