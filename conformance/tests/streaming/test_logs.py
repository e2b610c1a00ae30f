"""The CRI log, and ReopenContainerLog."""

import pytest
from grpc import StatusCode

from harness import crilog
from harness.client import refused
from harness.wait import wait_until

#: How much of one line of output a line of the log takes at most.
PART = 16 << 10


def test_long_lines_come_in_parts(pods, busybox):
    container = pods.run().run(
        f"head -c {PART * 2 + 5} /dev/zero | tr '\\0' x; echo; echo short", image=busybox)
    container.exited()
    container.logged("short")
    lines = crilog.lines(container.log)
    assert [(line.partial, len(line.text)) for line in lines] == [
        (True, PART), (True, PART), (False, 5), (False, 5)]
    assert lines[-1].text == b"short"


def test_output_without_a_newline(pods, busybox):
    container = pods.run().run("printf unfinished", image=busybox)
    container.exited()
    wait_until(lambda: crilog.lines(container.log), "the log has a line")
    assert [line.text for line in crilog.lines(container.log)] == [b"unfinished"]


@pytest.mark.gantry
def test_every_line_of_much_output_is_kept_in_order(pods, busybox):
    container = pods.run().run("seq 1 20000", image=busybox)
    container.exited()
    container.logged("20000\n")
    assert crilog.text(container.log) == "".join(f"{n}\n" for n in range(1, 20001))


def test_times_do_not_run_backwards(pods, busybox):
    container = pods.run().run("seq 1 200", image=busybox)
    container.exited()
    container.logged("200\n")
    times = [line.nanoseconds for line in crilog.lines(container.log)]
    assert times == sorted(times)


def test_a_terminals_output_is_one_stream(pods, busybox):
    container = pods.run().run("tty; echo err >&2", image=busybox, tty=True)
    container.exited()
    assert "err" in container.logged("err")
    assert {line.stream for line in crilog.lines(container.log)} == {"stdout"}


def test_reopen_after_rotation(pods, client, busybox):
    container = pods.run().run(
        "trap 'echo second' USR1; echo first; while :; do sleep 0.1; done", image=busybox)
    container.logged("first")
    rotated = container.log.with_suffix(".1")
    container.log.rename(rotated)
    client.ReopenContainerLog(container_id=container.id)
    container.output("kill", "-USR1", "1")
    assert container.logged("second") == "second\n"
    assert crilog.text(rotated) == "first\n"


@pytest.mark.gantry
def test_reopen_is_for_running_containers(pods, client, busybox):
    container = pods.run().run("echo done", image=busybox)
    container.exited()
    container.logged("done")
    container.log.unlink()
    with refused(StatusCode.FAILED_PRECONDITION):
        client.ReopenContainerLog(container_id=container.id)
    assert not container.log.exists()


def test_reopen_of_what_is_not_there(client):
    with refused(StatusCode.NOT_FOUND):
        client.ReopenContainerLog(container_id="0" * 64)
