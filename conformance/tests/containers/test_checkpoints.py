"""CheckpointContainer, with a runtime and a shim that write files in CRIU's place."""

import contextlib
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from grpc import RpcError, StatusCode

from harness import cri
from harness.checkpoints import DIRECTORY, Archive
from harness.client import refused
from harness.cri import REPOSITORY
from harness.wait import wait_until

pytestmark = pytest.mark.gantry
ODD = Path("/run/odd")
SHIMS = Path("/run/shims")
CRIU = Path("/usr/local/sbin/criu")
SYSTEM = "/usr/sbin:/usr/bin:/sbin:/bin"


@pytest.fixture(autouse=True)
def places():
    """The kubelet's directory, and a criu that is there and nothing more."""
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    ODD.mkdir(exist_ok=True)
    CRIU.write_text("#!/bin/sh\nexit 1\n")
    CRIU.chmod(0o755)
    yield
    CRIU.unlink(missing_ok=True)
    for place in (DIRECTORY, ODD, SHIMS):
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def pods(pods, configured):
    """Pods of a runtime that has checkpoint; they are removed while that is there."""
    program = ODD / "runtime"
    stand_in = REPOSITORY / "conformance/stand_ins/odd_runtime.py"
    program.write_text(
        f'#!/bin/sh\nexec python3 {stand_in} {shutil.which(pods.handler, path=SYSTEM)} checkpoint -- "$@"\n')
    program.chmod(0o755)
    configured(f"""
        [runtimes.odd]
        path = "{program}"
        root = "/run/gantry/{pods.handler}"

        [runtimes.{pods.handler}]
        path = "{shutil.which(pods.handler, path=SYSTEM)}"
        checkpoint = false
        """)
    pods.plain, pods.handler = pods.handler, "odd"
    yield pods
    pods.remove()
    shutil.rmtree("/run/gantry/runtimes", ignore_errors=True)


@pytest.fixture
def counting(pods, busybox):
    """A container that counts in its log."""
    container = pods.run().run("i=0; while :; do i=$((i+1)); echo $i; sleep 0.05; done", image=busybox)
    container.logged("1")
    return container


def goes_on(container):
    """It counts further."""
    size = container.log.stat().st_size
    wait_until(lambda: container.log.stat().st_size > size, "the container runs on")
    assert container.status.state == cri.CONTAINER_RUNNING
    assert container.output("echo", "hello") == "hello\n"


def nothing_left():
    """Of a checkpoint that failed, or beside one that went well."""
    return not list(DIRECTORY.glob(".*")) and not list(Path("/var/lib/gantry/checkpoints").glob("*"))


def take(client, container, name="checkpoint.tar", **fields):
    """CheckpointContainer, and its archive."""
    path = DIRECTORY / name
    client.CheckpointContainer(container_id=container.id, location=str(path), **fields)
    return Archive(path)


def test_an_archive_has_what_others_look_for(client, counting):
    counting.output("sh", "-c", "echo kept > /written; rm /etc/passwd; rm -r /var; mkdir /var; ln /written /linked")
    counting.output("sh", "-c", "chown 7:8 /written; chmod 4711 /written; mkfifo /fifo; ln -s to /link")
    archive = take(client, counting, timeout=120)
    assert (DIRECTORY / "checkpoint.tar").stat().st_mode & 0o7777 == 0o600
    assert {"checkpoint", "checkpoint/inventory.img", "checkpoint/pages-1.img", "dump.log", "stats-dump",
            "config.dump", "spec.dump", "status.dump", "status", "rootfs-diff.tar", "container.log"} == set(archive.names)
    assert archive["checkpoint/inventory.img"] == b"paused"
    assert len(archive["checkpoint/pages-1.img"]) == 1 << 20
    assert b" stdout F 1\n" in archive["container.log"]
    config = archive.document("config.dump")
    assert (config["id"], config["runtime"]) == (counting.id, "odd")
    assert config["rootfsImageRef"] == counting.status.image_ref
    spec = archive.document("spec.dump")
    assert spec["annotations"]["io.kubernetes.cri.container-name"] == counting.status.metadata.name
    assert spec["process"]["args"][0] == "sh" or spec["process"]["args"][0] == "/bin/sh"
    assert archive.document("status")["CreatedAt"] == counting.status.created_at
    assert archive.document("status.dump")["metadata"]["name"] == counting.status.metadata.name
    changes = archive.changes()
    assert archive.changed("written") == b"kept\n"
    written, linked = changes["written"], changes["linked"]
    first = written if written.isfile() else linked
    assert (first.uid, first.gid, first.mode) == (7, 8, 0o4711)
    assert {written.islnk(), linked.islnk()} == {True, False}
    assert changes["fifo"].isfifo() and changes["link"].linkname == "to"
    assert "etc/.wh.passwd" in changes and "var/.wh..wh..opq" in changes
    goes_on(counting)
    assert nothing_left()


def test_another_reader_takes_it(client, counting):
    take(client, counting)
    listed = subprocess.run(["tar", "tf", DIRECTORY / "checkpoint.tar"], capture_output=True, text=True, check=True)
    assert "rootfs-diff.tar" in listed.stdout.splitlines()
    inner = subprocess.run(
        f"tar xOf {DIRECTORY}/checkpoint.tar rootfs-diff.tar | tar tf -", shell=True, capture_output=True, text=True,
        check=True)
    assert inner.stderr == ""


def test_a_file_that_claims_to_be_huge_takes_no_room(client, counting):
    counting.output("sh", "-c", "truncate -s 1099511627776 /huge; echo end >> /huge; truncate -s 2199023255552 /huge")
    archive = take(client, counting)
    assert (DIRECTORY / "checkpoint.tar").stat().st_blocks * 512 < 8 << 20
    assert archive.changes()["huge"].size == 2 << 40
    assert len(archive["rootfs-diff.tar"]) < 4 << 20


def test_a_deep_and_wide_tree(client, counting):
    counting.output("sh", "-c", """
        mkdir /deep; cd /deep; i=0; while [ $i -lt 300 ]; do mkdir 0123456789012345678901234567890123456789; \
        cd 0123456789012345678901234567890123456789; i=$((i+1)); done; echo far > end
        mkdir /wide; cd /wide; seq 1 3000 | xargs touch""")
    changes = take(client, counting).changes()
    assert sum(name.startswith("wide/") for name in changes) == 3000
    assert any(name.startswith("deep/") and name.endswith("/end") for name in changes)


def test_an_earlier_one_gives_way(client, counting):
    for _ in range(2):
        take(client, counting)
    assert len(list(DIRECTORY.iterdir())) == 1


def test_a_location_that_cannot_be(client, counting):
    (DIRECTORY / "directory").mkdir()
    (DIRECTORY / "link").symlink_to("/etc/passwd")
    for location in ("", "relative.tar", "/", f"{DIRECTORY}/.", f"{DIRECTORY}/directory", f"{DIRECTORY}/link",
                     "/dev/null", "/proc/none", "/etc/passwd/none", f"{DIRECTORY}/{'n' * 256}", "/" + "d/" * 4000):
        with pytest.raises(RpcError) as refusal:
            client.CheckpointContainer(container_id=counting.id, location=location)
        assert "location" in refusal.value.details()
        assert refusal.value.code() in (StatusCode.INVALID_ARGUMENT, StatusCode.FAILED_PRECONDITION)
    with refused(StatusCode.FAILED_PRECONDITION, "location", "No such file"):
        client.CheckpointContainer(container_id=counting.id, location="/run/nowhere/checkpoint.tar")
    assert Path("/dev/null").is_char_device()
    goes_on(counting)
    assert nothing_left()


def test_a_container_that_cannot_be(client, pods, busybox):
    path = str(DIRECTORY / "checkpoint.tar")
    with refused(StatusCode.NOT_FOUND):
        client.CheckpointContainer(container_id="none", location=path)
    pod = pods.run()
    container = pod.create("sleep 1000", image=busybox)
    with refused(StatusCode.FAILED_PRECONDITION, "is not running"):
        client.CheckpointContainer(container_id=container.id, location=path)
    with refused(StatusCode.INVALID_ARGUMENT, "timeout"):
        client.CheckpointContainer(container_id=container.id, location=path, timeout=-1)
    container.start().stop()
    with refused(StatusCode.FAILED_PRECONDITION, "is not running"):
        client.CheckpointContainer(container_id=container.id, location=path)
    assert not list(DIRECTORY.iterdir())


def test_a_runtime_that_has_no_such_thing(client, pods, busybox):
    path = str(DIRECTORY / "checkpoint.tar")
    pods.handler = pods.plain
    plain = pods.run().run("sleep 1000", image=busybox)
    with refused(StatusCode.FAILED_PRECONDITION, "has no checkpoint (checkpoint)"):
        client.CheckpointContainer(container_id=plain.id, location=path)
    pods.handler = "odd"
    able = pods.run().run("sleep 1000", image=busybox)
    CRIU.unlink()
    if not shutil.which("criu", path=SYSTEM):
        with refused(StatusCode.FAILED_PRECONDITION, "criu"):
            client.CheckpointContainer(container_id=able.id, location=path)
    assert not list(DIRECTORY.iterdir())


def test_a_failure_is_told_in_crius_words(client, counting):
    (ODD / "checkpoint").write_text("Can't dump task 7")
    with refused(StatusCode.INTERNAL, "criu failed", "Can't dump task 7"):
        take(client, counting)
    goes_on(counting)
    assert nothing_left() and not list(DIRECTORY.iterdir())
    (ODD / "checkpoint").unlink()
    take(client, counting)


def test_the_timeout_is_kept(client, counting):
    (ODD / "checkpoint").write_text("hang")
    begun = time.monotonic()
    with refused(StatusCode.DEADLINE_EXCEEDED, "took longer than"):
        take(client, counting, timeout=1)
    assert time.monotonic() - begun < 60
    goes_on(counting)
    assert nothing_left() and not list(DIRECTORY.iterdir())


def begin(client, container):
    """A checkpoint that hangs, with the container paused."""
    def call():
        with contextlib.suppress(RpcError):
            take(client, container)

    (ODD / "checkpoint").write_text("hang")
    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    wait_until((ODD / "hung").exists, "the checkpoint is under way")
    return thread


def test_a_daemon_that_is_killed_in_it(client, counting, node):
    begin(client, counting)
    node.daemon.kill()
    node.revive()
    goes_on(counting)
    assert nothing_left() and not list(DIRECTORY.iterdir())


def test_a_daemon_that_is_restarted_in_it(client, counting, node):
    """As an update does it; what is under way is cut short."""
    begin(client, counting)
    node.restart()
    goes_on(counting)
    assert nothing_left() and not list(DIRECTORY.iterdir())


def test_check_tells_that_a_runtime_can(pods, node):
    done = subprocess.run([node.runtime.command[0], "check"], text=True, capture_output=True, check=False)
    lines = [line for line in done.stdout.splitlines() if "runtime)" in line or f"/{pods.plain})" in line]
    assert ["checkpoint" in line for line in lines if "odd:" in line] == [True]
    assert ["checkpoint" in line for line in lines if "odd:" not in line] == [False]


def test_a_container_is_stopped_and_removed_meanwhile(client, counting):
    thread = begin(client, counting)
    counting.stop(5)
    (ODD / "checkpoint").unlink()
    counting.remove()
    thread.join(60)
    assert nothing_left()


def test_one_that_is_paused_stays_so(client, counting, pods):
    runtime = [shutil.which(pods.plain, path=SYSTEM), "--root", f"/run/gantry/{pods.plain}"]
    subprocess.run([*runtime, "pause", counting.id], check=True)
    with refused(StatusCode.FAILED_PRECONDITION, "is paused"):
        take(client, counting)
    assert '"paused"' in subprocess.run(
        [*runtime, "state", counting.id], capture_output=True, text=True, check=True).stdout
    subprocess.run([*runtime, "resume", counting.id], check=True)
    goes_on(counting)


@pytest.mark.parametrize("words", ["", "hidden"])
def test_a_shim_checkpoints(pods, busybox, client, configured, words):
    SHIMS.mkdir(exist_ok=True)
    program = SHIMS / "stand-in"
    stand_in = REPOSITORY / "conformance/stand_ins/runtime_shim.py"
    runc = shutil.which("runc", path=SYSTEM)
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {stand_in} {runc} {words} -- "$@"\n')
    program.chmod(0o755)
    pods.remove()
    configured(f'''
        [runtimes.runc]
        path = "{runc}"

        [runtimes.shim]
        type = "shim"
        path = "{program}"
        ''')
    pods.handler = "shim"
    container = pods.run().run("i=0; while :; do i=$((i+1)); echo $i; sleep 0.05; done", image=busybox)
    container.logged("1")
    archive = take(client, container)
    assert archive["checkpoint/inventory.img"] == b"a stand-in's"
    assert ("dump.log" in archive.names) == (not words)
    goes_on(container)
    (SHIMS / "checkpoint").write_text("not today")
    with refused(None, "not today"):
        take(client, container)
    goes_on(container)
    assert nothing_left()
    pods.remove()
