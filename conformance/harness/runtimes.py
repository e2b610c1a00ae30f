"""The runtimes that can be put under test: Gantry, and the containerd that Debian packages, by
which the harness itself is checked."""

import os
from pathlib import Path
from typing import Protocol

from .cri import REPOSITORY


class Runtime(Protocol):
    """How the node starts a runtime."""

    name: str
    socket: str
    #: What the leak check looks through.
    directories: list[str]
    command: list[str]
    #: Its handlers for ordinary containers that this machine has.
    handlers: list[str]

    def configure(self, mirrors: dict[str, str], insecure: list[str]) -> None:
        """Writes the configuration: mirrors by registry, and the registries without TLS."""


def installed(*runtimes: str) -> list[str]:
    """Those OCI runtimes that are on this machine."""
    directories = [*os.environ["PATH"].split(":"), "/usr/sbin", "/sbin"]
    return [name for name in runtimes if any((Path(d) / name).exists() for d in directories)]


class Gantry:
    """`gantry serve` without flags, as on an ordinary node."""

    name = "gantry"
    socket = "/run/gantry/gantry.sock"
    directories = ["/var/lib/gantry", "/run/gantry"]

    def __init__(self) -> None:
        self.handlers = installed("crun", "runc")
        self.command = [self._binary(), "serve"]

    def configure(self, mirrors: dict[str, str], insecure: list[str]) -> None:
        """registries.conf, as containers-registries.conf(5) has it."""
        lines = [line for host in insecure for line in (
            "[[registry]]", f'location = "{host}"', "insecure = true", "")]
        for registry, mirror in mirrors.items():
            lines += ["[[registry]]", f'prefix = "{registry}"', f'location = "{registry}"',
                      "[[registry.mirror]]", f'location = "{mirror}"', "insecure = true", ""]
        Path("/etc/containers/registries.conf").write_text("\n".join(lines))

    @staticmethod
    def _binary() -> str:
        if named := os.environ.get("GANTRY"):
            return named
        built = REPOSITORY / ".build" / "gantry" / "bin" / "gantry"
        if not built.exists():
            raise FileNotFoundError("no gantry: run make build first, or name it in GANTRY")
        return str(built)


class Containerd:
    """containerd 1.6's CRI plugin, set up to be as like to Gantry as it can."""

    name = "containerd"
    socket = "/run/containerd/containerd.sock"
    directories = ["/run/containerd/io.containerd.runtime.v2.task"]
    command = ["containerd", "--config", "/etc/containerd/config.toml"]

    def __init__(self) -> None:
        self.handlers = installed("crun", "runc")

    def configure(self, mirrors: dict[str, str], insecure: list[str]) -> None:
        """config.toml, and a hosts.toml for each registry."""
        _link_plugins()
        Path("/etc/containerd/config.toml").write_text(f"""version = 2
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{insecure[0]}/infra:latest"
restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/opt/cni/bin"
[plugins."io.containerd.grpc.v1.cri".registry]
config_path = "/etc/containerd/certs.d"
[plugins."io.containerd.grpc.v1.cri".containerd]
default_runtime_name = "runc"
""" + "".join(f"""[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.{handler}]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.{handler}.options]
BinaryName = "{handler}"
""" for handler in self.handlers))
        for registry, mirror in {**mirrors, **{host: host for host in insecure}}.items():
            directory = Path("/etc/containerd/certs.d") / registry
            directory.mkdir(parents=True, exist_ok=True)
            (directory / "hosts.toml").write_text(
                f'server = "http://{mirror}"\n[host."http://{mirror}"]\n'
                'capabilities = ["pull", "resolve"]\n')


def _link_plugins() -> None:
    """containerd 1.6 looks in one directory alone; Gantry in this one and in Debian's."""
    directory = Path("/opt/cni/bin")
    directory.mkdir(parents=True, exist_ok=True)
    for plugin in Path("/usr/lib/cni").iterdir():
        if not (directory / plugin.name).exists():
            (directory / plugin.name).symlink_to(plugin)


def named(name: str) -> Runtime:
    """The runtime of `--runtime-under-test`."""
    return Gantry() if name == "gantry" else Containerd()
