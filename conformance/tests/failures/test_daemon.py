"""The daemon's own life: killed, updated, started twice, configured badly."""

import subprocess
from pathlib import Path

import grpc
import pytest
from grpc import StatusCode

from harness import cri
from harness.client import refused
from harness.leaks import processes
from harness.pods import pod_config
from harness.wait import wait_until

pytestmark = pytest.mark.promise


def running(words):
    """Whether any process has `words` in its command line."""
    return any(words in process for process in processes())


def test_all_is_there_after_a_crash(pods, node, client, busybox):
    pod = pods.run(labels={"app": "a"}, annotations={"note": "kept"})
    busy = pod.run("trap 'exit 5' TERM; echo up; while :; do sleep 0.1; done", image=busybox)
    exited = pod.run("exit 7", image=busybox)
    created = pod.create("sleep 1000", image=busybox)
    busy.logged("up")
    exited.exited()
    images = {image.id for image in client.ListImages().images}
    before = [pod.status, *(c.status for c in (busy, exited, created))]
    node.crash()
    node.start()
    assert [pod.status, *(c.status for c in (busy, exited, created))] == before
    assert {image.id for image in client.ListImages().images} == images
    assert busy.output("echo", "still here") == "still here\n"
    created.start()
    assert created.status.state == cri.CONTAINER_RUNNING
    busy.stop(30)
    assert busy.status.exit_code == 5


def test_exits_while_the_daemon_was_dead_are_known(pods, node, busybox, tmp_path):
    gate = [{"host_path": str(tmp_path), "container_path": "/gate"}]
    container = pods.run().run(
        "echo up; while [ ! -e /gate/open ]; do sleep 0.05; done; exit 6",
        image=busybox, mounts=gate)
    container.logged("up")
    node.crash()
    (tmp_path / "open").touch()
    wait_until(lambda: not running("/gate/open"), "the container is gone")
    node.start()
    status = container.exited()
    assert (status.exit_code, status.reason) == (6, "Error")
    assert 0 < status.started_at <= status.finished_at


@pytest.mark.gantry
def test_out_of_memory_while_the_daemon_was_dead(pods, node, busybox, tmp_path):
    limit = {"resources": {"memory_limit_in_bytes": 24 << 20}}
    gate = [{"host_path": str(tmp_path), "container_path": "/gate"}]
    container = pods.run().run(
        "echo up; while [ ! -e /gate/open ]; do sleep 0.05; done; exec tail /dev/zero",
        image=busybox, mounts=gate, linux=limit)
    container.logged("up")
    node.crash()
    (tmp_path / "open").touch()
    node.start()
    status = container.exited()
    assert (status.exit_code, status.reason) == (137, "OOMKilled")


@pytest.mark.gantry
def test_sigterm_leaves_containers_running(pods, node, busybox):
    container = pods.run().run("n=0; while :; do n=$((n+1)); echo $n; sleep 0.1; done",
                               image=busybox)
    container.logged("1\n")
    assert node.daemon.terminate() == 0
    seen = len(container.log.read_bytes())
    wait_until(lambda: len(container.log.read_bytes()) > seen, "the log grows without a daemon")
    node.start()
    assert container.status.state == cri.CONTAINER_RUNNING


def test_stop_and_remove_after_a_crash(pods, node, client, busybox):
    pod = pods.run()
    pod.run("sleep 1000", image=busybox)
    node.crash()
    node.start()
    pod.remove()
    with refused(StatusCode.NOT_FOUND):
        assert pod.status


@pytest.mark.gantry
def test_crashes_amid_running_pods_leave_nothing(pods, node, client):
    """Whatever instruction the daemon died at, a retry and a removal end with nothing left."""
    for delay in (0.005, 0.02, 0.04, 0.06, 0.1):
        config = pod_config()
        try:
            client.RunPodSandbox(config=config, runtime_handler=pods.handler, deadline=delay)
        except grpc.RpcError:
            pass
        node.crash()
        node.start()
        pods.run_config(config)


@pytest.mark.gantry
def test_a_second_daemon_is_refused(node, client):
    second = node.spawn()
    assert second.wait() != 0
    assert "gantry" in second.output
    assert client.Version().runtime_name == "gantry"
    other_root = node.spawn("--root", str(node.directory / "other-root"),
                            "--runroot", str(node.directory / "other-runroot"),
                            "--socket", node.runtime.socket)
    assert other_root.wait() != 0
    assert client.Version().runtime_name == "gantry"


@pytest.mark.gantry
@pytest.mark.parametrize("text, words", [
    ('no_such_key = 1\n', ["no_such_key"]),
    ('root = 5\n', ["root"]),
    ('this is not TOML\n', ["line 1"]),
])
def test_a_bad_configuration_names_file_and_key(node, tmp_path, text, words):
    file = tmp_path / "bad.toml"
    file.write_text(text)
    daemon = node.spawn("--config", str(file))
    assert daemon.wait() != 0
    for word in [str(file), *words]:
        assert word in daemon.output


@pytest.mark.gantry
def test_it_is_without_foundations_icu(node):
    """Linked statically or not: it would be a third of the daemon (docs/performance.md)."""
    maps = Path(f"/proc/{node.daemon.id}/maps").read_text()
    assert "_FoundationICU" not in maps and "libFoundation.so" not in maps
    assert b"icudt" not in Path(f"/proc/{node.daemon.id}/exe").read_bytes()


@pytest.mark.gantry
def test_the_socket_is_for_root_and_its_group(node):
    assert Path(node.runtime.socket).stat().st_mode & 0o777 == 0o660


@pytest.mark.gantry
def test_a_root_file_system_without_a_container_is_removed(node):
    """What a daemon leaves that is killed between mounting one and storing whose it is."""
    node.crash()
    orphan = "0123456789abcdef" * 4
    mounted = Path("/run/gantry/containers") / orphan / "rootfs"
    written = Path("/var/lib/gantry/containers") / orphan / "upper"
    for directory in (mounted, written):
        directory.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", mounted], check=True)
    node.start()
    assert not mounted.parent.exists()
    assert not written.parent.exists()
