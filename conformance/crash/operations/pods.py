"""RunPodSandbox, StopPodSandbox, RemovePodSandbox."""

from harness import cri

from ..counts import counts, expect
from .operation import EXITED, NOTREADY, READY, RUNNING, Operation


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
        expect(1, 0)
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
        there = counts()
        held = ("monitors", "network namespaces", "addresses", "network records")
        assert not any(there[key] for key in held), there


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
        expect(0, 0)
