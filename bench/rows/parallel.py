"""Pods up and down, eight at once: how many a second come to the first sixty and to two hundred."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from comparison.bare import DOWN, UP, Bare, sums
from comparison.row import Row
from comparison.scale import Scale
from comparison.stage import AT_ONCE, Stage

from .pods import write

T = TypeVar("T")
U = TypeVar("U")
GOAL = "≥ 0.8 of the floor's"


def targets(scale: Scale) -> list[int]:
    """The sizes that keep eight busy."""
    return [size for size in scale.sizes if size >= AT_ONCE] or [AT_ONCE]


def measure(stage: Stage) -> None:
    """To the largest size, and back to nothing."""
    stage.grow(1)
    count = targets(stage.scale)[-1]
    ups = at_once(stage, "up", GOAL, lambda _: stage.up(), range(count))
    write(stage, f"pod up, {AT_ONCE} at once", [up.steps for up in ups], count)
    downs = at_once(stage, "down", "", stage.down, ups)
    write(stage, f"pod down, {AT_ONCE} at once", downs, count)


def at_once(stage: Stage, way: str, goal: str, body: Callable[[U], T], over) -> list[T]:
    """What came of each; records how fast they came, and the CPU time of one."""
    ended: list[float] = []

    def one(item: U) -> T:
        result = body(item)
        ended.append(time.perf_counter())
        return result

    meter, begin = stage.meter(), time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = list(pool.map(one, over))
    ended.sort()
    for target in targets(stage.scale):
        rate = target / (ended[target - 1] - begin)
        stage.record(f"pods {way} a second", rate, "/s", at=target, better="higher", goal=goal)
    stage.record(f"pod {way}, {AT_ONCE} at once, CPU", meter.seconds / len(ended) * 1000, at=len(ended))
    return results


def floor(bare: Bare) -> None:
    """Eight processes, each with its part of the pods."""
    for target in targets(bare.scale):
        floors = [bare.floor(target // AT_ONCE) for _ in range(AT_ONCE)]
        count = target // AT_ONCE * AT_ONCE
        for way, names in (("up", UP), ("down", DOWN)):
            meter, begin = bare.meter(), time.perf_counter()
            for each in floors:
                each.order(way)
            times = [one for each in floors for one in sums(each.steps(), names)]
            rate = count / (time.perf_counter() - begin)
            bare.record(f"pods {way} a second", rate, "/s", at=target, better="higher")
            if target == targets(bare.scale)[-1]:
                bare.record(f"pod {way}, {AT_ONCE} at once", times, at=target)
                bare.record(f"pod {way}, {AT_ONCE} at once, CPU", meter.seconds / count * 1000, at=target)


ROW = Row("parallel", f"pods a second, {AT_ONCE} at once, and the latency of each", measure, floor)
