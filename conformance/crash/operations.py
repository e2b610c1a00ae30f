"""The operations: what each needs, its request, and what must hold when it was cut short."""

import json
from pathlib import Path

from grpc import RpcError, StatusCode

from harness import cri, crilog
from harness.cgroups import Cgroup
from harness.wait import wait_until

from .world import World, refused

READY, NOTREADY = cri.SANDBOX_READY, cri.SANDBOX_NOTREADY
CREATED, RUNNING, EXITED = cri.CONTAINER_CREATED, cri.CONTAINER_RUNNING, cri.CONTAINER_EXITED


class Operation:
    """One RPC. `call` and `retry` send the same request."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.client = world.client

    def prepare(self) -> None:
        """Does what the operation needs."""

    def call(self, deadline: float = 30) -> None:
        """Sends the request."""
        raise NotImplementedError

    def survived(self) -> None:
        """After the crash, before the retry: what was answered still holds."""

    def retry(self) -> None:
        """Sends the same request again: it gets its result."""
        self.call()

    def done(self) -> None:
        """After the retry: the state is what was answered, and there is one of each thing."""
        raise NotImplementedError


class RunPodSandbox(Operation):
    """Both are legal after a crash: no pod, or the pod that the retry then gets."""

    def prepare(self) -> None:
        self.world.pull()

    def call(self, deadline: float = 30) -> None:
        self.world.run_pod(deadline)

    def survived(self) -> None:
        self.listed = self.world.pods()
        assert list(self.listed.values()) in ([], [READY]), self.listed

    def retry(self) -> None:
        id = self.world.run_pod()
        assert not self.listed or list(self.listed) == [id], "a second pod was made"

    def done(self) -> None:
        assert self.world.pods() == {self.world.pod.id: READY}
        self.world.expect(1, 0)
        self.world.create()
        self.world.container.start()
        assert self.world.container.output("echo", "hello") == "hello\n"


class RunPodSandboxWithInfra(RunPodSandbox):
    """The pod shares a PID namespace, which an infra container holds."""

    def prepare(self) -> None:
        super().prepare()
        options = self.world.pod_config.linux.security_context.namespace_options
        options.pid = cri.POD


class RunPodSandboxLeft(RunPodSandbox):
    """What could not be unmade is listed as not ready, and makes room for the retry's pod."""

    def survived(self) -> None:
        self.listed = {}
        states = list(self.world.pods().values())
        assert states in ([], [NOTREADY], [READY]), states


class RunPodSandboxWithInfraLeft(RunPodSandboxLeft, RunPodSandboxWithInfra):
    """The same with an infra container."""


class StopPodSandbox(Operation):
    """Ready or not ready, with a container that runs or has exited, until the retry."""

    def prepare(self) -> None:
        self.world.running()

    def call(self, deadline: float = 30) -> None:
        self.client.StopPodSandbox(pod_sandbox_id=self.world.pod.id, deadline=deadline)

    def survived(self) -> None:
        assert list(self.world.pods()) == [self.world.pod.id]
        assert self.world.containers()[self.world.container.id] in (RUNNING, EXITED)

    def done(self) -> None:
        assert self.world.pods() == {self.world.pod.id: NOTREADY}
        status = self.world.container.status
        assert (status.state, status.exit_code) == (EXITED, 137), status
        counts = self.world.counts()
        held = ("monitors", "network namespaces", "addresses", "network records")
        assert not any(counts[key] for key in held), counts


class StopPodSandboxWithInfra(StopPodSandbox):
    """The pod shares a PID namespace, which an infra container holds."""

    def prepare(self) -> None:
        options = self.world.pod_config.linux.security_context.namespace_options
        options.pid = cri.POD
        super().prepare()


class RemovePodSandbox(Operation):
    """Of a pod that runs. It is listed or not until the retry."""

    def prepare(self) -> None:
        self.world.running()

    def call(self, deadline: float = 30) -> None:
        self.client.RemovePodSandbox(pod_sandbox_id=self.world.pod.id, deadline=deadline)

    def survived(self) -> None:
        assert list(self.world.pods()) in ([], [self.world.pod.id])

    def done(self) -> None:
        assert (self.world.pods(), self.world.containers()) == ({}, {})
        self.world.expect(0, 0)


class CreateContainer(Operation):
    """No container, or the one that the retry then gets."""

    def prepare(self) -> None:
        self.world.pull()
        self.world.run_pod()

    def call(self, deadline: float = 30) -> None:
        self.world.create(deadline)

    def survived(self) -> None:
        assert self.world.pods() == {self.world.pod.id: READY}
        self.listed = self.world.containers()
        assert list(self.listed.values()) in ([], [CREATED]), self.listed

    def retry(self) -> None:
        id = self.world.create()
        assert not self.listed or list(self.listed) == [id], "a second container was made"

    def done(self) -> None:
        assert self.world.containers() == {self.world.container.id: CREATED}
        self.world.expect(1, 1)
        self.world.container.start()
        assert self.world.container.output("cat", "/volume/second") == "layer"


class CreateContainerMapped(CreateContainer):
    """The pod has a user namespace, whose root owns the files that the container sees."""

    def prepare(self) -> None:
        mapping = {"host_id": 1 << 20, "container_id": 0, "length": 65536}
        options = self.world.pod_config.linux.security_context.namespace_options
        options.userns_options.CopyFrom(
            cri.UserNamespace(mode=cri.POD, uids=[mapping], gids=[mapping]))
        super().prepare()


class CreateContainerWithMappedVolume(CreateContainer):
    """A volume's files get other IDs, which Gantry sees to where the runtime cannot (runc 1.1)."""

    def prepare(self) -> None:
        mapping = [{"host_id": 1 << 20, "container_id": 0, "length": 65536}]
        self.world.more_mounts = [{"container_path": "/mapped", "host_path": "/var/tmp",
                                   "uidMappings": mapping, "gidMappings": mapping}]
        super().prepare()


class CreateContainerLeft(CreateContainer):
    """What could not be unmade is listed as exited, and makes room for the retry's container."""

    def survived(self) -> None:
        self.listed = {}
        states = list(self.world.containers().values())
        assert states in ([], [EXITED]), states


class StartContainer(Operation):
    """Created, and the retry starts it; or running, and the retry is told so."""

    def prepare(self) -> None:
        self.world.pull()
        self.world.run_pod()
        self.world.create()

    def call(self, deadline: float = 30) -> None:
        self.client.StartContainer(container_id=self.world.container.id, deadline=deadline)

    def survived(self) -> None:
        self.state = self.world.containers()[self.world.container.id]
        assert self.state in (CREATED, RUNNING), self.state

    def retry(self) -> None:
        try:
            super().retry()
        except RpcError as error:
            assert self.state == RUNNING and error.code() == StatusCode.FAILED_PRECONDITION, error

    def done(self) -> None:
        assert self.world.containers() == {self.world.container.id: RUNNING}
        self.world.container.logged("up")
        self.world.expect(1, 1)


class StartContainerInVain(StartContainer):
    """The runtime could not: the container has exited and says so, and another takes its place."""

    def survived(self) -> None:
        status = self.world.container.status
        assert (status.state, status.exit_code, status.reason) == (EXITED, 128, "StartError"), status

    def retry(self) -> None:
        self.world.container.remove()
        self.world.create()
        self.world.container.start()


class StartContainerUnknown(StartContainerInVain):
    """Nobody could say whether it was started, so it counts as created: the next start fails, and
    another container takes its place."""

    def survived(self) -> None:
        assert self.world.containers()[self.world.container.id] == CREATED

    def retry(self) -> None:
        refused(self.call)
        super().retry()


class StopContainer(Operation):
    """Running or exited until the retry."""

    def prepare(self) -> None:
        self.world.running()
        self.world.container.logged("up")

    def call(self, deadline: float = 30) -> None:
        self.client.StopContainer(
            container_id=self.world.container.id, timeout=20, deadline=deadline)

    def survived(self) -> None:
        assert self.world.containers()[self.world.container.id] in (RUNNING, EXITED)

    def done(self) -> None:
        status = self.world.container.status
        assert (status.state, status.exit_code) == (EXITED, 3), status
        assert 0 < status.started_at <= status.finished_at, status
        self.world.expect(1, 1)


class RemoveContainer(Operation):
    """Of one that runs. It is listed or not until the retry."""

    images = 1

    def prepare(self) -> None:
        self.world.running()

    def call(self, deadline: float = 30) -> None:
        self.client.RemoveContainer(container_id=self.world.container.id, deadline=deadline)

    def survived(self) -> None:
        assert self.world.pods() == {self.world.pod.id: READY}
        assert list(self.world.containers()) in ([], [self.world.container.id])

    def done(self) -> None:
        assert self.world.containers() == {}
        self.world.expect(1, 0, self.images)


class RemoveContainerLast(RemoveContainer):
    """The layers go with the container, since their image has gone before."""

    images = 0

    def prepare(self) -> None:
        super().prepare()
        self.client.RemoveImage(image={"image": self.world.image})


class PullImage(Operation):
    """No image, or the image."""

    def call(self, deadline: float = 30) -> None:
        self.client.PullImage(image={"image": self.world.image}, deadline=deadline)

    def survived(self) -> None:
        assert self.world.images() in ([], [self.world.picture.id])

    def retry(self) -> None:
        assert self.world.pull() == self.world.picture.id

    def done(self) -> None:
        assert self.world.images() == [self.world.picture.id]
        self.world.expect(0, 0)


class RemoveImage(Operation):
    """The image or none until the retry."""

    def prepare(self) -> None:
        self.world.pull()

    def call(self, deadline: float = 30) -> None:
        self.client.RemoveImage(image={"image": self.world.image}, deadline=deadline)

    def survived(self) -> None:
        assert self.world.images() in ([], [self.world.picture.id])

    def done(self) -> None:
        assert self.world.images() == []
        self.world.expect(0, 0, images=0)


class ExecSync(Operation):
    """The container runs on, and a retry runs the program once more."""

    def prepare(self) -> None:
        self.world.running()

    def call(self, deadline: float = 30) -> None:
        response = self.client.ExecSync(
            container_id=self.world.container.id, cmd=["sh", "-c", "echo hello; exit 4"],
            timeout=5, deadline=deadline)
        assert (response.stdout, response.exit_code) == (b"hello\n", 4), response

    def survived(self) -> None:
        assert self.world.containers() == {self.world.container.id: RUNNING}

    def done(self) -> None:
        self.survived()
        left = [*Path("/run/gantry/scratch").iterdir()]
        assert not left, f"left of an exec: {left}"


class ReopenContainerLog(Operation):
    """The log goes on in the old file or in a new one, and after the retry in a new one."""

    def prepare(self) -> None:
        self.world.running()
        self.world.container.logged("up")
        self.world.container.log.rename(f"{self.world.container.log}.1")

    def call(self, deadline: float = 30) -> None:
        self.client.ReopenContainerLog(
            container_id=self.world.container.id, deadline=deadline)

    def survived(self) -> None:
        assert self.world.containers() == {self.world.container.id: RUNNING}

    def done(self) -> None:
        log = self.world.container.log
        size = log.stat().st_size
        wait_until(lambda: log.stat().st_size > size and "up" in crilog.text(log, "stdout"),
                   "the log goes on")


class UpdateContainerResources(Operation):
    """Cgroup, spec and record have the old limits or the new ones, all three the same."""

    OLD, NEW = (512, 64 << 20), (300, 80 << 20)

    def prepare(self) -> None:
        self.world.running()

    def call(self, deadline: float = 30) -> None:
        shares, memory = self.NEW
        self.client.UpdateContainerResources(
            container_id=self.world.container.id, deadline=deadline,
            linux={"cpu_shares": shares, "memory_limit_in_bytes": memory})

    def survived(self) -> None:
        assert self._record() in (self.OLD, self.NEW), self._record()
        assert self._record()[1] == self._cgroup(), (self._record(), self._cgroup())

    def done(self) -> None:
        assert self._record() == self.NEW and self._cgroup() == self.NEW[1]
        self.world.expect(1, 1)

    def _record(self) -> tuple[int, int]:
        linux = self.world.container.status.resources.linux
        return linux.cpu_shares, linux.memory_limit_in_bytes

    def _cgroup(self) -> int:
        """The memory limit as the container sees it; and the spec's must be the same."""
        info = json.loads(self.client.ContainerStatus(
            container_id=self.world.container.id, verbose=True).info["info"])
        cgroup = Cgroup(info["pid"])
        name = "memory.limit_in_bytes" if cgroup.first_version else "memory.max"
        limit = int(cgroup.read("memory", name))
        assert info["runtimeSpec"]["linux"]["resources"]["memory"]["limit"] == limit
        return limit
