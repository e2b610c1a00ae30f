"""ExecSync of a program that does nothing: how long one takes, and how many a second go."""

import time
from concurrent.futures import ThreadPoolExecutor

from comparison.bare import Bare
from comparison.recorder import repeated
from comparison.row import Row
from comparison.stage import AT_ONCE, Stage
from harness.pods import Container

WARMUP = 3
LATENCY, RATE = "ExecSync true", f"ExecSync true, {AT_ONCE} at once"


def measure(stage: Stage) -> None:
    """Beside as many pods as there are sizes, in the same containers, as the floor has it: the first
    program in a container takes longer, and 200 pods would have only such."""
    for size in stage.scale.sizes:
        stage.grow(size)
        containers = [up.container for up in stage.ups[:AT_ONCE]]
        repeated(lambda: execute(containers[0]), WARMUP)
        meter = stage.meter()
        times = [execute(containers[0]) for _ in range(stage.scale.pods)]
        stage.record(LATENCY, times, at=size, goal="≤ 1.1 × floor")
        stage.record("ExecSync true, CPU", meter.seconds / len(times) * 1000, at=size)
        begin, count = time.perf_counter(), AT_ONCE * stage.scale.pods
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(execute, (containers[number % len(containers)] for number in range(count))))
        stage.record(RATE, count / (time.perf_counter() - begin), "/s", at=size, better="higher")


def execute(container: Container) -> float:
    """Milliseconds of one that goes well."""
    begin = time.perf_counter()
    response = container.exec("true")
    took = (time.perf_counter() - begin) * 1000
    assert response.exit_code == 0, response
    return took


def floor(bare: Bare) -> None:
    """The OCI runtime's own exec."""
    alone, *others = pods = [bare.floor(1) for _ in range(AT_ONCE)]
    for pod in pods:
        pod.order("up")
        pod.steps()
    for size in bare.scale.sizes:
        bare.grow(size)
        alone.order(f"exec {bare.scale.pods}")
        bare.record(LATENCY, alone.steps()["exec"], at=size)
        begin, count = time.perf_counter(), bare.scale.pods
        for pod in (alone, *others):
            pod.order(f"exec {count}")
        for pod in (alone, *others):
            pod.steps()
        rate = AT_ONCE * count / (time.perf_counter() - begin)
        bare.record(RATE, rate, "/s", at=size, better="higher")


ROW = Row("exec", "ExecSync: latency, CPU time and rate", measure, floor)
