"""Ten thousand calls leave nothing in the daemon: no descriptor, no thread, no memory."""

import os

import pytest

from harness import hostile
from harness.wait import wait_until

pytestmark = pytest.mark.gantry
HANDLERS = ["crun"]

#: Of each of the four reads; and of commands, each of which waits for six descriptors. More, by hand:
#: EXECS=10000 conformance/run tests/failures/test_many_calls.py
CALLS = int(os.environ.get("CALLS", "2500"))
EXECS = int(os.environ.get("EXECS", "600"))
#: Before anything is measured: caches and the allocator's arenas fill.
WARMUP = 500
#: Bytes that ten thousand calls may add to the resident memory, whatever the allocator does: a hundred
#: bytes a call would be seen.
ALLOWED = 1 << 20


class Holdings:
    """What the daemon has at one time."""

    def __init__(self, process):
        self.process = process
        self.descriptors = hostile.descriptors(process)
        self.memory = hostile.resident(process)

    def check(self, threads, allowed):
        """AssertionError if there is more by now. Threads that wait for work end when none comes."""
        wait_until(lambda: hostile.descriptors(self.process) <= self.descriptors, "descriptors")
        wait_until(lambda: hostile.threads(self.process) <= threads, "threads")
        grown = hostile.resident(self.process) - self.memory
        assert grown <= allowed, f"{grown >> 10} KiB more"


def reads(client, container, count):
    """So many rounds of the four reads that a kubelet makes all the time."""
    for _ in range(count):
        client.Version()
        client.Status()
        client.ListContainers()
        client.ContainerStatus(container_id=container.id)


def test_ten_thousand_reads(client, pods, busybox, node):
    container = pods.run().run("sleep 1000", image=busybox)
    reads(client, container, WARMUP)
    threads = hostile.threads(node.daemon.id)
    before = Holdings(node.daemon.id)
    reads(client, container, CALLS)
    before.check(threads, ALLOWED)


def test_commands(client, pods, busybox, node):
    container = pods.run().run("sleep 1000", image=busybox)
    for _ in range(100):
        container.exec("true")
    threads = hostile.threads(node.daemon.id)
    before = Holdings(node.daemon.id)
    for _ in range(EXECS):
        assert container.exec("echo", "here").stdout == b"here\n"
    before.check(threads, ALLOWED // 2)
