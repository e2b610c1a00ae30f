"""What a test left on the node: everything that pods and containers take from it is listed."""

import os
import re
import stat
import subprocess
from collections import Counter
from pathlib import Path

from harness.wait import wait_until

Snapshot = dict[str, set[str]]

#: Chains that the portmap and bridge plugins set up once a node and then keep.
_KEPT_CHAINS = re.compile(r"CNI-(HOSTPORT-(DNAT|SETMARK|MASQ)|ADMIN|FORWARD)\b")

#: PF_KTHREAD of the kernel's sched.h, among the flags of proc(5)'s stat file.
_KERNEL_THREAD = 0x00200000


class Leaks:
    """Compares the node with what it was when this was made."""

    def __init__(self, daemon: int, directories: list[str]) -> None:
        self._daemon = daemon
        self._directories = directories
        self._before = self._snapshot(daemon)

    def check(self, daemon: int) -> None:
        """AssertionError if the node now has anything more.

        A monitor ends just after the answer that its pod is removed, hence the patience. A daemon
        that was started anew meanwhile is not asked for its descriptors.
        """
        try:
            wait_until(lambda: not self._grown(daemon), "nothing is left", 5)
        except AssertionError:
            raise AssertionError(f"left behind: {self._grown(daemon)}") from None

    def _grown(self, daemon: int) -> Snapshot:
        now = self._snapshot(daemon)
        if daemon != self._daemon:
            now["descriptors"] = set()
        return {kind: new for kind in now if (new := now[kind] - self._before[kind])}

    def _snapshot(self, daemon: int) -> Snapshot:
        return {
            **held(),
            # The daemon itself is left out, as tests may start it anew.
            "processes": {line for line in processes() if line.split()[0] != str(daemon)},
            "descriptors": _descriptors(daemon),
            "directories": _below(self._directories),
        }


def held() -> Snapshot:
    """What the kernel and the network plugins keep for pods."""
    return {
        "mounts": _mounts(),
        "network namespaces": _below(["/run/netns"]),
        "cgroups": _below(["/sys/fs/cgroup"]),
        "addresses": {str(path) for path in Path("/var/lib/cni").rglob("*.*.*.*")},
        "interfaces": _interfaces(),
        "firewall": _firewall(),
    }


def _mounts() -> set[str]:
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return {f"{line.split()[4]} ({line.split(' - ')[1].split()[0]})" for line in lines}


def _below(roots: list[str]) -> set[str]:
    """Directories, and of the files those that stand for something: sockets and namespace pins."""
    found = set()
    for root in roots:
        for path, _, files in os.walk(root):
            found |= {path, *(f"{path}/{name}" for name in files if _stands(f"{path}/{name}"))}
    return found


def _stands(path: str) -> bool:
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return False
    return stat.S_ISSOCK(status.st_mode) or path.startswith("/run/netns/")


def processes() -> set[str]:
    """ID and command line of all in the node's PID namespace but the kernel's own threads."""
    found = set()
    for path in Path("/proc").glob("[0-9]*"):
        try:
            command = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            flags = int((path / "stat").read_text().rpartition(")")[2].split()[6])
        except OSError:
            continue
        if not flags & _KERNEL_THREAD:
            found.add(f"{path.name} {command}")
    return found


def _descriptors(daemon: int) -> set[str]:
    """By kind and count: "socket #3" is new when there were two.

    A connection to a registry may be kept for the next pull, so TCP does not count; nor does the
    source of random numbers, which librnp opens at the first signature and keeps."""
    tcp = {line.split()[9] for line in Path("/proc/self/net/tcp").read_text().splitlines()[1:]}
    kinds: Counter[str] = Counter()
    for entry in Path(f"/proc/{daemon}/fd").iterdir():
        try:
            target = os.readlink(entry)
        except OSError:
            continue
        if target == "/dev/urandom":
            continue
        if target.removeprefix("socket:[").removesuffix("]") not in tcp:
            kinds[re.sub(r"\[\d+\]|\d+$", "", target)] += 1
    return {f"{kind} #{number + 1}" for kind, count in kinds.items() for number in range(count)}


def _interfaces() -> set[str]:
    lines = Path("/proc/self/net/dev").read_text().splitlines()[2:]
    return {line.split(":")[0].strip() for line in lines}


def _firewall() -> set[str]:
    saved = subprocess.run(["iptables-save"], check=True, capture_output=True, text=True).stdout
    rules = {re.sub(r"\[\d+:\d+\]", "", line).strip() for line in saved.splitlines()}
    return {rule for rule in rules if rule.startswith(("-A", ":CNI"))
            and not _KEPT_CHAINS.search(rule)}
