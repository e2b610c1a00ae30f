"""What a plugin of the Node Resource Interface costs a pod: with one that is told of everything and changes nothing, and without, by
turns.
"""

import threading
from pathlib import Path

from comparison.row import Row
from comparison.stage import Stage
from harness import nri
from harness.wait import wait_until

#: Requests before the first event.
INTRODUCTION = {"Configure", "Synchronize"}


class Listener:
    """A plugin that answers everything with nothing, as fast as Python can: a response without content is an empty frame."""

    def __init__(self) -> None:
        self.answered = 0
        self._wire = nri.Wire()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        self._wire.send(nri.RUNTIME, 1, nri.REQUEST, nri.envelope(
            "RegisterPlugin", nri.RegisterPluginRequest(plugin_name="bench", plugin_idx="50")))
        wait_until(lambda: self.answered == len(INTRODUCTION), "the plugin has registered")

    def _serve(self) -> None:
        for _, stream, kind, _ in self._wire.frames():
            if kind == nri.REQUEST:
                self._wire.send(nri.PLUGIN, stream, nri.RESPONSE, b"")
                self.answered += 1

    def close(self) -> None:
        """Ends the connection."""
        self._wire.close()
        self._thread.join()


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
                listener.answered - len(INTRODUCTION))
            listener.close()
        samples.setdefault(f"pod up, {suffix}", []).append(sum(up.steps.values()))
        samples.setdefault(f"pod up and down, {suffix}", []).append(
            sum(up.steps.values()) + sum(down.values()))
    for name, values in samples.items():
        if name.startswith("requests"):
            stage.record(name, values, "", at=size)
        else:
            stage.record(name, values, at=size, goal="≤ 2 ms more than with no plugin")


ROW = Row("plugins", "pods up and down with a plugin (NRI) and without", measure)
