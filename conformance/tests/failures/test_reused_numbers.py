"""Process IDs that come to mean another process while a container is being created."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from grpc import StatusCode

from harness import cri, nri
from harness.client import refused
from harness.wait import wait_until

pytestmark = pytest.mark.gantry
LAST = Path("/proc/sys/kernel/ns_last_pid")


def another(pid):
    """A process of the node with this ID, which must be free."""
    LAST.write_text(str(pid - 1))
    process = subprocess.Popen(["sleep", "1000"])
    if process.pid != pid:
        process.kill()
        process.wait()
    return process


@pytest.mark.parametrize("mode", ["target", "pod"])
def test_a_pid_namespace_is_never_that_of_another_process(pods, client, busybox, mode):
    """The init dies after it was looked at, and its ID is taken by a process of the node, whose namespace the
    container would join: `ps` in it would show, and `kill` reach, all that runs here."""
    shared = {"security_context": {"namespace_options": {"pid": cri.POD}}} if mode == "pod" else None
    pod = pods.run(linux=shared) if shared else pods.run()
    if mode == "pod":
        options = {"pid": cri.POD}
        info = json.loads(client.PodSandboxStatus(pod_sandbox_id=pod.id, verbose=True).info["info"])
    else:
        target = pod.run("sleep 1000", image=busybox)
        options = {"pid": cri.TARGET, "target_id": target.id}
        info = json.loads(client.ContainerStatus(container_id=target.id, verbose=True).info["info"])
    pid, others = info["pid"], []

    def replace(_):
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not Path(f"/proc/{pid}").exists(), "the end of the init")
        wait_until(lambda: others.append(another(pid)) or others[-1].pid == pid, "its ID again")
        return nri.CreateContainerResponse()

    try:
        with nri.Plugin(CreateContainer=replace):
            with refused(StatusCode.FAILED_PRECONDITION, "PID namespace", "has ended"):
                pod.create("sleep 1000", image=busybox,
                           linux={"security_context": {"namespace_options": options}})
    finally:
        for process in others:
            process.kill()
            process.wait()
