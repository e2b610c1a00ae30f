"""CPU time while nobody asks for anything."""

import time

from comparison.row import Row
from comparison.stage import Stage
from comparison.usage import processor

#: What was made just before may have work left behind that is not idleness.
SETTLED = 5


def measure(stage: Stage) -> None:
    """Beside many pods, since beside one there is nothing to see."""
    sizes = [size for size in stage.scale.sizes if size >= 60] or stage.scale.sizes[-1:]
    for size in sizes:
        stage.grow(size)
        time.sleep(SETTLED)
        meter, before = stage.meter(), processor([stage.daemon])
        time.sleep(stage.scale.idle)
        daemon = (processor([stage.daemon]) - before) / stage.scale.idle * 100
        everybody = meter.seconds / stage.scale.idle * 100
        stage.record("idle: daemon", daemon, "% CPU", at=size, goal="≤ 0.1 %")
        stage.record("idle: daemon and all else", everybody, "% CPU", at=size)


ROW = Row("idle", "CPU time while nobody asks", measure)
