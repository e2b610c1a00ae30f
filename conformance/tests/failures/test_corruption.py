"""What is on disk is damaged: the daemon says so, mends what it can, and pods that run go on."""

import shutil

import pytest
from grpc import StatusCode

from harness import cri
from harness.client import refused
from harness.images import catalogue
from harness.monitors import living
from harness.nodes import damage
from harness.nodes.reboot import reboot
from harness.wait import wait_until

pytestmark = [pytest.mark.gantry, pytest.mark.promise, pytest.mark.layers]


@pytest.fixture(autouse=True)
def none_set_aside():
    """Each test begins without a damaged database that was kept, and leaves none."""
    yield
    for path in damage.set_aside():
        path.unlink()


def complaints(node):
    """The daemon's lines about damage."""
    return [line for line in node.daemon.output.splitlines() if "damaged" in line]


@pytest.mark.parametrize("kind", damage.DATABASE_DAMAGE)
def test_a_damaged_database_loses_nothing(pods, node, client, busybox, kind):
    pod = pods.run()
    running = pod.run("echo up; sleep 1000", image=busybox)
    exited = pod.run("exit 7", image=busybox)
    created = pod.create("sleep 1000", image=busybox)
    running.logged("up")
    exited.exited()
    images = sorted(image.SerializeToString() for image in client.ListImages().images)
    before = [pod.status, *(c.status for c in (running, exited, created))]
    node.crash()
    damage.DATABASE_DAMAGE[kind]()
    node.start()
    assert [pod.status, *(c.status for c in (running, exited, created))] == before
    assert sorted(image.SerializeToString() for image in client.ListImages().images) == images
    assert running.output("echo", "still here") == "still here\n"
    created.start()
    kept = [path for path in damage.set_aside() if "-wal" not in path.name
            and "-shm" not in path.name]
    assert len(kept) == 1
    [line] = complaints(node)
    assert str(kept[0]) in line and "1 pods and 3 containers" in line
    node.restart()
    assert not complaints(node)
    assert running.status.state == cri.CONTAINER_RUNNING


def test_a_damaged_database_after_a_reboot(pods, node, client, busybox):
    """Pods are gone, and so is all that they had; images are not."""
    images = {image.id for image in client.ListImages().images}
    pods.run().run("sleep 1000", image=busybox)
    reboot(node)
    damage.DATABASE_DAMAGE["garbage"]()
    node.start()
    assert {image.id for image in client.ListImages().images} == images
    assert not client.ListPodSandbox().items
    assert not client.ListContainers().containers


@pytest.mark.parametrize("linux", [{}, {"security_context": {"namespace_options": {
    "pid": cri.POD}}}], ids=["own-pid", "shared-pid"])
def test_without_any_record_pods_are_ended_for_the_kubelet_to_make_anew(
        pods, node, client, busybox, linux):
    pod = pods.run(linux=linux)
    pod.run("setsid sleep 65431 & exec sleep 65432", image=busybox, linux=linux)
    wait_until(lambda: len(living("sleep 6543")) == 2, "both processes run")
    node.crash()
    damage.DATABASE_DAMAGE["garbage"]()
    damage.lose_records()
    node.start()
    assert not client.ListPodSandbox().items
    assert not living("sleep 6543")
    assert f"removing pod {pod.id}" in node.daemon.output
    assert pods.run_config(pod.config).status.state == cri.SANDBOX_READY
    client.PullImage(image={"image": busybox})
    node.client.PullImage(image={"image": busybox.replace("busybox", "configured")})


def test_a_database_of_a_newer_schema_is_refused(node, client):
    node.crash()
    with damage.rows() as database:
        database.execute("INSERT INTO grdb_migrations VALUES ('99: of the future')")
    newer = node.spawn()
    assert newer.wait() != 0
    assert "newer Gantry" in newer.output and "99: of the future" in newer.output
    with damage.rows() as database:
        database.execute("DELETE FROM grdb_migrations WHERE identifier LIKE '99%'")
    node.start()
    assert client.ListImages().images
    assert not damage.set_aside()


def test_a_damaged_row_costs_its_pod_alone(pods, node, client, busybox):
    first, second = pods.run(), pods.run()
    first.run("sleep 65433", image=busybox)
    container = second.run("sleep 65434", image=busybox)
    node.crash()
    with damage.rows() as database:
        database.execute("UPDATE sandbox SET config = x'ffffff' WHERE id = ?", [first.id])
    (damage.RECORDS[1] / "sandbox" / f"{first.id}.record").unlink()
    node.start()
    assert {pod.id for pod in client.ListPodSandbox().items} == {second.id}
    assert not living("sleep 65433")
    assert container.output("echo", "here") == "here\n"


@pytest.fixture
def image(registry, pull):
    """An image of its own layer, pulled."""
    reference = registry.push("test/damaged:latest", catalogue.marked(
        "damaged", Cmd=["sh", "-c", "echo whole; sleep 1000"]))
    pull(reference)
    return reference


@pytest.mark.node(having=["trees"])
@pytest.mark.parametrize("kind", damage.LAYER_DAMAGE)
def test_a_damaged_layer_costs_its_image_alone(node, client, busybox, image, pull, kind):
    layer = damage.layer_of(client, image)
    others = {other.id for other in client.ListImages().images} - {
        client.ImageStatus(image={"image": image}).image.id}
    node.crash()
    damage.LAYER_DAMAGE[kind](layer)
    node.start()
    assert {other.id for other in client.ListImages().images} == others
    assert not client.ImageStatus(image={"image": image}).HasField("image")
    [line] = complaints(node)
    assert image in line and layer.name in line
    pull(image)
    assert (layer / "diff").exists()
    assert client.ImageStatus(image={"image": image}).image.repo_tags == [image]


@pytest.mark.node(having=["trees"])
def test_a_pulled_again_image_runs(node, client, pods, image, pull):
    layer = damage.layer_of(client, image)
    node.crash()
    damage.LAYER_DAMAGE["no-files"](layer)
    node.start()
    pod = pods.run()
    with refused(StatusCode.NOT_FOUND):
        pod.create("true", image=image)
    pull(image)
    pod.run("echo whole", image=image).logged("whole")


@pytest.mark.node(having=["trees"])
def test_a_layer_that_goes_while_the_daemon_runs(client, pods, image, pull):
    """Found when it is wanted: the kubelet's next look at the image then finds none, and it pulls."""
    shutil.rmtree(damage.layer_of(client, image))
    pod = pods.run()
    with refused(StatusCode.NOT_FOUND, image, "must be pulled again"):
        pod.create("true", image=image)
    assert not client.ImageStatus(image={"image": image}).HasField("image")
    pull(image)
    pod.run("echo whole", image=image).logged("whole")


def test_a_damaged_image_row_costs_its_image_alone(node, client, image, pull):
    identifier = client.ImageStatus(image={"image": image}).image.id
    node.crash()
    with damage.rows() as database:
        database.execute("UPDATE image SET config = x'7b7d' WHERE id = ?", [identifier])
    node.start()
    assert not client.ImageStatus(image={"image": image}).HasField("image")
    [line] = complaints(node)
    assert identifier in line
    pull(image)
