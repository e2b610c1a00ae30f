"""Lists as streams: the same elements as in the list itself."""

import pytest


@pytest.mark.gantry
@pytest.mark.parametrize("stream, list_, of, field", [
    ("StreamPodSandboxes", "ListPodSandbox", "items", "pod_sandboxes"),
    ("StreamContainers", "ListContainers", "containers", "containers"),
    ("StreamImages", "ListImages", "images", "images"),
])
def test_the_same_elements(client, pods, busybox, stream, list_, of, field):
    for _ in range(3):
        pods.run().run("sleep 1000", image=busybox)
    streamed = [element for message in getattr(client, stream)()
                for element in getattr(message, field)]
    listed = list(getattr(getattr(client, list_)(), of))
    assert len(listed) > 0
    assert sorted(streamed, key=lambda e: e.id) == sorted(listed, key=lambda e: e.id)


@pytest.mark.gantry
def test_filters_and_empty_streams(client, pods, busybox):
    one, _ = (pods.run() for _ in range(2))
    found = list(client.StreamPodSandboxes(filter={"id": one.id}))
    assert [element.id for message in found for element in message.pod_sandboxes] == [one.id]
    assert not list(client.StreamContainers(filter={"id": "none"}))


@pytest.mark.gantry
def test_stats(client, pods, busybox):
    container = pods.run().run("sleep 1000", image=busybox)
    streamed = [stats.attributes.id for message in client.StreamContainerStats()
                for stats in message.container_stats]
    assert container.id in streamed
