"""The pods' monitors as processes of the node."""

import os
import signal
from pathlib import Path

from harness.leaks import processes
from harness.pods import Pod
from harness.wait import wait_until


def monitor_of(pod: Pod) -> int:
    """The process ID of a pod's monitor. A child that has not yet become the runtime looks alike."""
    alike = {int(line.split()[0]) for line in processes()
             if "gantry-monitor" in line and pod.id in line}
    return next(process for process in alike if _parent(process) not in alike)


def _parent(process: int) -> int:
    """Of one that is there; 0 when it has gone."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return 0
    return int(stat.rpartition(")")[2].split()[1])


def kill_monitor(pod: Pod) -> None:
    """SIGKILL, and waits until it is gone."""
    monitor = monitor_of(pod)
    os.kill(monitor, signal.SIGKILL)
    wait_until(lambda: not any(line.split()[0] == str(monitor) for line in processes()),
               "the monitor is gone")


def living(words: str) -> list[str]:
    """The processes that have `words` in their command line."""
    return [line for line in processes() if words in line]
