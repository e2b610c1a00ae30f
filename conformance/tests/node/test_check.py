"""`gantry check`: what it says of a sound node and of each damage, and what it mends."""

import json
import os
import shutil
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness import cri
from harness.images import catalogue
from harness.images.tarball import file, layer
from harness.monitors import living
from harness.nodes import damage
from harness.nodes.node import CNI_CONFIG
from harness.nodes.reboot import reboot, remove_run_directory
from harness.nodes.small import fill, small
from harness.pods import Pods
from harness.wait import wait_until

pytestmark = [pytest.mark.gantry, pytest.mark.promise, pytest.mark.layers]

ORPHAN = "0123456789abcdef" * 4


class Check:
    """`gantry check` on the node under test."""

    def __init__(self, node):
        self.node = node

    def run(self, *arguments, code=0):
        """What it prints; the exit code must be `code`."""
        done = subprocess.run([self.node.runtime.command[0], "check", *arguments], text=True,
                              capture_output=True, check=False)
        assert done.returncode == code, f"{done.returncode}: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def findings(self, *arguments, code=0):
        """The findings, as JSON has them."""
        done = subprocess.run(
            [self.node.runtime.command[0], "check", "--json", *arguments], text=True,
            stdout=subprocess.PIPE, check=False)
        assert done.returncode == code, done.stdout
        return json.loads(done.stdout)

    def problems(self, *arguments):
        """The text and advice of its problems; there are some."""
        found = [finding for finding in self.findings(*arguments, code=1)
                 if finding["level"] == "problem"]
        assert found and all(finding["advice"] for finding in found)
        return [f"{finding['area']}: {finding['text']}" for finding in found]


@pytest.fixture
def check(node):
    """The command; damaged databases that it kept are removed."""
    yield Check(node)
    for path in damage.set_aside():
        path.unlink()


@pytest.fixture
def stopped(node):
    """The daemon does not run."""
    assert node.daemon.terminate() == 0
    yield
    node.revive()


AREAS = {"daemon", "storage", "database", "layers", "leftovers", "cgroups", "network", "runtimes",
         "kernel", "registries"}


def test_a_sound_node_has_no_problem(check, pods, busybox):
    pods.run().run("sleep 1000", image=busybox)
    findings = check.findings("--deep")
    assert {finding["area"] for finding in findings} == AREAS
    assert all("advice" in finding for finding in findings if finding["level"] == "warning")
    texts = " ".join(f"{finding['area']}: {finding['text']}." for finding in findings)
    for words in ("daemon: gantry", "storage: overlay works", "1 pods, 1 containers",
                  "as they were pulled", "leftovers: there are none", "controllers: ",
                  "bridge: CNI bridge plugin", "host-local", "crun: crun version",
                  "runc: runc version", "kernel: user namespaces", "kernel: seccomp"):
        assert words in texts, f"no {words!r} in {texts}"
    listed = check.run()
    assert listed.rstrip().splitlines()[-1].startswith(("all is well", "0 problems"))


def test_while_the_daemon_is_stopped(check, stopped):
    assert "it does not run" in check.run()


def test_while_the_daemon_hangs(check, node):
    os.kill(node.daemon.id, 19)
    try:
        assert any("does not answer" in line for line in check.problems())
    finally:
        os.kill(node.daemon.id, 18)


def test_it_changes_nothing(check, stopped):
    database = damage.DATABASE
    damage.DATABASE_DAMAGE["garbage"]()
    before = database.read_bytes()
    assert any(line.startswith("database: ") for line in check.problems())
    assert database.read_bytes() == before
    assert not damage.set_aside()


@pytest.mark.parametrize("kind", damage.DATABASE_DAMAGE)
def test_a_damaged_database_is_told_and_mended(check, node, pods, busybox, kind):
    container = pods.run().run("sleep 1000", image=busybox)
    node.crash()
    damage.DATABASE_DAMAGE[kind]()
    assert any("is damaged" in line for line in check.problems())
    mended = check.run("--repair")
    assert "it is kept as" in mended and "1 pods, 1 containers" in mended
    assert "that was set aside" in mended
    node.start()
    assert container.output("echo", "still here") == "still here\n"


def test_a_newer_database_is_told_and_not_mended(check, node):
    node.crash()
    with damage.rows() as database:
        database.execute("INSERT INTO grdb_migrations VALUES ('99: of the future')")
    assert any("newer Gantry" in line for line in check.problems())
    assert "newer Gantry" in check.run("--repair", code=1)
    with damage.rows() as database:
        database.execute("DELETE FROM grdb_migrations WHERE identifier LIKE '99%'")
    node.start()


def test_repair_is_refused_while_the_daemon_runs(check):
    assert "another gantry works on /var/lib/gantry" in check.run("--repair", code=1)


@pytest.fixture
def image(registry, pull):
    """An image of its own layer, pulled."""
    reference = registry.push("test/checked:latest", catalogue.image(layer([
        file("checked", "checked"), file("second", "second")])))
    pull(reference)
    return reference


@pytest.mark.node(having=["trees"])
@pytest.mark.parametrize("kind", damage.LAYER_DAMAGE)
def test_a_missing_layer_is_told_and_its_image_forgotten(check, node, client, image, pull, kind):
    directory = damage.layer_of(client, image)
    node.crash()
    damage.LAYER_DAMAGE[kind](directory)
    assert any(image in line and directory.name in line for line in check.problems())
    assert image in check.run("--repair")
    node.start()
    assert not client.ImageStatus(image={"image": image}).HasField("image")
    pull(image)


@pytest.mark.node(having=["trees"])
@pytest.mark.parametrize("spoil", [
    lambda path: path.write_text("checkeD"), lambda path: path.write_text(""),
    lambda path: path.unlink()], ids=["altered", "truncated", "removed"])
def test_an_altered_file_shows_in_the_deep_check(check, node, client, image, pull, spoil):
    directory = damage.layer_of(client, image)
    spoil(directory / "diff/checked")
    check.run()
    assert any(image in line and directory.name in line for line in check.problems("--deep"))
    node.crash()
    assert image in check.run("--deep", "--repair")
    node.start()
    assert not client.ImageStatus(image={"image": image}).HasField("image")
    pull(image)
    assert (directory / "diff/checked").read_text() == "checked"
    check.run("--deep")


def test_leftovers_are_told_and_removed(check, stopped):
    pod = Path("/run/gantry/pods") / ORPHAN
    written = Path("/var/lib/gantry/containers") / ORPHAN / "upper"
    (pod / "ns").mkdir(parents=True)
    written.mkdir(parents=True)
    pin = pod / "ns/net"
    pin.touch()
    subprocess.run(["unshare", "--net", "mount", "--bind", "/proc/self/ns/net", pin], check=True)
    told = check.run()
    assert str(pod) in told and str(written.parent) in told
    check.run("--repair")
    assert not pod.exists() and not written.exists()
    assert "there are none" in check.run()


def test_processes_of_nobody_are_told_and_ended(check, node, pods, busybox):
    """All that was stored is gone; the containers' cgroups are there."""
    network = {"security_context": {"namespace_options": {
        "pid": cri.CONTAINER, "network": cri.NODE}}}
    pods.run(linux=network).run(
        "setsid sleep 76541 & exec sleep 76542", image=busybox, linux=network)
    wait_until(lambda: len(living("sleep 7654")) == 2, "both processes run")
    node.crash()
    remove_run_directory()
    damage.DATABASE_DAMAGE["garbage"]()
    check.run("--repair")
    assert not living("sleep 7654")
    assert not living("gantry-monitor /run/gantry/pods")
    node.start()


def test_another_gantrys_containers_are_left_alone(check, pods, busybox, tmp_path):
    """It has other directories on the same node."""
    container = pods.run().run("sleep 76543", image=busybox)
    other = ("--root", str(tmp_path / "root"), "--runroot", str(tmp_path / "run"))
    check.run("--repair", *other)
    assert "there are none" in check.run(*other)
    assert container.output("echo", "here") == "here\n"


def test_rows_without_what_they_stand_for_are_told(check, node, pods, busybox):
    pod = pods.run()
    container = pod.run("sleep 1000", image=busybox)
    reboot(node)
    written = Path("/var/lib/gantry/containers") / container.id
    shutil.rmtree(written)
    assert any(pod.id in line and "no directory" in line for line in check.problems())
    assert f"container {container.id} is stored" in check.run(code=1)
    node.start()
    container.remove()
    assert f"container {container.id} is stored" not in check.run()


def test_beside_a_busy_daemon_nothing_is_found_amiss(check, node, client, busybox, pull, image):
    """Rows and directories come and go while they are looked at."""
    over = threading.Event()

    def churn():
        pods = Pods(client)
        while not over.is_set():
            pod = pods.run()
            pod.run("sleep 1000", image=busybox)
            pod.remove()
            client.RemoveImage(image={"image": image})
            client.PullImage(image={"image": image})

    with ThreadPoolExecutor() as pool:
        churning = [pool.submit(churn) for _ in range(3)]
        try:
            for _ in range(8):
                amiss = [finding for finding in check.findings() if finding["level"] != "ok"
                         and finding["area"] in ("database", "layers", "leftovers")]
                assert not amiss
        finally:
            over.set()
        for future in churning:
            future.result()


def test_repair_leaves_running_pods_alone(check, node, pods, busybox):
    pod = pods.run()
    container = pod.run("sleep 1000", image=busybox)
    assert node.daemon.terminate() == 0
    check.run("--repair")
    node.start()
    assert pod.status.state == cri.SANDBOX_READY
    assert container.output("echo", "here") == "here\n"


def test_no_network_is_a_problem(check, node):
    CNI_CONFIG.unlink()
    try:
        assert any("NoNetworkConfiguration" in line for line in check.problems())
    finally:
        node.connect_network()


def test_a_missing_plugin_is_a_problem(check, node):
    node.connect_network({"cniVersion": "1.0.0", "name": "conformance",
                          "plugins": [{"type": "no-such-plugin"}]})
    try:
        assert any("no-such-plugin" in line for line in check.problems())
    finally:
        node.connect_network()


@pytest.fixture
def configured(tmp_path):
    """Writes a configuration; gives the arguments that name it."""
    def write(text):
        path = tmp_path / "gantry.toml"
        path.write_text(text)
        return "--config", str(path)
    return write


@pytest.mark.parametrize("text, words", [
    ('[runtimes.odd]\npath = "/no/such/runtime"\n', ["runtimes: ", "odd"]),
    ('program_dir = "/no/such/directory"\n', ["/no/such/directory/gantry-monitor"]),
    ('cgroup_driver = "systemd"\n', ["cgroups: ", "systemd"]),
])
def test_a_configuration_that_does_not_fit_the_node(check, configured, text, words):
    problems = " ".join(check.problems(*configured(text)))
    for word in words:
        assert word in problems


@pytest.mark.parametrize("key, content", [
    ("registries_conf", "[[registry]]\nlocation = 5\n"),
    ("signature_policy", "{"), ("auth_file", "not JSON"),
])
def test_files_that_cannot_be_used(check, configured, tmp_path, key, content):
    path = tmp_path / "file"
    path.write_text(content)
    problems = check.problems(*configured(f'{key} = "{path}"\n'))
    assert any(line.startswith("registries: ") and str(path) in line for line in problems)


@pytest.mark.parametrize("is_disk", [False, True])
def test_a_full_disk_is_a_problem(check, configured, tmp_path, is_disk):
    """And nothing else that is said follows from it."""
    root = tmp_path / "root"
    with small(root, is_disk):
        before = check.findings("--root", str(root))
        fill(root)
        after = check.findings("--root", str(root), code=1)
    storage = [finding["text"] for finding in after if finding["area"] == "storage"]
    assert any("of the space" in text for text in storage)
    # Directories take no room in memory.
    words = ("whether overlay works", "No space left") if is_disk else ("overlay works",)
    assert any(all(word in text for word in words) for text in storage)
    new = {finding["text"] for finding in after if finding["level"] == "problem"}
    assert len(new - {finding["text"] for finding in before}) == 1, (before, after)
