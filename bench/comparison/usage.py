"""What processes use: CPU time and memory."""

import time
from collections.abc import Iterable
from pathlib import Path

#: What runtimes keep beside the daemon, one a pod or a container; comm has 15 bytes (proc(5)).
HELPERS = ("gantry-monitor", "containerd-shim", "conmon")


def processor(pids: Iterable[int]) -> float:
    """Seconds of CPU time, those of threads that have ended included, to the nanosecond.

    A process's CPU clock has its ID in its number (clock_getcpuclockid(3))."""
    return sum(time.clock_gettime(~pid << 3 | 2) for pid in pids)


def everything() -> float:
    """Seconds of CPU time of all that has run on the node: its root cgroup's, of either version."""
    first = Path("/sys/fs/cgroup/cpuacct/cpuacct.usage")
    if first.exists():
        return int(first.read_text()) / 1e9
    lines = Path("/sys/fs/cgroup/cpu.stat").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("usage_usec")) / 1e6


class Meter:
    """CPU time since it was made, without that of this process and of some others: what is left is
    the daemon's, its children's (plugins, the OCI runtime), its monitors' and the containers' own."""

    def __init__(self, apart: list[int]) -> None:
        self._apart = apart
        self._before = self._now()

    def _now(self) -> float:
        return everything() - time.process_time() - processor(self._apart)

    @property
    def seconds(self) -> float:
        """So far."""
        return self._now() - self._before


def helpers() -> list[int]:
    """The processes that a runtime keeps beside its daemon."""
    return named(*HELPERS)


def named(*names: str) -> list[int]:
    """The processes whose names begin so."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            name = (path / "comm").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if name.startswith(tuple(each[:15] for each in names)):
            found.append(int(path.name))
    return found


def memory(pids: Iterable[int]) -> tuple[int, int]:
    """PSS and private memory of processes, in KiB."""
    pss = private = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            name, _, value = line.partition(":")
            if name == "Pss":
                pss += int(value.split()[0])
            elif name in ("Private_Clean", "Private_Dirty"):
                private += int(value.split()[0])
    return pss, private


def peak(pid: int) -> float:
    """The most memory that a process has had resident, in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
