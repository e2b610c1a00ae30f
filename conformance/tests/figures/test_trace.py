"""`gantry trace`: where the time of a start went."""

import json
import xml.etree.ElementTree as xml

import pytest

from harness.client import refused
from harness.command import gantry
from harness.images import catalogue

pytestmark = pytest.mark.gantry


@pytest.fixture
def trace(node):
    """The operations of a pod or container, by `gantry trace --json`."""
    return lambda what: json.loads(gantry(node.runtime, "trace", "--json", what))


def names(operation):
    """Its steps' names."""
    return [span["name"] for span in operation["spans"]]


def test_the_start_of_a_pod(pods, busybox, trace, handler):
    pod = pods.run()
    container = pod.run("sleep 1000", image=busybox, name="server")
    found = trace(pod.id[:12])
    assert found["pod"] == f"conformance/{pod.config.metadata.name}"
    assert [(o["name"], o["subject"]) for o in found["operations"]] == [
        ("RunPodSandbox", ""), ("CreateContainer", "server"), ("StartContainer", "server")]
    run, create, start = found["operations"]
    assert {"queue", "monitor", "namespaces", "network", "CNI ADD bridge",
            "CNI ADD portmap"} <= set(names(run))
    assert {"root file system", f"{handler} create"} <= set(names(create))
    assert f"{handler} start" in names(start)
    assert trace(f"conformance/{pod.config.metadata.name}") == found
    assert trace(container.id) == found


def test_steps_lie_within_their_operations(pods, trace):
    for operation in trace(pods.run().id)["operations"]:
        for span in operation["spans"]:
            assert 0 <= span["start"] <= span["start"] + span["duration"] <= operation["duration"]
        plugins = [s for s in operation["spans"] if s["name"].startswith("CNI ADD")]
        network = next(s for s in operation["spans"] if s["name"] == "network")
        assert sum(plugin["duration"] for plugin in plugins) <= network["duration"]
        assert {plugin["depth"] for plugin in plugins} == {network["depth"] + 1}


def test_another_container_of_the_pod_is_left_out(pods, busybox, trace):
    pod = pods.run()
    pod.run("sleep 1000", image=busybox, name="one")
    two = pod.run("sleep 1000", image=busybox, name="two")
    assert {o["subject"] for o in trace(two.id)["operations"]} == {"", "two"}


def test_a_pull_for_the_pod(pods, client, registry, trace, nothing_left):
    reference = registry.push("test/traced:1", catalogue.marked("traced"))
    pod = pods.run()
    client.PullImage(image={"image": reference}, sandbox_config=pod.config)
    pull = trace(pod.id)["operations"][-1]
    assert (pull["name"], pull["subject"]) == ("PullImage", reference)
    assert [n for n in names(pull) if n.startswith("resolve")]
    assert [n for n in names(pull) if n.startswith("layer ")]
    client.RemoveImage(image={"image": reference})


def test_a_failure_is_told_and_logged_with_its_steps(pods, busybox, trace, node):
    pod = pods.run()
    with refused(None):
        pod.run("/no/such/program", "x", image=busybox, name="broken")
    failed = [o for o in trace(pod.id)["operations"] if o["failed"]]
    assert [o["subject"] for o in failed] == ["broken"]
    assert f"{pod.config.metadata.name}: {failed[0]['name']} broken failed after" in (
        node.daemon.output)


def test_a_waterfall(pods, node):
    pod = pods.run()
    lines = gantry(node.runtime, "trace", pod.id).splitlines()
    assert lines[0] == f"conformance/{pod.config.metadata.name}  {pod.id}"
    bridge = next(line for line in lines if "CNI ADD bridge" in line)
    assert "ms" in bridge and "█" in bridge
    assert len({len(line) for line in lines if line.endswith("|")}) == 1


def test_a_picture(pods, node, tmp_path):
    pod = pods.run()
    gantry(node.runtime, "trace", "--svg", str(tmp_path / "pod.svg"), pod.id)
    picture = xml.parse(tmp_path / "pod.svg").getroot()
    texts = [element.text for element in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert "CNI ADD bridge" in texts
    assert len(list(picture.iter("{http://www.w3.org/2000/svg}rect"))) >= 5


def test_what_is_not_known(node, handler):
    with pytest.raises(AssertionError, match="there is no trace of none"):
        gantry(node.runtime, "trace", "none")
