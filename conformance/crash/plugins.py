"""Plugins of the Node Resource Interface that get in an operation's way: none may hold it up for longer than one request may
take, or cost it more than what the plugin would have changed.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from grpc import RpcError, StatusCode

from harness import nri
from harness.wait import wait_until

from .faults import WORDS, Fault
from .operations import Operation
from .world import World, refused

#: Seconds that a plugin may take for an answer: `nri_request_timeout`.
LIMIT = 2
#: Requests whose refusal is the operation's. Of all others a plugin's error is logged.
REFUSABLE = {"RunPodSandbox", "CreateContainer", "StartContainer", "UpdateContainer",
             "ValidateContainerAdjustment"}
#: Whose absence is a refusal: it may be what keeps the container from being.
JUDGES = {"ValidateContainerAdjustment"}
GARBAGE = b"\xff\xff\xff\xff"


def refusing(method: str) -> Fault:
    """It answers with an error."""
    def answer(_: nri.Plugin) -> None:
        raise nri.Refusal(WORDS)

    def fault(world: World, operation: Operation) -> Iterator[None]:
        with _asked(world, operation, method, answer):
            if method in REFUSABLE:
                refused(operation.call, WORDS)
            else:
                operation.call()
        yield
    return fault


def hanging(method: str) -> Fault:
    """It never answers."""
    return _dropped(method, lambda plugin: plugin.released.wait())


def late(method: str) -> Fault:
    """It answers after its time."""
    def answer(plugin: nri.Plugin) -> None:
        assert plugin.ended.wait(20), "it is not dropped"

    return _dropped(method, answer)


def dying(method: str) -> Fault:
    """It goes without an answer."""
    return _dropped(method, lambda plugin: plugin.wire.close())


def babbling(method: str) -> Fault:
    """It sends what is no frame instead of its answer."""
    def answer(plugin: nri.Plugin) -> None:
        plugin.wire.socket.sendall(b"\xff" * 4096)
        plugin.ended.wait(20)

    return _dropped(method, answer)


def nonsense(method: str) -> Fault:
    """Its answer is no message. Where nothing is expected of one, it is not read."""
    def fault(world: World, operation: Operation) -> Iterator[None]:
        with _asked(world, operation, method, lambda _: GARBAGE):
            _call(operation, method)
        yield
    return fault


def flooding(method: str) -> Fault:
    """It asks for thousands of changes before it answers."""
    def answer(plugin: nri.Plugin) -> None:
        request = nri.UpdateContainersRequest(
            update=[nri.ContainerUpdate(container_id="none")] * 100)
        plugin.flood("UpdateContainers", request, 2000)

    def fault(world: World, operation: Operation) -> Iterator[None]:
        with _asked(world, operation, method, answer):
            operation.call()
        yield
    return fault


def outlived(method: str) -> Fault:
    """It takes longer than the caller waits, and less than it may; the retry finds what went on meanwhile."""
    def answer(plugin: nri.Plugin) -> None:
        plugin.released.wait(LIMIT - 0.5)
        plugin.released.set()

    def fault(world: World, operation: Operation) -> Iterator[None]:
        with _asked(world, operation, method, answer):
            error = _error(lambda: operation.call(0.5))
            assert error is None or error.code() == StatusCode.DEADLINE_EXCEEDED, error
            yield
    return fault


def killed_while_hanging(method: str) -> Fault:
    """The daemon is killed while it waits for the answer. The plugin comes again, as plugins do."""
    def fault(world: World, operation: Operation) -> Iterator[None]:
        asked = threading.Event()

        def answer(plugin: nri.Plugin) -> None:
            asked.set()
            plugin.released.wait()

        with _asked(world, operation, method, answer):
            caller = threading.Thread(target=_error, args=(operation.call,), daemon=True)
            caller.start()
            assert asked.wait(20), f"{method} was not asked"
            world.node.crash()
            caller.join()
        world.start()
        with nri.Plugin():
            yield
    return fault


def killed_before(place: str) -> Fault:
    """The daemon is killed, and the plugin that comes to the next one hangs over what it is told."""
    def fault(world: World, operation: Operation) -> Iterator[None]:
        world.start(place)
        operation.prepare()
        _error(operation.call)
        world.assert_killed()
        world.start()
        released = threading.Event()
        plugin = nri.Plugin(awaited=False, Synchronize=lambda _: released.wait())
        try:
            yield
        finally:
            released.set()
            plugin.close()
    return fault


def _dropped(method: str, answer: Callable[[nri.Plugin], object]) -> Fault:
    """The operation goes on without the plugin, which is told of in one line."""
    def fault(world: World, operation: Operation) -> Iterator[None]:
        with _asked(world, operation, method, answer) as plugin:
            _call(operation, method)
            assert plugin.ended.wait(10), "the plugin is not dropped"
            wait_until(lambda: _lines(world) == 1, "one line tells that it is gone")
        yield
    return fault


def _lines(world: World) -> int:
    output = world.node.daemon.output
    return output.count("plugin 10-test is dropped") + output.count("plugin 10-test has gone")


def _call(operation: Operation, method: str) -> None:
    if method in JUDGES:
        refused(operation.call, "validator 10-test has not answered")
    else:
        operation.call()


@contextmanager
def _asked(world: World, operation: Operation, method: str,
           answer: Callable[[nri.Plugin], object]) -> Iterator[nri.Plugin]:
    """All is ready for the operation, and a plugin is there that answers one method badly."""
    world.start()
    operation.prepare()
    with nri.Plugin(**{method: lambda _: answer(plugin)}) as plugin:
        yield plugin
        plugin.released.set()


def _error(call: Callable[[], None]) -> RpcError | None:
    try:
        call()
        return None
    except RpcError as error:
        return error
