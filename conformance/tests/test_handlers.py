"""Handlers as gantry.toml has them, and what it sets for all containers."""

import json
import shutil
from pathlib import Path

import pytest
from grpc import StatusCode

from harness.client import refused

pytestmark = pytest.mark.gantry
CONFIG = Path("/etc/gantry/gantry.toml")


@pytest.fixture
def pods(pods, configured):
    """Pods are removed while the handlers that they are of are there."""
    yield pods
    pods.remove()


def annotations(container):
    """What the runtime was given."""
    return json.loads(Path(f"/run/gantry/containers/{container.id}/config.json").read_text())[
        "annotations"]


def test_annotations_reach_the_runtime_as_far_as_the_handler_allows(
        pods, client, busybox, configured):
    configured(f"""
        [runtimes.mine]
        path = "{shutil.which(pods.handler, path='/usr/sbin:/usr/bin:/sbin:/bin')}"
        root = "/run/gantry/{pods.handler}"
        allowed_annotations = ["example.com/*", "exact"]
        """)
    assert {h.name for h in client.Status().runtime_handlers} == {"", "mine"}
    pod = pods.run("mine", annotations={"example.com/pod": "1", "other": "1"})
    container = pod.run("sleep 1000", image=busybox, annotations={"exact": "2", "exactly": "2"})
    found = annotations(container)
    assert (found["example.com/pod"], found["exact"]) == ("1", "2")
    assert not {"other", "exactly"} & set(found)
    assert container.output("id", "-u") == "0\n"


def test_no_annotation_reaches_it_unasked(pods, busybox):
    container = pods.run(annotations={"a": "1"}).create("true", image=busybox, annotations={"b": "2"})
    assert not {"a", "b"} & set(annotations(container))


def test_a_handler_that_does_not_work_is_not_there(pods, client, configured):
    configured("""
        [runtimes.broken]
        path = "/no/such/runtime"
        [runtimes.mine]
        path = "/usr/bin/crun"
        root = "/run/gantry/crun"
        """)
    assert {h.name for h in client.Status().runtime_handlers} == {"", "mine"}
    with refused(StatusCode.INVALID_ARGUMENT, 'no runtime handler "broken"; there are: mine'):
        pods.run("broken")


def test_limits_of_all_containers(pods, busybox, configured):
    configured('default_ulimits = ["nofile=100:200", "core=0"]')
    container = pods.run().run("sleep 1000", image=busybox)
    limits = container.output("cat", "/proc/1/limits").splitlines()
    found = {line[:26].strip(): line[26:].split()[:2] for line in limits}
    assert found["Max open files"] == ["100", "200"]
    assert found["Max core file size"] == ["0", "0"]


def test_a_limit_that_is_none_keeps_the_daemon_from_starting(node, configured):
    CONFIG.parent.mkdir(exist_ok=True)
    CONFIG.write_text('default_ulimits = ["files=1"]')
    daemon = node.spawn()
    assert daemon.wait() != 0
    assert '"files=1" is no limit' in daemon.output
