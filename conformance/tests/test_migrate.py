"""`gantry migrate`: the configuration of real containerd, as Debian's writes it, becomes Gantry's."""

import shutil
import subprocess

import pytest

from harness.command import gantry

pytestmark = pytest.mark.gantry


@pytest.fixture
def containerd(tmp_path):
    """What `containerd config default` prints, and an import of it."""
    if not shutil.which("containerd"):
        pytest.skip("containerd is not installed: its own configuration was not tried")
    file = tmp_path / "config.toml"
    text = subprocess.run(["containerd", "config", "default"], text=True, check=True,
                          stdout=subprocess.PIPE).stdout
    file.write_text(text.replace("imports = []", 'imports = ["conf.d/*.toml"]'))
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "mine.toml").write_text("""version = 2
[plugins."io.containerd.grpc.v1.cri"]
  stream_server_port = "10010"
  made_up = 7
""")
    return file


def test_containerds_default(node, containerd, tmp_path):
    output = tmp_path / "out" / "20-migrated.toml"
    done = subprocess.run(
        [node.runtime.command[0], "migrate", "--from", "containerd", "--input", containerd,
         "--output", output], text=True, check=True, capture_output=True)
    assert "wrote" in done.stdout
    assert "made_up = 7" in done.stderr and "pause" in done.stderr
    text = output.read_text()
    assert "streaming_port = 10010" in text
    assert f"# {tmp_path}/conf.d/mine.toml: plugins" in text
    gantry(node.runtime, "config", "--check", str(output))


def test_the_daemon_runs_with_it(node, client, configured, containerd):
    text = gantry(node.runtime, "migrate", "--from", "containerd", "--input", str(containerd),
                  "--dry-run")
    configured(text)
    try:
        # The one without a name is the default.
        assert [handler.name for handler in client.Status().runtime_handlers] == ["", "runc"]
    finally:
        # A handler that is configured has its state in a directory of its own, which stays.
        configured("")
        shutil.rmtree("/run/gantry/runtimes", ignore_errors=True)


def test_without_a_configuration(node, tmp_path):
    done = subprocess.run(
        [node.runtime.command[0], "migrate", "--from", "crio", "--input", tmp_path / "none"],
        text=True, check=False, capture_output=True)
    assert done.returncode != 0 and "is not there" in done.stderr
