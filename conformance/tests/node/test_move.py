"""A node moves from Debian's containerd to Gantry and back, as docs/operators.md has it, while no registry is there.

What is not installed is not tried, and the test says so."""

import shutil
import subprocess
from pathlib import Path

import grpc
import pytest

from harness.client import Client
from harness.command import gantry
from harness.images import catalogue
from harness.images.registry import Registry
from harness.nodes import peers
from harness.nodes.node import CNI_CONFIG
from harness.pods import Pods
from harness.process import Process
from harness.wait import wait_until

pytestmark = [pytest.mark.gantry, pytest.mark.layers]

ROOT, STATE = Path("/var/lib/containerd"), Path("/run/containerd")
CONFIG = Path("/etc/containerd/config.toml")
DROP_IN = Path("/etc/gantry/conf.d/20-migrated.toml")
#: What has to run on either runtime; runc is the default of both.
MARK = "the image works"


class Moving:
    """Debian's containerd on the node, with its CRI plugin, started and ended as its service would be."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._process: Process | None = None
        self._client: Client | None = None

    def start(self) -> Client:
        """Until it answers."""
        self._process = Process([peers.program("containerd", "1."), "--config", str(CONFIG)], self._directory)
        self._client = Client(str(STATE / "containerd.sock"))
        wait_until(self._answers, "containerd answers")
        return self._client

    def _answers(self) -> bool:
        assert self._process.running, self._process.output[-4000:]
        try:
            return bool(self._client.Version(deadline=5).runtime_name)
        except grpc.RpcError:
            return False

    def stop(self) -> None:
        """SIGTERM, as `systemctl stop containerd`."""
        if self._client:
            self._client.close()
        if self._process and self._process.running:
            self._process.terminate()
        self._process = self._client = None


@pytest.fixture
def containerd(tmp_path, registry, nothing_left):
    """containerd, configured as a node's administrator has it, with handlers and a mirror's directory."""
    if not shutil.which("containerd"):
        pytest.skip("containerd is not installed: no node was moved")
    infra = registry.push("infra:latest", catalogue.marked("infra", Cmd=["tail", "-f", "/dev/null"]))
    CONFIG.write_text(f"""version = 2
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{infra}"
restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "{CNI_CONFIG.parent}"
[plugins."io.containerd.grpc.v1.cri".containerd]
default_runtime_name = "runc"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
""")
    moving = Moving(tmp_path)
    yield moving
    moving.stop()
    for mount in sorted((line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()
                         if line.split()[1].startswith((f"{ROOT}/", f"{STATE}/"))), reverse=True):
        subprocess.run(["umount", mount], check=True)
    for path in ROOT.iterdir():
        shutil.rmtree(path)
    shutil.rmtree(STATE, ignore_errors=True)
    CONFIG.unlink()
    # Where it puts pods that name no cgroup.
    for cgroup in Path("/sys/fs/cgroup").glob("**/k8s.io"):
        cgroup.rmdir()


@pytest.fixture
def elsewhere(tmp_path):
    """A registry that ends before the move: nothing can be pulled again."""
    registry = Registry(tmp_path, 5001)
    yield registry
    registry.stop()


@pytest.fixture
def gantrys(node, client):
    """Ends the daemon under test, and starts it as it was after the test, without what the move brought."""
    before = {image.id for image in client.ListImages().images}
    yield
    if node.running:
        node.daemon.terminate()
    DROP_IN.unlink(missing_ok=True)
    node.start()
    for image in client.ListImages().images:
        if image.id not in before:
            client.RemoveImage(image={"image": image.id})
    for reference in node.kept:
        client.PullImage(image={"image": reference})
    shutil.rmtree("/run/gantry/runtimes", ignore_errors=True)


def push(registry):
    """Images of every make that a node has: names by which they are pulled."""
    multi = registry.push_index("moved/multi:1", catalogue.marked("multi"))
    return [
        registry.push("moved/plain:1", catalogue.marked("plain")),
        registry.push("moved/docker:1", catalogue.layered(format="docker")),
        registry.push("moved/layered:1", catalogue.layered()),
        registry.push("moved/zstd:1", catalogue.layered("zstd")),
        registry.push("moved/configured:1", catalogue.configured()),
        multi,
    ]


def described(client):
    """What the node's kubelet knows images by: IDs, tags and digests."""
    return {image.id: (sorted(image.repo_tags), sorted(image.repo_digests))
            for image in client.ListImages().images}


def run_all(client, references):
    """Each image is there under its name, and a container of it runs."""
    pods = Pods(client)
    try:
        pod = pods.run()
        for reference in references:
            assert client.ImageStatus(image={"image": reference}).HasField("image"), reference
            # As the kubelet's, by the ID that ImageStatus gave.
            image = client.ImageStatus(image={"image": reference}).image.id
            container = pod.run(f"echo {MARK}; sleep 1000", image=image)
            container.logged(MARK)
            container.stop()
        data = pod.run("sleep 1000", image=next(r for r in references if "layered" in r))
        assert data.output("sh", "-c", "cat /data/first /data/second; ls /data/hidden").split() \
            == ["sharedsharednew"]
    finally:
        pods.kill()
        pods.remove()


def test_a_node_moves_to_gantry_and_back(containerd, elsewhere, gantrys, node, client):
    references = push(elsewhere)
    assert node.daemon.terminate() == 0
    theirs = containerd.start()
    for reference in references:
        theirs.PullImage(image={"image": reference})
    run_all(theirs, references)
    images = described(theirs)
    elsewhere.stop()

    # There, as docs/operators.md says.
    gantry(node.runtime, "migrate", "--from", "containerd")
    containerd.stop()
    node.start()
    assert [handler.name for handler in client.Status().runtime_handlers] == ["", "runc"]
    gantry(node.runtime, "image", "import", "--from-containerd", str(ROOT))
    ours = described(client)
    for id, (tags, digests) in images.items():
        assert id in ours, (tags, digests)
        assert set(tags) <= set(ours[id][0]) and set(digests) <= set(ours[id][1])
    run_all(client, references)

    # And back.
    assert node.daemon.terminate() == 0
    assert gantry(node.runtime, "wipe").startswith("removed 0 pods")
    theirs = containerd.start()
    assert described(theirs) == images
    run_all(theirs, references)
    assert theirs.Status().status.conditions[0].status
    containerd.stop()
    assert not theirs_left()


def theirs_left():
    """Shims of containerd that outlived their pods."""
    commands = (path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline"))
    return [command for command in commands if b"containerd-shim" in command]
