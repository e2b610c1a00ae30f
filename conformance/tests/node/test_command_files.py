"""Files that a user names on the command line, and what is printed: nothing is lost, and nothing is said to be done that is not."""

import os
import stat
import subprocess
import threading
from pathlib import Path

import pytest

pytestmark = pytest.mark.gantry


@pytest.fixture
def run(node):
    """Runs a command; stdout goes where it is told."""
    def command(*arguments, **options):
        options = {"stdout": subprocess.PIPE} | options
        return subprocess.run([node.runtime.command[0], *map(str, arguments)], stderr=subprocess.PIPE, text=True,
                              check=False, timeout=60, **options)
    return command


@pytest.fixture
def full(tmp_path):
    """A device of one's own that is always full: a program that replaces it does not replace the machine's."""
    path = tmp_path / "full"
    os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 7))
    return path


def test_a_device_is_written_to(run, full):
    done = run("status", "--html", full)
    assert done.returncode == 1 and "No space left" in done.stderr
    assert stat.S_ISCHR(full.stat().st_mode)


def test_a_link_stays(run, tmp_path):
    (tmp_path / "link").symlink_to("page.html")
    (tmp_path / "page.html").write_text("old")
    assert run("status", "--html", tmp_path / "link").returncode == 0
    assert (tmp_path / "link").is_symlink() and "<html" in (tmp_path / "page.html").read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "page.html"]


def test_into_a_pipe(run):
    done = run("status", "--html", "/dev/stdout")
    assert done.returncode == 0 and "<html" in done.stdout and Path("/dev/stdout").is_symlink()


def test_into_a_fifo(run, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    read = []
    reader = threading.Thread(target=lambda: read.append(fifo.read_text()))
    reader.start()
    assert run("status", "--html", fifo).returncode == 0
    reader.join()
    assert "<html" in read[0] and stat.S_ISFIFO(fifo.stat().st_mode)


@pytest.mark.parametrize("name", ["", "none/page.html", "."])
def test_what_cannot_be_written(run, tmp_path, name):
    done = run("status", "--html", name and tmp_path / name)
    assert done.returncode == 1 and done.stderr.startswith("Error: ")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("arguments", [["config"], ["config", "--default"], ["status"], ["status", "--json"],
                                       ["image", "list"], ["migrate", "--from", "containerd", "--dry-run"]])
def test_a_full_disk_is_said(run, full, tmp_path, arguments):
    if arguments[0] == "migrate":
        (tmp_path / "config.toml").write_text("version = 2\n")
        arguments = [*arguments, "--input", tmp_path / "config.toml"]
    with full.open("w") as target:
        done = run(*arguments, stdout=target)
    assert done.returncode == 1 and "standard output" in done.stderr


def test_a_configuration_out_of_a_pipe(run, tmp_path):
    done = run("config", "--check", "/dev/stdin", input='root = "relative"\n')
    assert done.returncode == 1 and "absolute" in done.stderr
    assert run("config", "--check", "/dev/stdin", input='root = "/r"\n').returncode == 0
    os.mkfifo(tmp_path / "fifo")
    done = run("config", "--check", tmp_path / "fifo")
    assert done.returncode == 1 and "nobody writes" in done.stderr


@pytest.mark.parametrize(("line", "words"), [
    ('image_dirs = ["archives"]', "image_dirs"), ('monitor_cgroup = "/../x"', "monitor_cgroup"),
    ('trace_ca = "ca.pem"', "trace_ca"), ('certs_dirs = ["certs.d"]', "certs_dirs")])
def test_paths_are_absolute(run, line, words):
    done = run("config", "--check", "/dev/stdin", input=line + "\n")
    assert done.returncode == 1 and words in done.stderr


def test_errors_are_not_usage(run):
    for command in (["inspect", "none:1"], ["rm", "none:1"], ["mount", "none:1", "/none/at/all"]):
        done = run("image", *command)
        assert done.returncode == 1 and "Usage" not in done.stderr, command


def test_nobody_answers(run, tmp_path):
    done = run("image", "list", "--socket", tmp_path / "none.sock")
    assert done.returncode == 1 and "the daemon does not answer on" in done.stderr and "systemctl status" in done.stderr
