"""How much is measured: the same in every cell of a run."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Scale:
    """How much each row does; every cell of a run has the same."""

    runtime: str = "crun"
    #: Numbers of pods at which a row is measured, so that its growth is seen.
    sizes: tuple[int, ...] = (1, 10, 60, 200)
    #: One number more for reads, which are what a full node asks for each second.
    many: int = 500
    #: Pods up and down one at a time, and execs, at each size.
    pods: int = 30
    #: Reads of a kind at each size: enough of them that a moment of something else does not count.
    calls: int = 2000
    #: Seconds in which nobody asks.
    idle: float = 60
    #: What a container logs or streams.
    mebibytes: int = 1024
    #: Files of the images that are pulled, as a part of the whole.
    images: float = 1
    #: Whether state is on a disk in every row, and not in pulls alone.
    disk: bool = False

    def text(self) -> str:
        """As a cell is told it."""
        return json.dumps(asdict(self))

    @staticmethod
    def read(text: str) -> "Scale":
        """What `text` wrote."""
        fields = json.loads(text)
        return Scale(**{**fields, "sizes": tuple(fields["sizes"])})


QUICK = Scale(sizes=(1, 10), many=60, pods=10, calls=50, idle=10, mebibytes=128, images=0.1)
