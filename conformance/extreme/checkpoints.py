"""A handler beside the node's own whose runtime has checkpoint, which none of Debian 12's has without CRIU."""

import shutil
from pathlib import Path

from harness.cri import REPOSITORY

HANDLER = "checkpoints"
DIRECTORY = Path("/run/checkpoints")
CONFIG = Path("/etc/gantry/gantry.toml")
PROGRAM = DIRECTORY / "runtime"
STAND_IN = REPOSITORY / "conformance/stand_ins/odd_runtime.py"


def install() -> None:
    """On a fresh node, before its daemon is there."""
    DIRECTORY.mkdir()
    Path("/run/odd").mkdir()
    criu = Path("/usr/local/sbin/criu")
    for program, words in [(criu, "false"), (PROGRAM, f'exec python3 {STAND_IN} {_path("crun")} checkpoint -- "$@"')]:
        program.write_text(f"#!/bin/sh\n{words}\n")
        program.chmod(0o755)
    handlers = {"crun": _path("crun"), "runc": _path("runc"), HANDLER: str(PROGRAM)}
    CONFIG.parent.mkdir(exist_ok=True)
    CONFIG.write_text("".join(
        f'[runtimes.{name}]\npath = "{path}"\nroot = "/run/gantry/{name}"\n\n' for name, path in handlers.items() if path))


def _path(name: str) -> str:
    return shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin") or ""
