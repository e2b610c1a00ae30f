"""What all operations have in common."""

from harness import cri

from ..world import World

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
