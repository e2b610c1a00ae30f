"""Who is measured: Gantry, Debian's containerd, any other CRI runtime, and the floor."""

import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

from harness.nodes.peers import KINDS, Containerd, installed
from harness.nodes.runtimes import Gantry, Runtime

OURS, TREES, FLOOR = "gantry", "gantry-trees", "floor"
#: Where images are, by how the name of a contestant begins.
STORES = {"gantry": "/var/lib/gantry", "containerd": "/var/lib/containerd",
          "crio": "/var/lib/containers"}


class Trees(Gantry):
    """Gantry whose layers are unpacked and not indexed."""

    def configure(self, mirrors: dict[str, str], insecure: list[str]) -> None:
        """With one key of its own."""
        super().configure(mirrors, insecure)
        directory = Path("/etc/gantry/conf.d")
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "90-layers.toml").write_text('layer_format = "tree"\n')


class Shimmed(Gantry):
    """Gantry that runs the OCI runtimes by a shim of containerd's."""

    def __init__(self, shim: str) -> None:
        super().__init__()
        self._shim = shim

    def configure(self, mirrors: dict[str, str], insecure: list[str]) -> None:
        """With handlers of its own."""
        super().configure(mirrors, insecure)
        directory = Path("/etc/gantry/conf.d")
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "90-shim.toml").write_text("".join(
            f'[runtimes.{handler}]\ntype = "shim"\npath = "{self._shim}"\nbinary = "{handler}"\n'
            for handler in installed("runc", "crun")))


class Peer:
    """A runtime that bench/run was told of, on a node that is set up for both Gantry's and
    containerd's way of configuration."""

    directories: list[str] = []

    def __init__(self, name: str, socket: str, command: str) -> None:
        self.name, self.socket, self.command = name, socket, shlex.split(command)
        self.handlers = installed("crun", "runc")

    def configure(self, mirrors: dict[str, str], insecure: list[str]) -> None:
        """registries.conf, config.toml and hosts.toml."""
        for runtime in (Gantry(), Containerd()):
            runtime.configure(mirrors, insecure)


@dataclass(frozen=True)
class Contestant:
    """A column of the table: `text` is as `--peer` takes it, and as a cell is told it."""

    text: str

    @property
    def name(self) -> str:
        """The column's head."""
        return self.text.partition("=")[0].partition(":")[0]

    @property
    def socket(self) -> str:
        """Where a peer listens; empty for those that are known by name."""
        return self.text.partition("=")[2].partition(",")[0]

    @property
    def command(self) -> str:
        """What starts a peer."""
        return self.text.partition(",")[2]

    @property
    def is_there(self) -> bool:
        """Somebody else has started it, and it is measured on the machine itself."""
        return bool(self.socket) and not self.command

    @property
    def is_floor(self) -> bool:
        """No CRI runtime at all."""
        return self.name == FLOOR

    def runtime(self) -> Runtime:
        """How the node starts it."""
        match self.text:
            case "gantry":
                return Gantry()
            case "gantry-trees":
                return Trees()
            case name if name in KINDS:
                return KINDS[name]()
            case _ if self.name == OURS:
                return Shimmed(self.text.partition(":")[2])
            case _:
                return Peer(self.name, self.socket, self.command)

    @property
    def stores(self) -> list[str]:
        """Where it keeps images, as far as that is known."""
        return [] if self.is_there else [
            directory for name, directory in STORES.items() if self.name.startswith(name)]


def contestants(peers: list[str], with_containerd: bool, trees: bool, shim: str = "") -> list[Contestant]:
    """All of a run, Gantry first."""
    for peer in peers:
        if not Contestant(peer).socket and peer not in KINDS:
            raise SystemExit(f"bench/run: --peer {peer!r} has no socket; want NAME=SOCKET[,COMMAND]")
    ours = f"{OURS}:{shim}" if shim else OURS
    names = [ours, TREES] if trees else [ours]
    if with_containerd:
        if not shutil.which("containerd"):
            raise SystemExit("bench/run: no containerd; apt-get install containerd, or --without-containerd")
        names.append("containerd")
    return [Contestant(text) for text in [*names, *peers, FLOOR]]
