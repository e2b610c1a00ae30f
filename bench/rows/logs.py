"""How fast the log of a container is written: from StartContainer until its last line is in the file."""

import time
from pathlib import Path

from comparison.row import Row
from comparison.stage import Stage
from harness.images import catalogue
from harness.images.tarball import file, layer
from harness.wait import PATIENCE

CHUNK = 1 << 20
#: Bytes of a line with its end; neither fits a page evenly, as real lines do not.
LINES = (100, 1500)
END = "the end"
#: What the CRI's format puts in front of a line has at least so many bytes.
PREFIX = len("2026-11-25T11:00:00Z stdout F ")


def measure(stage: Stage) -> None:
    """Short lines and long ones."""
    registry = stage.registries[0]
    chunks = layer(file(f"chunk-{length}", chunk(length)) for length in LINES)
    image = registry.push("bench/log:1", catalogue.image(chunks))
    stage.client.PullImage(image={"image": image})
    for length in LINES:
        meter = stage.meter()
        seconds = written(stage, image, length)
        name = f"log, lines of {length} bytes"
        stage.record(name, stage.scale.mebibytes / seconds, "MiB/s", better="higher")
        stage.record(f"{name}, CPU", meter.seconds / stage.scale.mebibytes * 1024, "s/GiB")
    stage.client.RemoveImage(image={"image": image})


def chunk(length: int) -> bytes:
    """Whole lines, about a mebibyte."""
    line = (b"0123456789 a line of a log " * length)[:length - 1] + b"\n"
    return line * (CHUNK // length)


def written(stage: Stage, image: str, length: int) -> float:
    """Seconds."""
    # One process reads the file over and over, so that the container costs next to nothing.
    files = f"$(yes /chunk-{length} | head -n {stage.scale.mebibytes})"
    pod = stage.pods.run()
    container = pod.create(f"cat {files} && echo {END}", image=image)
    begin = time.perf_counter()
    container.start()
    while not ended(container.log):
        assert time.perf_counter() - begin < 600 * PATIENCE, f"{container.log} has no end"
        time.sleep(0.01)
    seconds = time.perf_counter() - begin
    assert container.exited().exit_code == 0, container.status
    lines = stage.scale.mebibytes * (len(chunk(length)) // length)
    size = container.log.stat().st_size
    assert size > lines * (length + PREFIX), f"{size} bytes for {lines} lines"
    pod.remove()
    container.log.unlink()
    return seconds


def ended(log: Path) -> bool:
    """Whether the last line is there."""
    if not log.exists():
        return False
    with log.open("rb") as opened:
        opened.seek(max(0, log.stat().st_size - 2 * len(END)))
        return END.encode() + b"\n" in opened.read()


ROW = Row("logs", "MiB a second of what a container writes to stdout, and CPU time of a GiB", measure)
