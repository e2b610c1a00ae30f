"""ReopenContainerLog 1000 times while a container writes as fast as it can: no line is lost or doubled."""

import re

import pytest

from harness.wait import wait_until

ROUNDS = 20
#: In a round, after which the container pauses to be counted: it writes faster than Python reads.
ROTATIONS = 50
BATCH = 10_000
SCRIPT = f"""
i=0
while [ ! -e /tmp/stop ]; do
    seq $((i * {BATCH} + 1)) $(((i + 1) * {BATCH}))
    i=$((i + 1))
    while [ -e /tmp/pause ]; do sleep 0.01; done
done
echo $i batches
"""
#: Read by one expression, as the counting has to be faster than the container.
LINE = re.compile(rb"^\S+ stdout F (\d+)\n", re.MULTILINE)
END = re.compile(rb"^\S+ stdout F (\d+) batches\n", re.MULTILINE)


class Count:
    """Takes the files in the order of their rotation; each goes on where the one before ended."""

    def __init__(self):
        self.last = 0
        self.batches = None

    def take(self, path):
        """Reads a file that is complete, and deletes it."""
        data = path.read_bytes()
        path.unlink()
        assert not data or data.endswith(b"\n"), f"a line is torn: {data[-80:]!r}"
        numbers = [int(number) for number in LINE.findall(data)]
        assert numbers == list(range(self.last + 1, self.last + 1 + len(numbers)))
        self.last += len(numbers)
        others = data.count(b"\n") - len(numbers)
        if others:
            assert others == 1 and (end := END.search(data)), f"{others} lines are no numbers"
            self.batches = int(end[1])


def rotate(container, client):
    """The files that a round leaves, first to last; the container writes all the while."""
    wait_until(lambda: container.log.exists() and container.log.stat().st_size, "a line")
    rotated = [container.log.with_suffix(f".{number}") for number in range(ROTATIONS)]
    for path in rotated:
        container.log.rename(path)
        client.ReopenContainerLog(container_id=container.id)
    return rotated


@pytest.mark.gantry
def test_no_line_is_lost_or_doubled(pods, client, busybox):
    container = pods.run().run(SCRIPT, image=busybox)
    count = Count()
    for _ in range(ROUNDS):
        rotated = rotate(container, client)
        container.output("touch", "/tmp/pause")
        for path in rotated:
            count.take(path)
        container.output("rm", "/tmp/pause")
    container.output("touch", "/tmp/stop")
    container.exited()
    wait_until(lambda: b" batches\n" in container.log.read_bytes()[-100:], "the last line")
    count.take(container.log)
    assert count.batches and count.last == count.batches * BATCH
