"""CheckpointContainer with CRIU itself, where there is one that works on the node's kernel."""

import shutil

import pytest

from harness import cri
from harness.checkpoints import DIRECTORY, Archive
from harness.wait import wait_until

pytestmark = [pytest.mark.gantry, pytest.mark.node(having=["criu"])]
HANDLERS = ["runc"]
SHIM = shutil.which("containerd-shim-runc-v2")
KINDS = ["pod's network", "node's network", *(["shim"] if SHIM else [])]
COUNTING = "i=0; while :; do i=$((i+1)); echo $i > /count; echo $i; sleep 0.1; done"


@pytest.fixture(autouse=True)
def place():
    """The kubelet's directory."""
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    yield
    shutil.rmtree(DIRECTORY)


@pytest.mark.parametrize("kind", KINDS)
def test_memory_and_files_are_of_one_moment(pods, client, busybox, configured, kind):
    if kind == "shim":
        configured(f"""
            [runtimes.shim]
            type = "shim"
            path = "{SHIM}"
            binary = "{shutil.which("runc")}"
            """)
        pods.handler = "shim"
    network = cri.NODE if kind == "node's network" else cri.POD
    linux = {"security_context": {"namespace_options": {"pid": cri.CONTAINER, "network": network}}}
    container = pods.run(linux=linux).run(COUNTING, image=busybox, linux=linux)
    checkpoint(client, container)
    pods.remove()
    shutil.rmtree("/run/gantry/runtimes", ignore_errors=True)


def checkpoint(client, container):
    """Twice, after each of which it runs on."""
    container.logged("3")
    for attempt in (1, 2):
        path = DIRECTORY / f"{attempt}.tar"
        client.CheckpointContainer(container_id=container.id, location=str(path), timeout=300)
        archive = Archive(path)
        assert {"checkpoint/inventory.img", "checkpoint/core-1.img", "checkpoint/pages-1.img", "stats-dump"} <= set(
            archive.names)
        assert b"Dumping finished successfully" in archive["dump.log"]
        assert int(archive.changed("count")) >= 3
        size = container.log.stat().st_size
        wait_until(lambda: container.log.stat().st_size > size, "the container runs on")
        assert container.status.state == cri.CONTAINER_RUNNING
        assert container.output("echo", "hello") == "hello\n"
