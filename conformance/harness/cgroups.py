"""A container's cgroup as its files are, read without the runtime."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

MOUNT = Path("/sys/fs/cgroup")


class Cgroup:
    """The cgroups of a process, of either version."""

    def __init__(self, pid: int) -> None:
        lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
        fields = [line.split(":", 2) for line in lines]
        self.pid = pid
        self.paths = {name: path for _, names, path in fields for name in names.split(",")}
        self.first_version = "memory" in self.paths

    def read(self, controller: str, name: str) -> str:
        """A file of a controller on version 1, or of the one hierarchy of version 2."""
        key = controller if self.first_version else ""
        return (MOUNT / key / self.paths[key].lstrip("/") / name).read_text()

    def keys(self, controller: str, name: str) -> dict[str, int]:
        """A file of keys and values."""
        return {key: int(value) for key, value in
                (line.split() for line in self.read(controller, name).splitlines())}

    @property
    def cpu_nanoseconds(self) -> int:
        """CPU time used."""
        if self.first_version:
            return int(self.read("cpuacct", "cpuacct.usage"))
        return self.keys("", "cpu.stat")["usage_usec"] * 1000

    @property
    def memory(self) -> int:
        """Memory in use."""
        name = "memory.usage_in_bytes" if self.first_version else "memory.current"
        return int(self.read("memory", name))

    @property
    def inactive_file(self) -> int:
        """Page cache that can be reclaimed."""
        key = "total_inactive_file" if self.first_version else "inactive_file"
        return self.keys("memory", "memory.stat")[key]

    @property
    def rss(self) -> int:
        """Anonymous memory."""
        key = "total_rss" if self.first_version else "anon"
        return self.keys("memory", "memory.stat")[key]


@contextlib.contextmanager
def without_threads(pid: int) -> Iterator[None]:
    """Keeps a process from starting threads and processes, in a cgroup that takes no more."""
    cgroup = Cgroup(pid)
    key = "pids" if cgroup.first_version else ""
    home, full = MOUNT / key / cgroup.paths[key].lstrip("/"), MOUNT / key / "full"
    if not cgroup.first_version:
        (MOUNT / "cgroup.subtree_control").write_text("+pids")
    full.mkdir()
    (full / "cgroup.procs").write_text(str(pid))
    (full / "pids.max").write_text("0")
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            (home / "cgroup.procs").write_text(str(pid))
        full.rmdir()
