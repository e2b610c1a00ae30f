"""The floor: floor.c does with the plugins and the OCI runtime's commands what a pod needs."""

import json
import subprocess
from pathlib import Path

from harness.images import catalogue
from harness.nodes.node import NETWORK

from . import BUILD
from .recorder import Recorder
from .scale import Scale
from .usage import Meter

#: Of a pod up and of a pod down.
UP, DOWN = ("namespace", "add", "create", "start"), ("kill", "delete", "del", "remove")


class Floor:
    """One process that makes some pods, and takes them down again."""

    def __init__(self, runtime: str, directory: Path, first: int, count: int) -> None:
        self._process = subprocess.Popen(
            [BUILD / "floor", runtime, directory, str(first), str(count)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def order(self, what: str) -> None:
        """Tells it what to do."""
        self._process.stdin.write(what + "\n")
        self._process.stdin.flush()

    def steps(self) -> dict[str, list[float]]:
        """Milliseconds by step, once the order was carried out; RuntimeError if it failed."""
        found: dict[str, list[float]] = {}
        for line in self._process.stdout:
            if line == "done\n":
                return found
            name, milliseconds = line.split()
            found.setdefault(name, []).append(float(milliseconds))
        raise RuntimeError(f"the floor ended with {self._process.wait()}")

    def end(self) -> None:
        """Leaves what is up to the node's end."""
        self._process.kill()
        self._process.wait()


class Bare(Recorder):
    """A node without a CRI runtime, and pods beside which to measure."""

    def __init__(self, scale: Scale, directory: Path) -> None:
        super().__init__(scale)
        self._directory, self._made, self._grown = directory, 0, 0
        self._floors: list[Floor] = []
        self._rootfs = directory / "rootfs"
        self._rootfs.mkdir()
        for layer in catalogue.marked("sleep").layers:
            subprocess.run(["tar", "xz", "-C", self._rootfs], input=layer.blob, check=True)
        for number, plugin in enumerate(NETWORK["plugins"]):
            config = {"name": NETWORK["name"], "cniVersion": NETWORK["cniVersion"], **plugin}
            (directory / f"plugin-{number}.json").write_text(json.dumps(config))
        Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
        subprocess.run([scale.runtime, "spec"], cwd=directory, check=True)
        self._spec = json.loads((directory / "config.json").read_text())
        # The first pod makes the bridge and the chains of iptables, as it does on every node.
        self.grow(1)

    def floor(self, count: int) -> Floor:
        """A process for `count` pods, which it has not made yet."""
        first = self._made
        self._made += count
        for number in range(first, self._made):
            self._bundle(number)
        self._floors.append(Floor(self.scale.runtime, self._directory, first, count))
        return self._floors[-1]

    def grow(self, count: int) -> None:
        """There are then `count` pods that stay."""
        floor = self.floor(count - self._grown)
        floor.order("up")
        floor.steps()
        self._grown = count

    def _bundle(self, number: int) -> None:
        name, bundle = f"floor-{number}", self._directory / str(number)
        self._spec["process"].update(terminal=False, args=["sleep", "1000000"])
        self._spec["root"] = {"path": str(self._rootfs), "readonly": True}
        for namespace in self._spec["linux"]["namespaces"]:
            if namespace["type"] == "network":
                namespace["path"] = f"/run/netns/{name}"
        bundle.mkdir()
        (bundle / "config.json").write_text(json.dumps(self._spec))

    def meter(self) -> Meter:
        """CPU time of all but this process."""
        return Meter([])

    def stop(self) -> None:
        """Ends the processes."""
        for floor in self._floors:
            floor.end()


def sums(steps: dict[str, list[float]], names: tuple[str, ...]) -> list[float]:
    """Of each pod, all steps together."""
    return [sum(parts) for parts in zip(*(steps[name] for name in names), strict=True)]
