"""Kubernetes' own conformance suite, critest, run on a fresh node: `conformance/critest`.

critest pulls from public registries, so look-alike images are served on loopback under these names.
One it pulls by a digest: a copy of critest gets our image's digest in its place, and nothing else
in it is changed.
"""

import argparse
import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

from harness.images import lookalikes
from harness.images.registry import Registry
from harness.nodes import peers, runtimes
from harness.nodes.node import Node

#: Of containerd and CRI-O too.
NRI_SOCKET = Path("/var/run/nri/nri.sock")


def prepare(directory: Path, digest: str) -> str:
    """A copy of critest that pulls our image by its digest."""
    found = shutil.which("critest")
    assert found, "critest is not on PATH"
    program = Path(found).read_bytes()
    foreign = lookalikes.FOREIGN_DIGEST.encode()
    assert program.count(foreign) == 1, "this critest pulls by another digest"
    copy = directory / "critest"
    copy.write_bytes(program.replace(foreign, digest.encode()))
    copy.chmod(0o755)
    return str(copy)


def run(program: str, node: Node, directory: Path, *arguments: str) -> list[dict]:
    """The reports of all specs that ran, as ginkgo gives them."""
    report = directory / "critest.json"
    report.unlink(missing_ok=True)
    plugins = [f"-nri-socket={NRI_SOCKET}"] if NRI_SOCKET.exists() else []
    subprocess.run(
        [program, f"-runtime-endpoint=unix://{node.runtime.socket}", *plugins,
         f"-ginkgo.json-report={report}", "-ginkgo.no-color", *arguments],
        stdout=(directory / "critest.log").open("w"), stderr=subprocess.STDOUT, check=False,
        cwd=directory,
    )
    suites = json.loads(report.read_text())
    return [spec for suite in suites for spec in suite["SpecReports"] or []
            if spec["LeafNodeType"] == "It"]


def name(spec: dict) -> str:
    """A spec's full name."""
    return " ".join([*(spec["ContainerHierarchyTexts"] or []), spec["LeafNodeText"]])


def prepared_node(runtime: runtimes.Runtime, directory: Path) -> tuple[Node, str]:
    """A node with the images' registry, and the critest to run on it."""
    registry = Registry(directory, 5000)
    digest = lookalikes.push(registry)
    node = Node(runtime, directory, registry, lookalikes.REGISTRIES)
    node.start()
    return node, prepare(directory, digest)


def main() -> int:
    """Prints the counts, and each spec that did not pass with the reason."""
    parser = argparse.ArgumentParser(prog="conformance/critest", description=__doc__)
    parser.add_argument("--runtime-under-test", default="gantry", choices=["gantry", *peers.KINDS])
    parser.add_argument("--logs", type=Path, default=Path("/var/tmp"),
                        help="where critest's and the daemon's output go")
    options, arguments = parser.parse_known_args()
    options.logs.mkdir(parents=True, exist_ok=True)
    node, program = prepared_node(runtimes.named(options.runtime_under_test), options.logs)
    specs = run(program, node, options.logs, *arguments)
    node.stop()
    return _print(specs)


def _print(specs: list[dict]) -> int:
    chosen = [spec for spec in specs if spec["State"] != "skipped" or spec.get("Failure")]
    for spec in sorted(chosen, key=name):
        if spec["State"] != "passed":
            reason = spec.get("Failure", {}).get("Message", "").strip().replace("\n", "\n    ")
            print(f"{spec['State']}: {name(spec)}\n    {reason}")
    counts = Counter(spec["State"] for spec in chosen)
    print(", ".join(f"{count} {state}" for state, count in sorted(counts.items())))
    return 0 if set(counts) <= {"passed", "skipped"} and counts["passed"] else 1


if __name__ == "__main__":
    sys.exit(main())
