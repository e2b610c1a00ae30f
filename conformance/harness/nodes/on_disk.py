"""A root directory on a disk: EROFS takes no files of a tmpfs, which the node otherwise has there."""

import hashlib
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.cri import REPOSITORY
from harness.images.formats import Image
from harness.nodes import damage
from harness.nodes.node import Node

CONFIG = Path("/etc/gantry/conf.d/90-layers.toml")


def chains(image: Image) -> list[str]:
    """The names of an image's layers on disk (OCI image-spec, config.md, Layer ChainID)."""
    names: list[str] = []
    for layer in image.layers:
        names.append(layer.diff_id if not names
                     else "sha256:" + hashlib.sha256(f"{names[-1]} {layer.diff_id}".encode()).hexdigest())
    return names


def homes(image: Image) -> list[Path]:
    """The directories of an image's layers, the lowest first."""
    return [damage.ROOT / "layers" / chain.removeprefix("sha256:") for chain in chains(image)]


def names(directory: Path) -> list[str]:
    """What is in a directory."""
    return sorted(path.name for path in directory.iterdir())


def choose(node: Node, format: str) -> None:
    """Restarts the daemon with this format of layers."""
    CONFIG.parent.mkdir(parents=True, exist_ok=True)
    CONFIG.write_text(f'layer_format = "{format}"\n')
    node.restart()


@contextmanager
def root_on_disk(node: Node, format: str = "erofs") -> Iterator[Path]:
    """The daemon works on a directory of a disk meanwhile, with the images that all tests count on."""
    with tempfile.TemporaryDirectory(dir=REPOSITORY / ".build") as directory:
        assert node.daemon.terminate() == 0, node.daemon.output[-4000:]
        subprocess.run(["mount", "--bind", directory, damage.ROOT], check=True)
        CONFIG.parent.mkdir(parents=True, exist_ok=True)
        CONFIG.write_text(f'layer_format = "{format}"\n')
        try:
            node.start()
            node.pull_kept()
            yield damage.ROOT
        finally:
            if node.running:
                assert node.daemon.terminate() == 0, node.daemon.output[-4000:]
            CONFIG.unlink()
            subprocess.run(["umount", "--lazy", damage.ROOT], check=True)
            node.start()
