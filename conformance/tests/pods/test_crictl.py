"""crictl, as an administrator uses it."""

import json
import shutil
import subprocess

import pytest

from harness.images import catalogue

pytestmark = pytest.mark.skipif(not shutil.which("crictl"), reason="crictl is not on PATH")


@pytest.fixture
def crictl(node, nothing_left, tmp_path):
    """Runs crictl against the node; AssertionError with its words when it fails."""
    config = tmp_path / "crictl.yaml"
    config.write_text(f"runtime-endpoint: unix://{node.runtime.socket}\n"
                      f"image-endpoint: unix://{node.runtime.socket}\ntimeout: 60\n")

    def run(*arguments: str) -> str:
        done = subprocess.run(["crictl", "--config", config, *arguments], text=True,
                              capture_output=True, check=False)
        assert done.returncode == 0, f"crictl {' '.join(arguments)}: {done.stderr}{done.stdout}"
        return done.stdout.strip()

    return run


def write(path, value):
    """A configuration file for crictl."""
    path.write_text(json.dumps(value))
    return str(path)


def test_from_pull_to_rmp(crictl, registry, tmp_path, handler, client):
    reference = registry.push("test/crictl:1", catalogue.marked("crictl"))
    pod_file = write(tmp_path / "pod.json", {
        "metadata": {"name": "crictl", "uid": "1", "namespace": "default", "attempt": 1},
        "log_directory": str(tmp_path), "linux": {}})
    container_file = write(tmp_path / "container.json", {
        "metadata": {"name": "hello"}, "image": {"image": reference},
        "command": ["sh", "-c", "echo hello; exec sleep 1000"], "log_path": "hello.log"})
    assert "up to date" in crictl("pull", reference)
    assert reference.removesuffix(":1") in crictl("images")
    pod = crictl("runp", "--runtime", handler, pod_file)
    container = crictl("create", pod, container_file, pod_file)
    assert crictl("start", container) == container
    assert crictl("exec", "-s", container, "echo", "hi") == "hi"
    assert crictl("logs", container) == "hello"
    assert container in crictl("ps", "--no-trunc")
    assert pod in crictl("pods", "--no-trunc")
    assert json.loads(crictl("inspect", container))["status"]["state"] == "CONTAINER_RUNNING"
    assert json.loads(crictl("inspectp", pod))["status"]["state"] == "SANDBOX_READY"
    assert json.loads(crictl("inspecti", reference))["status"]["repoTags"] == [reference]
    crictl("stop", container)
    crictl("rm", container)
    crictl("stopp", pod)
    crictl("rmp", pod)
    crictl("rmi", reference)
    assert container not in crictl("ps", "-a", "--no-trunc")


def test_info_and_version(crictl, node):
    assert node.runtime.name in crictl("version")
    assert json.loads(crictl("info"))["status"]["conditions"]


def test_what_pods_use(crictl, pods, busybox):
    pod = pods.run()
    container = pod.run("while :; do :; done", image=busybox)

    def only(elements):
        assert len(elements) == 1
        return elements[0]

    stats = only(json.loads(crictl("stats", "--id", container.id, "-o", "json"))["stats"])
    assert stats["attributes"]["id"] == container.id
    assert int(stats["cpu"]["usageCoreNanoSeconds"]["value"]) > 0
    stats = only(json.loads(crictl("statsp", "--id", pod.id, "-o", "json"))["stats"])
    assert stats["attributes"]["id"] == pod.id
    assert int(stats["linux"]["process"]["processCount"]["value"]) == 1
    described = json.loads(crictl("metricdescs"))["descriptors"]
    assert "container_threads" in {descriptor["name"] for descriptor in described}
    metrics = json.loads(crictl("metricsp"))["podMetrics"]
    assert pod.id in {metric["podSandboxId"] for metric in metrics}


def test_inspect_shows_process_and_spec(crictl, pods, busybox):
    container = pods.run().run("sleep", "1000", image=busybox)
    info = json.loads(crictl("inspect", container.id))["info"]
    assert info["pid"] > 0
    assert info["runtimeSpec"]["process"]["args"] == ["sleep", "1000"]
