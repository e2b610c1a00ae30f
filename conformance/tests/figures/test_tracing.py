"""Traces for a collector: OTLP, with the kubelet's `traceparent` as parent."""

import ssl
import time
import urllib.request
from pathlib import Path

import grpc
import pytest

from harness import cri
from harness.collector import Collector, attributes
from harness.command import gantry
from harness.images import certificates
from harness.pods import Pods, container_config, pod_config
from harness.wait import wait_until

pytestmark = pytest.mark.gantry

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
METRICS = 'metrics_address = "127.0.0.1:9642"\n'


@pytest.fixture
def collector():
    """A collector that takes everything."""
    collector = Collector()
    yield collector
    collector.stop()


def run_pod(client, traceparent):
    """RunPodSandbox with the metadata that a kubelet with tracing sends; the pod's ID."""
    config = pod_config()
    request = cri.message_class(cri.METHODS["RunPodSandbox"].input_type)(config=config)
    metadata = [("traceparent", traceparent)] if traceparent else []
    answer = client._callable("RunPodSandbox")(request, timeout=60, metadata=metadata)
    return answer.pod_sandbox_id, config


def remove(client, pod):
    """StopPodSandbox and RemovePodSandbox."""
    client.StopPodSandbox(pod_sandbox_id=pod)
    client.RemovePodSandbox(pod_sandbox_id=pod)


def spans_counted(outcome):
    """The metric of exported or dropped spans."""
    page = urllib.request.urlopen("http://127.0.0.1:9642/metrics").read().decode()
    for line in page.splitlines():
        if line.startswith(f'gantry_trace_spans_total{{outcome="{outcome}"}}'):
            return int(line.split()[1])
    raise AssertionError(page)


def test_the_spans_of_a_start(configured, node, client, collector, busybox):
    configured(f'trace_endpoint = "{collector.endpoint}"\n')
    pods = Pods(client)
    pod = pods.run()
    pod.run("sleep 1000", image=busybox, name="server")
    [start] = collector.named("StartContainer")
    [run] = collector.named("RunPodSandbox")
    assert collector.resources[0]["service.name"] == "gantry"
    found = attributes(run)
    assert found["k8s.pod.name"] == pod.config.metadata.name and found["k8s.pod.uid"] == pod.config.metadata.uid
    assert found["k8s.namespace.name"] == "conformance" and found["gantry.sandbox"] == pod.id
    assert attributes(start)["gantry.subject"] == "server"
    assert run["parentSpanId"] == "" and run["status"] == {}
    # Its steps lie within it, and below each other as gantry trace shows them.
    mine = {span["spanId"]: span for span in collector.spans if span["traceId"] == run["traceId"]}
    assert {"monitor", "namespaces", "network"} <= {span["name"] for span in mine.values()}
    for span in mine.values():
        assert int(run["startTimeUnixNano"]) <= int(span["startTimeUnixNano"])
        assert int(span["endTimeUnixNano"]) <= int(run["endTimeUnixNano"]) + 1_000_000
        assert span is run or span["parentSpanId"] in mine
    plugin = next(span for span in mine.values() if span["name"].startswith("CNI ADD"))
    assert mine[plugin["parentSpanId"]]["name"] == "network"
    assert abs(int(run["startTimeUnixNano"]) / 1e9 - time.time()) < 600
    pods.remove()


def test_the_kubelets_trace_is_the_parent(configured, client, collector):
    configured(f'trace_endpoint = "{collector.endpoint}/v1/traces"\ntrace_sampling = 0\n')
    # Not of those that nobody has begun, nor of those that the kubelet does not sample, nor of nonsense.
    others = [run_pod(client, value)[0] for value in (
        "", f"00-{TRACE}-{SPAN}-00", f"00-{'0' * 32}-{SPAN}-01", f"00-{TRACE}-{SPAN}", "x" * 3000, f"ff-{TRACE}-{SPAN}-01")]
    pod, config = run_pod(client, f"00-{TRACE}-{SPAN}-01")
    [run] = collector.named("RunPodSandbox")
    assert run["traceId"] == TRACE and run["parentSpanId"] == SPAN
    assert attributes(run)["gantry.sandbox"] == pod
    assert {span["traceId"] for span in collector.spans} == {TRACE}
    for each in [*others, pod]:
        remove(client, each)


def test_what_fails_is_marked(configured, client, collector, busybox):
    configured(f'trace_endpoint = "{collector.endpoint}"\n')
    pods = Pods(client)
    pod = pods.run()
    with pytest.raises(grpc.RpcError):
        client.CreateContainer(pod_sandbox_id=pod.id, sandbox_config=pod.config, config=container_config(
            "true", image=busybox, devices=[{"host_path": "/dev/none", "container_path": "/dev/x", "permissions": "r"}]))
    [create] = collector.named("CreateContainer")
    assert create["status"] == {"code": 2}
    pods.remove()


def test_without_a_collector_nothing_waits(configured, node, client):
    configured(METRICS + 'trace_endpoint = "http://127.0.0.1:9"\n')
    pods = Pods(client)
    pods.run()
    wait_until(lambda: spans_counted("dropped") > 0, "dropped spans are counted")
    assert spans_counted("exported") == 0
    assert node.daemon.output.count("traces are dropped") == 1
    pods.remove()


def test_a_collector_that_refuses(configured, node, client):
    collector = Collector(status=503)
    try:
        configured(METRICS + f'trace_endpoint = "{collector.endpoint}"\n')
        pods = Pods(client)
        pods.run()
        wait_until(lambda: spans_counted("dropped") > 0, "dropped spans are counted")
        assert "HTTP 503" in node.daemon.output
        collector.status = 200
        pods.run()
        collector.named("RunPodSandbox")
        wait_until(lambda: spans_counted("exported") > 0, "exported spans are counted")
        pods.remove()
    finally:
        collector.stop()


@pytest.fixture
def secure(tmp_path, request):
    """A collector with TLS, and the file of the authority that it trusts; its certificate may be for another address."""
    certificate = certificates.own(tmp_path / "collector", "collector", getattr(request, "param", "127.0.0.1"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{certificate}.crt", f"{certificate}.key")
    collector = Collector(tls=context)
    yield collector, f"{certificate}.crt"
    collector.stop()


def test_over_tls(configured, client, secure):
    collector, ca = secure
    configured(f'trace_endpoint = "{collector.endpoint}"\ntrace_ca = "{ca}"\n')
    pods = Pods(client)
    pod = pods.run()
    [run] = collector.named("RunPodSandbox")
    assert attributes(run)["gantry.sandbox"] == pod.id
    pods.remove()


@pytest.mark.parametrize(("secure", "is_trusted"), [("127.0.0.1", False), ("127.0.0.9", True)], indirect=["secure"])
def test_a_collector_that_is_somebody_else(configured, client, node, secure, is_trusted):
    collector, ca = secure
    trusted = f'trace_ca = "{ca}"\n' if is_trusted else ""
    configured(METRICS + f'trace_endpoint = "{collector.endpoint}"\n{trusted}')
    pods = Pods(client)
    pods.run()
    wait_until(lambda: spans_counted("dropped") > 0, "dropped spans are counted")
    assert not collector.spans
    [line] = [line for line in node.daemon.output.splitlines() if "traces are dropped" in line]
    assert "certificate" in line.lower()
    pods.remove()


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_an_authority_that_cannot_be_used(node, tmp_path, content):
    ca = tmp_path / "ca.pem"
    if content:
        ca.write_text(content)
    file = Path("/etc/gantry/conf.d/60-traces.toml")
    assert node.daemon.terminate() == 0
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f'trace_endpoint = "https://127.0.0.1:1"\ntrace_ca = "{ca}"\n')
    try:
        daemon = node.spawn()
        assert daemon.wait() != 0 and str(ca) in daemon.output
    finally:
        file.unlink()
        node.start()


def test_off_by_default(node, client):
    pods = Pods(client)
    pods.run()
    pods.remove()
    assert 'trace_endpoint = ""' in gantry(node.runtime, "config", "--default")


@pytest.mark.parametrize("key", ['trace_endpoint = "grpc://x"', 'trace_endpoint = "http://"',
                                 'trace_endpoint = "http://a:b/c"', "trace_sampling = 1000001"])
def test_keys_that_cannot_be_used(node, key, tmp_path):
    import subprocess
    file = tmp_path / "gantry.toml"
    file.write_text(key + "\n")
    done = subprocess.run([node.runtime.command[0], "config", "--check", file], text=True, check=False, capture_output=True)
    assert done.returncode != 0 and key.split()[0] in done.stderr
