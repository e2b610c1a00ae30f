"""How a row says what it has measured: JSON lines on the cell's stdout."""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from .scale import Scale


class Recorder:
    """What a row is given, whatever it measures."""

    def __init__(self, scale: Scale) -> None:
        self.scale = scale

    def record(self, name: str, values: list[float] | float, unit: str = "ms", *,
               at: int | None = None, better: str = "lower", goal: str = "") -> None:
        """Samples of a measure, of which `at` is the number of pods beside which they were taken."""
        samples = values if isinstance(values, list) else [values]
        if not samples:
            raise ValueError(f"no samples of {name}")
        emit(kind="sample", name=name, at=at, unit=unit, better=better, goal=goal, values=samples)


def emit(**record: Any) -> None:
    """A record for the notebook."""
    json.dump(record, sys.stdout)
    sys.stdout.write("\n")
    sys.stdout.flush()


def timed(body: Callable[[], object]) -> tuple[float, Any]:
    """Milliseconds, and what came of it."""
    begin = time.perf_counter()
    result = body()
    return (time.perf_counter() - begin) * 1000, result


def repeated(body: Callable[[], object], count: int, seconds: float = 10) -> list[float]:
    """Milliseconds of each of `count` calls; of fewer, but five, when they take more than `seconds`."""
    begin, times = time.perf_counter(), []
    while len(times) < count and (len(times) < 5 or time.perf_counter() - begin < seconds):
        times.append(timed(body)[0])
    return times
