"""Ways to cut an operation short.

Each is a generator: it brings the operation to its failure and a daemon that serves again, yields, so
that the caller can look and retry, and takes its own things away.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from grpc import RpcError, StatusCode

from harness.images.fake_registry import Answer, FakeRegistry, blob_path
from harness.images.tarball import sha256
from harness.leaks import processes
from harness.nodes.small import fill, small
from harness.wait import wait_until
from stand_ins import shim_sandbox

from .operations import Operation
from .stand_in import HUNG, stand_in, switch
from .world import FAKE_PORT, LIMIT, World, refused

Fault = Callable[[World, Operation], Iterator[None]]
WORDS = "the moon is full"


def killed_at(place: str) -> Fault:
    """The daemon dies at a failpoint. It may have answered just before that."""
    def fault(world: World, operation: Operation) -> Iterator[None]:
        _die(world, operation, place)
        world.start()
        yield
    return fault


def killed_again(first: str, second: str) -> Fault:
    """The daemon that recovers from a first death dies too."""
    def fault(world: World, operation: Operation) -> Iterator[None]:
        _die(world, operation, first)
        world.start_and_die(second)
        world.assert_killed()
        world.start()
        yield
    return fault


def killed_in_undo(helper: str, command: str, step: int) -> Fault:
    """A helper fails, and the daemon dies while it takes back what it had done."""
    def fault(world: World, operation: Operation) -> Iterator[None]:
        with stand_in(world, helper):
            world.start(f"undo/step taken:{step}")
            operation.prepare()
            switch(f"{command} {WORDS}")
            _try(operation.call)
            world.assert_killed()
            switch()
            world.start()
            yield
    return fault


def failing(helper: str, command: str) -> Fault:
    """A helper says that it cannot, and the caller is told why."""
    def fault(world: World, operation: Operation) -> Iterator[None]:
        with _switched(world, operation, helper, f"{command} {WORDS}"):
            refused(operation.call, WORDS)
            switch()
            yield
    return fault


def done_without(helper: str, command: str, trouble: str) -> Fault:
    """A helper says that it cannot, or hangs until the daemon gives it up, which then does it by itself."""
    def fault(world: World, operation: Operation) -> Iterator[None]:
        with _switched(world, operation, helper, f"{command} {trouble}"):
            operation.call(20 * LIMIT)
            switch()
            yield
    return fault


def slow(helper: str, command: str) -> Fault:
    """A helper takes longer than the caller waits; the retry finds what went on meanwhile."""
    def fault(world: World, operation: Operation) -> Iterator[None]:
        with _switched(world, operation, helper, f"{command} hang"):
            error = refused(lambda: operation.call(0.5))
            assert error.code() == StatusCode.DEADLINE_EXCEEDED, error
            switch()
            yield
    return fault


def hanging(helper: str, command: str) -> Fault:
    """A helper hangs until the daemon gives it up, and the caller is told."""
    def fault(world: World, operation: Operation) -> Iterator[None]:
        with _switched(world, operation, helper, f"{command} hang"):
            refused(lambda: operation.call(20 * LIMIT), "took longer than")
            switch()
            yield
    return fault


def killed_while_hanging(helper: str, command: str) -> Fault:
    """The daemon dies while a helper works, which would go on beside the next daemon."""
    def fault(world: World, operation: Operation) -> Iterator[None]:
        with _switched(world, operation, helper, f"{command} hang"):
            caller = threading.Thread(target=_try, args=(operation.call,), daemon=True)
            caller.start()
            wait_until(HUNG.exists, f"{command} hangs")
            world.node.crash()
            caller.join()
            world.start()
            switch()
            yield
    return fault


def killed_before(place: str, helper: str, command: str, trouble: str) -> Fault:
    """A helper fails or hangs while the daemon recovers from its death."""
    def fault(world: World, operation: Operation) -> Iterator[None]:
        with stand_in(world, helper):
            _die(world, operation, place)
            switch(f"{command} {'hang' if trouble == 'hang' else WORDS}")
            world.start()
            switch()
            yield
    return fault


def full(directory: Path, fails: bool | None) -> Fault:
    """A file system has no room left until the request was answered.

    `fails` says whether the request must fail, must succeed, or may do either."""
    def fault(world: World, operation: Operation) -> Iterator[None]:
        with small(directory):
            world.settle()
            world.start()
            operation.prepare()
            ballast = fill(directory)
            error = _try(operation.call)
            assert fails is None or bool(error) == fails, f"on the full disk: {error}"
            ballast.unlink()
            yield
    return fault


def full_and_killed(directory: Path) -> Fault:
    """The daemon is killed and started while there is no room left, and room is given back then."""
    def fault(world: World, operation: Operation) -> Iterator[None]:
        with small(directory):
            world.settle()
            world.start()
            operation.prepare()
            ballast = fill(directory)
            world.node.crash()
            world.start()
            operation.survived()
            operation.call()
            ballast.unlink()
            yield
    return fault


def registry(trouble: str) -> Fault:
    """The registry dies at the manifest or in a layer, or the daemon or the caller goes in a layer."""
    def fault(world: World, operation: Operation) -> Iterator[None]:
        fake = FakeRegistry(FAKE_PORT)
        real, world.image = world.image, fake.serve("crash/image:latest", world.picture)
        blob = world.picture.layers[0].blob
        layer = blob_path("crash/image", sha256(blob))
        good = dict(fake.answers)
        half = Answer(blob[:len(blob) // 2], length=len(blob))
        try:
            world.start()
            if trouble == "kill":
                _kill_in_layer(world, operation, fake, layer, half)
            elif trouble == "slow":
                _outlive_caller(operation, fake, layer, Answer(blob))
            else:
                broken = {"manifest": ("/v2/crash/image/manifests/latest", Answer(b"{", length=4096)),
                          "layer": (layer, half)}[trouble]
                fake.answers |= [broken]
                refused(operation.call)
            fake.answers |= good
            yield
        finally:
            fake.stop()
            world.image = real
    return fault


def worker_killed(place: str) -> Fault:
    """The process that handles the image dies: when it asks for the manifest or for a layer, or in the
    midst of the layer."""
    def fault(world: World, operation: Operation) -> Iterator[None]:
        fake = FakeRegistry(FAKE_PORT)
        real, world.image = world.image, fake.serve("crash/image:latest", world.picture)
        blob = world.picture.layers[0].blob
        path, answer = {
            "manifest": ("/v2/crash/image/manifests/latest", None),
            "layer": (blob_path("crash/image", sha256(blob)), None),
            "half": (blob_path("crash/image", sha256(blob)),
                     Answer(blob, resume=threading.Event())),
        }[place]
        good = dict(fake.answers)
        try:
            world.start()
            daemon = world.node.daemon.id
            operation.prepare()
            fake.answers[path] = lambda: _killing(answer or good[path])
            refused(operation.call, "gantry-images")
            assert world.node.daemon.id == daemon
            fake.answers |= good
            yield
        finally:
            fake.stop()
            world.image = real
    return fault


def shim_killed(daemon_too: bool) -> Fault:
    """The pod's shim dies, and perhaps the daemon, before what is then asked for."""
    def fault(world: World, operation: Operation) -> Iterator[None]:
        world.start()
        operation.prepare()
        if daemon_too:
            world.node.crash()
        assert world.kill_shims() == 1
        if daemon_too:
            world.start()
        operation.call()
        yield
    return fault


def killed_while_shim_hangs(method: str) -> Fault:
    """The daemon dies while the shim does not answer what its sandbox API is asked for."""
    def fault(world: World, operation: Operation) -> Iterator[None]:
        world.start()
        operation.prepare()
        with shim_sandbox.hanging(method) as hangs:
            caller = threading.Thread(target=_try, args=(operation.call,), daemon=True)
            caller.start()
            wait_until(hangs.exists, f"{method} hangs")
            world.node.crash()
            caller.join()
        world.start()
        yield
    return fault


def _killing(answer: Answer) -> Answer:
    """The answer during which all processes that handle images are killed."""
    if answer.resume:
        threading.Timer(0.2, _kill_workers, [answer.resume]).start()
    else:
        _kill_workers(threading.Event())
    return answer


def _kill_workers(done: threading.Event) -> None:
    for line in processes():
        process, command = line.split(" ", 1)
        if "gantry-images" in command:
            os.kill(int(process), signal.SIGKILL)
    done.set()


def _die(world: World, operation: Operation, place: str) -> None:
    """The daemon dies at a failpoint on the operation's way."""
    world.start(place)
    operation.prepare()
    _try(operation.call)
    world.assert_killed()


@contextmanager
def _switched(world: World, operation: Operation, helper: str, trouble: str) -> Iterator[None]:
    """All is ready for the operation, and the helper is in trouble from now on."""
    with stand_in(world, helper):
        world.start()
        operation.prepare()
        switch(trouble)
        yield


def _kill_in_layer(world: World, operation: Operation, fake: FakeRegistry, layer: str,
                   half: Answer) -> None:
    asked, go = _stall(fake, layer, half)
    caller = threading.Thread(target=_try, args=(operation.call,), daemon=True)
    caller.start()
    assert asked.wait(20), "the layer was not asked for"
    world.node.crash()
    go.set()
    caller.join()
    world.start()


def _outlive_caller(operation: Operation, fake: FakeRegistry, layer: str, whole: Answer) -> None:
    asked, go = _stall(fake, layer, whole)
    error = refused(lambda: operation.call(1))
    assert error.code() == StatusCode.DEADLINE_EXCEEDED and asked.is_set(), error
    go.set()


def _stall(fake: FakeRegistry, layer: str, answer: Answer) -> tuple[threading.Event, threading.Event]:
    """Has a layer come once the second event is set; the first is when it was asked for."""
    asked, go = threading.Event(), threading.Event()

    def stalled() -> Answer:
        asked.set()
        go.wait(30)
        return answer

    fake.answers[layer] = stalled
    return asked, go


def _try(call: Callable[[], None]) -> RpcError | None:
    try:
        call()
        return None
    except RpcError as error:
        return error
