"""A reboot of the node, as far as its pods can tell: what is in memory is gone with all processes."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

from harness.leaks import processes
from harness.nodes.node import Node
from harness.wait import wait_until

RUN = Path("/run/gantry")
CGROUPS = Path("/sys/fs/cgroup")
#: The cgroups of containers: by their ID alone, below a pod's, or with Gantry's name.
_OURS = re.compile(r"^(gantry-|cri-gantry-)?[0-9a-f]{64}(\.scope)?$")


def reboot(node: Node) -> None:
    """Ends the daemon and all pods, and removes the run directory; the daemon is not started."""
    node.crash()
    _kill(lambda: [int(line.split()[0]) for line in processes() if "gantry-monitor" in line])
    _kill(lambda: [int(line.split()[0]) for line in processes() if f"{RUN}/shim-events.sock" in line])
    _kill(lambda: [pid for path in _cgroups() for pid in _members(path)])
    wait_until(_cgroups_are_removed, "the cgroups are removed")
    remove_run_directory()
    for table in ("nat", "filter"):
        for flag in ("-F", "-X"):
            subprocess.run(["iptables", "-t", table, flag], check=True)


def remove_run_directory() -> None:
    """With all that is mounted there; processes go on."""
    mounts = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    for target in reversed([mount for mount in mounts if mount.startswith(f"{RUN}/")]):
        subprocess.run(["umount", "--lazy", target], check=True)
    shutil.rmtree(RUN)


def _cgroups() -> list[Path]:
    """Those of pods and containers, parents first."""
    return [Path(path) for path, _, _ in os.walk(CGROUPS) if _OURS.match(Path(path).name)]


def _cgroups_are_removed() -> bool:
    """A task that is just dying is in no list of members any more, and its cgroup busy for a moment."""
    for path in reversed(_cgroups()):
        with contextlib.suppress(OSError):
            path.rmdir()
    return not _cgroups()


def _members(cgroup: Path) -> list[int]:
    """Its processes; none when a runtime that the daemon had run has just removed it."""
    try:
        return [int(pid) for pid in (cgroup / "cgroup.procs").read_text().split()]
    except OSError:
        return []


def _kill(living) -> None:
    for process in living():
        # The others of a PID namespace die with its first.
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    wait_until(lambda: not living(), "they are dead")
