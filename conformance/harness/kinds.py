"""What kind of node this is, for the tests that are about a kind."""

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
    }
    return {fact for fact, holds in found.items() if holds}


def suits(item: pytest.Item) -> bool:
    """Whether a test's `node` marks, its own and its file's, all fit this node."""
    here = facts()
    return all(
        set(mark.kwargs.get("having", [])) <= here and not set(mark.kwargs.get("lacking", [])) & here
        for mark in item.iter_markers("node"))
