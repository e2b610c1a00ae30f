"""Gantry's own commands, against the daemon under test."""

import subprocess

from harness.nodes.runtimes import Runtime


def gantry(runtime: Runtime, *arguments: str) -> str:
    """What the command prints; AssertionError with its words when it fails."""
    done = subprocess.run([runtime.command[0], *arguments], text=True, capture_output=True,
                          check=False)
    assert done.returncode == 0, f"gantry {' '.join(arguments)}: {done.stderr}{done.stdout}"
    return done.stdout
