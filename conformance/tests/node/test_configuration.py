"""`gantry config`, drop-ins, the version, and the group of the socket."""

import os
import re
import subprocess

import pytest

from harness import cri
from harness.command import gantry

pytestmark = pytest.mark.gantry


def test_config_is_read_again(node, tmp_path):
    file = tmp_path / "gantry.toml"
    file.write_text(gantry(node.runtime, "config"))
    assert gantry(node.runtime, "config", "--check", str(file)) == f"{file}: valid\n"
    assert gantry(node.runtime, "config", "--config", str(file)) == file.read_text()
    assert re.search(r"^\[runtimes\.crun\]$", file.read_text(), re.M)


@pytest.mark.parametrize("text, words", [
    ("no_such_key = 1", ["no_such_key"]), ("socket = 1", ["socket", "string"]), ("=", ["line 1"]),
    ("[runtimes.a]\nroot = '/r'", ["runtimes.a.path"]),
    ("image_memory = 1000000", ["image_memory", "at least 134217728"])])
def test_what_is_wrong_is_said(node, tmp_path, text, words):
    file = tmp_path / "50-bad.toml"
    file.write_text(text)
    done = subprocess.run([node.runtime.command[0], "config", "--check", file], text=True, check=False,
                          stderr=subprocess.PIPE)
    assert done.returncode != 0
    for word in [str(file), *words]:
        assert word in done.stderr


def test_a_later_drop_in_replaces(node, tmp_path):
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "gantry.toml").write_text('cdi_spec_dirs = ["/a", "/b"]\nlog_level = "error"\n')
    (tmp_path / "conf.d" / "10.toml").write_text('cdi_spec_dirs = ["/c"]\n')
    (tmp_path / "conf.d" / "20.toml").write_text('log_level = "debug"\n')
    (tmp_path / "conf.d" / "30.conf").write_text("not read\n")
    text = gantry(node.runtime, "config", "--config", str(tmp_path / "gantry.toml"))
    assert 'cdi_spec_dirs = ["/c"]' in text and 'log_level = "debug"' in text


def test_the_version(node, client):
    version = gantry(node.runtime, "--version")
    assert re.fullmatch(r"gantry \d+\.\d+\.\d+ \(commit \S+\)\n", version)
    assert client.Version().runtime_version == version.split()[1]
    source = subprocess.run([cri.REPOSITORY / "packaging" / "version"], text=True, check=True,
                            stdout=subprocess.PIPE).stdout.strip()
    assert source == version.split()[1]


def test_the_socket_of_a_group(configured, node):
    configured('socket_group = "daemon"')
    stat = os.stat(node.runtime.socket)
    assert (stat.st_gid, stat.st_mode & 0o777) == (1, 0o660)
