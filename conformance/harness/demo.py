"""Gantry's work once through, from an image in a registry to a pod's output: `conformance/demo`."""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from harness import cri
from harness.images import catalogue
from harness.images.registry import Registry
from harness.nodes import runtimes
from harness.nodes.node import Node
from harness.pods import Pods
from harness.wait import wait_until

WORDS = "Hello from a pod that Gantry runs."


def main() -> int:
    """Prints each step; the last line is the container's output, read back through the node."""
    with tempfile.TemporaryDirectory() as directory:
        registry = Registry(Path(directory), 5000)
        reference = registry.push("demo/hello:1", catalogue.marked("hello"))
        node = Node(runtimes.named((sys.argv[1:] or ["gantry"])[0]), Path(directory), registry)
        node.start()
        print(f"$ {' '.join(node.runtime.command)}    # {node.runtime.socket}")
        try:
            steps = _crictl if shutil.which("crictl") else _client
            output = steps(node, reference, Path(directory))
        finally:
            node.stop()
            registry.stop()
    print(output)
    return 0 if output == WORDS else 1


def _crictl(node: Node, reference: str, directory: Path) -> str:
    """As an administrator does it."""
    pod_file, container_file = directory / "pod.json", directory / "container.json"
    pod_file.write_text(json.dumps({
        "metadata": {"name": "hello", "uid": "1", "namespace": "default"},
        "log_directory": str(directory), "linux": {}}))
    container_file.write_text(json.dumps({
        "metadata": {"name": "hello"}, "image": {"image": reference},
        "command": ["echo", WORDS], "log_path": "hello.log"}))

    def crictl(*arguments: str) -> str:
        print("$ crictl", *arguments)
        done = subprocess.run(
            ["crictl", "--runtime-endpoint", f"unix://{node.runtime.socket}", *arguments],
            check=False, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{done.stderr}{node.daemon.output}")
        return done.stdout.strip()

    crictl("pull", reference)
    pod = crictl("runp", str(pod_file))
    container = crictl("create", pod, str(container_file), str(pod_file))
    crictl("start", container)
    wait_until(lambda: _ended(node, container), "the container has ended")
    output = crictl("logs", container)
    crictl("stopp", pod)
    crictl("rmp", pod)
    return output


def _ended(node: Node, container: str) -> bool:
    status = node.client.ContainerStatus(container_id=container).status
    return status.state == cri.CONTAINER_EXITED


def _client(node: Node, reference: str, _: Path) -> str:
    """The same RPCs without crictl."""
    print("# no crictl here: the same calls from the conformance suite's own client")
    node.client.PullImage(image={"image": reference})
    pods = Pods(node.client)
    container = pods.run().run("echo", WORDS, image=reference)
    container.exited()
    output = container.logged(WORDS).strip()
    pods.remove()
    return output


if __name__ == "__main__":
    sys.exit(main())
