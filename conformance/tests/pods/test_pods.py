"""RunPodSandbox, StopPodSandbox, RemovePodSandbox, PodSandboxStatus, ListPodSandbox."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from grpc import StatusCode

from harness import cri
from harness.client import refused
from harness.pods import Pod, pod_config


def test_status_tells_what_was_asked_for(pods):
    pod = pods.run(labels={"app": "web", "empty": ""}, annotations={"note": "a = b\n\"c\""})
    status = pod.status
    assert status.id == pod.id
    assert status.metadata == pod.config.metadata
    assert (dict(status.labels), dict(status.annotations)) == (
        dict(pod.config.labels), dict(pod.config.annotations))
    assert status.created_at > 0
    assert status.network.ip.startswith("10.88.")
    assert status.runtime_handler in (pods.handler, "")


@pytest.mark.gantry
def test_status_names_the_handler(pods):
    assert pods.run().status.runtime_handler == pods.handler


def test_verbose_status_has_info(pods, client):
    pod = pods.run()
    assert client.PodSandboxStatus(pod_sandbox_id=pod.id, verbose=True).info
    assert not client.PodSandboxStatus(pod_sandbox_id=pod.id).info


def test_a_stopped_pod_is_not_ready_and_has_no_address(pods, client):
    pod = pods.run()
    client.StopPodSandbox(pod_sandbox_id=pod.id)
    assert pod.status.state == cri.SANDBOX_NOTREADY
    assert pod.status.network.ip == ""


def test_stop_and_remove_may_be_repeated(pods, client):
    pod = pods.run()
    for _ in range(2):
        client.StopPodSandbox(pod_sandbox_id=pod.id)
    for _ in range(2):
        client.RemovePodSandbox(pod_sandbox_id=pod.id)
    with refused(StatusCode.NOT_FOUND):
        assert pod.status


@pytest.mark.gantry
def test_stop_and_remove_of_what_never_was(client):
    client.StopPodSandbox(pod_sandbox_id="0" * 64)
    client.RemovePodSandbox(pod_sandbox_id="0" * 64)


def test_remove_ends_running_containers(pods, client, busybox):
    pod = pods.run()
    pod.run("trap '' TERM; echo up; while :; do sleep 1; done", image=busybox).logged("up")
    client.RemovePodSandbox(pod_sandbox_id=pod.id)
    assert not client.ListContainers(filter={"pod_sandbox_id": pod.id}).containers


def test_stop_ends_containers_that_ignore_the_signal(pods, client, busybox):
    pod = pods.run()
    container = pod.run("trap '' TERM; echo up; while :; do sleep 1; done", image=busybox)
    container.logged("up")
    client.StopPodSandbox(pod_sandbox_id=pod.id)
    assert container.status.state == cri.CONTAINER_EXITED
    assert container.status.exit_code == 137


def test_list_and_its_filters(pods, client):
    first, second = pods.run(labels={"app": "a"}), pods.run(labels={"app": "b"})
    client.StopPodSandbox(pod_sandbox_id=second.id)

    def ids(**fields):
        return {pod.id for pod in client.ListPodSandbox(filter=fields).items}

    assert {first.id, second.id} <= ids()
    assert ids(id=first.id) == ids(id=first.id[:20]) == {first.id}
    assert ids(label_selector={"app": "b"}) == {second.id}
    assert ids(label_selector={"app": "a"}, id=second.id) == set()
    assert ids(state={"state": cri.SANDBOX_READY}) & {first.id, second.id} == {first.id}
    assert ids(state={"state": cri.SANDBOX_NOTREADY}) & {first.id, second.id} == {second.id}
    assert ids(id="no such pod") == set()


@pytest.mark.gantry
def test_an_unknown_handler_is_refused(client):
    with refused(StatusCode.INVALID_ARGUMENT, "no-such-handler"):
        client.RunPodSandbox(config=pod_config(), runtime_handler="no-such-handler")


@pytest.mark.gantry
@pytest.mark.parametrize("missing", ["name", "uid", "namespace"])
def test_a_pod_needs_its_metadata(client, missing):
    config = pod_config()
    config.metadata.ClearField(missing)
    with refused(StatusCode.INVALID_ARGUMENT, missing):
        client.RunPodSandbox(config=config)


def test_status_of_an_unknown_pod_is_not_found(client):
    with refused(StatusCode.NOT_FOUND):
        client.PodSandboxStatus(pod_sandbox_id="no such pod")


def test_a_second_attempt_stands_beside_the_first(pods, client):
    first = pods.run()
    client.StopPodSandbox(pod_sandbox_id=first.id)
    config = cri.PodSandboxConfig()
    config.CopyFrom(first.config)
    config.metadata.attempt = 1
    second = pods.run_config(config)
    assert second.id != first.id
    assert (first.status.state, second.status.state) == (cri.SANDBOX_NOTREADY, cri.SANDBOX_READY)


@pytest.mark.gantry
def test_equal_requests_at_once_make_one_pod(pods, client):
    config = pod_config()
    with ThreadPoolExecutor() as pool:
        answers = [pool.submit(client.RunPodSandbox, config=config, runtime_handler=pods.handler)
                   for _ in range(4)]
        ids = {answer.result().pod_sandbox_id for answer in answers}
    pods.running += [Pod(client, id, config) for id in ids]
    assert len(ids) == 1


def test_pods_at_once(pods):
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: pods.run(), range(8)))
    assert len({pod.status.network.ip for pod in made}) == 8
