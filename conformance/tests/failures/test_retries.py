"""What the kubelet asks for a second time: the same gets one result, another under its name is refused."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from grpc import StatusCode

from harness import cri
from harness.client import refused
from harness.pods import container_config, pod_config
from test_failures import failing, plugin, runtime  # noqa: F401

pytestmark = [pytest.mark.gantry, pytest.mark.promise]


def changed(config, **fields):
    """The configuration under the same name with other fields."""
    other = type(config)()
    other.CopyFrom(config)
    other.MergeFrom(type(config)(**fields))
    return other


def test_another_pod_under_the_same_name_is_refused(pods, client):
    pod = pods.run(labels={"app": "a"})
    for fields, difference in [({"hostname": "other"}, "hostname"),
                               ({"labels": {"app": "b"}}, "labels"),
                               ({"linux": {"cgroup_parent": "/other"}}, "linux.cgroup_parent")]:
        with refused(StatusCode.ALREADY_EXISTS, pod.id, difference):
            client.RunPodSandbox(
                config=changed(pod.config, **fields), runtime_handler=pods.handler)
    other = "runc" if pods.handler == "crun" else "crun"
    with refused(StatusCode.ALREADY_EXISTS, pod.id, "runtime handler", pods.handler):
        client.RunPodSandbox(config=pod.config, runtime_handler=other)
    assert len(client.ListPodSandbox().items) == 1


def test_a_stopped_pod_keeps_its_name(pods, client):
    pod = pods.run()
    client.StopPodSandbox(pod_sandbox_id=pod.id)
    with refused(StatusCode.ALREADY_EXISTS, pod.id, "not ready"):
        client.RunPodSandbox(config=pod.config, runtime_handler=pods.handler)


def test_another_pod_is_refused_while_the_first_is_made(plugin, pods, client):  # noqa: F811
    config = pod_config()
    plugin("ADD", "hang")
    with refused(StatusCode.DEADLINE_EXCEEDED):
        client.RunPodSandbox(config=config, runtime_handler=pods.handler, deadline=1)
    with refused(StatusCode.ALREADY_EXISTS, "config.hostname"):
        client.RunPodSandbox(
            config=changed(config, hostname="other"), runtime_handler=pods.handler)
    plugin()
    assert pods.run_config(config).status.state == cri.SANDBOX_READY


def test_another_container_under_the_same_name_is_refused(pods, client, busybox):
    pod = pods.run()
    config = container_config("sleep 1000", image=busybox)
    first = create(client, pod, config).container_id
    for fields, difference in [({"envs": [{"key": "A", "value": b"1"}]}, "envs"),
                               ({"working_dir": "/tmp"}, "working_dir")]:
        with refused(StatusCode.ALREADY_EXISTS, first, difference):
            create(client, pod, changed(config, **fields))
    client.StartContainer(container_id=first)
    with refused(StatusCode.ALREADY_EXISTS, first, "running"):
        create(client, pod, config)
    assert [one.id for one in client.ListContainers().containers] == [first]


def create(client, pod, config, **more):
    """CreateContainer with a configuration made before."""
    return client.CreateContainer(
        pod_sandbox_id=pod.id, config=config, sandbox_config=pod.config, **more)


def test_a_create_that_outlives_its_caller_is_found_again(runtime, pods, client, busybox):  # noqa: F811
    pod = pods.run()
    config = container_config("sleep 1000", image=busybox)
    runtime("create", "hang")
    for _ in range(2):
        with refused(StatusCode.DEADLINE_EXCEEDED):
            create(client, pod, config, deadline=0.5)
    assert not client.ListContainers().containers
    with ThreadPoolExecutor() as pool:
        retries = [pool.submit(create, client, pod, config) for _ in range(3)]
        runtime()
        ids = {retry.result(30).container_id for retry in retries}
    assert ids == {one.id for one in client.ListContainers().containers}
    assert len(ids) == 1


def test_a_pod_whose_undo_fails_is_seen_and_makes_room(plugin, pods, client):  # noqa: F811
    """The plugin fails at ADD and at the DEL that takes it back: what is left is not forgotten."""
    config = pod_config()
    plugin("*", "the moon is full")
    with refused(None, "the moon is full"):
        client.RunPodSandbox(config=config, runtime_handler=pods.handler)
    left = client.ListPodSandbox().items
    assert [pod.state for pod in left] == [cri.SANDBOX_NOTREADY]
    with refused(None, "the moon is full"):
        client.StopPodSandbox(pod_sandbox_id=left[0].id)
    plugin()
    pod = pods.run_config(config)
    assert [one.id for one in client.ListPodSandbox().items] == [pod.id] != [left[0].id]
