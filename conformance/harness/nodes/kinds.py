"""What kind of node this is, for the tests that are about a kind."""

import os
import platform
import subprocess
from pathlib import Path

import pytest


def facts() -> set[str]:
    """Words for what the node's kernel and init have."""
    apparmor = Path("/sys/module/apparmor/parameters/enabled")
    found = {
        "apparmor": apparmor.exists() and apparmor.read_text().startswith("Y"),
        "selinux": Path("/sys/fs/selinux/enforce").exists(),
        "cgroup v2": Path("/sys/fs/cgroup/cgroup.controllers").exists(),
        "systemd": Path("/run/systemd/system").exists(),
        "criu": _checkpoints(),
        "project quotas": _has_module("quota_v2"),
        # Detached mounts as layers of overlay, over files (Linux 6.15).
        # What EROFS takes no files of is in memory.
        "trees": "GANTRY_DISK" not in os.environ,
        "indexes": _release() >= (6, 15) and "\terofs\n" in Path("/proc/filesystems").read_text(),
    }
    return {fact for fact, holds in found.items() if holds}


def _checkpoints() -> bool:
    """CRIU is installed on few nodes, and each of its versions starts on few kernels."""
    try:
        return subprocess.run(["criu", "check"], check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def _has_module(name: str) -> bool:
    return subprocess.run(["modprobe", "--dry-run", "--quiet", name], check=False).returncode == 0


def _release() -> tuple[int, ...]:
    return tuple(int(part) for part in platform.release().split("-")[0].split(".")[:2])


def suits(item: pytest.Item) -> bool:
    """Whether a test's `node` marks, its own and its file's, all fit this node."""
    here = facts()
    return all(
        set(mark.kwargs.get("having", [])) <= here and not set(mark.kwargs.get("lacking", [])) & here
        for mark in item.iter_markers("node"))
