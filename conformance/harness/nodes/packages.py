"""Gantry's Debian package, as an administrator has it: apt installs, upgrades, removes and purges it."""

import os
import subprocess
from pathlib import Path

from harness.cri import REPOSITORY

#: What `make packages` has made.
BUILT = REPOSITORY / ".build" / "packages"


def apt(*arguments: str | Path) -> str:
    """What apt-get says; AssertionError with its words when it fails."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    done = subprocess.run(["apt-get", "-y", "--no-install-recommends", *arguments],
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                          env=environment)
    assert done.returncode == 0, done.stdout
    return done.stdout


def newest() -> Path:
    """The package of this source tree."""
    found = sorted(BUILT.glob("gantry_*.deb"))
    assert len(found) == 1, f"run make packages first: {BUILT} has {found}"
    return found[0]


def before(package: Path, directory: Path) -> Path:
    """The same package with a version that is older than its own."""
    tree = directory / "before"
    subprocess.run(["dpkg-deb", "--raw-extract", package, tree], check=True)
    control = tree / "DEBIAN" / "control"
    control.write_text("".join(
        f"{line.rstrip()}~before\n" if line.startswith("Version:") else line
        for line in control.read_text().splitlines(keepends=True)))
    older = directory / "gantry-before.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Znone", "--build", tree, older], check=True,
                   stdout=subprocess.DEVNULL)
    return older


def version(name: str = "gantry") -> str:
    """What dpkg has installed; empty when it has not."""
    done = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}", name], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    status, _, installed = done.stdout.partition(" ")
    return installed if status == "installed" else ""


def like_a_machine() -> None:
    """Undoes what makes a container of this node: services may start, and mandb has nothing to do."""
    for file in ("/usr/sbin/policy-rc.d", "/var/lib/man-db/auto-update"):
        Path(file).unlink(missing_ok=True)
