"""Pods up and down, one at a time, beside as many as there are sizes."""

from comparison.bare import DOWN, UP, Bare, sums
from comparison.row import Row
from comparison.stage import Stage

#: What the floor's steps run.
COMMANDS = {"namespace": "namespace", "add": "CNI ADD", "create": "create", "start": "start",
            "kill": "kill and exit", "delete": "delete", "del": "CNI DEL", "remove": "namespace gone"}


def measure(stage: Stage) -> None:
    """Each step apart and together, and the CPU time of it all."""
    for size in stage.scale.sizes:
        stage.grow(size)
        count = stage.scale.pods
        meter = stage.meter()
        ups = [stage.up() for _ in range(count)]
        used = meter.seconds
        meter = stage.meter()
        downs = [stage.down(up) for up in ups]
        write(stage, "pod up", [up.steps for up in ups], size, "≤ 1.2 × floor")
        write(stage, "pod down", downs, size, "≤ 1.1 × floor")
        stage.record("pod up, CPU", used / count * 1000, at=size)
        stage.record("pod down, CPU", meter.seconds / count * 1000, at=size)


def write(stage: Stage, what: str, steps: list[dict[str, float]], size: int, goal: str = "") -> None:
    """The whole, and its steps."""
    stage.record(what, [sum(step.values()) for step in steps], at=size, goal=goal)
    for name in steps[0]:
        stage.record(f"{what}: {name}", [step[name] for step in steps], at=size)


def floor(bare: Bare) -> None:
    """Network namespace, CNI ADD, create, start; and back."""
    for size in bare.scale.sizes:
        bare.grow(size)
        count = bare.scale.pods
        pods = bare.floor(count)
        for what, order, names in (("pod up", "up", UP), ("pod down", "down", DOWN)):
            meter = bare.meter()
            pods.order(order)
            steps = pods.steps()
            bare.record(what, sums(steps, names), at=size)
            bare.record(f"{what}, CPU", meter.seconds / count * 1000, at=size)
            for name in names:
                bare.record(f"{what}: {COMMANDS[name]}", steps[name], at=size)


ROW = Row("pods", "pods up and down, one at a time, and their CPU time", measure, floor)
