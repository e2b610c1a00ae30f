"""`gantry status`: how the daemon is, and how far the pulls of anybody are."""

import json
import os
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import pairwise

import pytest

from harness.command import gantry
from harness.images import catalogue
from harness.images.fake_registry import Answer, FakeRegistry, blob_path
from harness.images.tarball import sha256
from harness.nodes.node import CNI_CONFIG
from harness.wait import wait_until

from conftest import SPARE_PORTS

pytestmark = pytest.mark.gantry


class Stalling(FakeRegistry):
    """A registry that sends half of what it is told to stall, and the rest when it is let go."""

    def __init__(self) -> None:
        super().__init__(SPARE_PORTS[0])
        self.let_go = threading.Event()

    def stall(self, repository: str, blob: bytes) -> None:
        """Half of this blob comes."""
        self.answers[blob_path(repository, sha256(blob))] = Answer(blob, resume=self.let_go)


@pytest.fixture
def stalling():
    """Nothing stalls after the test."""
    stalling = Stalling()
    yield stalling
    stalling.let_go.set()
    stalling.stop()


@pytest.fixture
def pulling(client, stalling, nothing_left):
    """Begins pulls as the kubelet would, and sees to their end."""
    references = []
    with ThreadPoolExecutor() as threads:
        def begin(reference):
            references.append(reference)
            return threads.submit(client.PullImage, image={"image": reference})

        yield begin
        stalling.let_go.set()
    for reference in references:
        client.RemoveImage(image={"image": reference})


def layer(name):
    """A layer that does not compress, so that half of it is much."""
    return catalogue.layer([catalogue.file(name, os.urandom(2 << 20))], "none")


def status(node):
    """The state as data."""
    return json.loads(gantry(node.runtime, "status", "--json"))


def state_of_layers(node, reference):
    """The layers of a pull, the lowest first."""
    pulls = [pull for pull in status(node)["pulls"] if pull["image"] == reference]
    return [layer["state"] for pull in pulls for layer in pull["layers"]]


def row(page, name):
    """What the page says under a name."""
    return next(line.removeprefix(name).strip() for line in page.splitlines()
                if line.startswith(name))


def test_a_node_at_rest(node):
    page = gantry(node.runtime, "status")
    assert page.startswith("gantry ") and ", up " in page.splitlines()[0]
    assert row(page, "runtime").startswith("ready: ")
    assert "(default)" in row(page, "runtime")
    assert row(page, "network") == "ready"
    assert row(page, "pulls") == "none"
    told = status(node)
    assert {c["type"]: c["is_true"] for c in told["conditions"]} == {
        "RuntimeReady": True, "NetworkReady": True}
    assert told["version"] == page.split()[1].rstrip(",")


def test_why_a_node_is_not_ready(node):
    CNI_CONFIG.unlink()
    try:
        assert row(gantry(node.runtime, "status"), "network").startswith("NOT READY: ")
    finally:
        node.connect_network()
    assert row(gantry(node.runtime, "status"), "network") == "ready"


def test_pods_and_containers_are_counted(node, pods, busybox):
    pods.run().run("sleep 1000", image=busybox)
    page = gantry(node.runtime, "status")
    assert row(page, "pods") == "1 ready"
    assert row(page, "containers") == "1 running"


def test_a_bar_for_each_layer_of_a_pull(node, stalling, pulling):
    first, second = layer("first"), layer("second")
    image = catalogue.image(first, second)
    reference = stalling.serve("test/image:1", image)
    stalling.stall("test/image", first.blob)
    done = pulling(reference)
    wait_until(lambda: state_of_layers(node, reference)[1:] == ["fetching", "done"],
               "one layer stalls and the other is done")
    wait_until(lambda: status(node)["pulls"][0]["layers"][1]["received"] >= 1 << 20,
               "half of the layer has come")
    page = gantry(node.runtime, "status")
    assert row(page, "pulls") == "1 under way"
    assert reference in page
    bars = [line for line in page.splitlines() if "[" in line]
    assert sha256(first.blob).split(":")[1][:12] in bars[-2] and "#....." in bars[-2]
    assert bars[-1].endswith("done") and ".]" not in bars[-1]
    stalling.let_go.set()
    assert done.result().image_ref == image.id
    assert row(gantry(node.runtime, "status"), "pulls") == "none"


def test_watching(node, stalling, pulling):
    blob = layer("watched")
    reference = stalling.serve("test/watched:1", catalogue.image(blob))
    stalling.stall("test/watched", blob.blob)
    done = pulling(reference)
    command = [node.runtime.command[0], "status", "--watch", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watching:
        pages = (json.loads(line)["pulls"] for line in watching.stdout)
        assert any(page and page[0]["image"] == reference for page in pages)
        stalling.let_go.set()
        done.result()
        assert any(not page for page in pages)
        watching.terminate()


def test_a_long_pull_is_in_the_log(node, stalling, pulling):
    blob = layer("logged")
    reference = stalling.serve("test/logged:1", catalogue.image(blob))
    stalling.stall("test/logged", blob.blob)
    done = pulling(reference)
    begin = wait_until(lambda: [pull["started_at"] for pull in status(node)["pulls"]],
                       "the pull is told of")[0]
    wait_until(lambda: time.time_ns() - begin > 1_100_000_000, "it takes long")
    stalling.let_go.set()
    done.result()
    lines = [line for line in node.daemon.output.splitlines() if f"image={reference}" in line]
    assert " info pulling " in lines[0] and "layers=" in lines[0]
    assert " info pull ended " in lines[-1] and "layers=" in lines[-1]
    times = [datetime.fromisoformat(line.split()[0]) for line in lines[:-1]]
    assert all((late - early).total_seconds() >= 1 for early, late in pairwise(times))


def test_a_layer_of_two_pulls_is_fetched_once(node, stalling, pulling):
    shared, own = layer("shared"), layer("own")
    images = [catalogue.image(shared), catalogue.image(shared, own)]
    references = [stalling.serve(f"test/sharing-{number}:1", image)
                  for number, image in enumerate(images)]
    for number in range(2):
        stalling.stall(f"test/sharing-{number}", shared.blob)
    first = pulling(references[0])
    wait_until(lambda: state_of_layers(node, references[0])[1:] == ["fetching"],
               "the first pull fetches the layer")
    second = pulling(references[1])
    wait_until(lambda: state_of_layers(node, references[1])[1:] == ["shared", "done"],
               "the second pull waits for it")
    stalling.let_go.set()
    assert [first.result().image_ref, second.result().image_ref] == [image.id for image in images]
    assert [stalling.count(blob_path(f"test/sharing-{number}", sha256(shared.blob)))
            for number in range(2)] == [1, 0]
