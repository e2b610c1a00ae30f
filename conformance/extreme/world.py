"""A node whose daemon is asked for extremes, and must be the same, and as small, afterwards."""

import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc

from crash.counts import ROOT, RUN
from crash.world import KEPT
from harness import cri
from harness.images import catalogue
from harness.images.fake_registry import FakeRegistry
from harness.images.registry import Registry
from harness.leaks import Snapshot, held, processes
from harness.nodes import runtimes
from harness.nodes.node import Node
from harness.wait import wait_until

from . import checkpoints, scenes, seeds
from .cells import Cell
from .documents import DocumentCell
from .plugins import PluginCell, Plugins
from .streams import StreamCell

AnyCell = Cell | StreamCell | DocumentCell | PluginCell

REGISTRY_PORT = 5000
#: Seconds that a call may take; nothing that is asked for here takes one.
DEADLINE = 20
#: Bytes that a group may add to the daemon, and what each pod or container in it may.
GROWTH, SHARE = 16 << 20, 512 << 10
#: In the name of a pod's or a container's own cgroup.
IDENTIFIER = re.compile("[0-9a-f]{64}")
#: No network but the loopback: what plugins do is no matter here.
NETWORK = {"cniVersion": "1.0.0", "name": "extremes", "plugins": [{"type": "loopback"}]}


class World:
    """The node and what stands on it while a group of cells is walked."""

    def __init__(self, directory: Path) -> None:
        checkpoints.install()
        self.registry = Registry(directory, REGISTRY_PORT)
        self.node = Node(runtimes.Gantry(), directory, self.registry)
        self.node.connect_network(NETWORK)
        self.answering = FakeRegistry()
        self.plugins = Plugins()
        image = self.registry.push("extremes/image:latest", catalogue.image())
        self.standing = scenes.Standing(image)
        Path(seeds.LOGS).mkdir(parents=True)
        self._before: Snapshot = {}

    def close(self) -> None:
        """Ends all that was started."""
        self.node.stop()
        self.registry.stop()
        self.answering.stop()

    def call(self, rpc: str, deadline: float = DEADLINE, **fields: Any) -> Any:
        """One RPC; of a stream, all that comes."""
        answer = getattr(self.node.client, rpc)(deadline=deadline, **fields)
        return list(answer) if cri.METHODS[rpc].server_streaming else answer

    def begin(self) -> None:
        """An image, a pod and a container that runs."""
        self.call("PullImage", image={"image": self.standing.image})
        self.standing.config = seeds.pod(0)
        self.standing.pod = self.call(
            "RunPodSandbox", config=self.standing.config, runtime_handler="crun").pod_sandbox_id
        self.standing.container = self.call(
            "CreateContainer", pod_sandbox_id=self.standing.pod,
            sandbox_config=self.standing.config,
            config=seeds.container(0, self.standing.image)).container_id
        self.call("StartContainer", container_id=self.standing.container)
        scenes.look(self.call)

    def ask(self, cell: AnyCell) -> str:
        """Sends a cell's request and follows it; what is wrong with the answer."""
        if isinstance(cell, StreamCell):
            return cell.ask(self.standing, self.call)
        if isinstance(cell, PluginCell):
            return cell.ask(self.plugins, self.standing, self.call)
        if isinstance(cell, DocumentCell):
            return cell.ask(self.answering, self.standing, self.call)
        try:
            request = scenes.request(cell.rpc, self.standing, self.call)
            encoded = cell.change.encoded(request)
        except grpc.RpcError as error:
            return f"preparing: {error.code().name}: {error.details()}"
        try:
            answer = self.node.client.send(cell.rpc, encoded, cell.deadline)
        except grpc.RpcError as error:
            return cell.judge(error)
        try:
            scenes.follow(cell.rpc, answer, self.call)
        except grpc.RpcError as error:
            return f"afterwards: {error.code().name}: {error.details()}"
        return ""

    def walk(self, cells: list[AnyCell]) -> dict[AnyCell, str]:
        """Asks for a group of cells, four at a time, and then for the delayed effects of all.

        AssertionError says what the group as a whole has done to the node."""
        if not self.node.running:
            self.node.start()
        self._before = self._snapshot()
        self.begin()
        daemon, memory = self._identity(), self._memory()
        with ThreadPoolExecutor(4) as threads:
            wrong = dict(zip(cells, threads.map(self.ask, cells)))
        self.plugins.close()
        scenes.look(self.call)
        assert self._identity() == daemon, "the daemon is another one"
        self._check_memory(memory)
        self.node.restart()
        scenes.look(self.call)
        self._tear_down()
        return {cell: reason for cell, reason in wrong.items() if reason}

    def _identity(self) -> tuple[int, str]:
        pid = self.node.daemon.id
        return pid, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]

    def _memory(self) -> int:
        lines = Path(f"/proc/{self.node.daemon.id}/smaps_rollup").read_text().splitlines()
        return sum(int(line.split()[1]) << 10 for line in lines
                   if line.startswith(("Private_Clean", "Private_Dirty")))

    def _check_memory(self, before: int) -> None:
        there = len(self.call("ListPodSandbox").items) + len(
            self.call("ListContainers").containers)
        grown = self._memory() - before
        assert grown < GROWTH + SHARE * there, f"{grown >> 20} MiB more for {there} pods and containers"

    def _tear_down(self) -> None:
        """As the kubelet does it; then nothing may be left."""
        self.clear()
        self._remove_parents()
        try:
            wait_until(lambda: not self._left(), "nothing is left", 5)
        except AssertionError:
            raise AssertionError(f"left behind: {self._left()}") from None

    def clear(self) -> None:
        """Removes all pods and containers; each removal must go well."""
        pods = [pod.id for pod in self.call("ListPodSandbox").items]
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(lambda id: self.call("StopPodSandbox", pod_sandbox_id=id), pods))
            list(threads.map(lambda id: self.call("RemovePodSandbox", pod_sandbox_id=id), pods))
        assert not self.call("ListContainers").containers, "containers without pods"
        for image in self.call("ListImages").images:
            if any(name.startswith(self.answering.host) for name in image.repo_tags):
                self.call("RemoveImage", image={"image": image.id})

    def _remove_parents(self) -> None:
        """The cgroups that pods were put below are the caller's: the kubelet makes and removes them."""
        new = held()["cgroups"] - self._before.get("cgroups", set())
        for directory in sorted(new, reverse=True):
            if not IDENTIFIER.search(directory):
                Path(directory).rmdir()

    def renew(self) -> None:
        """After a failed group: by force, so that the next one begins with nothing."""
        self.plugins.close()
        if self.node.running:
            try:
                self.clear()
            except (AssertionError, grpc.RpcError):
                pass
        if self.node.running:
            self.node.crash()
        for line in processes() - self._before.get("processes", set()):
            if "gantry-" in line or "sleep 1000" in line:
                subprocess.run(["kill", "-9", line.split()[0]], check=False, capture_output=True)
        for line in reversed(Path("/proc/self/mountinfo").read_text().splitlines()):
            if line.split()[4].startswith((f"{ROOT}/", f"{RUN}/")):
                subprocess.run(["umount", "-l", line.split()[4]], check=False, capture_output=True)
        for path in (*ROOT.glob("*"), *RUN.glob("*")):
            subprocess.run(["rm", "-rf", path], check=False)
        for directory in sorted(held()["cgroups"] - self._before.get("cgroups", set()),
                                reverse=True):
            subprocess.run(["rmdir", directory], check=False, capture_output=True)

    def _left(self) -> Snapshot:
        now = self._snapshot()
        return {kind: new for kind in now if (new := now[kind] - self._before.get(kind, set()))}

    def _snapshot(self) -> Snapshot:
        pid = str(self.node.daemon.id) if self.node.running else ""
        roots = [ROOT / "containers", ROOT / "network", ROOT / "staging", RUN / "pods",
                 RUN / "containers", RUN / "records"]
        files = {str(path) for root in roots if root.exists() for path in root.rglob("*")}
        return {**held(), "files": {path for path in files if not KEPT.search(path)},
                "processes": {line for line in processes() if line.split()[0] != pid}}
