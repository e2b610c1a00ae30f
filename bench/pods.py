"""One round of pods.py RUNTIME HANDLER PODS: pods up one at a time, memory, lists, execs, pods down.

The floor is the same work without a runtime above it: the plugins and the OCI runtime's own
commands, run one after the other.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from harness import catalogue, runtimes
from harness.node import NETWORK, Node
from harness.pods import Pods
from harness.registry import Registry


def timed(body: Callable[[], object]) -> tuple[float, object]:
    """Milliseconds, and what came of it."""
    begin = time.perf_counter()
    result = body()
    return (time.perf_counter() - begin) * 1000, result


def memory(pids: list[int]) -> tuple[int, int]:
    """PSS and private memory of processes, in KiB."""
    pss = private = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            name, _, value = line.partition(":")
            if name == "Pss":
                pss += int(value.split()[0])
            elif name in ("Private_Clean", "Private_Dirty"):
                private += int(value.split()[0])
    return pss, private


def helpers() -> list[int]:
    """The processes that a runtime keeps beside its daemon, one a pod or a container."""
    names = ("gantry-monitor", "containerd-shim", "conmon")
    return [int(p.name) for p in Path("/proc").glob("[0-9]*")
            if (p / "comm").read_text().startswith(tuple(n[:15] for n in names))]


def report(what: str, values: list[float]) -> None:
    """Median and 95th percentile."""
    ordered = sorted(values)
    print(f"  {what:28} p50 {median(ordered):8.2f} ms   p95 {ordered[int(len(ordered) * .95)]:8.2f} ms")


def floor(handler: str, rootfs: Path, rounds: int = 10) -> None:
    """Namespace, plugins, create, start, and back, each as its own command."""
    up, down = [], []
    plugins = NETWORK["plugins"]
    for number in range(rounds):
        name, bundle = f"floor{number}", Path(tempfile.mkdtemp())
        spec(handler, bundle, rootfs, name)
        chain: dict = {}

        def cni(command: str, plugin: dict) -> dict:
            config = {**plugin, "name": "floor", "cniVersion": NETWORK["cniVersion"], **chain}
            environment = {"CNI_COMMAND": command, "CNI_CONTAINERID": name, "CNI_IFNAME": "eth0",
                           "CNI_NETNS": f"/run/netns/{name}", "CNI_PATH": "/usr/lib/cni",
                           "PATH": os.environ["PATH"]}
            out = subprocess.run([f"/usr/lib/cni/{plugin['type']}"], input=json.dumps(config),
                                 env=environment, capture_output=True, text=True, check=True).stdout
            return json.loads(out) if out.strip() else {}

        def run(*command: str) -> None:
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)

        def begin() -> None:
            run("ip", "netns", "add", name)
            for plugin in plugins:
                chain["prevResult"] = cni("ADD", plugin)
                if not chain["prevResult"]:
                    chain.clear()
            run(handler, "create", "--bundle", str(bundle), name)
            run(handler, "start", name)

        def end() -> None:
            run(handler, "kill", name, "KILL")
            for plugin in reversed(plugins):
                cni("DEL", plugin)
            deadline = time.monotonic() + 5
            while subprocess.run([handler, "delete", name], stderr=subprocess.DEVNULL,
                                 check=False).returncode and time.monotonic() < deadline:
                pass
            run("ip", "netns", "del", name)

        up.append(timed(begin)[0])
        down.append(timed(end)[0])
    report("floor: up", up)
    report("floor: down", down)


def spec(handler: str, bundle: Path, rootfs: Path, name: str) -> None:
    """A bundle that joins the namespace `name`."""
    subprocess.run([handler, "spec"], cwd=bundle, check=True)
    config = json.loads((bundle / "config.json").read_text())
    config["process"].update(terminal=False, args=["sleep", "1000"])
    config["root"] = {"path": str(rootfs), "readonly": True}
    for namespace in config["linux"]["namespaces"]:
        if namespace["type"] == "network":
            namespace["path"] = f"/run/netns/{name}"
    (bundle / "config.json").write_text(json.dumps(config))


def main(runtime: str, handler: str, count: int) -> None:
    """Runs the round and prints it."""
    with tempfile.TemporaryDirectory() as directory:
        registry = Registry(Path(directory), 5000)
        image = registry.push("bench/sleep:1", catalogue.marked("sleep"))
        node = Node(runtimes.named(runtime), Path(directory), registry)
        node.start()
        node.client.PullImage(image={"image": image})
        pods = Pods(node.client)
        print(f"{runtime}, {handler}, {count} pods")
        measure(node, pods, handler, image, count)
        node.stop()
        registry.stop()


def measure(node: Node, pods: Pods, handler: str, image: str, count: int) -> None:
    """Up, lists, execs, memory, down."""
    daemon = node.daemon.id
    empty = memory([daemon])[0]
    steps: dict[str, list[float]] = {"run": [], "create": [], "start": [], "up": []}
    made = []
    for _ in range(count):
        run, pod = timed(lambda: pods.run(handler))
        create, container = timed(lambda: pod.create("sleep", "1000", image=image))
        start, _ = timed(container.start)
        for name, value in zip(steps, (run, create, start, run + create + start)):
            steps[name].append(value)
        made.append((pod, container))
    for name, values in steps.items():
        report(f"pod {name}", values)
    client = node.client
    report("ListContainers", [timed(client.ListContainers)[0] for _ in range(200)])
    report("ExecSync true", [timed(lambda: made[0][1].exec("true"))[0] for _ in range(50)])
    pss, private = memory(helpers())
    print(f"  daemon PSS {memory([daemon])[0]} KiB (empty {empty}), "
          f"a pod: PSS {pss // count} KiB, private {private // count} KiB")
    down = [timed(lambda pod=pod: pod.remove())[0] for pod, _ in made]
    report("pod down", down)
    floor(handler, rootfs())


def rootfs() -> Path:
    """The image's files, unpacked once for the floor."""
    directory = Path(tempfile.mkdtemp())
    for layer in catalogue.marked("sleep").layers:
        subprocess.run(["tar", "xz", "-C", directory], input=layer.blob, check=True)
    return directory


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
