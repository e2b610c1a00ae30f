"""The processes that handle images, gantry-images, and pulls that stop half-way."""

from pathlib import Path

from harness.images import catalogue
from harness.images.fake_registry import Answer, FakeRegistry, blob_path
from harness.images.tarball import sha256


def workers() -> dict[int, Path]:
    """Those that there are, by ID."""
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if path.joinpath("cmdline").read_bytes().split(b"\0")[0].endswith(b"/gantry-images"):
                found[int(path.name)] = path
        except OSError:
            continue
    return found


def stalled(slow: FakeRegistry, name: str, content: str, **config) -> tuple[str, str]:
    """An image whose uppermost layer stops half-way until `slow.resume` is set; its name, and where that
    layer is asked for."""
    layer = catalogue.layer([catalogue.file("file", content * 20_000)])
    reference = slow.serve(name, catalogue.image(layer, **config))
    path = blob_path(name.partition(":")[0], sha256(layer.blob))
    slow.answers[path] = Answer(layer.blob, resume=slow.resume)
    return reference, path
