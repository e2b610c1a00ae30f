"""The pods' monitors as processes of the node."""

import os
import signal

from .leaks import processes
from .pods import Pod
from .wait import wait_until


def monitor_of(pod: Pod) -> int:
    """The process ID of a pod's monitor."""
    return next(int(line.split()[0]) for line in processes()
                if "gantry-monitor" in line and pod.id in line)


def kill_monitor(pod: Pod) -> None:
    """SIGKILL, and waits until it is gone."""
    monitor = monitor_of(pod)
    os.kill(monitor, signal.SIGKILL)
    wait_until(lambda: not any(line.split()[0] == str(monitor) for line in processes()),
               "the monitor is gone")


def living(words: str) -> list[str]:
    """The processes that have `words` in their command line."""
    return [line for line in processes() if words in line]
