"""A node with a daemon that may die: what is on it is counted, and nothing may be left in the end."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import grpc

from harness.images import catalogue
from harness.images.registry import Registry
from harness.images.tarball import file, layer
from harness.leaks import Snapshot, held, processes
from harness.nodes import runtimes
from harness.nodes.node import Node
from harness.pods import Container, Pod, container_config, pod_config
from harness.wait import wait_until

from .counts import ROOT, RUN, expect

REGISTRY_PORT, FAKE_PORT = 5000, 5001
#: Seconds that a runtime or a plugin may take; see `runtime_limit` and `cni_limit`.
LIMIT = 2
STAND_INS = Path(__file__).resolve().parents[1] / "stand_ins"
STAND_IN = STAND_INS / "runtime_shim.py"
#: Shims that make handlers of their names, with the words that the stand-in is told. A Python program takes longer
#: to start than runtimes do.
SHIMS = {"shim": "", "alone": "alone", "sandboxer": "hidden sandbox"}
#: A runtime that writes what CRIU would, and a CRIU that is there and nothing more.
ODD, CRIU = Path("/usr/local/bin/odd"), Path("/usr/local/sbin/criu")
#: Handlers that need more than a name.
TABLES = {
    "odd": f"""
        [runtimes.odd]
        path = "{ODD}"
        """,
    "sandboxer": """
        [runtimes.sandboxer]
        type = "shim"
        path = "/usr/local/bin/containerd-shim-sandboxer-v1"
        sandboxer = "shim"
        """,
}
#: What a daemon keeps whether it has pods or not.
KEPT = re.compile(r"gantry\.db|/lock$|/pause(/|$)|/runtimes(/\w+)?$")


class World:
    """The node, its daemon, and the one pod and container that a cell is about."""

    def __init__(self, directory: Path) -> None:
        runtime = runtimes.Gantry()
        self.registry = Registry(directory, REGISTRY_PORT)
        _configure(LIMIT)
        self.node = Node(runtime, directory, self.registry, insecure=[f"127.0.0.1:{FAKE_PORT}"])
        self.client = self.node.client
        self.picture = catalogue.image(
            layer([file("second", "layer"), catalogue.directory("declared"),
                   file("declared/file", "volume")]),
            Volumes={"/declared": {}})
        self.image = self.registry.push("crash/image:latest", self.picture)
        self.handler = "crun"
        self.pod: Pod | None = None
        self.container: Container | None = None
        self._before: Snapshot = {}

    def begin(self, handler: str) -> None:
        """A cell begins: nothing is there, and nothing of the last one is remembered."""
        self.handler = handler
        self.pod = self.container = None
        self.pod_config = pod_config()
        self.more_mounts: list[dict[str, Any]] = []
        self.node.environment = {}
        _configure(LIMIT if handler in ("crun", "runc") else 20, TABLES.get(handler, ""))
        _remove_programs()
        if handler in SHIMS:
            _program(_shim(handler), f'{STAND_IN} /usr/sbin/runc {SHIMS[handler]} -- "$@"')
            self.settle()
        if handler == "odd":
            _program(ODD, f'{STAND_INS / "odd_runtime.py"} /usr/sbin/runc checkpoint -- "$@"')
            _program(CRIU, "-c 'raise SystemExit(1)'")
            self.settle()
        self._before = self._snapshot()

    def settle(self) -> None:
        """Has a daemon make its directories: nothing more may be left in the end."""
        self.node.environment = {}
        self.start()
        self.node.daemon.terminate()
        self._before = self._snapshot()

    def warm_up(self) -> None:
        """A pod comes and goes: from then on the bridge and the node's chains are there."""
        self.begin("crun")
        self.start()
        self.running()
        self.tear_down()
        assert self.node.daemon.terminate() == 0

    def close(self) -> None:
        """Ends all that was started."""
        self.node.stop()
        self.registry.stop()
        _remove_programs()

    # The daemon

    def start(self, failpoint: str = "") -> None:
        """Starts the daemon, armed or not, and waits until it serves."""
        self._arm(failpoint)
        self.node.start()

    def start_and_die(self, failpoint: str) -> None:
        """Starts a daemon that is to be killed while it recovers."""
        self._arm(failpoint)
        self.node.start_unawaited()

    def _arm(self, failpoint: str) -> None:
        self.node.environment.pop("GANTRY_FAILPOINT", None)
        if failpoint:
            self.node.environment["GANTRY_FAILPOINT"] = failpoint

    def kill_shims(self) -> int:
        """How many there were."""
        found = [line for line in processes() if str(STAND_IN) in line]
        for line in found:
            _kill(int(line.split()[0]))
        return len(found)

    def assert_killed(self) -> None:
        """A failpoint that is never reached is a failure of the matrix."""
        try:
            code = self.node.daemon.wait(10)
        except subprocess.TimeoutExpired:
            raise AssertionError("the failpoint was not reached") from None
        assert code == -signal.SIGKILL, f"the daemon ended with {code}: {self.node.daemon.output}"

    # What the kubelet asks for

    def pull(self) -> str:
        """PullImage."""
        return self.client.PullImage(image={"image": self.image}).image_ref

    def run_pod(self, deadline: float = 30) -> str:
        """RunPodSandbox, always with the same configuration."""
        Path(self.pod_config.log_directory).mkdir(parents=True, exist_ok=True)
        id = self.client.RunPodSandbox(
            config=self.pod_config, runtime_handler=self.handler, deadline=deadline).pod_sandbox_id
        self.pod = Pod(self.client, id, self.pod_config)
        return id

    @property
    def container_config(self) -> Any:
        """The container: an image volume, limits, and words on its output until it is told to end."""
        config = container_config(
            "trap 'exit 3' TERM; while :; do echo up; sleep 0.1; done", image=self.image,
            name="main", linux={"resources": {
                "cpu_shares": 512, "memory_limit_in_bytes": 64 << 20}},
            mounts=[{"container_path": "/volume", "readonly": True,
                     "image": {"image": self.image}}, *self.more_mounts])
        # The kubelet says of a container what it said of its pod.
        asked = self.pod_config.linux.security_context.namespace_options
        if asked.HasField("userns_options"):
            config.linux.security_context.namespace_options.userns_options.CopyFrom(
                asked.userns_options)
        return config

    def create(self, deadline: float = 30) -> str:
        """CreateContainer, always with the same configuration."""
        assert self.pod
        id = self.client.CreateContainer(
            pod_sandbox_id=self.pod.id, config=self.container_config,
            sandbox_config=self.pod_config, deadline=deadline).container_id
        self.container = Container(
            self.client, id, Path(self.pod_config.log_directory) / self.container_config.log_path)
        return id

    def running(self) -> None:
        """An image, a pod and a running container."""
        self.pull()
        self.run_pod()
        self.create()
        assert self.container
        self.container.start()

    def pods(self) -> dict[str, int]:
        """The listed pods' states by ID."""
        return {pod.id: pod.state for pod in self.client.ListPodSandbox().items}

    def containers(self) -> dict[str, int]:
        """The listed containers' states by ID."""
        return {one.id: one.state for one in self.client.ListContainers().containers}

    def images(self) -> list[str]:
        """The listed images' IDs."""
        return [image.id for image in self.client.ListImages().images]

    # The end

    def tear_down(self) -> None:
        """Removes all that there is, as the kubelet does it when it has no pod any more."""
        for id in self.pods():
            self.client.StopPodSandbox(pod_sandbox_id=id)
        for id in self.containers():
            self.client.RemoveContainer(container_id=id)
        for id in self.pods():
            self.client.RemovePodSandbox(pod_sandbox_id=id)
        for id in self.images():
            self.client.RemoveImage(image={"image": id})
        expect(0, 0, images=0)

    def end(self) -> None:
        """Ends the daemon, and asserts that nothing is left: AssertionError tells what is."""
        assert self.node.daemon.terminate() == 0, "the daemon does not end on SIGTERM"
        try:
            wait_until(lambda: not self._left(), "nothing is left", 5)
        except AssertionError:
            raise AssertionError(f"left behind: {self._left()}") from None

    def _left(self) -> Snapshot:
        now = self._snapshot()
        return {kind: new for kind in now if (new := now[kind] - self._before.get(kind, set()))}

    def _snapshot(self) -> Snapshot:
        files = {str(path) for root in (ROOT, RUN) for path in root.rglob("*")}
        return {**held(), "processes": processes(),
                "files": {path for path in files if not KEPT.search(path)}}

    def clean(self) -> None:
        """After a failed cell: by force, so that the next one begins with nothing."""
        if self.node.running:
            self.node.crash()
        own = {str(os.getpid()), str(self.registry.process.id), "1"}
        for line in processes() - self._before.get("processes", set()):
            if line.split()[0] not in own:
                _kill(int(line.split()[0]))
        for _ in range(2):
            for line in reversed(Path("/proc/self/mountinfo").read_text().splitlines()):
                path = line.split()[4]
                if path.startswith((f"{ROOT}/", f"{RUN}/")):
                    subprocess.run(["umount", "-l", path], check=False, capture_output=True)
        for path in (*ROOT.glob("*"), *RUN.glob("*"), *Path("/var/lib/cni").rglob("*.*.*.*")):
            subprocess.run(["rm", "-rf", path], check=False)
        for directory in sorted(held()["cgroups"] - self._before.get("cgroups", set()),
                                reverse=True):
            subprocess.run(["rmdir", directory], check=False, capture_output=True)
        for link in held()["interfaces"] - self._before.get("interfaces", set()):
            subprocess.run(["ip", "link", "delete", link], check=False, capture_output=True)
        self.settle()


def refused(call: Any, *words: str) -> grpc.RpcError:
    """The error that `call` ends with; AssertionError when it goes well."""
    try:
        call()
    except grpc.RpcError as error:
        for word in words:
            assert word in error.details(), f"no {word!r} in {error.details()!r}"
        return error
    raise AssertionError("the call went well")


def _shim(handler: str) -> Path:
    return Path(f"/usr/local/bin/containerd-shim-{handler}-v1")


def _program(path: Path, words: str) -> None:
    path.write_text(f"#!/bin/sh\nexec {sys.executable} {words}\n")
    path.chmod(0o755)


def _remove_programs() -> None:
    for path in (*map(_shim, SHIMS), ODD, CRIU):
        path.unlink(missing_ok=True)


def _configure(limit: int, more: str = "") -> None:
    Path("/etc/gantry/gantry.toml").write_text(f"runtime_limit = {limit}\ncni_limit = {limit}\n{more}")


def _kill(process: int) -> None:
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        pass
