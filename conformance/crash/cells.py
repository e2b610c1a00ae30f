"""The cells of the matrix. Those that kill come from the daemon's own list of failpoints."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

from harness.nodes.small import ON_DISK

from . import faults, operations, plugins
from .counts import LOGS, ROOT, RUN
from .faults import Fault
from .operations import Operation

#: In the order of the table. Operations are named after their RPC, and after what is special with them.
RPCS = ["RunPodSandbox", "StopPodSandbox", "RemovePodSandbox", "CreateContainer", "StartContainer",
        "StopContainer", "RemoveContainer", "PullImage", "RemoveImage", "ExecSync",
        "ReopenContainerLog", "UpdateContainerResources", "CheckpointContainer"]
#: Which passes of a failpoint are an operation's, where it is more than one: two plugins, two layers, a
#: root and a volume. Each daemon maps layers once at its start, to see whether it can.
PASSES = {
    "RunPodSandbox/plugin added": (1, 2), "StopPodSandbox/plugin deleted": (1, 2),
    "CreateContainer/layers mapped": (2, 3), "PullImage/layer unpacked": (1, 2),
    "PullImage/layer committed": (1, 2), "RemoveImage/layer set aside": (1, 2),
}
#: Steps that Gantry takes for runc, and crun by itself.
RUNC_ALONE = {"CreateContainer/volume mapped"}
#: Steps with a shim alone, and those that it has no need of: Gantry maps nothing there, runs no commands of a
#: runtime's, and its infra container comes with every pod.
SHIM_ALONE = {"RunPodSandbox/shim recorded", "RunPodSandbox/shim started", "CreateContainer/shim recorded",
              "CreateContainer/shim started"}
WITHOUT_SHIM = {"CreateContainer/layers mapped", "CreateContainer/volume mapped",
                "RemoveContainer/layers removed", "ExecSync/files written", "ExecSync/program ended"}
#: Operations that a shim has a part in.
OF_SHIMS = ["RunPodSandbox", "StopPodSandbox", "RemovePodSandbox", "CreateContainer", "StartContainer",
            "StopContainer", "RemoveContainer", "UpdateContainerResources"]
#: Those that are not the same where a container has a shim of its own.
OF_LONE_SHIMS = ["CreateContainer", "RemoveContainer", "RemovePodSandbox"]
#: Those that are not the same where the shim makes the sandbox, and what it is asked for in them.
OF_SANDBOXERS = {"RunPodSandbox": ["CreateSandbox", "StartSandbox"], "StopPodSandbox": ["StopSandbox"],
                 "RemovePodSandbox": ["StopSandbox", "ShutdownSandbox"]}
SANDBOXER_ALONE = {"StopPodSandbox/sandbox stopped", "RemovePodSandbox/shim ended"}
#: Steps with unpacked layers alone: an index is mounted with other IDs, and none of its layers by itself.
TREES_ALONE = {"CreateContainer/layers mapped"}
#: What an operation must be like to pass a step.
VARIANTS = {
    ("CreateContainer", "CreateContainer/layers mapped"): "CreateContainerMapped",
    ("CreateContainer", "CreateContainer/volume mapped"): "CreateContainerWithMappedVolume",
    ("RemoveContainer", "RemoveContainer/layers removed"): "RemoveContainerLast",
}
#: Operations that pass through others' steps.
PASSES_THROUGH = {
    "StopContainer": ["StopPodSandbox", "RemovePodSandbox", "RemoveContainer"],
    "StopPodSandbox": ["RemovePodSandbox"], "RemoveContainer": ["RemovePodSandbox"],
}
#: Steps of a client's own call, which others do not take.
OWN = {"StopContainer/signalled", "StopContainer/stopped", "RemoveContainer/killed"}
#: Which request to the pod's monitor the operation makes, counted from the daemon's start.
ASKED = {"RunPodSandbox": 1, "RunPodSandboxWithInfra": 2, "CreateContainer": 2,
         "StopPodSandbox": 3, "RemoveContainer": 3, "ReopenContainerLog": 3}
#: A helper whose failure has so many steps taken back.
UNDONE = [("RunPodSandbox", "network", "ADD", 4), ("RunPodSandboxWithInfra", "runtime", "create", 4),
          ("RunPodSandboxWithInfra", "runtime", "start", 4),
          ("CreateContainer", "runtime", "create", 2)]
#: Where the daemon died before the one that dies while it recovers.
BEFORE_RECOVERY = {
    "recovery/sandbox read": ("RunPodSandbox", "RunPodSandbox/network attached"),
    "recovery/container recovered": ("CreateContainer", "CreateContainer/created"),
    "recovery/sandbox recovered": ("RunPodSandbox", "RunPodSandbox/network attached"),
    "recovery/network swept": ("RunPodSandbox", "RunPodSandbox/plugin added"),
    "recovery/orphans removed": ("CreateContainer", "CreateContainer/volume mounted"),
    "CreateContainer/layers mapped": ("CreateContainer", "CreateContainer/volume mounted"),
}
#: What each operation has others do.
HELPERS = [
    ("RunPodSandbox", "network", "ADD"), ("StopPodSandbox", "network", "DEL"),
    ("RemovePodSandbox", "network", "DEL"),
    ("RunPodSandboxWithInfra", "runtime", "create"),
    ("RunPodSandboxWithInfra", "runtime", "start"),
    ("StopPodSandboxWithInfra", "runtime", "state"),
    ("StopPodSandboxWithInfra", "runtime", "delete"),
    ("StopPodSandbox", "runtime", "kill"), ("StopPodSandbox", "runtime", "delete"),
    ("RemovePodSandbox", "runtime", "kill"), ("RemovePodSandbox", "runtime", "delete"),
    ("CreateContainer", "runtime", "create"), ("StartContainer", "runtime", "start"),
    ("StopContainer", "runtime", "kill"), ("RemoveContainer", "runtime", "kill"),
    ("RemoveContainer", "runtime", "delete"), ("ExecSync", "runtime", "exec"),
    ("UpdateContainerResources", "runtime", "update"),
]
#: What the daemon does by itself where its helper cannot: containers are killed by their cgroup.
BY_ITSELF = [("StopPodSandbox", "kill"), ("RemovePodSandbox", "kill"), ("RemoveContainer", "kill")]
#: Helpers that fail or hang at everything, so that nothing can be taken back either.
BROKEN = [
    ("RunPodSandboxLeft", "network"), ("RunPodSandboxWithInfraLeft", "runtime"),
    ("CreateContainerLeft", "runtime"), ("StartContainerInVain", "runtime"),
    ("StopContainer", "runtime"), ("RemoveContainer", "runtime"), ("StopPodSandbox", "runtime"),
    ("StopPodSandboxWithInfra", "runtime"), ("RemovePodSandbox", "runtime"),
]
#: Helpers that fail or hang while the daemon recovers from a death at a failpoint.
IN_RECOVERY = [
    ("RunPodSandboxLeft", "RunPodSandbox/plugin added", "network", "DEL"),
    ("RunPodSandboxLeft", "RunPodSandbox/ready stored", "network", "CHECK"),
    ("RunPodSandboxWithInfraLeft", "RunPodSandbox/infra container started", "runtime", "state"),
    ("RunPodSandboxWithInfraLeft", "RunPodSandbox/infra container created", "runtime", "delete"),
    ("CreateContainerLeft", "CreateContainer/created", "runtime", "state"),
    ("CreateContainerLeft", "CreateContainer/created", "runtime", "kill"),
    ("CreateContainerLeft", "CreateContainer/created", "runtime", "delete"),
    ("StartContainerUnknown", "StartContainer/started", "runtime", "state"),
    ("UpdateContainerResources", "UpdateContainerResources/stored", "runtime", "update"),
]
#: What plugins of the Node Resource Interface are asked on each operation's way.
PLUGINS = [
    ("RunPodSandbox", "RunPodSandbox"), ("StopPodSandbox", "StopContainer"),
    ("StopPodSandbox", "StopPodSandbox"), ("RemovePodSandbox", "RemoveContainer"),
    ("RemovePodSandbox", "RemovePodSandbox"), ("CreateContainer", "CreateContainer"),
    ("CreateContainer", "ValidateContainerAdjustment"), ("CreateContainer", "PostCreateContainer"),
    ("StartContainer", "StartContainer"), ("StartContainer", "PostStartContainer"),
    ("StopContainer", "StopContainer"), ("RemoveContainer", "RemoveContainer"),
    ("UpdateContainerResources", "UpdateContainer"),
    ("UpdateContainerResources", "PostUpdateContainer"),
]
#: What a plugin may do, and in which column that stands.
TROUBLES = [
    ("refuses", "fail", plugins.refusing), ("dies in", "fail", plugins.dying),
    ("sends garbage in", "fail", plugins.babbling), ("answers nonsense to", "fail", plugins.nonsense),
    ("floods in", "fail", plugins.flooding), ("is slow in", "slow", plugins.outlived),
    ("hangs in", "hang", plugins.hanging), ("is late in", "hang", plugins.late),
    ("hangs in", "hang+kill", plugins.killed_while_hanging),
]
#: Where the daemon is killed before a plugin hangs over what the next one tells it.
BEFORE_SYNCHRONIZE = [("RunPodSandbox", "RunPodSandbox/plugins told"),
                      ("CreateContainer", "CreateContainer/plugins asked"),
                      ("StartContainer", "StartContainer/started")]
GIVE_ROOM_BACK = ["StopContainer", "RemoveContainer", "StopPodSandbox", "RemovePodSandbox",
                  "RemoveImage"]
#: Full file systems: what is full, and whether the request must then fail.
FULL = [
    ("PullImage", ROOT, True), ("RunPodSandbox", ROOT, None), ("RunPodSandbox", RUN, True),
    ("CreateContainer", ROOT, None), ("CreateContainer", RUN, True), ("CreateContainer", LOGS, False),
    ("StartContainer", ROOT, None), ("StartContainer", RUN, None), ("StartContainer", LOGS, False),
    ("UpdateContainerResources", ROOT, None), ("UpdateContainerResources", RUN, None),
    ("ExecSync", ROOT, False), ("ExecSync", RUN, None), ("ReopenContainerLog", LOGS, None),
    # What gives room back must work without any.
    *((name, directory, False) for directory in (ROOT, RUN) for name in GIVE_ROOM_BACK),
]


@dataclass(frozen=True)
class Cell:
    """One cell: an operation, the step at which it is cut short, how, and with which runtime."""

    operation: type[Operation]
    step: str
    column: str
    fault: Fault
    handler: str = "crun"

    @property
    def row(self) -> str:
        """The operation and the step, as the table names them."""
        suffix = "" if self.handler == "crun" else f" ({self.handler})"
        return f"{self.operation.__name__}: {self.step}{suffix}"

    @property
    def name(self) -> str:
        """What identifies the cell."""
        return f"{self.row} [{self.column}]"


def matrix(gantry: str) -> list[Cell]:
    """All cells, in the order of the table."""
    names = subprocess.run([gantry, "failpoints"], check=True, capture_output=True,
                           text=True).stdout.splitlines()
    names = [name for name in names if not (ON_DISK and name in TREES_ALONE)]
    cells = [*_killed([name for name in names if name not in SHIM_ALONE | SANDBOXER_ALONE]), *_shims(names),
             *_sandboxers(names), *_helpers(), *_broken(), *_in_recovery(), *_full(), *_registry(), *_plugins()]
    return sorted(cells, key=lambda cell: [cell.operation.__name__.startswith(rpc) for rpc in RPCS],
                  reverse=True)


def _killed(names: list[str]) -> Iterator[Cell]:
    for name in names:
        operation, step = name.split("/")
        if operation == "monitor":
            yield from (_kill(one, "monitor asked", f"{name}:{count}")
                        for one, count in ASKED.items())
        elif operation == "undo":
            yield from _undone()
        elif operation == "CheckpointContainer":
            yield _kill(operation, step, f"{name}:1", "odd")
        elif operation != "recovery":
            yield from _places(operation, step, name)
        if name in BEFORE_RECOVERY:
            one, first = BEFORE_RECOVERY[name]
            yield Cell(getattr(operations, one), f"recovery: {step}", "kill",
                       faults.killed_again(first, name))


def _shims(names: list[str]) -> Iterator[Cell]:
    for name in names:
        operation, step = name.split("/")
        if name in WITHOUT_SHIM | SANDBOXER_ALONE:
            continue
        if operation in OF_SHIMS:
            yield _kill(operation, step, f"{name}:1", "shim")
        if operation in OF_LONE_SHIMS:
            yield _kill(operation, step, f"{name}:1", "alone")
    yield from _shim_dead("shim")


def _sandboxers(names: list[str]) -> Iterator[Cell]:
    for name in names:
        operation, step = name.split("/")
        if operation in OF_SANDBOXERS and name not in WITHOUT_SHIM:
            yield _kill(operation, step, f"{name}:1", "sandboxer")
    for operation, methods in OF_SANDBOXERS.items():
        for method in methods:
            yield Cell(getattr(operations, operation), f"shim {method}", "hang+kill",
                       faults.killed_while_shim_hangs(method), "sandboxer")
    yield from _shim_dead("sandboxer")


def _shim_dead(handler: str) -> Iterator[Cell]:
    for operation in ("StopPodSandbox", "RemovePodSandbox"):
        for column, daemon_too in (("shim", False), ("shim+kill", True)):
            yield Cell(getattr(operations, operation), "shim dead", column,
                       faults.shim_killed(daemon_too), handler)


def _places(operation: str, step: str, name: str) -> Iterator[Cell]:
    passing = [] if name in OWN else PASSES_THROUGH.get(operation, [])
    for one in [operation, *passing]:
        chosen = _variant(one, name)
        for count in PASSES.get(name, (1,)):
            shown = step if one == operation else name
            shown += f" {count}" if name in PASSES else ""
            if name not in RUNC_ALONE:
                yield _kill(chosen, shown, f"{name}:{count}")
            if one == operation in ("CreateContainer", "StartContainer", "RemoveContainer"):
                yield _kill(chosen, shown, f"{name}:{count}", "runc")


def _variant(operation: str, name: str) -> str:
    """The operation as it passes that step."""
    if "infra" in name and operation != "RemovePodSandbox":
        return f"{operation}WithInfra"
    return VARIANTS.get((operation, name), operation)


def _kill(operation: str, step: str, place: str, handler: str = "crun") -> Cell:
    return Cell(getattr(operations, operation), step, "kill", faults.killed_at(place), handler)


def _undone() -> Iterator[Cell]:
    for operation, helper, command, steps in UNDONE:
        for step in range(1, steps + 1):
            yield Cell(getattr(operations, operation), f"{command} fails, {step} taken back", "kill",
                       faults.killed_in_undo(helper, command, step))


def _helpers() -> Iterator[Cell]:
    kinds = [("fail", faults.failing), ("slow", faults.slow), ("hang", faults.hanging),
             ("hang+kill", faults.killed_while_hanging)]
    for operation, helper, command in HELPERS:
        for column, fault in kinds:
            chosen = getattr(operations, operation)
            if command == "start" and operation == "StartContainer" and column in ("fail", "hang"):
                chosen = operations.StartContainerInVain
            made = fault(helper, command)
            if (operation, command) in BY_ITSELF and column in ("fail", "hang"):
                made = faults.done_without(helper, command, "hang" if column == "hang" else faults.WORDS)
            for handler in ("crun", "runc") if operation == "CreateContainer" else ("crun",):
                yield Cell(chosen, f"{helper} {command}", column, made, handler)


def _broken() -> Iterator[Cell]:
    for operation, helper in BROKEN:
        for column, fault in (("fail", faults.failing), ("hang", faults.hanging)):
            yield Cell(getattr(operations, operation), f"{helper} broken", column, fault(helper, "*"))


def _in_recovery() -> Iterator[Cell]:
    for operation, place, helper, command in IN_RECOVERY:
        for column in ("fail", "hang"):
            step = f"{place.partition('/')[2]}, {helper} {command} in recovery"
            yield Cell(getattr(operations, operation), step, f"kill+{column}",
                       faults.killed_before(place, helper, command, column))


def _full() -> Iterator[Cell]:
    for operation, directory, fails in FULL:
        yield Cell(getattr(operations, operation), f"{directory}", "full",
                   faults.full(directory, fails))
    for directory in (ROOT, RUN):
        for operation in GIVE_ROOM_BACK:
            yield Cell(getattr(operations, operation), f"{directory}, restarted", "full",
                       faults.full_and_killed(directory))


def _registry() -> Iterator[Cell]:
    yield Cell(operations.PullImage, "registry at the manifest", "fail", faults.registry("manifest"))
    yield Cell(operations.PullImage, "registry in a layer", "fail", faults.registry("layer"))
    yield Cell(operations.PullImage, "registry in a layer", "slow", faults.registry("slow"))
    yield Cell(operations.PullImage, "registry in a layer", "kill", faults.registry("kill"))
    yield Cell(operations.PullImage, "registry at the manifest", "worker", faults.worker_killed("manifest"))
    yield Cell(operations.PullImage, "registry at a layer", "worker", faults.worker_killed("layer"))
    yield Cell(operations.PullImage, "registry in a layer", "worker", faults.worker_killed("half"))


def _plugins() -> Iterator[Cell]:
    for operation, method in PLUGINS:
        for words, column, fault in TROUBLES:
            chosen = getattr(operations, operation)
            if method == "StartContainer" and words == "refuses":
                chosen = operations.StartContainerInVain
            yield Cell(chosen, f"a plugin {words} {method}", column, fault(method))
    for operation, place in BEFORE_SYNCHRONIZE:
        yield Cell(getattr(operations, operation),
                   f"{place.partition('/')[2]}, a plugin hangs in Synchronize", "kill+hang",
                   plugins.killed_before(place))
