"""Indexed layers look as unpacked ones do, entry by entry."""

import gzip
import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from harness import catalogue, cri, damage, erofs, stacks, trees
from harness.client import refused
from harness.cri import REPOSITORY
from harness.images import Image

pytestmark = [pytest.mark.gantry, pytest.mark.node(having=["indexes"])]
MAPPING = {"host_id": 1 << 20, "container_id": 0, "length": 65536}


def chains(layers):
    """The names of the layers on disk (OCI image-spec, config.md, Layer ChainID)."""
    names = []
    for layer in layers:
        names.append(layer.diff_id if not names
                     else "sha256:" + hashlib.sha256(f"{names[-1]} {layer.diff_id}".encode()).hexdigest())
    return names


@pytest.fixture
def disk():
    """A directory on a disk: EROFS takes no files of a tmpfs."""
    with tempfile.TemporaryDirectory(dir=REPOSITORY / ".build") as directory:
        yield Path(directory)


@pytest.fixture
def unpacked(registry, pull):
    """Pulls an image of these tars, and says where its layers are."""
    def unpacked(tars: list[bytes]) -> list[Path]:
        layers = [stacks.as_layer(tar) for tar in tars]
        pull(registry.push("test/stack:1", Image(layers, {}, "oci", catalogue.ARCHITECTURE)))
        return [damage.ROOT / "layers" / chain.removeprefix("sha256:") / "diff" for chain in chains(layers)]
    return unpacked


def index(tars: list[bytes], directory: Path) -> tuple[Path, list[Path], str]:
    """The index of these layers, their files, and what the program says."""
    files = [directory / f"{number}.tar" for number in range(len(tars))]
    for file, tar in zip(files, tars, strict=True):
        file.write_bytes(tar)
    done = erofs.index(files, directory / "index")
    return directory / "index", files, done.stdout if done.returncode == 0 else done.stderr


def same(tars, layers, directory):
    """Compares every entry of an index with what the unpacked layers show."""
    made, files, said = index(tars, directory)
    assert not said.startswith("index-layers"), said
    with (erofs.mounted(made, files, directory / "indexed") as indexed,
          erofs.overlaid(layers, directory / "unpacked") as tree):
        assert trees.entries(indexed) == trees.entries(tree)
        assert trees.hard_links(indexed) == trees.hard_links(tree)
        old = {name: time for name, time in trees.times(tree).items() if time < 1_700_000_000 * 10**9}
        assert old.items() <= trees.times(indexed).items()


@pytest.mark.parametrize("name", stacks.CASES)
def test_an_index_shows_what_unpacked_layers_do(name, unpacked, disk):
    tars = stacks.CASES[name]
    same(tars, unpacked(tars), disk)


def test_27000_hostile_entries(unpacked, disk):
    tars = [stacks.CASES["one layer"][0], stacks.hostile(27_000)]
    same(tars, unpacked(tars), disk)


@pytest.mark.parametrize("name", stacks.REFUSED)
def test_what_no_pull_takes_is_not_indexed(name, client, registry, disk):
    tars = stacks.REFUSED[name]
    layers = [stacks.as_layer(tar) for tar in tars]
    reference = registry.push("test/stack:1", Image(layers, {}, "oci", catalogue.ARCHITECTURE))
    with refused(None):
        client.PullImage(image={"image": reference})
    assert index(tars, disk)[2].startswith("index-layers")


def test_equal_layers_have_equal_indexes(disk):
    digests = {index(stacks.CASES["one layer"], disk)[2].split()[-1] for _ in range(2)}
    assert len(digests) == 1



@pytest.fixture
def indexed(registry, pull, disk):
    """An image with busybox, whose layers have an index and no files any more."""
    image = catalogue.marked("indexed")
    reference = registry.push("test/indexed:1", image)
    pull(reference)
    homes = [damage.ROOT / "layers" / chain.removeprefix("sha256:") for chain in chains(image.layers)]
    tars = [gzip.decompress(layer.blob) for layer in image.layers]
    made, files, _ = index(tars, disk)
    placed = []
    for file, place in [(made, homes[-1] / "index"),
                        *((file, home / "tar") for file, home in zip(files, homes, strict=True))]:
        place.touch()
        subprocess.run(["mount", "--bind", file, place], check=True)
        placed.append(place)
    for home in homes:
        (home / "diff").rename(home / "set-aside")
        (home / "diff").mkdir()
        (home / "diff" / "not-shown").touch()
    yield reference
    for home in homes:
        shutil.rmtree(home / "diff")
        (home / "set-aside").rename(home / "diff")
    for place in placed:
        subprocess.run(["umount", "-l", place], check=True)
        place.unlink()


def own_mounts(container):
    """The node's mounts that have to do with a container, and those of EROFS."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return [line for line in lines if container.id in line or " - erofs " in line]


def test_a_container_of_an_indexed_image(pods, node, indexed):
    pod = pods.run()
    container = pod.run("sleep 1000", image=indexed)
    assert container.output("cat", "/indexed") == "indexed"
    assert container.output("sh", "-c", "echo new >> /indexed; rm /etc/group; ls /etc; cat /indexed").split() == [
        "hostname", "hosts", "mtab", "passwd", "resolv.conf", "indexednew"]
    assert container.output("stat", "-c", "%a %u", "/tmp").strip() == "1777 0"
    assert len([line for line in own_mounts(container) if " - overlay " in line]) == 1
    assert not [line for line in own_mounts(container) if " - erofs " in line]
    node.restart()
    assert container.output("cat", "/indexed") == "indexednew\n"
    second = pod.run("sleep 1000", image=indexed)
    assert second.output("cat", "/indexed") == "indexed"
    for one in (container, second):
        one.remove()
        assert not own_mounts(one)


def test_an_indexed_image_with_mapped_ids(pods, node, indexed):
    users = {"mode": cri.POD, "uids": (MAPPING,), "gids": (MAPPING,)}
    linux = {"security_context": {"namespace_options": {"pid": cri.CONTAINER, "userns_options": users}}}
    container = pods.run(linux=linux).run("sleep 1000", image=indexed, linux=linux)
    assert container.output("stat", "-c", "%u %g", "/indexed", "/var/www").split() == ["0", "0", "33", "33"]
    assert container.output("sh", "-c", "echo x > /indexed && stat -c %u /indexed").strip() == "0"
