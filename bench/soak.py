"""Pods that come and go for a while, with commands, logs, stats, events and pulls beside them.

Every RPC must succeed, and in the end the daemon and the node hold what they held before.
"""

import argparse
import json
import random
import sys
import tempfile
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness import crilog, hostile
from harness.client import Client
from harness.images import catalogue
from harness.images.registry import Registry
from harness.leaks import Leaks, processes
from harness.nodes import runtimes
from harness.nodes.node import Node
from harness.pods import Container, Pod, Pods
from harness.wait import wait_until

#: What the daemon's memory may have grown by in the end: its allocator's arenas and caches that a
#: hundred pods have filled.
ALLOWED = 16 << 20
SCRIPT = "while :; do echo a line of the log; sleep 1; done"


class Meter:
    """A client whose calls are timed, and whose errors are kept instead of raised."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.times: dict[str, list[float]] = defaultdict(list)
        self.errors: list[str] = []

    def __getattr__(self, rpc: str) -> Callable[..., Any]:
        def call(**fields: Any) -> Any:
            begin = time.perf_counter()
            answer = getattr(self._client, rpc)(**fields)
            self.times[rpc].append((time.perf_counter() - begin) * 1000)
            return answer

        return call


class Soak:
    """The load and what it works on. Who takes a pod out of `standing` has it alone."""

    def __init__(self, node: Node, image: str, other: str, handlers: list[str]) -> None:
        self.meter = Meter(node.client)
        self.pods = [Pods(self.meter, handler) for handler in handlers]  # type: ignore[arg-type]
        self.image, self.other = image, other
        self.standing: deque[tuple[Pod, Container]] = deque()
        self.ended = threading.Event()
        self.counts: dict[str, int] = defaultdict(int)

    def up(self) -> None:
        """A pod with a container that writes to its log."""
        pod = random.choice(self.pods).run()
        self.standing.append((pod, pod.run(SCRIPT, image=self.image)))
        self.counts["pods"] += 1

    def churn(self) -> None:
        """The oldest goes, a new one comes."""
        pod, container = self.standing.popleft()
        container.stop()
        container.remove()
        pod.remove()
        self.up()

    def command(self) -> None:
        """A command in any container."""
        self._borrow(lambda pod, container: container.output("echo", "here"))

    def logs(self) -> None:
        """The log is written, and goes on in a new file."""
        def look(pod: Pod, container: Container) -> None:
            container.logged("a line of the log")
            crilog.text(container.log, "stdout")
            self.meter.ReopenContainerLog(container_id=container.id)

        self._borrow(look)

    def figures(self) -> None:
        """What the kubelet asks for every ten seconds."""
        self.meter.ListContainerStats()
        self.meter.ListPodSandboxStats()
        self.meter.ListPodSandboxMetrics()
        self.meter.ListPodSandbox()
        self.meter.ListContainers()
        self.meter.Status()
        self.meter.ImageFsInfo()

    def pull(self) -> None:
        """An image comes and goes."""
        self.meter.PullImage(image={"image": self.other})
        self.meter.RemoveImage(image={"image": self.other})

    def _borrow(self, body: Callable[[Pod, Container], object]) -> None:
        try:
            pod, container = self.standing.pop()
        except IndexError:
            return
        try:
            body(pod, container)
        finally:
            self.standing.append((pod, container))

    def again(self, body: Callable[[], None], pause: float = 0) -> None:
        """Repeats `body` to the end; an error is noted, and does not end it."""
        while not self.ended.is_set():
            try:
                body()
                self.counts[body.__name__] += 1
            except Exception as error:  # whatever it is, it must not happen
                self.meter.errors.append(f"{body.__name__}: {error}")
            self.ended.wait(pause)

    def listen(self, call: Any) -> None:
        """Counts events until the call is cancelled."""
        try:
            for _ in call:
                self.counts["events"] += 1
        except Exception as error:
            if not self.ended.is_set():
                self.meter.errors.append(f"events: {error}")

    def run(self, client: Client, workers: int, seconds: float) -> None:
        """All of it, at once."""
        events = client.GetContainerEvents(deadline=None)
        work = [(self.churn, 0)] * workers + [
            (self.command, .05), (self.command, .05), (self.logs, .5), (self.figures, 1),
            (self.pull, 1)]
        threads = [threading.Thread(target=self.again, args=one) for one in work]
        listener = threading.Thread(target=self.listen, args=[events])
        for thread in [*threads, listener]:
            thread.start()
        time.sleep(seconds)
        self.ended.set()
        for thread in threads:
            thread.join()
        events.cancel()
        listener.join()

    def remove_all(self) -> None:
        """All pods go; also those that an error has left somewhere."""
        for pods in self.pods:
            pods.remove()


def holdings(daemon: int) -> dict[str, int]:
    """What daemon and node have now."""
    return {
        "descriptors": hostile.descriptors(daemon),
        "threads": hostile.threads(daemon),
        "memory_kib": hostile.resident(daemon) >> 10,
        "processes": len(processes()),
        "mounts": len(Path("/proc/self/mountinfo").read_text().splitlines()),
    }


def latencies(times: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    """By RPC: how many, and milliseconds."""
    def share(ordered: list[float], part: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(len(ordered) * part))], 2)

    return {rpc: {"calls": len(each), "p50": share(sorted(each), .5), "p99": share(sorted(each), .99),
                  "max": share(sorted(each), 1)}
            for rpc, each in sorted(times.items())}


def measure(node: Node, soak: Soak, given: argparse.Namespace) -> dict[str, Any]:
    """Fills the node, churns, empties it."""
    daemon = node.daemon.id
    # Once through everything, so that what comes with the first of a kind is there.
    soak.up()
    soak.churn()
    for body in (soak.command, soak.logs, soak.figures, soak.pull):
        body()
    soak.remove_all()
    soak.standing.clear()
    leaks = Leaks(daemon, node.runtime.directories)
    before = holdings(daemon)
    for _ in range(given.pods):
        soak.up()
    full = holdings(daemon)
    soak.run(node.client, given.workers, given.seconds)
    soak.remove_all()
    left = ""
    try:
        leaks.check(daemon)
        wait_until(lambda: hostile.threads(daemon) <= before["threads"], "the threads end", 30)
    except AssertionError as error:
        left = str(error)
    after = holdings(daemon)
    if after["memory_kib"] - before["memory_kib"] > ALLOWED >> 10:
        left += f" {after['memory_kib'] - before['memory_kib']} KiB of memory"
    return {"pods": given.pods, "seconds": given.seconds, "workers": given.workers,
            "errors": soak.meter.errors, "left": left, "counts": dict(soak.counts),
            "latencies": latencies(soak.meter.times),
            "holdings": {"before": before, "full": full, "after": after}}


def table(result: dict[str, Any]) -> None:
    """The same for people."""
    print(f"{result['pods']} pods, churned by {result['workers']} for {result['seconds']} s: "
          f"{len(result['errors'])} errors")
    print("  " + ", ".join(f"{count} {what}" for what, count in result["counts"].items()))
    print(f"  {'RPC':24}{'calls':>8}{'p50 ms':>10}{'p99 ms':>10}{'max ms':>10}")
    for rpc, figures in result["latencies"].items():
        print(f"  {rpc:24}{figures['calls']:8}{figures['p50']:10.2f}{figures['p99']:10.2f}"
              f"{figures['max']:10.2f}")
    names = list(result["holdings"]["before"])
    print(f"  {'':10}" + "".join(f"{name:>13}" for name in names))
    for when, held in result["holdings"].items():
        print(f"  {when:10}" + "".join(f"{held[name]:13}" for name in names))
    for error in result["errors"][:20]:
        print(f"  error: {error[:500]}")
    if result["left"]:
        print(f"  left behind: {result['left']}")


def main() -> int:
    """0 when nothing failed and nothing is left."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--output", type=Path, help="where the figures go as JSON")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        registry = Registry(Path(directory), 5000)
        runtime = runtimes.named("gantry")
        image = registry.push("soak/busybox:1", catalogue.image())
        other = registry.push("soak/other:1", catalogue.marked("other"))
        node = Node(runtime, Path(directory), registry)
        node.start()
        node.client.PullImage(image={"image": image})
        result = measure(node, Soak(node, image, other, runtime.handlers), given)
        node.stop()
        registry.stop()
    table(result)
    if given.output:
        given.output.write_text(json.dumps(result, indent=1))
    return 1 if result["errors"] or result["left"] else 0


if __name__ == "__main__":
    sys.exit(main())
