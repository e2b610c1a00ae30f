"""The node: network plugins, registries' names and the daemon under test."""

import json
from collections.abc import Iterable
from pathlib import Path

import grpc

from harness.client import Client
from harness.images import catalogue
from harness.images.registry import Registry
from harness.nodes import first_start
from harness.nodes.runtimes import Runtime
from harness.process import Process
from harness.wait import PATIENCE, wait_until

CNI_CONFIG = Path("/etc/cni/net.d/10-conformance.conflist")
#: Bridged and masqueraded as on an ordinary node; the subnet exists in the node's namespace alone.
NETWORK = {
    "cniVersion": "1.0.0",
    "name": "conformance",
    "plugins": [
        {
            "type": "bridge", "bridge": "cni0", "isGateway": True, "ipMasq": True,
            "hairpinMode": True,
            "ipam": {
                "type": "host-local", "ranges": [[{"subnet": "10.88.0.0/16"}]],
                "routes": [{"dst": "0.0.0.0/0"}],
            },
        },
        {"type": "portmap", "capabilities": {"portMappings": True}},
    ],
}


class Node:
    """Owns the daemon's process and the client that talks to it."""

    def __init__(self, runtime: Runtime, directory: Path, registry: Registry,
                 mirrored: Iterable[str] = (), insecure: Iterable[str] = ()) -> None:
        """A node that takes the images of `mirrored` registries from `registry`, and speaks plain
        HTTP to `insecure` ones."""
        runtime.configure({name: registry.host for name in mirrored}, [registry.host, *insecure])
        # What containerd keeps a pod's namespaces with; Gantry pulls nothing of the kind.
        registry.push("infra:latest", catalogue.marked("infra", Cmd=["tail", "-f", "/dev/null"]))
        self.runtime = runtime
        self.directory = directory
        self.client = Client(runtime.socket)
        self.environment: dict[str, str] = {}
        self.umask = -1
        #: Images that all tests count on.
        self.kept: list[str] = []
        #: Whether each test has a root and a run directory on which no Gantry has ever run.
        self.is_new = False
        self._daemon: Process | None = None
        Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
        # A plugin's hairpin port wants replies to 127.0.0.1 routed (portmap's README).
        Path("/proc/sys/net/ipv4/conf/all/route_localnet").write_text("1")
        self.connect_network()

    @property
    def daemon(self) -> Process:
        """The running daemon."""
        assert self._daemon, "the daemon was not started"
        return self._daemon

    def connect_network(self, network: dict = NETWORK) -> None:
        """Puts the CNI configuration in place."""
        CNI_CONFIG.write_text(json.dumps(network))

    def start(self, *arguments: str) -> None:
        """Starts the daemon and waits until it answers Version; its output if it ends first."""
        self.launch(*arguments)
        wait_until(self._answers, f"{self.runtime.name} answers")

    def launch(self, *arguments: str) -> None:
        """Starts the daemon, and waits for nothing."""
        self._daemon = self.spawn(*arguments)

    def spawn(self, *arguments: str) -> Process:
        """A daemon that may well end at once."""
        return Process([*self.runtime.command, *arguments], self.directory, self.environment,
                       self.umask)

    def start_unawaited(self) -> None:
        """Starts a daemon that may die before it answers."""
        self._daemon = self.spawn()

    @property
    def running(self) -> bool:
        """Whether there is a daemon."""
        return self._daemon is not None and self._daemon.running

    def restart(self) -> None:
        """SIGTERM, as an update of the daemon does it, and a new start."""
        assert self.daemon.terminate() == 0, self.daemon.output[-4000:]
        self.start()

    def begin_anew(self, pull: bool = True) -> None:
        """A first start: on a root and a run directory on which no Gantry has ever run."""
        if self.running:
            assert self.daemon.terminate() == 0, self.daemon.output[-4000:]
        first_start.clear(self.runtime.directories)
        self.start()
        if pull:
            self.pull_kept()

    def pull_kept(self) -> None:
        """The images that all tests count on, in the format of layers that counts."""
        for reference in self.kept:
            self.client.PullImage(image={"image": reference})

    def reconfigure(self) -> None:
        """Starts the daemon with another configuration."""
        if self.is_new:
            self.begin_anew()
        else:
            self.restart()

    def crash(self) -> None:
        """SIGKILL."""
        self.daemon.kill()

    def revive(self) -> None:
        """Starts the daemon if a failed test left it dead."""
        if not self.daemon.running:
            self.start()

    def stop(self) -> None:
        """Ends the daemon with the session."""
        self.client.close()
        if self._daemon and self._daemon.running:
            self._daemon.kill()

    def _answers(self) -> bool:
        assert self.daemon.running, f"the daemon ended:\n{self.daemon.output[-4000:]}"
        try:
            return bool(self.client.Version(deadline=PATIENCE).runtime_name)
        except grpc.RpcError:
            return False
