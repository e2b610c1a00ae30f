"""PullImage and RemoveImage."""

from ..counts import expect
from .operation import Operation


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
        expect(0, 0)


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
        expect(0, 0, images=0)
