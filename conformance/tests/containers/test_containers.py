"""CreateContainer, StartContainer, StopContainer, RemoveContainer, ListContainers and
ContainerStatus."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from grpc import StatusCode

from harness import cri
from harness.client import refused
from harness.pods import container_config
from harness.wait import wait_until

pytestmark = pytest.mark.layers


def test_status_through_a_whole_life(pods, busybox):
    container = pods.run().create("sleep 1000", image=busybox, labels={"tier": "1"})
    created = container.status
    assert created.state == cri.CONTAINER_CREATED
    assert created.created_at > 0 == created.started_at == created.finished_at
    running = container.start().status
    assert running.state == cri.CONTAINER_RUNNING
    assert running.started_at >= running.created_at
    container.stop()
    exited = container.status
    assert (exited.state, exited.exit_code) == (cri.CONTAINER_EXITED, 137)
    assert exited.finished_at >= exited.started_at
    assert exited.log_path == str(container.log)
    assert dict(exited.labels) == {"tier": "1"}


@pytest.mark.parametrize("code, reason", [(0, "Completed"), (7, "Error")])
def test_exit_code_and_reason(pods, busybox, code, reason):
    status = pods.run().run(f"exit {code}", image=busybox).exited()
    assert (status.exit_code, status.reason) == (code, reason)


def test_out_of_memory(pods, busybox):
    limit = {"resources": {"memory_limit_in_bytes": 24 << 20}}
    container = pods.run().run("tail /dev/zero", image=busybox, linux=limit)
    status = container.exited()
    assert (status.exit_code, status.reason) == (137, "OOMKilled")


def test_killed_by_a_signal(pods, busybox):
    container = pods.run().run("kill -KILL $$", image=busybox)
    assert container.exited().exit_code in (0, 137)


def test_image_of_a_container(pods, client, busybox):
    container = pods.run().create("true", image=busybox)
    image = client.ImageStatus(image={"image": busybox}).image
    assert container.status.image_ref in (image.id, *image.repo_digests)
    assert container.status.image.image


@pytest.mark.gantry
def test_image_identifiers_agree(pods, client, busybox):
    status = pods.run().create("true", image=busybox).status
    image = client.ImageStatus(image={"image": busybox}).image
    assert status.image_id == image.id == client.PullImage(image={"image": busybox}).image_ref


@pytest.mark.gantry
def test_start_is_for_created_containers(pods, client, busybox):
    container = pods.run().run("sleep 1000", image=busybox)
    with refused(StatusCode.FAILED_PRECONDITION):
        container.start()
    assert container.status.state == cri.CONTAINER_RUNNING


@pytest.mark.gantry
def test_create_in_a_stopped_pod(pods, client, busybox):
    pod = pods.run()
    client.StopPodSandbox(pod_sandbox_id=pod.id)
    with refused(StatusCode.FAILED_PRECONDITION):
        pod.create("true", image=busybox)


def test_create_with_an_image_that_is_not_here(pods, registry):
    with refused(StatusCode.NOT_FOUND, "no-such-image"):
        pods.run().create("true", image=f"{registry.host}/no-such-image:1")


@pytest.mark.gantry
def test_create_in_a_pod_that_is_not_there(pods, client, busybox):
    pod = pods.run()
    with refused(StatusCode.NOT_FOUND):
        client.CreateContainer(pod_sandbox_id="0" * 64, sandbox_config=pod.config,
                               config=container_config("true", image=busybox))


@pytest.mark.gantry
def test_create_twice_by_one_name_gives_one_container(pods, busybox):
    pod = pods.run()
    first = pod.create("true", image=busybox, name="same")
    assert pod.create("true", image=busybox, name="same").id == first.id


@pytest.mark.gantry
def test_equal_creates_at_once_give_one_container(pods, busybox):
    pod = pods.run()
    with ThreadPoolExecutor() as pool:
        made = pool.map(lambda _: pod.create("true", image=busybox, name="same"), range(4))
        assert len({container.id for container in made}) == 1


def test_attempts_are_containers_of_their_own(pods, client, busybox):
    pod = pods.run()
    first, second = (pod.run(f"exit {n}", image=busybox, name="a", attempt=n) for n in (0, 1))
    assert (first.exited().exit_code, second.exited().exit_code) == (0, 1)
    assert len(client.ListContainers(filter={"pod_sandbox_id": pod.id}).containers) == 2


def test_list_and_its_filters(pods, client, busybox):
    pod, other = pods.run(), pods.run()
    first = pod.run("sleep 1000", image=busybox, labels={"app": "a"})
    second = other.create("true", image=busybox, labels={"app": "b"})

    def ids(**fields):
        return {container.id for container in client.ListContainers(filter=fields).containers}

    assert ids() == {first.id, second.id}
    assert ids(id=first.id) == ids(id=first.id[:12]) == {first.id}
    assert ids(pod_sandbox_id=other.id) == {second.id}
    assert ids(pod_sandbox_id=other.id, label_selector={"app": "a"}) == set()
    assert ids(label_selector={"app": "b"}) == {second.id}
    assert ids(state={"state": cri.CONTAINER_RUNNING}) == {first.id}
    assert ids(state={"state": cri.CONTAINER_CREATED}) == {second.id}
    listed = client.ListContainers(filter={"id": first.id}).containers[0]
    assert (listed.pod_sandbox_id, listed.metadata.name) == (
        pod.id, first.status.metadata.name)


def test_stop_gives_the_container_its_time(pods, busybox):
    container = pods.run().run("trap 'echo bye; exit 5' TERM; echo up; while :; do sleep 0.1; done",
                               image=busybox)
    container.logged("up")
    container.stop(30)
    assert container.status.exit_code == 5
    assert container.logged("bye") == "up\nbye\n"


def test_stop_kills_what_does_not_go(pods, busybox):
    container = pods.run().run("trap '' TERM; echo up; while :; do sleep 0.1; done", image=busybox)
    container.logged("up")
    container.stop(1)
    assert container.status.exit_code == 137


def test_stop_sends_the_images_signal(pods, images):
    script = "trap 'exit 9' USR1; echo up; while :; do sleep 0.1; done"
    container = pods.run().run("sh", "-c", script, image=images.configured)
    container.logged("up")
    container.stop(30)
    assert container.status.exit_code == 9


def test_stop_may_be_repeated_and_late(pods, busybox):
    container = pods.run().run("exit 4", image=busybox)
    container.exited()
    container.stop()
    container.stop()
    assert container.status.exit_code == 4


@pytest.mark.gantry
@pytest.mark.gantry
@pytest.mark.parametrize("seconds", [2**63 - 1, 9223372037, -2**63])
def test_a_time_of_any_length(pods, client, busybox, seconds):
    """A pod's terminationGracePeriodSeconds: what no clock holds is as long as a clock can hold."""
    container = pods.run().run("trap 'exit 3' TERM; while :; do sleep 0.1; done", image=busybox)
    assert container.exec("true", timeout=seconds).exit_code == 0
    container.stop(seconds)
    assert container.status.exit_code == (3 if seconds > 0 else 137)
    client.Version()


def test_a_second_stop_shortens_the_first(pods, busybox):
    container = pods.run().run("trap '' TERM; echo up; while :; do sleep 0.1; done", image=busybox)
    container.logged("up")
    with ThreadPoolExecutor() as pool:
        patient = pool.submit(container.stop, 600)
        container.stop(0)
        patient.result(30)
    assert container.status.exit_code == 137


def test_remove_ends_a_running_container(pods, client, busybox):
    container = pods.run().run("sleep 1000", image=busybox)
    container.remove()
    with refused(StatusCode.NOT_FOUND, container.id):
        assert container.status
    container.remove()


@pytest.mark.parametrize("call", ["ContainerStatus", "StartContainer"])
def test_a_container_that_is_not_there(client, call):
    with refused(StatusCode.NOT_FOUND):
        getattr(client, call)(container_id="0" * 64)


@pytest.mark.gantry
def test_stop_and_remove_of_what_never_was(client):
    client.StopContainer(container_id="0" * 64)
    client.RemoveContainer(container_id="0" * 64)


def test_config_of_the_image_applies(pods, images):
    pod = pods.run()
    container = pod.run(image=images.configured)
    assert container.logged("/var/www") == "hello from the image\n33\n/var/www\n"


def test_config_of_the_container_wins(pods, images):
    container = pods.run().run(
        image=images.configured, args=["echo $GREETING; pwd"], working_dir="/tmp",
        envs=[{"key": "GREETING", "value": b"hi"}])
    assert container.logged("/tmp") == "hi\n/tmp\n"


def test_mounts(pods, busybox, tmp_path):
    (tmp_path / "file").write_text("from the host\n")
    mounts = [
        {"host_path": str(tmp_path), "container_path": "/writable"},
        {"host_path": str(tmp_path), "container_path": "/fixed", "readonly": True},
    ]
    container = pods.run().run("sleep 1000", image=busybox, mounts=mounts)
    assert container.output("cat", "/fixed/file") == "from the host\n"
    assert container.exec("touch", "/fixed/new").exit_code != 0
    container.output("touch", "/writable/new")
    assert (tmp_path / "new").exists()
    assert {m.container_path: m.readonly for m in container.status.mounts} == {
        "/writable": False, "/fixed": True}


def test_containers_of_a_pod_do_not_share_their_root(pods, busybox):
    pod = pods.run()
    first, second = (pod.run("sleep 1000", image=busybox) for _ in range(2))
    first.output("touch", "/only-here")
    assert second.exec("ls", "/only-here").exit_code != 0


def test_background_children_do_not_hold_the_exit(pods, busybox):
    container = pods.run().run("sleep 1000 & exit 6", image=busybox)
    wait_until(lambda: container.status.state == cri.CONTAINER_EXITED, "exited")
    assert container.status.exit_code == 6
