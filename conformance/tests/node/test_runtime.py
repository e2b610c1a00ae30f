"""Version, Status, RuntimeConfig and UpdateRuntimeConfig; and what is not built yet."""

import json

import grpc
import pytest
from grpc import StatusCode

from harness import cri
from harness.client import refused
from harness.nodes.node import CNI_CONFIG
from harness.wait import wait_until

#: RPCs that issues of their own will build. A client falls back on this code, so none may answer
#: anything else; and each leaves this list with the issue that builds it.
UNBUILT = ["CheckpointPod", "RestorePod"]


@pytest.mark.gantry
def test_version(client):
    version = client.Version()
    assert (version.version, version.runtime_name, version.runtime_api_version) == (
        "0.1.0", "gantry", "v1")
    assert version.runtime_version


def condition(client, name):
    """One of Status's conditions."""
    return next(c for c in client.Status().status.conditions if c.type == name)


def test_ready(client):
    assert condition(client, "RuntimeReady").status
    assert condition(client, "NetworkReady").status


def test_the_network_is_not_ready_without_a_configuration(node, client):
    CNI_CONFIG.unlink()
    try:
        wait_until(lambda: not condition(client, "NetworkReady").status, "it is not ready")
        assert condition(client, "NetworkReady").reason
        assert condition(client, "NetworkReady").message
        assert condition(client, "RuntimeReady").status
    finally:
        node.connect_network()
    wait_until(lambda: condition(client, "NetworkReady").status, "ready again")


@pytest.mark.gantry
def test_handlers_and_the_default_under_an_empty_name(client, node):
    handlers = {handler.name: handler.features for handler in client.Status().runtime_handlers}
    assert set(handlers) >= {"", *node.runtime.handlers}
    assert handlers[""] == handlers[node.runtime.handlers[0]]


def test_verbose_status_has_a_config(client):
    assert not client.Status().info
    json.loads(client.Status(verbose=True).info["config"])


@pytest.mark.gantry
def test_runtime_config_tells_the_cgroup_driver(client):
    assert client.RuntimeConfig().linux.cgroup_driver == cri.CGROUPFS


def test_update_runtime_config(client):
    client.UpdateRuntimeConfig(runtime_config={"network_config": {"pod_cidr": "10.88.0.0/16"}})


@pytest.mark.gantry
@pytest.mark.parametrize("rpc", UNBUILT)
def test_an_unbuilt_rpc_says_so(client, rpc):
    with refused(StatusCode.UNIMPLEMENTED):
        answer = getattr(client, rpc)()
        if cri.METHODS[rpc].server_streaming:
            list(answer)


@pytest.mark.gantry
def test_a_method_that_no_contract_has(node):
    channel = grpc.insecure_channel(f"unix://{node.runtime.socket}")
    with refused(StatusCode.UNIMPLEMENTED):
        channel.unary_unary("/runtime.v1.RuntimeService/NoSuchRPC")(b"", timeout=10)
    channel.close()
