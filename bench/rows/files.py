"""What a container's processes wait for when they read its files, of which there are 32,000 small ones.

The files are read from outside, below /proc/PID/root: no program of the image counts."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from comparison.pull_images import storage
from comparison.recorder import repeated, timed
from comparison.row import Row
from comparison.stage import Stage
from comparison.store import sync

DEADLINE = 900
#: Readings with nothing in the page cache.
COLD = 5


def measure(stage: Stage) -> None:
    """Cold: nothing of any file system is in memory. Warm: all of it is."""
    reference = f"{stage.registries[1].host}/bench/0:1"
    stage.client.PullImage(image={"image": reference}, deadline=DEADLINE)
    directory = files(stage, reference)
    sync(stage.contestant.stores)
    for name, command in {"find": ["find", directory, "-type", "f"],
                          "grep -r": ["grep", "-r", "no such word", directory]}.items():
        read = reading(command)
        stage.record(f"{name}, cold", [cold(read) for _ in range(COLD)])
        stage.record(f"{name}, warm", repeated(read, 20))


def files(stage: Stage, reference: str) -> str:
    """Where they are, of a container that runs."""
    up = stage.up(("sleep", "1000000"), reference)
    status = stage.client.ContainerStatus(container_id=up.container.id, verbose=True)
    pid = json.loads(status.info["info"])["pid"]
    return f"/proc/{pid}/root/usr/lib"


def reading(command: list[str]) -> Callable[[], None]:
    """Runs a command that may find nothing."""
    def read() -> None:
        done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
        assert done.returncode in (0, 1), command

    return read


def cold(read: Callable[[], None]) -> float:
    """Milliseconds, after all that is clean was dropped (the kernel's sysctl/vm.rst)."""
    os.sync()
    Path("/proc/sys/vm/drop_caches").write_text("3")
    return timed(read)[0]


ROW = Row("files", "find and grep -r over a container's 32,000 small files, cold and warm", measure,
          images=lambda scale: storage("container", "gzip", scale.images))
