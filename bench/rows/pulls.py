"""Pulls from a registry on loopback into a store on the machine's disk.

Cold: no layer is there. Warm: all is, and only the manifest is asked for."""

import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from comparison import store
from comparison.pull_images import COUNTS, storage
from comparison.recorder import repeated
from comparison.row import Row
from comparison.scale import Scale
from comparison.stage import AT_ONCE, Stage
from comparison.usage import named, peak

DEADLINE = 900
SMALL, LARGE = "≤ 0.5 × containerd", "≤ 0.6 × containerd"


def measure(stage: Stage, count: int, goal: str, at_once: int) -> None:
    """Time, CPU time, memory and disk."""
    registry = stage.registries[1]
    references = [f"{registry.host}/bench/{number}:1" for number in range(count)]

    def pull(reference: str) -> None:
        stage.client.PullImage(image={"image": reference}, deadline=DEADLINE)

    def pull_all() -> None:
        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(pull, references))

    fill_page_cache(stage.images)
    store.sync(stage.contestant.stores)
    before, meter, begin = disk(stage), stage.meter(), time.perf_counter()
    pull_all()
    stage.record("cold", time.perf_counter() - begin, "s", goal=goal)
    stage.record("cold, CPU", meter.seconds, "s", goal="< containerd")
    # At once: what Gantry pulls with goes away when nothing more is to be pulled.
    stage.record("most resident memory", peak(stage.daemon), "MiB")
    stage.record("most resident memory, all processes",
                 sum(map(peak, [stage.daemon, *named("gantry-images")])), "MiB")
    store.sync(stage.contestant.stores)
    # A runtime that has all on disk when it answers has less left to do here.
    stage.record("cold, until all is on disk", time.perf_counter() - begin, "s")
    if stage.contestant.stores:
        stage.record("disk", (disk(stage) - before) / 2**20, "MiB")
    stage.record("warm", repeated(pull_all, 20))
    begin = time.perf_counter()
    for reference in references:
        stage.client.RemoveImage(image={"image": reference}, deadline=DEADLINE)
    stage.record("RemoveImage of all", time.perf_counter() - begin, "s")


def fill_page_cache(directory: Path) -> None:
    """So that the registry reads from memory in every round."""
    for path in directory.rglob("*"):
        if path.is_file():
            path.read_bytes()


def disk(stage: Stage) -> int:
    """Bytes that the stores take."""
    said = [subprocess.run(["du", "-s", "-B1", each], check=True, capture_output=True, text=True).stdout
            for each in stage.contestant.stores]
    return sum(int(line.split()[0]) for line in said)


def row(kind: str, compression: str, goal: str, about: str, at_once: int = 1, suffix: str = "") -> Row:
    """The row of some images."""
    def images(scale: Scale) -> Path:
        return storage(kind, compression, scale.images)

    body: Callable[[Stage], None] = partial(measure, count=COUNTS[kind], goal=goal, at_once=at_once)
    return Row(f"pull-{kind}-{compression}{suffix}", about, body, images=images)


ROWS = [
    row("small", "gzip", SMALL, "pull of 8 layers, 32,000 small files"),
    row("small", "zstd", SMALL, "the same with zstd"),
    row("large", "gzip", LARGE, "pull of 4 layers, 100 large files, 400 MiB"),
    row("large", "zstd", LARGE, "the same with zstd"),
    row("one", "gzip", LARGE, "pull of one layer of a GiB"),
    row("shared", "gzip", "", "pull of 20 images that share layers, one after the other"),
    row("shared", "gzip", "", f"the same, {AT_ONCE} at once", AT_ONCE, "-at-once"),
]
