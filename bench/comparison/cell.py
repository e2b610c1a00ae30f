"""One cell: `cell ROW CONTESTANT SCALE DISK IMAGES`, run on the node. Samples go to stdout.

Whatever fails, ends it with a traceback and the daemon's last words, and none of its samples counts.
"""

import sys
import tempfile
from pathlib import Path

from rows import named

from .bare import Bare
from .contestants import Contestant
from .row import Row
from .scale import Scale
from .stage import Stage


def main(name: str, text: str, scale: str, disk: str, images: str) -> None:
    """Makes the stage, measures, and leaves the rest to the node's end."""
    row, contestant, options = named(name), Contestant(text), Scale.read(scale)
    with tempfile.TemporaryDirectory() as directory:
        if contestant.is_floor:
            floor(row, Bare(options, Path(directory)))
            return
        stage = Stage(contestant, options, Path(directory), Path(disk), images)
        try:
            row.measure(stage)
        except BaseException:
            print(stage.last_words(), file=sys.stderr)
            raise
        finally:
            stage.stop()


def floor(row: Row, bare: Bare) -> None:
    """The same work without a CRI runtime."""
    assert row.floor, row.name
    try:
        row.floor(bare)
    finally:
        bare.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
