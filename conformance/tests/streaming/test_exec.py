"""ExecSync."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from grpc import RpcError, StatusCode

from harness import cri
from harness.client import refused


@pytest.fixture(params=["CONTAINER", "NODE"])
def container(request, pods, busybox):
    """A running container, in a PID namespace of its own or the node's: the runtime waits for a
    command in other ways there."""
    linux = {"security_context": {"namespace_options": {"pid": getattr(cri, request.param)}}}
    return pods.run(linux=linux).run("sleep 1000", image=busybox, linux=linux)


def test_output_and_exit_code(container):
    response = container.exec("sh", "-c", "echo out; echo err >&2; exit 42")
    assert (response.stdout, response.stderr, response.exit_code) == (b"out\n", b"err\n", 42)


def test_bytes_are_kept(container):
    assert container.exec("printf", r"\000\377\r\n").stdout == b"\0\xff\r\n"


def test_standard_input_is_empty(container):
    assert container.output("cat") == ""


def test_a_timeout_ends_the_command(container):
    with refused(StatusCode.DEADLINE_EXCEEDED):
        container.exec("sleep", "4321", timeout=1)
    assert "4321" not in container.output("ps")


@pytest.mark.gantry
def test_a_timeout_leaves_nothing_running(container):
    with refused(StatusCode.DEADLINE_EXCEEDED):
        container.exec("sh", "-c", "sleep 4321 & sleep 4321", timeout=1)
    assert "4321" not in container.output("ps")


@pytest.mark.gantry
def test_a_background_child_does_not_hold_the_call(container):
    assert container.output("sh", "-c", "sleep 5432 & echo done") == "done\n"


def test_environment_and_directory_are_the_containers(pods, images):
    script = "while :; do sleep 1; done"
    container = pods.run().run("sh", "-c", script, image=images.configured)
    assert container.output("sh", "-c", "echo $GREETING; id -u; pwd") == (
        "hello from the image\n33\n/var/www\n")


def test_much_output(container):
    response = container.exec("head", "-c", "3000000", "/dev/zero")
    assert (len(response.stdout), response.exit_code) == (3_000_000, 0)


@pytest.mark.gantry
def test_output_beyond_the_limit_is_discarded(container):
    """16 MiB less what gRPC needs of the kubelet's 16 MiB message."""
    response = container.exec("head", "-c", str(20 << 20), "/dev/zero")
    assert 15 << 20 <= len(response.stdout) <= 16 << 20
    assert response.exit_code == 0


@pytest.mark.gantry
def test_a_missing_program(container):
    """As from a shell, so that a probe that cannot run fails, instead of being unknown."""
    response = container.exec("no-such-program")
    assert response.exit_code == 127
    assert b"no-such-program" in response.stderr


@pytest.mark.gantry
def test_a_program_that_may_not_be_executed(container):
    assert container.exec("/etc/passwd").exit_code == 126


@pytest.mark.gantry
@pytest.mark.parametrize("command", [
    ["/tmp/loop"], ["/tmp/" + "a" * 300], ["/tmp/below/it"], ["true", *["a" * 100_000] * 30]],
    ids=["loop", "long name", "below a file", "long arguments"])
def test_what_is_no_program(container, command):
    container.output("sh", "-c", "ln -sf loop /tmp/loop; touch /tmp/below")
    assert container.exec(*command).exit_code in (1, 126, 127)


@pytest.mark.gantry
def test_what_the_kernel_does_not_execute(container, handler):
    """crun has ended well by then; runc leaves a code of its own."""
    container.output("sh", "-c", "printf '#!/no/such\\n' > /tmp/script; printf '\\177ELF' > /tmp/elf; chmod +x /tmp/script /tmp/elf")
    codes = [container.exec(program).exit_code for program in ("/tmp/script", "/tmp/elf")]
    assert codes == [127, 126] if handler == "crun" else 0 not in codes


@pytest.mark.gantry
def test_an_empty_command(container):
    with refused(StatusCode.INVALID_ARGUMENT):
        container.exec()


@pytest.mark.gantry
def test_a_container_that_does_not_run(pods, client, busybox):
    created = pods.run().create("true", image=busybox)
    with refused(StatusCode.FAILED_PRECONDITION):
        created.exec("true")
    with refused(StatusCode.NOT_FOUND):
        client.ExecSync(container_id="0" * 64, cmd=["true"])


@pytest.mark.gantry
def test_a_killed_daemon_leaves_no_messages_behind(container, node):
    """The runtime's messages tell its failures from the program's, so old ones must not count."""
    node.crash()
    for number in range(1, 20):
        Path(f"/run/gantry/scratch/exec-{number}.log").write_text(
            '{"level": "error", "msg": "left by the daemon before"}')
    node.start()
    assert container.exec("sh", "-c", "exit 3").exit_code == 3
    assert not list(Path("/run/gantry/scratch").iterdir())


@pytest.mark.gantry
def test_commands_that_meet_the_end_of_their_container(pods, busybox):
    """Whatever the runtime stumbles over then, the caller is told of the end."""
    for _ in range(8):
        container = pods.run().run("sleep 1000", image=busybox)
        with ThreadPoolExecutor(8) as pool:
            calls = [pool.submit(outcome, container) for _ in range(24)]
            container.stop()
        for call in calls:
            assert call.result() in (0, 137, StatusCode.FAILED_PRECONDITION), call.result()


def outcome(container):
    """The exit code of a command, or the code of the refusal and its words."""
    try:
        return container.exec("true").exit_code
    except RpcError as error:
        return error.code() if error.code() == StatusCode.FAILED_PRECONDITION else error
