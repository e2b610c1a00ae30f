"""A cgroup parent in the form of a driver that is not the node's."""

import pytest
from grpc import StatusCode

from harness import cri
from harness.client import refused

pytestmark = pytest.mark.gantry
HANDLERS = ["crun"]
SLICE = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod7.slice"
PATH = "/kubepods/burstable/pod7"


def test_the_other_drivers_form_is_refused(pods, client):
    driver = client.RuntimeConfig().linux.cgroup_driver
    wrong = PATH if driver == cri.SYSTEMD else SLICE
    with refused(StatusCode.INVALID_ARGUMENT, "cgroup_parent", wrong, "systemd", "cgroupfs"):
        pods.run(linux={"cgroup_parent": wrong})
    assert not client.ListPodSandbox().items


def test_so_is_one_that_leads_elsewhere(pods, client):
    with refused(StatusCode.INVALID_ARGUMENT, "cgroup_parent"):
        pods.run(linux={"cgroup_parent": "/kubepods/../../elsewhere"})
