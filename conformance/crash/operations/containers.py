"""CreateContainer and StartContainer."""

from grpc import RpcError, StatusCode

from harness import cri

from ..counts import expect
from ..world import refused
from .operation import CREATED, EXITED, READY, RUNNING, Operation


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
        expect(1, 1)
        self.world.container.start()
        assert self.world.container.output("cat", "/volume/second") == "layer"
        assert self.world.container.output("cat", "/declared/file") == "volume"


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
        expect(1, 1)


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
