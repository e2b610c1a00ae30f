"""registries.conf, as containers-registries.conf(5) describes it."""

from pathlib import Path

import pytest

from harness.client import refused
from harness.images import catalogue

from conftest import PORT, SPARE_PORTS

pytestmark = pytest.mark.gantry

DROP_IN = Path("/etc/containers/registries.conf.d/50-test.conf")
REGISTRY, DOWN = f"127.0.0.1:{PORT}", f"127.0.0.1:{SPARE_PORTS[2]}"


@pytest.fixture
def registries(node, nothing_left):
    """Puts a file into registries.conf.d, and has the daemon read it."""
    def write(text: str) -> None:
        DROP_IN.parent.mkdir(exist_ok=True)
        DROP_IN.write_text(text)
        node.restart()

    yield write
    DROP_IN.unlink(missing_ok=True)
    node.restart()


def tags(client, reference):
    """The tags of an image that is on the node."""
    return list(client.ImageStatus(image={"image": reference}).image.repo_tags)


def test_a_prefix_with_a_location(registries, registry, client, pull):
    registry.push("test/located:1", catalogue.marked("located"))
    registries(f'[[registry]]\nprefix = "example.com/team"\nlocation = "{REGISTRY}/test"\n'
               'insecure = true\n')
    pull("example.com/team/located:1")
    assert tags(client, "example.com/team/located:1") == ["example.com/team/located:1"]


def test_the_longest_prefix_wins(registries, registry, client, pull):
    registry.push("test/longest:1", catalogue.marked("longest"))
    registries(f'[[registry]]\nprefix = "example.com"\nlocation = "{DOWN}"\ninsecure = true\n'
               f'[[registry]]\nprefix = "example.com/team"\nlocation = "{REGISTRY}/test"\n'
               'insecure = true\n')
    pull("example.com/team/longest:1")


def test_a_mirror_that_is_down_is_passed_over(registries, registry, client, pull):
    registry.push("mirrored:1", catalogue.marked("mirrored"))
    registries(f'[[registry]]\nprefix = "example.com"\nlocation = "{DOWN}"\ninsecure = true\n'
               f'[[registry.mirror]]\nlocation = "{DOWN}"\ninsecure = true\n'
               f'[[registry.mirror]]\nlocation = "{REGISTRY}"\ninsecure = true\n')
    pull("example.com/mirrored:1")


def test_a_blocked_registry(registries, client):
    registries('[[registry]]\nprefix = "example.com"\nlocation = "example.com"\nblocked = true\n')
    with refused(None, "blocked"):
        client.PullImage(image={"image": "example.com/any:1"})


def test_a_name_without_a_registry(registries, registry, client, pull):
    registry.push("test/unqualified:1", catalogue.marked("unqualified"))
    registries(f'unqualified-search-registries = ["{REGISTRY}"]\n')
    pull("test/unqualified:1")
    assert tags(client, "test/unqualified:1") == [f"{REGISTRY}/test/unqualified:1"]


def test_a_bad_file_is_named(node, nothing_left):
    DROP_IN.parent.mkdir(exist_ok=True)
    DROP_IN.write_text("unqualified-search-registries = 5\n")
    try:
        assert node.daemon.terminate() == 0
        daemon = node.spawn()
        assert daemon.wait() != 0
        for word in (str(DROP_IN), "unqualified-search-registries"):
            assert word in daemon.output
    finally:
        DROP_IN.unlink()
        node.revive()
