"""What a shim tells of a task's cgroup: its figures, and that the kernel has killed in it for want of memory."""

from pathlib import Path
from typing import Any

V1, V2 = "io.containerd.cgroups.v1.Metrics", "io.containerd.cgroups.v2.Metrics"
ROOT = Path("/sys/fs/cgroup")


class TaskCgroup:
    """By the process that is in it."""

    def __init__(self, pid: int) -> None:
        self._paths: dict[str, str] = {}
        for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            for controller in controllers.split(","):
                self._paths[controller] = path
        self.is_first = "memory" in self._paths

    def has_killed(self) -> bool:
        """For want of memory; it may be gone."""
        file = self._file("memory", "memory.oom_control" if self.is_first else "memory.events")
        try:
            return _pairs(file).get("oom_kill", 0) > 0
        except OSError:
            return False

    def metrics(self, message: Any) -> tuple[str, Any]:
        """The message of cgroup v1 or v2, and its type."""
        return (V1, self._first(message)) if self.is_first else (V2, self._second(message))

    def _first(self, message: Any) -> Any:
        memory = _pairs(self._file("memory", "memory.stat"))
        return message(
            "MetricsV1",
            cpu={"usage": {"total": _number(self._file("cpuacct", "cpuacct.usage"))}},
            memory={"total_rss": memory["total_rss"], "total_inactive_file": memory["total_inactive_file"],
                    "total_pg_fault": memory["total_pgfault"],
                    "usage": {"usage": _number(self._file("memory", "memory.usage_in_bytes")),
                              "limit": _number(self._file("memory", "memory.limit_in_bytes"))}},
            pids={"current": _number(self._file("pids", "pids.current"))})

    def _second(self, message: Any) -> Any:
        memory = _pairs(self._file("", "memory.stat"))
        limit = self._file("", "memory.max").read_text().strip()
        return message(
            "MetricsV2",
            cpu={"usage_usec": _pairs(self._file("", "cpu.stat"))["usage_usec"]},
            memory={"anon": memory["anon"], "inactive_file": memory["inactive_file"], "pgfault": memory["pgfault"],
                    "usage": _number(self._file("", "memory.current")),
                    "usage_limit": 2**64 - 1 if limit == "max" else int(limit)},
            pids={"current": _number(self._file("", "pids.current"))})

    def _file(self, controller: str, name: str) -> Path:
        controller = controller if self.is_first else ""
        return ROOT / controller / self._paths[controller].lstrip("/") / name


def _number(file: Path) -> int:
    return int(file.read_text())


def _pairs(file: Path) -> dict[str, int]:
    return {name: int(number) for name, number in
            (line.split() for line in file.read_text().splitlines() if len(line.split()) == 2)}
