"""Network plugins and OCI runtimes that fail: the caller is told, and nothing stays behind."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from grpc import StatusCode

from harness import cri
from harness.client import refused
from harness.nodes.node import CNI_CONFIG, NETWORK
from harness.pods import pod_config

STAND_INS = Path(__file__).resolve().parents[2] / "stand_ins"
SWITCH = Path("/run/failing")

pytestmark = pytest.mark.promise


@pytest.fixture
def failing():
    """Makes a stand-in fail: `failing("ADD", "no more addresses")`; without words, no more."""
    def switch(command: str = "", behaviour: str = "") -> None:
        SWITCH.write_text(f"{command} {behaviour}") if command else SWITCH.unlink(missing_ok=True)

    yield switch
    switch()


def install(source: str, path: Path) -> None:
    """A stand-in as an executable file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!{sys.executable}\n" + (STAND_INS / source).read_text())
    path.chmod(0o755)


@pytest.fixture
def plugin(node, failing):
    """A network whose last plugin is the stand-in."""
    install("cni_plugin.py", Path("/opt/cni/bin/conformance-failing"))
    node.connect_network({
        **NETWORK, "plugins": [*NETWORK["plugins"], {"type": "conformance-failing"}]})
    yield failing
    failing()
    node.connect_network()


@pytest.fixture
def runtime(node, failing, tmp_path):
    """A daemon whose OCI runtimes are stand-ins before the real ones."""
    for handler in node.runtime.handlers:
        install("oci_runtime.py", tmp_path / handler)
    node.environment = {"PATH": f"{tmp_path}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"}
    node.restart()
    yield failing
    failing()
    node.environment = {}
    node.restart()


@pytest.fixture
def plugin_of_1_1(plugin, node):
    """A network of the CNI version that has STATUS and GC; it gives no addresses."""
    node.connect_network({"cniVersion": "1.1.0", "name": "conformance",
                          "plugins": [{"type": "conformance-failing"}]})
    return plugin


@pytest.mark.gantry
def test_a_plugin_that_is_not_ready(plugin_of_1_1, client):
    def network():
        return next(c for c in client.Status().status.conditions if c.type == "NetworkReady")

    assert network().status
    plugin_of_1_1("STATUS", "no route to the controller")
    assert not network().status
    assert "no route to the controller" in network().message


@pytest.mark.gantry
def test_a_plugin_that_fails_at_gc_is_told_of(plugin_of_1_1, node):
    plugin_of_1_1("GC", "the database is locked")
    node.restart()
    assert "the database is locked" in node.daemon.output


@pytest.mark.gantry
def test_a_plugin_that_fails_at_add(plugin, pods, client):
    plugin("ADD", "no more addresses")
    with refused(None, "conformance-failing", "no more addresses"):
        pods.run()
    assert not client.ListPodSandbox().items


def test_a_plugin_that_fails_at_add_leaves_nothing(plugin, pods, client):
    plugin("ADD", "no more addresses")
    with refused(None, "no more addresses"):
        pods.run()
    plugin()
    for pod in client.ListPodSandbox().items:
        client.RemovePodSandbox(pod_sandbox_id=pod.id)


def test_a_plugin_that_fails_at_del_is_asked_again(plugin, pods, client):
    pod = pods.run()
    plugin("DEL", "not now")
    with refused(None, "not now"):
        client.StopPodSandbox(pod_sandbox_id=pod.id)
    plugin()
    pod.remove()


@pytest.mark.gantry
def test_a_plugin_that_hangs_holds_up_nothing_else(plugin, pods, client):
    """The caller's deadline passes; its retry joins the operation, and gets its result."""
    config = pod_config()
    plugin("ADD", "hang")
    with refused(StatusCode.DEADLINE_EXCEEDED):
        client.RunPodSandbox(config=config, runtime_handler=pods.handler, deadline=1)
    assert client.Version(deadline=2).runtime_name == "gantry"
    assert not client.ListPodSandbox(deadline=2).items
    with ThreadPoolExecutor() as pool:
        retry = pool.submit(pods.run_config, config)
        plugin()
        assert retry.result(30).status.network.ip
    assert len(client.ListPodSandbox().items) == 1


@pytest.mark.gantry
def test_without_a_network_a_pod_waits_for_one(node, pods, client):
    CNI_CONFIG.unlink()
    config = pod_config()
    try:
        with refused(StatusCode.DEADLINE_EXCEEDED):
            client.RunPodSandbox(config=config, runtime_handler=pods.handler, deadline=0.5)
    finally:
        node.connect_network()
    assert pods.run_config(config).status.state == cri.SANDBOX_READY


def test_a_runtime_that_fails_at_create(runtime, pods, busybox):
    pod = pods.run()
    runtime("create", "the disk is full")
    with refused(None, "the disk is full"):
        pod.create("sleep 1000", image=busybox).start()
    runtime()
    assert pod.run("sleep 1000", image=busybox).status.state == cri.CONTAINER_RUNNING


def test_a_runtime_that_fails_at_start(runtime, pods, busybox):
    container = pods.run().create("sleep 1000", image=busybox)
    runtime("start", "the moon is full")
    with refused(None, "the moon is full"):
        container.start()
    assert container.status.state == cri.CONTAINER_EXITED


@pytest.mark.gantry
def test_a_runtime_that_fails_at_kill_is_asked_again(runtime, pods, busybox):
    container = pods.run().run("trap 'exit 3' TERM; echo up; while :; do sleep 0.1; done", image=busybox)
    container.logged("up")
    runtime("kill", "cannot kill")
    with refused(None, "cannot kill"):
        container.stop(20)
    runtime()
    container.stop(20)
    assert container.status.exit_code == 3


@pytest.mark.gantry
def test_a_container_is_killed_without_its_runtime(runtime, pods, busybox):
    container = pods.run().run("sleep 1000", image=busybox)
    runtime("kill", "cannot kill")
    container.stop(0)
    assert container.status.exit_code == 137


@pytest.mark.gantry
def test_a_runtime_that_fails_at_delete_is_asked_again(runtime, pods, busybox):
    container = pods.run().run("exit 0", image=busybox)
    container.exited()
    runtime("delete", "cannot delete")
    with refused(None, "cannot delete"):
        container.remove()
    runtime()
    container.remove()


def test_an_exec_that_the_runtime_refuses(runtime, pods, busybox):
    container = pods.run().run("sleep 1000", image=busybox)
    runtime("exec", "no exec today")
    with refused(None, "no exec today"):
        container.exec("true")
