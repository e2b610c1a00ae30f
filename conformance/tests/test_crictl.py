"""crictl, as an administrator uses it."""

import json
import shutil
import subprocess

import pytest

from harness import catalogue

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
