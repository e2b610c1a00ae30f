"""What a layer may be at most, as the configuration says."""

from pathlib import Path

import pytest
from grpc import StatusCode

from harness.client import refused
from harness.command import gantry
from harness.images import catalogue

pytestmark = [pytest.mark.gantry, pytest.mark.layers]

DROP_IN = Path("/etc/gantry/conf.d/50-limits.toml")


@pytest.fixture
def limits(node, nothing_left):
    """Has the daemon read limits of layers."""
    def write(text: str) -> None:
        DROP_IN.parent.mkdir(parents=True, exist_ok=True)
        DROP_IN.write_text(text)
        node.restart()

    yield write
    DROP_IN.unlink(missing_ok=True)
    node.restart()


def test_too_many_entries(limits, client, registry):
    files = [catalogue.file(f"file-{number}", "x") for number in range(20)]
    reference = registry.push("test/many:1", catalogue.image(catalogue.layer(files)))
    limits("most_layer_entries = 10\n")
    with refused(StatusCode.RESOURCE_EXHAUSTED, "10"):
        client.PullImage(image={"image": reference})


def test_too_many_bytes(limits, client, registry):
    bomb = catalogue.layer([catalogue.file("zeros", "\0" * (4 << 20))])
    reference = registry.push("test/bomb:1", catalogue.image(bomb))
    limits("largest_layer = 1048576\n")
    with refused(StatusCode.RESOURCE_EXHAUSTED, "1048576"):
        client.PullImage(image={"image": reference})


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_a_bomb(compression, limits, client, registry):
    bomb = catalogue.layer([catalogue.file("zeros", "\0" * (4 << 20))], compression)
    reference = registry.push(f"test/bomb:{compression}", catalogue.image(bomb))
    limits("largest_layer_ratio = 50\nlayer_ratio_floor = 1048576\n")
    with refused(StatusCode.RESOURCE_EXHAUSTED,
                 "the layer unpacks to more than 50 times its compressed size"):
        client.PullImage(image={"image": reference})


def test_a_small_layer_of_zeros_is_none(pull, registry):
    zeros = catalogue.layer([catalogue.file("zeros", "\0" * (16 << 20))])
    pull(registry.push("test/zeros:1", catalogue.image(zeros)))


def test_they_are_told(limits, node):
    limits("largest_layer = 1048576\n")
    assert "largest_layer = 1048576" in gantry(node.runtime, "config")
