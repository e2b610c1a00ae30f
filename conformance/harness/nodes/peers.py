"""Gantry's peers, each set up to be as like to Gantry as it can: the containerd that Debian packages, and
containerd 2 and CRI-O where PATH has them. The latter two refuse Debian's crun, so they have runc alone."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path


def installed(*runtimes: str) -> list[str]:
    """Those OCI runtimes that are on this machine."""
    return [name for name in runtimes if any(found(name))]


def found(program: str) -> Iterator[Path]:
    """The places of a program on PATH and where the system's own are."""
    directories = [*os.environ["PATH"].split(":"), "/usr/sbin", "/sbin"]
    return (path for d in directories if (path := Path(d) / program).exists())


def program(name: str, version: str = "") -> str:
    """The first program of that name whose version begins so."""
    for path in found(name):
        words = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout.split()
        if any(word.removeprefix("v").startswith(version) for word in words):
            return str(path)
    raise FileNotFoundError(f"no {name} {version} on PATH".replace("  ", " "))


class Containerd:
    """containerd 1.6's CRI plugin."""

    name = "containerd"
    stops_slowly = False
    socket = "/run/containerd/containerd.sock"
    directories = ["/run/containerd/io.containerd.runtime.v2.task"]

    def __init__(self) -> None:
        self.handlers = installed("crun", "runc")
        self.command = [program("containerd", "1."), "--config", "/etc/containerd/config.toml"]

    def configure(self, mirrors: dict[str, str], insecure: list[str]) -> None:
        """config.toml, and a hosts.toml for each registry."""
        _link_plugins()
        Path("/etc/containerd/config.toml").write_text(self._configuration(f"{insecure[0]}/infra:latest"))
        for registry, mirror in {**mirrors, **{host: host for host in insecure}}.items():
            directory = Path("/etc/containerd/certs.d") / registry
            directory.mkdir(parents=True, exist_ok=True)
            (directory / "hosts.toml").write_text(
                f'server = "http://{mirror}"\n[host."http://{mirror}"]\n'
                'capabilities = ["pull", "resolve"]\n')

    def _configuration(self, infra: str) -> str:
        return f"""version = 2
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{infra}"
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
""" for handler in self.handlers)


class Containerd2(Containerd):
    """containerd 2's CRI plugins."""

    name = "containerd2"

    def __init__(self) -> None:
        self.handlers = installed("runc")
        self.command = [program("containerd", "2."), "--config", "/etc/containerd/config.toml"]

    def _configuration(self, infra: str) -> str:
        # Its shim is beside it, and not Debian's, which is of the other version.
        shim = Path(self.command[0]).with_name("containerd-shim-runc-v2")
        return f"""version = 3
[plugins."io.containerd.cri.v1.images".pinned_images]
sandbox = "{infra}"
[plugins."io.containerd.cri.v1.images".registry]
config_path = "/etc/containerd/certs.d"
[plugins."io.containerd.cri.v1.runtime"]
restrict_oom_score_adj = true
[plugins."io.containerd.cri.v1.runtime".cni]
bin_dirs = ["/opt/cni/bin"]
[plugins."io.containerd.cri.v1.runtime".containerd]
default_runtime_name = "runc"
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
runtime_path = "{shim}"
"""


class CRIO:
    """CRI-O, with Debian's conmon."""

    name = "crio"
    #: StopPodSandbox waits for each container as long as a minute.
    stops_slowly = True
    socket = "/run/crio/crio.sock"
    directories = ["/run/containers/storage/overlay-containers"]

    def __init__(self) -> None:
        self.handlers = installed("runc")
        self.command = [program("crio"), "--config", "/etc/crio/crio.conf", "--config-dir", ""]

    def configure(self, mirrors: dict[str, str], insecure: list[str]) -> None:
        """crio.conf and what all of containers/ reads."""
        _link_plugins()
        Path("/etc/containers/registries.conf").write_text(registries(mirrors, insecure))
        Path("/etc/containers/policy.json").write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
        Path("/etc/crio").mkdir(exist_ok=True)
        Path("/etc/crio/crio.conf").write_text(f"""[crio]
storage_driver = "overlay"
[crio.api]
listen = "{self.socket}"
[crio.image]
pause_image = "{insecure[0]}/infra:latest"
pause_command = ""
[crio.network]
plugin_dirs = ["/opt/cni/bin"]
[crio.runtime]
default_runtime = "runc"
cgroup_manager = "cgroupfs"
pinns_path = "{Path(self.command[0]).with_name("pinns")}"
[crio.runtime.runtimes.runc]
runtime_path = "{next(found("runc"))}"
monitor_path = "{next(found("conmon"))}"
monitor_cgroup = "pod"
""")


KINDS = {kind.name: kind for kind in (Containerd, Containerd2, CRIO)}


def registries(mirrors: dict[str, str], insecure: list[str]) -> str:
    """registries.conf, as containers-registries.conf(5) has it."""
    lines = [line for host in insecure for line in (
        "[[registry]]", f'location = "{host}"', "insecure = true", "")]
    for registry, mirror in mirrors.items():
        lines += ["[[registry]]", f'prefix = "{registry}"', f'location = "{registry}"',
                  "[[registry.mirror]]", f'location = "{mirror}"', "insecure = true", ""]
    return "\n".join(lines)


def _link_plugins() -> None:
    """Both look in one directory; Gantry in this one and in Debian's."""
    directory = Path("/opt/cni/bin")
    directory.mkdir(parents=True, exist_ok=True)
    for plugin in Path("/usr/lib/cni").iterdir():
        if not (directory / plugin.name).exists():
            (directory / plugin.name).symlink_to(plugin)
