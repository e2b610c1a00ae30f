"""Images whose layers are kept as tars and mounted by an index, from the pull to the removal."""

import hashlib
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness import cri
from harness.client import refused
from harness.images import catalogue, stacks
from harness.images.formats import Artifact, File, Image
from harness.images.image_processes import stalled, workers
from harness.images.tarball import directory, file, layer
from harness.nodes import damage, on_disk
from harness.nodes.on_disk import homes, names
from harness.nodes.small import fill, small
from harness.wait import wait_until

pytestmark = [pytest.mark.gantry, pytest.mark.node(having=["indexes"])]
MAPPING = {"host_id": 1 << 20, "container_id": 0, "length": 65536}
WHOLE = ["index", "index.json", "tar", "tar.json"]


@pytest.fixture(autouse=True)
def disk(node, nothing_left):
    """Layers are indexed."""
    with on_disk.root_on_disk(node) as root:
        yield root


@pytest.fixture
def marked():
    """An image of two layers."""
    return catalogue.marked("indexed")


@pytest.fixture
def reference(registry, client, marked):
    """The same, pulled."""
    reference = registry.push("test/indexed:1", marked)
    client.PullImage(image={"image": reference})
    return reference


def check(node, *arguments, code=0):
    """What `gantry check` prints."""
    done = subprocess.run([node.runtime.command[0], "check", *arguments], text=True,
                          capture_output=True, check=False)
    assert done.returncode == code, f"{done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def own_mounts(container):
    """The node's mounts that have to do with a container, and those of EROFS."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return [line for line in lines if container.id in line or " - erofs " in line]


def test_a_pull_keeps_the_tars_and_makes_no_file_of_the_image(disk, marked, reference):
    lower, upper = homes(marked)
    assert names(lower)[-2:] == ["tar", "tar.json"]
    assert names(upper) == WHOLE
    for home, part in zip(homes(marked), marked.layers, strict=True):
        assert "sha256:" + hashlib.sha256((home / "tar").read_bytes()).hexdigest() == part.diff_id
    assert not list(disk.glob("layers/*/diff"))
    assert not list((disk / "staging").iterdir())


def test_it_is_made_by_nobody(client, slow):
    """To write two files takes no capability: the process has none, and is nobody's."""
    reference, path = stalled(slow, "test/indexed:2", "x")
    with ThreadPoolExecutor(1) as pool:
        pull = pool.submit(client.PullImage, image={"image": reference})
        wait_until(lambda: slow.count(path), "the layer is on its way")
        [process] = workers().values()
        status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
        assert status["Uid"].split() == status["Gid"].split() == ["65534"] * 4
        assert not status["Groups"].strip()
        assert {int(status[f"Cap{name}"], 16) for name in ("Inh", "Prm", "Eff", "Bnd", "Amb")} == {0}
        slow.resume.set()
        pull.result()
    client.RemoveImage(image={"image": reference})


def test_an_artifact_is_files(client, registry, disk):
    """They are no tar, and made by a process that may make files."""
    reference = registry.push("test/artifact:1", Artifact([File(b"weights", "model.bin")]))
    client.PullImage(image={"image": reference})
    [found] = disk.glob("layers/*/diff/model.bin")
    assert found.read_bytes() == b"weights"
    assert found.stat().st_uid == 0
    client.RemoveImage(image={"image": reference})


def test_a_container(pods, node, reference):
    pod = pods.run()
    container = pod.run("sleep 1000", image=reference)
    assert container.output("cat", "/indexed") == "indexed"
    assert container.output("sh", "-c", "echo new >> /indexed; rm /etc/group; ls /etc; cat /indexed").split() == [
        "hostname", "hosts", "mtab", "passwd", "resolv.conf", "indexednew"]
    assert container.output("stat", "-c", "%a %u", "/tmp").strip() == "1777 0"
    assert len([line for line in own_mounts(container) if " - overlay " in line]) == 1
    assert not [line for line in own_mounts(container) if " - erofs " in line]
    node.restart()
    assert container.output("cat", "/indexed") == "indexednew\n"
    second = pod.run("sleep 1000", image=reference)
    assert second.output("cat", "/indexed") == "indexed"
    for one in (container, second):
        one.remove()
        assert not own_mounts(one)


def test_mapped_ids(pods, reference):
    users = {"mode": cri.POD, "uids": (MAPPING,), "gids": (MAPPING,)}
    linux = {"security_context": {"namespace_options": {"pid": cri.CONTAINER, "userns_options": users}}}
    container = pods.run(linux=linux).run("sleep 1000", image=reference, linux=linux)
    assert container.output("stat", "-c", "%u %g", "/indexed", "/var/www").split() == ["0", "0", "33", "33"]
    assert container.output("sh", "-c", "echo x > /indexed && stat -c %u /indexed").strip() == "0"


def test_a_volume_and_a_part_of_it(pods, registry, client, busybox):
    files = layer([directory("data"), directory("data/inner"), file("data/inner/words", "from the image")])
    image = Image([files], {}, "oci", catalogue.ARCHITECTURE)
    volume = registry.push("test/volume:1", image)
    client.PullImage(image={"image": volume})
    assert names(homes(image)[0]) == WHOLE
    mounts = [{"container_path": path, "readonly": True, "image": {"image": volume}, "image_sub_path": part}
              for path, part in [("/all", ""), ("/part", "data/inner")]]
    container = pods.run().run("sleep 1000", image=busybox, mounts=mounts)
    assert container.output("cat", "/all/data/inner/words", "/part/words") == "from the image" * 2
    assert container.exec("touch", "/part/new").exit_code != 0
    table = container.output("cat", "/proc/self/mountinfo").splitlines()
    for path in ("/all", "/part"):
        options = next(line for line in table if f" {path} " in line).split()[5].split(",")
        assert {"ro", "nosuid", "nodev"} <= set(options)


def test_removal_leaves_nothing_and_waits_for_containers(pods, client, disk, marked, reference):
    container = pods.run().run("sleep 1000", image=reference)
    client.RemoveImage(image={"image": reference})
    upper = homes(marked)[-1]
    assert names(upper) == WHOLE
    assert container.output("cat", "/indexed") == "indexed"
    container.remove()
    assert not upper.exists()
    assert not list((disk / "staging").iterdir())


def test_sizes(client, marked, reference):
    """Of an image and of all: what its files take."""
    image = client.ImageStatus(image={"image": reference}).image
    tars = sum((home / "tar").stat().st_size for home in homes(marked))
    assert tars <= image.size <= tars * 1.05 + 64 * 1024
    before = client.ImageFsInfo().image_filesystems[0]
    client.RemoveImage(image={"image": reference})
    after = client.ImageFsInfo().image_filesystems[0]
    assert before.used_bytes.value > after.used_bytes.value
    assert before.inodes_used.value == after.inodes_used.value + 2


def test_a_shared_layer_is_there_once(registry, client, marked, reference):
    lower = homes(marked)[0] / "tar"
    number = lower.stat().st_ino
    other = registry.push("test/other:1", catalogue.marked("other"))
    client.PullImage(image={"image": other})
    client.RemoveImage(image={"image": reference})
    assert lower.stat().st_ino == number


def test_trees_stay_usable_and_are_turned_over_at_the_next_pull(pods, node, client, marked, reference):
    client.RemoveImage(image={"image": reference})
    on_disk.choose(node, "tree")
    client.PullImage(image={"image": reference})
    upper = homes(marked)[-1]
    assert names(upper) == ["diff", "info.json"]
    pod = pods.run()
    old = pod.run("sleep 1000", image=reference)
    on_disk.choose(node, "erofs")
    assert pod.run("sleep 1000", image=reference).output("cat", "/indexed") == "indexed"
    client.PullImage(image={"image": reference})
    assert names(upper) == ["diff", "index", "index.json", "info.json", "tar", "tar.json"]
    assert pod.run("sleep 1000", image=reference).output("cat", "/indexed") == "indexed"
    assert old.output("cat", "/indexed") == "indexed"
    pods.remove()
    assert names(upper) == WHOLE
    assert pods.run().run("sleep 1000", image=reference).output("cat", "/indexed") == "indexed"


def test_back_to_trees(pods, node, client, marked, reference):
    on_disk.choose(node, "tree")
    upper = homes(marked)[-1]
    container = pods.run().run("sleep 1000", image=reference)
    assert container.output("cat", "/indexed") == "indexed"
    container.remove()
    client.PullImage(image={"image": reference})
    assert names(upper) == ["diff", "info.json"]
    assert pods.run().run("sleep 1000", image=reference).output("cat", "/indexed") == "indexed"


def _flip(path):
    with path.open("r+b") as file:
        file.seek(600)
        byte = file.read(1)
        file.seek(600)
        file.write(bytes([byte[0] ^ 1]))


@pytest.mark.parametrize("name", ["tar", "index"])
def test_an_altered_byte_shows_in_the_deep_check(node, client, pods, marked, reference, name):
    upper = homes(marked)[-1]
    _flip(upper / name)
    check(node)
    said = check(node, "--deep", code=1)
    assert reference in said and upper.name in said
    node.crash()
    check(node, "--deep", "--repair")
    node.start()
    assert not client.ImageStatus(image={"image": reference}).HasField("image")
    client.PullImage(image={"image": reference})
    check(node, "--deep")
    assert pods.run().run("sleep 1000", image=reference).output("cat", "/indexed") == "indexed"


DAMAGE = {
    "no-tar": lambda home: (home / "tar").unlink(),
    "short-tar": lambda home: (home / "tar").write_bytes(b"short"),
    "no-tar-info": lambda home: (home / "tar.json").unlink(),
    "torn-index-info": lambda home: (home / "index.json").write_bytes(b"{"),
    "no-index": lambda home: (home / "index").unlink(),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_costs_the_image_alone(node, client, pods, busybox, marked, reference, kind):
    node.crash()
    DAMAGE[kind](homes(marked)[-1])
    assert reference in check(node, code=1)
    node.start()
    assert not client.ImageStatus(image={"image": reference}).HasField("image")
    assert client.ImageStatus(image={"image": busybox}).HasField("image")
    client.PullImage(image={"image": reference})
    assert names(homes(marked)[-1]) == WHOLE
    assert pods.run().run("sleep 1000", image=reference).output("cat", "/indexed") == "indexed"


@pytest.mark.parametrize("name", stacks.REFUSED)
def test_what_is_refused_leaves_nothing(client, registry, disk, name):
    before = sorted(disk.glob("layers/*"))
    layers = [stacks.as_layer(tar) for tar in stacks.REFUSED[name]]
    reference = registry.push("test/stack:1", Image(layers, {}, "oci", catalogue.ARCHITECTURE))
    with refused(None):
        client.PullImage(image={"image": reference})
    assert sorted(disk.glob("layers/*")) == before
    assert not list((disk / "staging").iterdir())


def test_what_counts_is_said_and_a_wrong_choice_is_an_error(node):
    assert "layers are kept as tars with an index, as layer_format says" in check(node)
    on_disk.CONFIG.unlink()
    node.restart()
    said = check(node)
    assert "layers are kept as tars with an index" in said and "layer_format" not in said
    on_disk.choose(node, "tree")
    assert "layers are unpacked, as layer_format says; indexes (EROFS) can be used here" in check(node)


@pytest.mark.parametrize("name", ["panic_on_warn", "warn_limit"])
def test_a_kernel_that_warnings_end_gets_trees(node, tmp_path, reference, marked, client, name):
    """EROFS over files of ext4 makes Linux 6.18 warn once; that must not end a node."""
    sysctl = tmp_path / name
    sysctl.write_text("1\n")
    subprocess.run(["mount", "--bind", sysctl, f"/proc/sys/kernel/{name}"], check=True)
    try:
        on_disk.choose(node, "auto")
        said = f"layers are unpacked; indexes (EROFS) cannot be used here: kernel.{name} is set"
        assert said in check(node)
        assert not client.ImageStatus(image={"image": reference}).HasField("image")
        client.PullImage(image={"image": reference})
        assert names(homes(marked)[-1]) == ["diff", "info.json"]
        client.RemoveImage(image={"image": reference})
    finally:
        subprocess.run(["umount", f"/proc/sys/kernel/{name}"], check=True)


def test_nothing_is_left_of_the_trial(node, disk):
    before = Path("/proc/self/mountinfo").read_text()
    check(node)
    assert Path("/proc/self/mountinfo").read_text() == before
    assert not list(disk.glob("index-check*"))


def test_where_indexes_do_not_work(node, disk):
    assert node.daemon.terminate() == 0
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", damage.ROOT], check=True)
    try:
        daemon = node.spawn()
        assert daemon.wait() != 0
        assert "layer_format" in daemon.output and "EROFS" in daemon.output
        on_disk.CONFIG.write_text('layer_format = "auto"\n')
        node.start()
        assert "layers are unpacked; indexes (EROFS) cannot be used here" in check(node)
        assert node.daemon.terminate() == 0
    finally:
        on_disk.CONFIG.write_text('layer_format = "erofs"\n')
        subprocess.run(["umount", "--lazy", damage.ROOT], check=True)
    node.start()


@pytest.fixture
def small_disk(node, disk):
    """The daemon's root directory is a disk of 64 MiB."""
    assert node.daemon.terminate() == 0
    with small(disk, is_disk=True):
        node.start()
        yield disk
        assert node.daemon.terminate() == 0
    node.start()


@pytest.mark.parametrize("choice", ["auto", "erofs"])
def test_a_start_on_a_full_disk_costs_nothing(node, client, pods, small_disk, registry, marked, choice):
    """What works is found out by files on that disk, and nothing follows from there being no room for them."""
    on_disk.choose(node, choice)
    reference = registry.push("test/indexed:1", marked)
    image = client.PullImage(image={"image": reference}).image_ref
    ballast = fill(small_disk)
    node.crash()
    node.start()
    assert [one.id for one in client.ListImages().images] == [image]
    ballast.unlink()
    container = pods.run().run("sleep 1000", image=reference)
    assert container.exec("cat", "/etc/hostname").exit_code == 0
    pods.remove()
    client.RemoveImage(image={"image": reference})
