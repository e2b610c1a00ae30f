"""`log_rate_limit`: lines of a container that are logged in a second, and how many were dropped."""

import re

import pytest

from harness.command import gantry

pytestmark = pytest.mark.gantry
HANDLERS = ["crun"]
NOTICE = re.compile(r"gantry: (\d+) lines dropped, log_rate_limit is 50 a second")


def texts(container):
    """What the log's entries say."""
    return [line.split(" ", 3)[3] for line in container.log.read_text().splitlines()]


def test_dropped_lines_are_counted(configured, pods, busybox):
    configured("log_rate_limit = 50")
    container = pods.run().run("seq 20000; sleep 1.1; echo last", image=busybox)
    container.exited()
    found = texts(container)
    dropped = [int(match[1]) for text in found if (match := NOTICE.fullmatch(text))]
    lines = [text for text in found if not NOTICE.fullmatch(text)]
    assert dropped and sum(dropped) + len(lines) == 20001
    assert lines[0] == "1" and lines[-1] == "last"


def test_other_containers_have_their_own(configured, pods, busybox):
    configured("log_rate_limit = 50")
    pod = pods.run()
    loud = pod.run("while :; do echo x; done", image=busybox)
    quiet = pod.run("echo quiet", image=busybox)
    quiet.exited()
    assert texts(quiet) == ["quiet"]
    loud.stop()


def test_without_the_key_nothing_is_dropped(node, pods, busybox):
    assert "log_rate_limit = 0" in gantry(node.runtime, "config", "--default")
    container = pods.run().run("seq 20000", image=busybox)
    container.exited()
    assert texts(container) == [str(number) for number in range(1, 20001)]
