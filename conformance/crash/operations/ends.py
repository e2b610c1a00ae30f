"""StopContainer and RemoveContainer."""

from ..counts import expect
from .operation import EXITED, READY, RUNNING, Operation


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
        expect(1, 1)


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
        expect(1, 0, self.images)


class RemoveContainerLast(RemoveContainer):
    """The layers go with the container, since their image has gone before."""

    images = 0

    def prepare(self) -> None:
        super().prepare()
        self.client.RemoveImage(image={"image": self.world.image})
