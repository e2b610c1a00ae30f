"""How much of each thing that pods, containers and images take is on the node."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

from harness.leaks import processes
from harness.wait import wait_until

ROOT, RUN, LOGS = Path("/var/lib/gantry"), Path("/run/gantry"), Path("/var/log/pods")


def expect(pods: int, containers: int, images: int = 1) -> None:
    """As much as so many ready pods, containers and images take, and no more.

    A container has an image volume, and an image two layers. What ends just after an answer, such as
    a monitor, is waited for."""
    wanted = {
        "monitors": pods, "network namespaces": pods, "addresses": pods, "network records": pods,
        "pod rows": pods, "pod directories": pods, "container rows": containers,
        "root file systems": 2 * containers, "bundles": 2 * containers,
        "writable parts": 2 * containers, "image rows": images, "layers": 2 * images,
        "staged layers": 0,
    }
    try:
        wait_until(lambda: counts() == wanted, "the counts", 5)
    except AssertionError:
        there = counts()
        wrong = {key: (there[key], wanted[key]) for key in wanted if there[key] != wanted[key]}
        raise AssertionError(f"counts that are wrong (there, wanted): {wrong}") from None


def counts() -> dict[str, int]:
    """How many of each there are."""
    mounts = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    return {
        "monitors": sum("gantry-monitor" in line for line in processes()),
        "network namespaces": sum(re.search(r"/pods/\w+/ns/net$", m) is not None for m in mounts),
        "addresses": len([*Path("/var/lib/cni").rglob("*.*.*.*")]),
        "network records": _entries(ROOT / "network"),
        "pod rows": _rows("sandbox"), "pod directories": _entries(RUN / "pods"),
        "container rows": _rows("container"),
        "root file systems": sum(m.startswith(f"{RUN}/containers/") and m.endswith("/rootfs")
                                 for m in mounts),
        "bundles": _entries(RUN / "containers"),
        "writable parts": _entries(ROOT / "containers"),
        "image rows": _rows("image"), "layers": _entries(ROOT / "layers"),
        "staged layers": _entries(ROOT / "staging"),
    }


def _rows(table: str) -> int:
    with closing(sqlite3.connect(ROOT / "gantry.db", timeout=10)) as database:
        return database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def _entries(directory: Path) -> int:
    return len(list(directory.iterdir())) if directory.exists() else 0
