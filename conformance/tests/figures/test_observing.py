"""The daemon's own metrics and its log."""

import json
import re
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from grpc import StatusCode

from harness.client import refused
from harness.command import gantry
from harness.images import catalogue
from harness.wait import wait_until

pytestmark = pytest.mark.gantry

DROP_IN = Path("/etc/gantry/conf.d/observing.toml")
ADDRESS = "127.0.0.1:9642"


@pytest.fixture
def configured(node):
    """Restarts the daemon with a drop-in, and without it afterwards."""
    def restart(text: str) -> None:
        DROP_IN.parent.mkdir(parents=True, exist_ok=True)
        DROP_IN.write_text(text)
        node.restart()

    yield restart
    DROP_IN.unlink()
    node.restart()


def scrape(path="/metrics"):
    """What Prometheus would read."""
    with urllib.request.urlopen(f"http://{ADDRESS}{path}", timeout=10) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        return answer.read().decode()


def samples():
    """The values by what stands before them."""
    lines = [line for line in scrape().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def rpc(method, code="OK", service="RuntimeService"):
    """Labels of an RPC's series."""
    return (f'{{grpc_service="runtime.v1.{service}",grpc_method="{method}",'
            f'grpc_code="{code}"}}')


@pytest.fixture
def metrics(configured):
    """The endpoint is on."""
    configured(f'metrics_address = "{ADDRESS}"\n')


def test_only_streams_are_listened_for_unasked(node):
    sockets = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
    listeners = [fields for line in sockets.splitlines() if (fields := line.split())[3] == "0A"]
    own = {target.group(1) for fd in Path(f"/proc/{node.daemon.id}/fd").iterdir()
           if (target := re.match(r"socket:\[(\d+)\]", str(fd.readlink())))}
    # The streaming server, on 127.0.0.1 (proc(5): in the node's byte order).
    addresses = [fields[1].split(":")[0] for fields in listeners if fields[9] in own]
    assert addresses == ["0100007F"]


def test_calls_are_counted_by_code(metrics, client):
    before = samples().get("grpc_server_handled_total" + rpc("Version"), 0)
    client.Version()
    client.Version()
    with refused(StatusCode.NOT_FOUND):
        client.ContainerStatus(container_id="none")
    after = samples()
    assert after["grpc_server_handled_total" + rpc("Version")] == before + 2
    assert after["grpc_server_handled_total" + rpc("ContainerStatus", "NotFound")] == 1
    labels = rpc("Version")[:-1] + ',le="+Inf"}'
    assert after["grpc_server_handling_seconds_bucket" + labels] == before + 2


def test_pods_plugins_and_runtimes(metrics, pods, busybox, handler):
    pod = pods.run()
    pod.run("sleep 1000", image=busybox)
    found = samples()
    assert found['gantry_pods{phase="ready"}'] == 1
    assert found['gantry_containers{phase="running"}'] == 1
    assert found["gantry_monitors"] == 1
    plugin = '{plugin="bridge",command="ADD",outcome="ok"}'
    assert found["gantry_cni_call_duration_seconds_count" + plugin] == 1
    assert found["gantry_cni_call_duration_seconds_sum" + plugin] > 0
    for command in ("create", "start"):
        labels = f'{{handler="{handler}",command="{command}",outcome="ok"}}'
        assert found["gantry_runtime_call_duration_seconds_count" + labels] == 1


def test_exits_for_want_of_memory(metrics, pods, busybox):
    container = pods.run().run("tail -c 100m /dev/zero", image=busybox,
                               linux={"resources": {"memory_limit_in_bytes": 32 << 20}})
    assert container.exited().reason == "OOMKilled"
    assert samples()['gantry_container_exits_total{reason="OOMKilled"}'] == 1


def test_pulled_bytes(metrics, client, registry):
    image = catalogue.marked("counted")
    reference = registry.push("test/counted:1", image)
    client.PullImage(image={"image": reference})
    found = samples()
    # The layers below are on the node already.
    assert found["gantry_image_pulled_bytes_total"] == len(image.layers[-1].blob)
    assert found['gantry_image_pull_duration_seconds_count{outcome="ok"}'] == 1
    client.RemoveImage(image={"image": reference})


def test_there_is_nothing_else(metrics):
    with pytest.raises(urllib.error.HTTPError, match="404"):
        scrape("/")


def test_the_format(metrics):
    types = {}
    for line in scrape().splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            assert name not in types
            types[name] = kind
        elif not line.startswith("#"):
            name = re.match(r"[a-z_]+", line).group()
            family = re.sub(r"_(bucket|sum|count)$", "", name)
            assert types.get(name) in ("counter", "gauge") or types[family] == "histogram"
            assert name.endswith("_total") == (types.get(name) == "counter")


def lines_of(node, method):
    """The lines of the log, as JSON, that are about a method."""
    found = [json.loads(line) for line in node.daemon.output.splitlines()]
    return [line for line in found if line.get("method") == method]


def test_a_line_an_rpc_at_debug(configured, node):
    configured('log_format = "json"\nlog_level = "debug"\n')
    node.client.Status()
    list(node.client.StreamContainers())
    with refused(StatusCode.NOT_FOUND):
        node.client.ContainerStatus(container_id="none")
    wait_until(lambda: lines_of(node, "ContainerStatus"), "the last call is logged")
    lines = [lines_of(node, m)[-1] for m in ("Status", "StreamContainers", "ContainerStatus")]
    assert [line["code"] for line in lines] == ["OK", "OK", "NotFound"]
    assert [line["level"] for line in lines] == ["debug", "debug", "warning"]
    assert lines[2]["message"] == "there is no container none"
    assert len({line["request"] for line in lines}) == 3


def test_the_level_changes_while_it_runs(configured, node):
    configured('log_format = "json"\n')
    node.client.Status()
    assert gantry(node.runtime, "log-level", "debug") == "info -> debug\n"
    node.client.Status()
    wait_until(lambda: lines_of(node, "Status"), "the call is logged")
    assert len(lines_of(node, "Status")) == 1
    with pytest.raises(AssertionError, match="is none of"):
        gantry(node.runtime, "log-level", "loud")
    assert gantry(node.runtime, "log-level", "info") == "debug -> info\n"


def test_what_a_request_caused_has_its_id(configured, node, pods, busybox):
    configured('log_format = "json"\n')
    with refused(None):
        pods.run().create("true", image=busybox, linux={"resources": {"cpuset_cpus": "99"}})
    wait_until(lambda: len(lines_of(node, "CreateContainer")) == 2, "both lines are there")
    assert len({line["request"] for line in lines_of(node, "CreateContainer")}) == 1
