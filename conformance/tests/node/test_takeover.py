"""`gantry image import --from-containerd` and `--from-storage`: from the stores of real programs.

What is not installed is not tried, and the test says so."""

import shutil
import subprocess
from pathlib import Path

import pytest

from harness.command import gantry
from harness.images import archives, catalogue
from harness.images.archives import CONTAINERD_NAME
from harness.images.tarball import file, hard_link, layer, sha256, symlink, whiteout
from harness.process import Process
from harness.wait import wait_until

pytestmark = [pytest.mark.gantry, pytest.mark.layers]

NAME = "example.com/taken/over:1"


def needs(program):
    """The program's path."""
    path = shutil.which(program)
    if not path:
        pytest.skip(f"{program} is not installed: nothing was tried against a store of its own")
    return path


def taken():
    """An image whose layers have all that a tar can do to the ones below."""
    return catalogue.image(
        layer([file("data/one", "one"), file("data/two", "two"), hard_link("data/again", "data/one"),
               file("data/name with é", "x" * 5000, 0o600, uid=1000, gid=1000)]),
        layer([whiteout("data/two"), symlink("data/link", "/data/one"), file("data/empty", "")]))


@pytest.fixture
def archive(tmp_path):
    """An OCI layout of it, as a tar."""
    path = tmp_path / "archive.tar"
    archives.write(path, archives.layout((taken(), {CONTAINERD_NAME: NAME})), "tar")
    return path


@pytest.fixture
def imported(node, client, nothing_left):
    """Imports; what the command prints by name. Removed after the test."""
    def run(*arguments):
        lines = gantry(node.runtime, "image", "import", *arguments).splitlines()
        return dict(line.split() for line in lines)

    yield run
    client.RemoveImage(image={"image": NAME})
    assert not list(Path("/var/lib/gantry/staging").iterdir())


def works(pods):
    """A container of the image sees what is in its layers."""
    container = pods.run().run("sleep 1000", image=NAME)
    assert container.output("cat", "/data/link", "/data/again") == "oneone"
    assert container.output("sh", "-c", "cd /data; printf '%s\\n' *") == "again\nempty\nlink\nname with é\none\n"
    assert container.output("stat", "-c", "%u %s", "/data/name with é").strip() == "1000 5000"


@pytest.fixture
def containerd(tmp_path, nothing_left):
    """Starts containerd on a root of its own; returns the root and what ends it."""
    program = needs("containerd")
    root, state = tmp_path / "containerd", tmp_path / "state"
    config = tmp_path / "containerd.toml"
    config.write_text(f"""version = 2
root = "{root}"
state = "{state}"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "{state}/containerd.sock"
[ttrpc]
address = "{state}/containerd.sock.ttrpc"
""")
    process = Process([program, "--config", str(config)], tmp_path)
    wait_until((state / "containerd.sock").exists, "containerd")
    yield root, state / "containerd.sock", process
    process.kill()


def test_from_containerd(containerd, archive, imported, node, pods):
    root, socket, process = containerd
    subprocess.run(["ctr", "--address", str(socket), "--namespace", "k8s.io", "images", "import",
                    "--no-unpack", str(archive)], check=True)
    done = subprocess.run([node.runtime.command[0], "image", "import", "--from-containerd", root],
                          text=True, check=False, capture_output=True)
    assert done.returncode != 0 and "containerd is running" in done.stderr
    process.terminate()
    names = imported("--from-containerd", str(root))
    assert names == {NAME: sha256(taken().config_blob)}
    works(pods)


def test_another_namespace(containerd, archive, imported):
    root, socket, process = containerd
    subprocess.run(["ctr", "--address", str(socket), "--namespace", "mine", "images", "import",
                    "--no-unpack", str(archive)], check=True)
    process.terminate()
    assert imported("--from-containerd", str(root)) == {}
    assert list(imported("--from-containerd", str(root), "--namespace", "mine")) == [NAME]


def test_content_that_was_changed_is_not_let_in(containerd, archive, node, client):
    root, socket, process = containerd
    subprocess.run(["ctr", "--address", str(socket), "--namespace", "k8s.io", "images", "import",
                    "--no-unpack", str(archive)], check=True)
    process.terminate()
    blobs = root / "io.containerd.content.v1.content/blobs"
    blob = blobs / sha256(taken().layers[1].blob).replace(":", "/")
    content = bytearray(blob.read_bytes())
    content[len(content) // 2] ^= 1
    blob.chmod(0o600)
    blob.write_bytes(content)
    done = subprocess.run([node.runtime.command[0], "image", "import", "--from-containerd", root],
                          text=True, check=False, capture_output=True)
    assert done.returncode != 0 and NAME in done.stderr
    assert not client.ImageStatus(image={"image": NAME}).HasField("image")
    assert not list(Path("/var/lib/gantry/staging").iterdir())


@pytest.fixture
def storage(tmp_path, archive):
    """A store that Skopeo has made."""
    program = needs("skopeo")
    root = tmp_path / "storage"
    subprocess.run([program, "--insecure-policy", "copy", f"oci-archive:{archive}",
                    f"containers-storage:[overlay@{root}+{tmp_path}/run]{NAME}"], check=True)
    yield root
    subprocess.run(["umount", "--lazy", str(root / "overlay")], check=False, capture_output=True)


def test_from_storage(storage, imported, pods):
    assert imported("--from-storage", str(storage)) == {NAME: sha256(taken().config_blob)}
    works(pods)


def test_names_by_digest(node, client, registry, tmp_path, pods, nothing_left):
    """What a pod names by a digest needs no pull after the move: the store has the manifests."""
    root = tmp_path / "storage"
    multi = registry.push_index("moved/multi:1", catalogue.marked("multi"))
    indexed = registry.content("moved/multi/manifests/1")
    pinned = catalogue.marked("pinned").manifest.digest
    registry.push("moved/pinned:1", catalogue.marked("pinned"))
    zstd = registry.push("moved/zstd:1", catalogue.layered("zstd"))
    docker = registry.push("moved/docker:1", catalogue.layered(format="docker"))
    by_digest = f"{registry.host}/moved/pinned@{pinned}"
    references = [multi, zstd, docker, by_digest]
    for reference in references:
        subprocess.run([needs("skopeo"), "--insecure-policy", "copy", "--src-tls-verify=false", f"docker://{reference}",
                        f"containers-storage:[overlay@{root}+{tmp_path}/run]{reference}"], check=True)
    before = {image.id for image in client.ListImages().images}
    try:
        gantry(node.runtime, "image", "import", "--from-storage", str(root))
        for reference in [*references, f"{registry.host}/moved/multi@{sha256(indexed)}"]:
            assert client.ImageStatus(image={"image": reference}).HasField("image"), reference
        container = pods.run().run("echo hello; sleep 1000", image=by_digest)
        container.logged("hello")
        pods.remove()
        # A manifest that was changed is none of the image's.
        client.RemoveImage(image={"image": by_digest})
        for path in root.glob(f"overlay-images/{catalogue.marked('pinned').id.partition(':')[2]}/*"):
            if b'"config"' in path.read_bytes() and b'"layers"' in path.read_bytes():
                path.write_bytes(path.read_bytes() + b" ")
        done = subprocess.run([node.runtime.command[0], "image", "import", "--from-storage", root], text=True,
                              check=False, capture_output=True)
        assert done.returncode == 1 and by_digest in done.stderr and multi in done.stdout
        assert not client.ImageStatus(image={"image": by_digest}).HasField("image")
    finally:
        subprocess.run(["umount", "--lazy", str(root / "overlay")], check=False, capture_output=True)
        for image in client.ListImages().images:
            if image.id not in before:
                client.RemoveImage(image={"image": image.id})


def test_a_tree_that_was_changed_is_not_let_in(storage, node, client):
    [changed] = storage.glob("overlay/*/diff/data/one")
    changed.write_text("eno")
    done = subprocess.run([node.runtime.command[0], "image", "import", "--from-storage", storage],
                          text=True, check=False, capture_output=True)
    assert done.returncode != 0 and NAME in done.stderr
    assert not client.ImageStatus(image={"image": NAME}).HasField("image")


def test_what_is_no_store(node, tmp_path):
    for option in ("--from-containerd", "--from-storage"):
        done = subprocess.run([node.runtime.command[0], "image", "import", option, str(tmp_path)],
                              text=True, check=False, capture_output=True)
        assert done.returncode != 0 and "no store" in done.stderr
    done = subprocess.run([node.runtime.command[0], "image", "import"], text=True, check=False,
                          capture_output=True)
    assert done.returncode != 0 and "either FILE" in done.stderr
