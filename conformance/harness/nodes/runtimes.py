"""The runtimes that can be put under test: Gantry, and its peers, by which the harness itself is checked."""

import os
from pathlib import Path
from typing import Protocol

from harness.cri import REPOSITORY
from harness.nodes import peers


class Runtime(Protocol):
    """How the node starts a runtime."""

    name: str
    socket: str
    #: What the leak check looks through.
    directories: list[str]
    command: list[str]
    #: Its handlers for ordinary containers that this machine has.
    handlers: list[str]
    #: Whether the tests kill what runs before they remove pods.
    stops_slowly: bool

    def configure(self, mirrors: dict[str, str], insecure: list[str]) -> None:
        """Writes the configuration: mirrors by registry, and the registries without TLS."""


class Gantry:
    """`gantry serve` without flags, as on an ordinary node."""

    name = "gantry"
    socket = "/run/gantry/gantry.sock"
    stops_slowly = False
    directories = ["/var/lib/gantry", "/run/gantry"]

    def __init__(self) -> None:
        self.handlers = peers.installed("crun", "runc")
        self.command = [self._binary(), "serve"]

    def configure(self, mirrors: dict[str, str], insecure: list[str]) -> None:
        """registries.conf alone."""
        Path("/etc/containers/registries.conf").write_text(peers.registries(mirrors, insecure))

    @staticmethod
    def _binary() -> str:
        if named := os.environ.get("GANTRY"):
            return named
        built = REPOSITORY / ".build" / "gantry" / "bin" / "gantry"
        if not built.exists():
            raise FileNotFoundError("no gantry: run make build first, or name it in GANTRY")
        return str(built)


def named(name: str) -> Runtime:
    """The runtime of `--runtime-under-test`."""
    return Gantry() if name == "gantry" else peers.KINDS[name]()
