"""Where a CRI runtime is measured: a node, its daemon, registries, and pods beside which to measure."""

import socket
import struct
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from harness.client import Client
from harness.images import catalogue
from harness.images.registry import Registry
from harness.nodes.node import Node
from harness.pods import Container, Pod, Pods

from . import store
from .contestants import Contestant
from .recorder import Recorder, emit, timed
from .scale import Scale
from .usage import Meter

AT_ONCE = 8


@dataclass(frozen=True)
class Up:
    """A pod with a container that runs, and the milliseconds of each step to it."""

    pod: Pod
    container: Container
    steps: dict[str, float]


class Stage(Recorder):
    """Made anew for each cell."""

    def __init__(self, contestant: Contestant, scale: Scale, directory: Path, disk: Path,
                 images: str) -> None:
        super().__init__(scale)
        self.contestant, self.directory = contestant, directory
        self.registries = [Registry(directory, 5000)]
        self.image = self.registries[0].push("bench/sleep:1", catalogue.marked("sleep"))
        #: What the second registry serves, if the row wants images to pull.
        self.images = Path(images)
        if images:
            self.registries.append(Registry(directory, 5001, storage=self.images))
        self.node = None if contestant.is_there else self._node(disk)
        self.client = self.node.client if self.node else Client(contestant.socket)
        self.socket = self.node.runtime.socket if self.node else contestant.socket
        said = self.client.Version()
        emit(kind="about", values={contestant.name: f"{said.runtime_name} {said.runtime_version}"})
        self.client.PullImage(image={"image": self.image})
        self.pods = Pods(self.client, scale.runtime)
        self.ups: list[Up] = []

    def _node(self, disk: Path) -> Node:
        # Where nothing is pulled, all is in memory unless told: a disk's whims are then nobody's.
        on_disk = self.scale.disk or len(self.registries) > 1
        for directory in self.contestant.stores if on_disk else []:
            store.mount(disk, directory)
        others = [registry.host for registry in self.registries[1:]]
        node = Node(self.contestant.runtime(), self.directory, self.registries[0], insecure=others)
        node.start()
        return node

    @property
    def daemon(self) -> int:
        """Its process: the one that listens, where nobody here has started it (unix(7))."""
        if self.node:
            return self.node.daemon.id
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self.socket)
            options = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
            return struct.unpack("3i", options)[0]

    def up(self, command: tuple[str, ...] = ("sleep", "1000000"), image: str = "") -> Up:
        """A pod and its container, one step after the other."""
        run, pod = timed(self.pods.run)
        create, container = timed(lambda: pod.create(*command, image=image or self.image))
        start, _ = timed(container.start)
        return Up(pod, container, {"RunPodSandbox": run, "CreateContainer": create, "StartContainer": start})

    def down(self, up: Up) -> dict[str, float]:
        """Milliseconds of each step."""
        stop, _ = timed(lambda: self.client.StopPodSandbox(pod_sandbox_id=up.pod.id))
        remove, _ = timed(lambda: self.client.RemovePodSandbox(pod_sandbox_id=up.pod.id))
        return {"StopPodSandbox": stop, "RemovePodSandbox": remove}

    def grow(self, count: int) -> None:
        """There are then `count` pods with a container each, of which nothing was measured."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            self.ups += pool.map(lambda _: self.up(), range(count - len(self.ups)))

    def meter(self) -> Meter:
        """CPU time of all but this process and the registries."""
        return Meter([registry.process.id for registry in self.registries])

    def last_words(self) -> str:
        """The end of the daemon's output."""
        return self.node.daemon.output[-6000:] if self.node else ""

    def stop(self) -> None:
        """Ends what was started; pods are removed where no node takes them along."""
        if self.node:
            self.node.stop()
        else:
            self.pods.remove()
            self.client.RemoveImage(image={"image": self.image})
        for registry in self.registries:
            registry.stop()
