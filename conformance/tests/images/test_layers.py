"""What layers do to a root file system, seen from inside a container."""

import pytest

from harness.images import catalogue
from harness.images.formats import Image
from harness.images.tarball import directory, file, hard_link, layer

pytestmark = pytest.mark.layers


@pytest.fixture
def container(request, registry, pods, pull):
    """A container of the layered image."""
    format, compression = getattr(request, "param", ("oci", "gzip"))
    reference = registry.push("test/layered:1", catalogue.layered(compression, format))
    pull(reference)
    container = pods.run().run("sleep 1000", image=reference)
    yield container
    container.remove()


@pytest.mark.parametrize(
    "container", [("oci", "gzip"), ("oci", "zstd"), ("docker", "gzip")], indirect=True)
def test_the_upper_layer_applies(container):
    files = container.output("sh", "-c", "cd /data && find . | sort").split()
    assert files == [
        ".", "./attributed", "./escape", "./first", "./hidden", "./hidden/new", "./kept",
        "./second", "./setuid", "./was-directory", "./was-file", "./was-file/child"]


def test_what_an_entry_carries(container):
    assert container.output("stat", "-c", "%h", "/data/first").strip() == "2"
    assert container.output("stat", "-c", "%a %u %g %Y", "/data/setuid").strip() == "4755 33 33 1"
    assert container.output("readlink", "/data/escape").strip() == "../../../../../../etc/passwd"
    assert container.output("cat", "/orphan/without/parents") == "no entry for its directories"
    assert container.output("stat", "-c", "%a", "/tmp").strip() == "1777"


def test_a_hard_link_leads_into_another_directory(registry, pods, pull):
    """In one layer, and to a file of a layer below."""
    layers = [layer([directory("a"), directory("b"), file("a/file", "same"), hard_link("b/link", "a/file"),
                     hard_link("at-the-root", "a/file")]),
              layer([directory("c"), hard_link("c/link", "a/file")]), catalogue.base()]
    reference = registry.push("test/hard-links:1", Image(layers, {}, "oci", catalogue.ARCHITECTURE))
    pull(reference)
    container = pods.run().run("sleep 1000", image=reference)
    assert container.output("cat", "/a/file", "/b/link", "/at-the-root", "/c/link") == "same" * 4
    assert container.output("stat", "-c", "%h", "/b/link").strip() == "3"
    container.remove()


def test_an_opaque_root_hides_all_below(registry, pods, pull):
    """Overlay does not look at the attributes of a layer's root (OCI image-spec, layer.md, Opaque Whiteout)."""
    layers = [layer([file("old")]), layer([file(".wh..wh..opq"), file("new")]), catalogue.base()]
    reference = registry.push("test/opaque-root:1", Image(layers, {}, "oci", catalogue.ARCHITECTURE))
    pull(reference)
    container = pods.run().run("sleep 1000", image=reference)
    names = container.output("ls", "/").split()
    assert "new" in names and "old" not in names
    container.remove()
