"""`gantry migrate`: the configuration of real containerd, as Debian's writes it, becomes Gantry's."""

import os
import re
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
    file.write_text(re.sub("^imports = .*$", 'imports = ["conf.d/*.toml"]', text, flags=re.M))
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


def migrate(node, source, file, *options):
    """The command's end, with what it writes on both streams."""
    return subprocess.run([node.runtime.command[0], "migrate", "--from", source, "--input", file, *options],
                          text=True, check=False, capture_output=True, timeout=60)


PLUGIN = '[plugins."io.containerd.grpc.v1.cri"]\n'


def test_imports_of_imports(node, tmp_path):
    """Each file counts once, whatever imports it, and under whatever name."""
    (tmp_path / "self").symlink_to(".")
    (tmp_path / "config.toml").write_text(
        f'version = 2\nimports = ["one.toml", "none/*.toml"]\n{PLUGIN}stream_server_port = "1"\n')
    (tmp_path / "one.toml").write_text(f'imports = ["self/config.toml", "./two.toml"]\n{PLUGIN}stream_server_port = "2"\n')
    (tmp_path / "two.toml").write_text(f'imports = ["self/two.toml"]\n{PLUGIN}stream_server_port = "3"\n')
    done = migrate(node, "containerd", tmp_path / "config.toml", "--dry-run")
    assert done.returncode == 0 and "streaming_port = 3" in done.stdout, done.stderr
    (tmp_path / "two.toml").write_text('imports = ["gone.toml"]\n')
    done = migrate(node, "containerd", tmp_path / "config.toml", "--dry-run")
    assert done.returncode != 0 and "gone.toml is not there" in done.stderr


def test_drop_ins_of_crio(node, tmp_path):
    """All files below, by name, whatever they are called."""
    directory = tmp_path / "crio.conf.d"
    (directory / "20-more").mkdir(parents=True)
    (directory / "10-first.conf").write_text('[crio.runtime]\nconmon_cgroup = "pod"\n[crio.nri]\nnri_listen = "/a"\n')
    (directory / "20-more" / "any").write_text('[crio.nri]\nnri_listen = "/b"\n')
    (directory / "up").symlink_to("..")
    done = migrate(node, "crio", tmp_path / "crio.conf", "--dry-run")
    assert done.returncode != 0 and "up" in done.stderr, "CRI-O does not follow it either, and cannot read it"
    (directory / "up").unlink()
    done = migrate(node, "crio", tmp_path / "crio.conf", "--dry-run")
    assert 'monitor_cgroup = "pod"' in done.stdout and 'nri_socket = "/b"' in done.stdout
    assert f"# {directory}/20-more/any: crio.nri" in done.stdout


@pytest.mark.parametrize("kind", ["directory", "endless", "bytes", "deep", "text"])
def test_files_that_are_none(node, tmp_path, kind):
    file = tmp_path / "config.toml"
    match kind:
        case "directory":
            file.mkdir()
        case "endless":
            file.symlink_to("/dev/zero")
        case "bytes":
            file.write_bytes(bytes(range(256)) * 100)
        case "deep":
            file.write_text("a = " + "[" * 100_000)
        case "text":
            file.write_text("not a configuration \x1b[2J\n")
    output = tmp_path / "out.toml"
    done = migrate(node, "containerd", file, "--output", output)
    assert done.returncode not in (0, -6, -11) and str(file) in done.stderr
    assert "\x1b" not in done.stderr and len(done.stderr) < 1000 and not output.exists()


def test_a_fifo_is_not_waited_for(node, tmp_path):
    os.mkfifo(tmp_path / "crio.conf")
    done = migrate(node, "crio", tmp_path / "crio.conf", "--dry-run")
    assert done.returncode == 1 and "nobody writes" in done.stderr


def test_many_keys(node, tmp_path):
    file = tmp_path / "config.toml"
    file.write_text("version = 2\n" + "".join(f"key{number} = {number + 1}\n" for number in range(100_000)))
    done = migrate(node, "containerd", file, "--dry-run")
    assert done.returncode == 0 and "key99999 = 100000" in done.stderr


def test_a_name_stays_in_its_comment(node, tmp_path):
    (tmp_path / "a\nsocket = 1\n.toml").write_text(f"{PLUGIN}stream_server_port = \"3\"\n")
    (tmp_path / "config").write_text('imports = ["*.toml"]\n')
    done = migrate(node, "containerd", tmp_path / "config", "--dry-run")
    assert [line for line in done.stdout.splitlines() if line and line[0] != "#"] == ["streaming_port = 3"]


def test_what_is_there_is_kept(node, tmp_path):
    file, output, certs = tmp_path / "config.toml", tmp_path / "out.toml", tmp_path / "certs.d"
    file.write_text(f"version = 2\n{PLUGIN}[plugins.\"io.containerd.grpc.v1.cri\".registry.mirrors.\"docker.io\"]\n"
                    'endpoint = ["https://mirror:5000"]\n')
    options = ["--output", output, "--certs-dir", certs]
    output.write_text("mine")
    done = migrate(node, "containerd", file, *options)
    assert done.returncode != 0 and "--force" in done.stderr and output.read_text() == "mine" and not certs.exists()
    done = migrate(node, "containerd", file, *options, "--force")
    assert done.returncode == 0 and "mine" not in output.read_text()
    assert '[host."https://mirror:5000"]' in (certs / "docker.io" / "hosts.toml").read_text()


def test_mirrors_are_asked(node, configured, tmp_path):
    file = tmp_path / "config.toml"
    file.write_text(f"version = 2\n{PLUGIN}[plugins.\"io.containerd.grpc.v1.cri\".registry.mirrors.\"docker.io\"]\n"
                    'endpoint = ["http://127.0.0.1:5005"]\n')
    assert migrate(node, "containerd", file, "--output", tmp_path / "out.toml", "--certs-dir", tmp_path / "certs.d").returncode == 0
    configured(f'certs_dirs = ["{tmp_path}/certs.d"]\n')
    assert "127.0.0.1:5005" in gantry(node.runtime, "registry", "explain", "busybox")
