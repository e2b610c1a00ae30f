"""Images are handled by processes of their own, gantry-images: what ends one, and what one may do."""

import os
import resource
import signal
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
from grpc import StatusCode

from harness.client import refused
from harness.images import catalogue
from harness.images.image_processes import stalled, workers
from harness.wait import wait_until

pytestmark = [pytest.mark.gantry, pytest.mark.layers]

DROP_IN = Path("/etc/gantry/conf.d/50-image-process.toml")
PULLS = 8


@pytest.fixture
def keys(node, nothing_left):
    """Has the daemon read keys of its configuration."""
    def write(text: str) -> None:
        DROP_IN.parent.mkdir(parents=True, exist_ok=True)
        DROP_IN.write_text(text)
        node.restart()

    yield write
    DROP_IN.unlink(missing_ok=True)
    node.restart()
    node.pull_kept()


def outcome(pull: Future) -> str:
    """Empty for a pull that went well, else its code and what it says."""
    error = pull.exception()
    if error is None:
        return ""
    assert isinstance(error, grpc.RpcError)
    return f"{error.code().name} {error.details()}"


@pytest.mark.parametrize("fatal", [signal.SIGKILL, signal.SIGILL, signal.SIGSEGV])
def test_its_death_costs_one_pull(fatal, client, slow, node):
    """SIGILL is what a trap of Swift ends a process with."""
    images = [stalled(slow, f"test/image{number}:1", f"only in {number}") for number in range(PULLS)]
    daemon = node.daemon.id
    with ThreadPoolExecutor(PULLS) as pool:
        pulls = [pool.submit(client.PullImage, image={"image": name}) for name, _ in images]
        wait_until(lambda: all(slow.count(path) for _, path in images),
                   "every layer is on its way")
        assert len(workers()) == PULLS
        os.kill(next(iter(workers())), fatal)
        wait_until(lambda: any(pull.done() for pull in pulls), "one pull has failed")
        slow.resume.set()
        failed = [text for pull in pulls if (text := outcome(pull))]
    assert len(failed) == 1
    assert failed[0].startswith("UNAVAILABLE")
    assert f"gantry-images) was ended by {fatal.name}" in failed[0]
    assert node.daemon.id == daemon
    for name, _ in images:
        client.PullImage(image={"image": name})
        client.RemoveImage(image={"image": name})


def test_a_layer_of_two_pulls_outlives_one_process(client, slow):
    """The pull that waited for the other one's work fetches the layer itself."""
    first, path = stalled(slow, "test/shared:1", "in both")
    other, _ = stalled(slow, "test/shared:2", "in both", User="7")
    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(client.PullImage, image={"image": first})
        wait_until(lambda: slow.count(path) == 1, "the layer is on its way")
        fetching = next(iter(workers()))
        two = pool.submit(client.PullImage, image={"image": other})
        wait_until(lambda: len(workers()) == 2, "the second pull has a process too")
        os.kill(fetching, signal.SIGKILL)
        wait_until(lambda: slow.count(path) == 2, "the layer is fetched anew")
        slow.resume.set()
        assert outcome(one).startswith("UNAVAILABLE")
        assert outcome(two) == ""
    client.RemoveImage(image={"image": other})


#: What a node keeps from strangers.
SECRETS = ["/etc/shadow", "/etc/kubernetes", "/etc/gantry", "/etc/containers", "/root", "/home", "/run",
           "/var/lib/gantry", "/var/lib/kubelet", "/var/log", "/sys", "/boot", "/dev/mem", "/bin", "/usr/bin",
           "/usr/sbin", "/proc/1", "/proc/sys", "/proc/kcore"]


def test_the_nodes_secrets_are_out_of_its_reach(client, slow):
    """A look from where it stands, while it unpacks a layer: its root, its descriptors, its rights."""
    name, path = stalled(slow, "test/inside:1", "x")
    with ThreadPoolExecutor(1) as pool:
        pull = pool.submit(client.PullImage, image={"image": name})
        wait_until(lambda: slow.count(path), "the layer is on its way")
        [(process, there)] = workers().items()
        root = there / "root"
        assert [secret for secret in SECRETS if os.path.lexists(f"{root}{secret}")] == []
        assert {entry.name for entry in (root / "proc").iterdir()} == \
            {entry.name for entry in (there / "task").iterdir()}
        _check_descriptors(there)
        _check_rights(there)
        slow.resume.set()
        pull.result()
    client.RemoveImage(image={"image": name})


def _check_descriptors(process: Path) -> None:
    """No file but staging's and libraries', and no way up from a directory."""
    for descriptor in (process / "fd").iterdir():
        target = os.readlink(descriptor)
        assert not target.startswith(("/run", "/etc", "/var/lib/kubelet")), target
        assert "/meta" not in target and ".db" not in target, target
        if descriptor.is_dir():
            assert os.path.samestat(os.stat(f"{descriptor}/.."), os.stat(descriptor)), target


def _check_rights(process: Path) -> None:
    status = dict(line.split(":\t", 1) for line in (process / "status").read_text().splitlines()
                  if ":\t" in line)
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"
    # capabilities(7): CHOWN, DAC_OVERRIDE, FOWNER, FSETID, SYS_ADMIN, MKNOD, SETFCAP.
    assert int(status["CapEff"], 16) & ~0x8820001b == 0
    assert int(status["CapBnd"], 16) & ~0x8820001b == 0
    assert (process / "limits").read_text().count("Max core file size        0 ") == 1
    assert os.readlink(process / "ns" / "mnt") != os.readlink("/proc/self/ns/mnt")


def test_its_memory_and_processors_are_bounded(client, slow, keys):
    keys("image_memory = 268435456\nimage_processors = 1\n")
    name, path = stalled(slow, "test/bounded:1", "x")
    with ThreadPoolExecutor(1) as pool:
        pull = pool.submit(client.PullImage, image={"image": name})
        wait_until(lambda: slow.count(path), "the layer is on its way")
        [there] = workers().values()
        limits = (there / "limits").read_text()
        assert any(line.split()[:5] == ["Max", "data", "size", "268435456", "268435456"]
                   for line in limits.splitlines())
        status = (there / "status").read_text()
        allowed = next(line for line in status.splitlines() if line.startswith("Cpus_allowed_list"))
        assert allowed.split()[1].isdecimal()
        slow.resume.set()
        pull.result()
    client.RemoveImage(image={"image": name})


def test_one_that_is_never_ready_costs_the_pull(client, registry, keys, node, tmp_path):
    """A process that hangs before its first word is ended, and the pull with it."""
    reference = registry.push("test/hangs:1", catalogue.image(catalogue.layer(
        [catalogue.file("x", "x")])))
    programs = Path(node.runtime.command[0]).parent.parent / "libexec" / "gantry"
    for program in programs.iterdir():
        tmp_path.joinpath(program.name).symlink_to(program)
    tmp_path.joinpath("gantry-images").unlink()
    tmp_path.joinpath("gantry-images").symlink_to("/bin/sleep")
    # Its arguments are the memory, which `sleep` takes for seconds, the processors and the user.
    keys(f'program_dir = "{tmp_path}"\n')
    daemon = node.daemon.id
    with refused(StatusCode.UNAVAILABLE, "gantry-images", "was not ready within"):
        client.PullImage(image={"image": reference})
    assert node.daemon.id == daemon


def test_one_that_hangs_costs_its_pull(client, slow, node):
    """It is stopped in the midst of a layer, and says nothing any more."""
    name, path = stalled(slow, "test/stopped:1", "x")
    with ThreadPoolExecutor(1) as pool:
        pull = pool.submit(client.PullImage, image={"image": name}, deadline=180)
        wait_until(lambda: slow.count(path), "the layer is on its way")
        [process] = workers()
        os.kill(process, signal.SIGSTOP)
        slow.resume.set()
        said = outcome(pull)
    assert said.startswith("UNAVAILABLE") and "has said nothing for 60.0 seconds" in said
    client.PullImage(image={"image": name})
    client.RemoveImage(image={"image": name})


def test_memory_that_is_used_up_costs_the_pull(client, slow, keys, node):
    """The limit is reached in the midst of a layer."""
    # Another user's limits are not for the test to change everywhere (prlimit(2), CAP_SYS_RESOURCE).
    keys('layer_format = "tree"\n')
    name, path = stalled(slow, "test/memory:1", "x")
    daemon = node.daemon.id
    with ThreadPoolExecutor(1) as pool:
        # One that hangs without memory for a thread is ended after a minute.
        pull = pool.submit(client.PullImage, image={"image": name}, deadline=180)
        wait_until(lambda: slow.count(path), "the layer is on its way")
        [process] = workers()
        resource.prlimit(process, resource.RLIMIT_DATA, (0, 0))
        slow.resume.set()
        said = outcome(pull)
    assert said == "" or said.startswith(("UNAVAILABLE", "RESOURCE_EXHAUSTED", "INTERNAL")), said
    assert node.daemon.id == daemon
    wait_until(lambda: process not in workers(), "nobody gets a process without memory")
    client.PullImage(image={"image": name})
    client.RemoveImage(image={"image": name})
