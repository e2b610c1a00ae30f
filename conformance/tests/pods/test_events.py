"""What happens to pods and containers, told as it happens."""

import pytest
from harness import cri
from harness.wait import wait_until

WHOLE_LIFE = [cri.CONTAINER_CREATED_EVENT, cri.CONTAINER_STARTED_EVENT,
              cri.CONTAINER_STOPPED_EVENT, cri.CONTAINER_DELETED_EVENT]


@pytest.mark.gantry
def test_the_whole_life_of_a_container_and_its_pod(listener, pods, busybox):
    pod = pods.run()
    container = pod.run("exit 3", image=busybox)
    container.exited()
    container.remove()
    pod.remove()
    wait_until(lambda: len(listener.of(pod.id)) == 4, "the pod's events have come")
    assert listener.of(container.id) == WHOLE_LIFE
    assert listener.of(pod.id) == WHOLE_LIFE
    stopped = next(event for event in listener.events if event.container_id == container.id
                   and event.container_event_type == cri.CONTAINER_STOPPED_EVENT)
    assert stopped.pod_sandbox_status.id == pod.id
    assert [(status.id, status.exit_code) for status in stopped.containers_statuses] == [
        (container.id, 3)]
    assert stopped.created_at > 0


@pytest.mark.gantry
def test_an_exit_is_told_after_the_start_that_it_ends(listener, pods, busybox):
    pod = pods.run()
    containers = [pod.run("exit 0", image=busybox) for _ in range(30)]
    for container in containers:
        wait_until(lambda: len(listener.of(container.id)) == 3, "its events have come")
        assert listener.of(container.id) == WHOLE_LIFE[:3]


@pytest.mark.gantry
def test_listeners_do_not_hold_up_a_stop_of_the_daemon(listener, node):
    node.restart()
    assert node.client.Version().runtime_name == "gantry"
