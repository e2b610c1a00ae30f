"""What a plugin of the Node Resource Interface may answer and ask, with each field of it at its extremes."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import grpc

from harness import nri

from . import scenes
from .cells import REFUSALS
from .fields import Change, changes

#: A plugin's answer is carried out by the runtime, whose own words about it are INTERNAL; a validator's absence is ABORTED.
_REFUSALS = REFUSALS | {grpc.StatusCode.INTERNAL, grpc.StatusCode.ABORTED}


class Plugins:
    """The plugin that gives the cells' answers, connected again whenever one of them has ended it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._plugin: nri.Plugin | None = None
        #: To CreateContainer, by the container's name.
        self.answers: dict[str, bytes] = {}

    def get(self) -> nri.Plugin:
        """One that is connected."""
        with self._lock:
            if not self._plugin or self._plugin.ended.is_set():
                self._plugin = nri.Plugin(
                    events=nri.mask("CREATE_CONTAINER"),
                    CreateContainer=lambda request: self.answers.pop(request.container.name, None))
            return self._plugin

    def close(self) -> None:
        """Ends its connection."""
        with self._lock:
            if self._plugin:
                self._plugin.close()
            self._plugin = None


@dataclass(frozen=True)
class PluginCell:
    """One message of a plugin's."""

    message: str
    change: Change

    @property
    def rpc(self) -> str:
        """As the table names it."""
        return f"plugin's {self.message}"

    @property
    def field(self) -> str:
        """`adjust.linux.resources`."""
        return ".".join(self.change.path)

    @property
    def name(self) -> str:
        """`plugin's CreateContainerResponse adjust.args = 64 KiB`."""
        return f"{self.rpc} {self.change.name}"

    def ask(self, plugins: Plugins, standing: Any, call: Callable[..., Any]) -> str:
        """Has a plugin say it; what is wrong with what comes of that."""
        encoded = self.change.encoded(_good(self.message, standing))
        if self.message == "CreateContainerResponse":
            return self._create(encoded, plugins, standing, call)
        if self.message == "UpdateContainersRequest":
            return self._update(encoded, plugins)
        return self._register(encoded)

    def _create(self, encoded: bytes, plugins: Plugins, standing: Any,
                call: Callable[..., Any]) -> str:
        request = scenes.request("CreateContainer", standing, call)
        plugins.answers[request.config.metadata.name] = encoded
        plugins.get()
        try:
            answer = call("CreateContainer", pod_sandbox_id=request.pod_sandbox_id,
                          config=request.config, sandbox_config=request.sandbox_config)
        except grpc.RpcError as error:
            code, details = error.code(), error.details() or ""
            if code not in _REFUSALS:
                return f"{code.name}: {details[:300]}"
            return f"{code.name} with {len(details)} bytes of words" if len(details) > 8192 else ""
        try:
            scenes.follow("CreateContainer", answer, call)
        except grpc.RpcError as error:
            return f"afterwards: {error.code().name}: {error.details()}"
        return ""

    @staticmethod
    def _update(encoded: bytes, plugins: Plugins) -> str:
        plugin = plugins.get()
        try:
            plugin.call("UpdateContainers", _Encoded(encoded))
        except (nri.Refusal, OSError):
            pass
        except AssertionError as error:
            return "" if plugin.ended.is_set() else str(error)
        return ""

    def _register(self, encoded: bytes) -> str:
        """A connection of its own, for what is said but once."""
        method = self.message.removesuffix("Response")
        answers = {} if self.message == "RegisterPluginRequest" else {method: lambda _: encoded}
        plugin = nri.Plugin(register=False, **answers)
        try:
            plugin.call("RegisterPlugin", _Encoded(encoded) if not answers else
                        nri.RegisterPluginRequest(plugin_name="other", plugin_idx="20"))
            plugin.answered("Synchronize", 10)
        except (nri.Refusal, OSError):
            pass
        except AssertionError as error:
            return "" if plugin.ended.is_set() else str(error)
        finally:
            plugin.close()
        return ""


class _Encoded:
    """Bytes in a message's place."""

    def __init__(self, encoded: bytes) -> None:
        self._encoded = encoded

    def SerializeToString(self) -> bytes:  # pylint: disable=invalid-name
        """As a message's."""
        return self._encoded


def plugin_cells() -> Iterator[PluginCell]:
    """Every field of every message that a plugin sends."""
    for message in ("CreateContainerResponse", "UpdateContainersRequest", "RegisterPluginRequest",
                    "ConfigureResponse", "SynchronizeResponse"):
        for change in changes(getattr(nri, message).DESCRIPTOR):
            yield PluginCell(message, change)


def _good(message: str, standing: Any) -> Any:
    """The message as a good plugin has it, so that the one extreme in it is all that can be wrong."""
    limits = {"cpu": {"shares": {"value": 512}}}
    update = nri.ContainerUpdate(container_id=standing.container, linux={"resources": limits})
    if message == "CreateContainerResponse":
        return nri.CreateContainerResponse(adjust=nri.ContainerAdjustment(
            mounts=[{"destination": "/added", "type": "bind", "source": "/tmp", "options": ["bind"]}],
            env=[{"key": "NAME", "value": "value"}],
            rlimits=[{"type": "RLIMIT_CORE", "hard": 2, "soft": 1}],
            linux={"devices": [{"path": "/dev/added", "type": "c", "major": 1, "minor": 3}]}))
    if message == "RegisterPluginRequest":
        return nri.RegisterPluginRequest(plugin_name="other", plugin_idx="20")
    if message in ("UpdateContainersRequest", "SynchronizeResponse"):
        return getattr(nri, message)(update=[update])
    return getattr(nri, message)()
