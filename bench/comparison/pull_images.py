"""The images that are pulled: made once, and kept as the storage of a docker-registry."""

import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

from harness.images import catalogue
from harness.images.catalogue import ARCHITECTURE
from harness.images.formats import Image
from harness.images.registry import Registry
from harness.images.tarball import Entry, Layer, directory, file, layer

from . import BUILD
from .content import Content

#: Changes with the images that the code below makes.
VERSION = 2
MEBIBYTE = 1 << 20


def storage(kind: str, compression: str, part: float) -> Path:
    """The registry's directory with the images of a kind; `part` is how much of the whole they have."""
    kept = BUILD / "images" / f"{kind}-{compression}-{part:g}-{VERSION}"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix=f"{kept.name}-", dir=kept.parent))
        try:
            _push(making, IMAGES[kind](Content(), compression, part))
            making.rename(kept)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    return kept


def _push(storage: Path, images: Iterator[list[Layer]]) -> None:
    with tempfile.TemporaryDirectory() as logs, socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
        free.close()
        registry = Registry(Path(logs), port, storage=storage)
        try:
            for number, layers in enumerate(images):
                registry.push(f"bench/{number}:1", Image(layers, architecture=ARCHITECTURE))
        finally:
            registry.stop()


def _small(content: Content, compression: str, part: float) -> Iterator[list[Layer]]:
    """8 layers with 4,000 small files each, as an interpreter's packages are."""
    def entries(number: int) -> Iterator[Entry]:
        for package in range(round(200 * part)):
            path = f"usr/lib/modules-{number}/package-{package}"
            yield directory(path)
            for name in range(20):
                yield file(f"{path}/{name}.txt", content.file(content.small()))

    yield [layer(entries(number), compression) for number in range(8)]


def _large(content: Content, compression: str, part: float) -> Iterator[list[Layer]]:
    """4 layers with 25 files of 4 MiB each."""
    yield [_files(content, f"usr/share/large-{number}", 25, 4 * part, compression) for number in range(4)]


def _one(content: Content, compression: str, part: float) -> Iterator[list[Layer]]:
    """One layer of a GiB in 64 files."""
    yield [_files(content, "opt/model", 64, 16 * part, compression)]


def _shared(content: Content, compression: str, part: float) -> Iterator[list[Layer]]:
    """20 images: all have the same 3 layers of 16 MiB, every five one more, and each one of its own."""
    base = [_files(content, f"usr/lib/base-{number}", 16, part, compression) for number in range(3)]
    for number in range(20):
        if number % 5 == 0:
            language = _files(content, f"usr/lib/language-{number}", 32, part / 2, compression)
        own = _files(content, f"srv/application-{number}", 40, part / 20, compression)
        yield [*base, language, own]


def _files(content: Content, path: str, count: int, mebibytes: float, compression: str) -> Layer:
    size = int(mebibytes * MEBIBYTE)
    entries = (file(f"{path}/{number}.bin", content.file(size)) for number in range(count))
    return layer(entries, compression)


def _files_of_a_container(content: Content, compression: str, part: float) -> Iterator[list[Layer]]:
    """The small files, below what a container needs to run."""
    for layers in _small(content, compression, part):
        yield [*layers, *catalogue.marked("sleep").layers]


#: Of the images of many layers.
DEPTHS = (1, 10, 100, 500)


def _deep(_: Content, compression: str, __: float) -> Iterator[list[Layer]]:
    """Some numbers of layers, all of which but the lowest hold one small file."""
    base = catalogue.marked("sleep").layers
    for depth in DEPTHS:
        above = [layer([file(f"etc/deep/{number}", b"x" * 100)], compression)
                 for number in range(depth - len(base))]
        yield [*base, *above]


IMAGES = {"small": _small, "large": _large, "one": _one, "shared": _shared,
          "container": _files_of_a_container, "deep": _deep}
#: How many images there are of a kind.
COUNTS = {"small": 1, "large": 1, "one": 1, "shared": 20, "container": 1, "deep": len(DEPTHS)}
