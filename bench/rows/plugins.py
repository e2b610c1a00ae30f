"""What a plugin of the Node Resource Interface costs a pod: with one that is told of everything and changes nothing, and without, by
turns.
"""

import struct
import subprocess
from pathlib import Path

from comparison import BUILD
from comparison.row import Row
from comparison.stage import Stage
from harness import nri

#: Requests before the first event.
INTRODUCTION = {"Configure", "Synchronize"}


class Listener:
    """A plugin that answers everything with nothing, in C: one in Python would share this process's time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [BUILD / "plugin", nri.SOCKET], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        data = nri.envelope(
            "RegisterPlugin", nri.RegisterPluginRequest(plugin_name="bench", plugin_idx="50"))
        frame = struct.pack(">IIBB", len(data), 1, nri.REQUEST, 0) + data
        self._process.stdin.write(struct.pack(">II", nri.RUNTIME, len(frame)) + frame)
        self._process.stdin.close()
        assert len(self._process.stdout.read(len(INTRODUCTION))) == len(INTRODUCTION)

    def close(self) -> int:
        """Ends the plugin. Returns how many requests it has answered since it was introduced."""
        self._process.kill()
        answered = len(self._process.stdout.read())
        self._process.stdout.close()
        self._process.wait()
        return answered


def measure(stage: Stage) -> None:
    """One pod at a time, where there is such an interface. What is called alike but for its end was measured by turns."""
    if not Path(nri.SOCKET).exists():
        return
    size = stage.scale.sizes[0]
    stage.grow(size)
    samples: dict[str, list[float]] = {}
    for number in range(2 * stage.scale.pods):
        listener = Listener() if number % 2 else None
        up = stage.up()
        down = stage.down(up)
        suffix = "no plugin"
        if listener:
            suffix = "a plugin"
            samples.setdefault("requests to the plugin for a pod", []).append(
                listener.close())
        samples.setdefault(f"pod up, {suffix}", []).append(sum(up.steps.values()))
        samples.setdefault(f"pod up and down, {suffix}", []).append(
            sum(up.steps.values()) + sum(down.values()))
    for name, values in samples.items():
        if name.startswith("requests"):
            stage.record(name, values, "", at=size)
        else:
            stage.record(name, values, at=size, goal="≤ 2 ms more than with no plugin")


ROW = Row("plugins", "pods up and down with a plugin (NRI) and without", measure)
