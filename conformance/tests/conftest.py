"""The node under test, one a session; a registry; and the check that each test leaves nothing."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness import parts
from harness.client import Client
from harness.events import Listener
from harness.images import catalogue, lookalikes
from harness.images.fake_registry import FakeRegistry
from harness.images.registry import Registry
from harness.leaks import Leaks
from harness.nodes import kinds, peers, runtimes
from harness.nodes.node import Node
from harness.pods import Pods

HANDLERS = ["crun", "runc"]
PORT = 5000
CONFIG = Path("/etc/gantry/gantry.toml")
#: Ports of the registries that single tests start, all without TLS.
SPARE_PORTS = range(PORT + 1, PORT + 4)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Which runtime is tried, which part of the suite, and whether on first starts."""
    parser.addoption("--runtime-under-test", default="gantry", choices=["gantry", *peers.KINDS])
    parser.addoption("--part", metavar="K/N", default="1/1", help="of the suite; see conformance/run --parts")
    parser.addoption("--handler", choices=HANDLERS, help="the OCI runtime, where either would do; both unless told")
    parser.addoption("--shim", metavar="PATH", help="run pods with this shim of the containerd kind alone")
    parser.addoption("--sandboxer", default="podsandbox", choices=["podsandbox", "shim"],
                     help="who makes the sandboxes of --shim")
    parser.addoption("--first-start", action="store_true",
                     help="each test begins on a root and a run directory on which no Gantry has run")


def pytest_configure(config: pytest.Config) -> None:
    """Refuses to run on the machine itself."""
    if not Path("/run/.node").exists():
        raise pytest.UsageError("start the suite with conformance/run: it needs a fresh node")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test with pods runs once for each OCI runtime, or for those that its file names."""
    if "handler" in metafunc.fixturenames:
        runtime = runtimes.named(metafunc.config.getoption("--runtime-under-test"))
        handlers = [name for name in getattr(metafunc.module, "HANDLERS", HANDLERS)
                    if runtime.name == "gantry" or name in runtime.handlers]
        if metafunc.config.getoption("--handler") in handlers:
            handlers = [metafunc.config.getoption("--handler")]
        if metafunc.config.getoption("--shim"):
            handlers = ["shim"]
        metafunc.parametrize("handler", handlers, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Another runtime is not asked for what Gantry alone promises, nor a node for what it lacks."""
    foreign = config.getoption("--runtime-under-test") != "gantry"
    kept = parts.part(
        [item for item in items if kinds.suits(item)
         and not (foreign and item.get_closest_marker("gantry"))],
        config.getoption("--part"))
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Logs and configuration of what the session starts."""
    return tmp_path_factory.mktemp("node")


@pytest.fixture(scope="session")
def registry(directory: Path) -> Iterator[Registry]:
    """A registry without TLS or login."""
    registry = Registry(directory, PORT)
    yield registry
    registry.stop()


@pytest.fixture(scope="session")
def node(request: pytest.FixtureRequest, directory: Path, registry: Registry) -> Iterator[Node]:
    """The daemon under test, warmed up by one pod so that the bridge is there from then on."""
    runtime = runtimes.named(request.config.getoption("--runtime-under-test"))
    node = Node(runtime, directory, registry, mirrored=lookalikes.REGISTRIES,
                insecure=[f"127.0.0.1:{port}" for port in SPARE_PORTS])
    if shim := request.config.getoption("--shim"):
        CONFIG.parent.mkdir(exist_ok=True)
        sandboxer = request.config.getoption("--sandboxer")
        CONFIG.write_text(f'[runtimes.shim]\ntype = "shim"\npath = "{shim}"\nsandboxer = "{sandboxer}"\n')
    node.is_new = request.config.getoption("--first-start")
    node.start()
    pods = Pods(node.client)
    pods.run()
    pods.remove()
    yield node
    node.stop()


@pytest.fixture
def client(node: Node) -> Client:
    """The CRI client."""
    return node.client


@pytest.fixture(scope="session")
def images(node: Node, registry: Registry) -> SimpleNamespace:
    """Images that stay on the node through the session, so that containers start at once."""
    pushed = SimpleNamespace(
        busybox=registry.push("test/busybox:latest", catalogue.image()),
        configured=registry.push("test/configured:latest", catalogue.configured()),
    )
    node.kept = list(vars(pushed).values())
    for reference in node.kept:
        node.client.PullImage(image={"image": reference})
    return pushed


@pytest.fixture(autouse=True)
def nothing_left(node: Node, images: SimpleNamespace) -> Iterator[None]:
    """After every test the node is as it was before."""
    node.revive()
    if node.is_new:
        node.begin_anew()
    leaks = Leaks(node.daemon.id, node.runtime.directories)
    yield
    leaks.check(node.daemon.id)


@pytest.fixture
def configured(node: Node) -> Iterator[Callable[[str], None]]:
    """Restarts the daemon with a configuration; afterwards with the session's own, which is none but for --shim."""
    own = CONFIG.read_text() if CONFIG.exists() else ""

    def configure(text: str) -> None:
        CONFIG.parent.mkdir(exist_ok=True)
        CONFIG.write_text(text if "[runtimes." in text else f"{text}\n{own}")
        node.reconfigure()

    yield configure
    if own:
        CONFIG.write_text(own)
    else:
        CONFIG.unlink(missing_ok=True)
    node.reconfigure()


@pytest.fixture
def pods(node: Node, nothing_left: None, handler: str) -> Iterator[Pods]:
    """Runs pods with each handler, and removes them after the test."""
    pods = Pods(node.client, handler)
    yield pods
    node.revive()
    if node.runtime.stops_slowly:
        pods.kill()
    pods.remove()


@pytest.fixture
def pull(client: Client, nothing_left: None) -> Iterator[Callable[..., str]]:
    """PullImage; what was pulled is removed after the test."""
    references: list[str] = []

    def pull(reference: str, **fields: Any) -> str:
        references.append(reference)
        return client.PullImage(image={"image": reference}, **fields).image_ref

    yield pull
    for reference in references:
        client.RemoveImage(image={"image": reference})


@pytest.fixture
def busybox(images: SimpleNamespace) -> str:
    """The image that most containers are made of."""
    return images.busybox


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Shows the daemon's last words with each failure."""
    report = yield
    node = getattr(item, "funcargs", {}).get("node")
    if report.failed and node:
        report.sections.append((f"{node.runtime.name}'s output", node.daemon.output[-6000:]))
    return report


@pytest.fixture
def slow() -> Iterator[FakeRegistry]:
    """A registry whose layers stop half-way until they are told to go on (`harness/images/image_processes.py`)."""
    registry = FakeRegistry()
    registry.resume = threading.Event()
    yield registry
    registry.resume.set()
    registry.stop()


@pytest.fixture
def listener(client: Client, pods: Pods, busybox: str) -> Iterator[Listener]:
    """Listens for sure: events have come through."""
    listener = Listener(client)
    while not listener.events:
        pods.run().remove()
    yield listener
    listener.close()
