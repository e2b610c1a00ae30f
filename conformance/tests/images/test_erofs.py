"""Indexed layers look as unpacked ones do, entry by entry."""

import tempfile
from pathlib import Path

import pytest

from harness.client import refused
from harness.cri import REPOSITORY
from harness.images import catalogue, erofs, stacks, trees
from harness.images.formats import Image
from harness.nodes import on_disk

pytestmark = [pytest.mark.gantry, pytest.mark.node(having=["indexes"])]


@pytest.fixture
def disk():
    """A directory on a disk: EROFS takes no files of a tmpfs."""
    with tempfile.TemporaryDirectory(dir=REPOSITORY / ".build") as directory:
        yield Path(directory)


@pytest.fixture(scope="module", autouse=True)
def trees_alone(node):
    """Pulls unpack, also on a node whose layers are indexed otherwise."""
    on_disk.choose(node, "tree")
    yield
    on_disk.CONFIG.unlink()
    node.restart()


@pytest.fixture
def unpacked(registry, pull):
    """Pulls an image of these tars, and says where its layers are."""
    def unpacked(tars: list[bytes]) -> list[Path]:
        image = Image([stacks.as_layer(tar) for tar in tars], {}, "oci", catalogue.ARCHITECTURE)
        pull(registry.push("test/stack:1", image))
        return [home / "diff" for home in on_disk.homes(image)]
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
