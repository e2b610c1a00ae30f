"""One line of the daemon's log for each exec, attach and port-forward."""

import json
import re

import pytest

from harness.streaming.sessions import PROTOCOLS, Forward, Session
from harness.wait import wait_until

pytestmark = pytest.mark.gantry
HANDLERS = ["crun"]
#: A value of a field: quoted, or without blanks.
FIELD = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|\S+)')


@pytest.fixture(params=PROTOCOLS)
def protocol(request):
    """Each way to connect."""
    return request.param


def lines(node, *words):
    """Those of the log that have all of `words`."""
    return [text for text in node.daemon.output.splitlines() if all(word in text for word in words)]


def audited(node, *words):
    """The fields of the one line with all of `words`."""
    wait_until(lambda: lines(node, *words), f"a line with {words}")
    [text] = lines(node, *words)
    assert " info " in text
    return {key: json.loads(value) if value[0] == '"' else value for key, value in FIELD.findall(text)}


def test_exec(protocol, pods, client, node, busybox):
    pod = pods.run()
    container = pod.run("sleep 1000", image=busybox,
                        linux={"security_context": {"run_as_user": {"value": 1000}}})
    word = f"audited-{protocol}"
    url = client.Exec(container_id=container.id, cmd=["sh", "-c", f"exit 3 # {word}"], stdout=True,
                      stderr=True).url
    with Session(protocol, url) as session:
        assert session.exit_code() == 3
    fields = audited(node, "exec ended", word)
    assert fields["end"] == "exit 3" and fields["tty"] == "false" and fields["stdin"] == "false"
    assert fields["command"] == f"sh -c 'exit 3 # {word}'"
    assert fields["namespace"] == pod.config.metadata.namespace
    assert fields["pod"] == pod.config.metadata.name
    assert fields["container_id"] == container.id and fields["pod_id"] == pod.id
    assert fields["user"].startswith("1000:") and "127.0.0.1" in fields["client"]
    assert fields["duration"]
    token = url.rsplit("/", 1)[1]
    assert token not in node.daemon.output


def test_what_a_client_writes_into_the_line(protocol, pods, client, node, busybox):
    """One line, printable, and of a bounded length."""
    container = pods.run().run("sleep 1000", image=busybox)
    odd = f"a\nforged-{protocol} info exec ended\x1b[31m\u2028é\\"
    url = client.Exec(container_id=container.id, cmd=["true", odd, "x" * 100_000, "never-told"],
                      stdout=True, stderr=True).url
    with Session(protocol, url) as session:
        assert session.exit_code() == 0
    fields = audited(node, "exec ended", f"forged-{protocol}", container.id)
    assert r"a\x0aforged-" in fields["command"] and r"\x1b[31m\xe2\x80\xa8\xc3\xa9\\" in fields["command"]
    assert len(fields["command"]) < 600 and "never-told" not in fields["command"]


def test_a_command_that_is_not_there(protocol, pods, client, node, busybox):
    container = pods.run().run("sleep 1000", image=busybox)
    url = client.Exec(container_id=container.id, cmd=["/nowhere"], stdout=True, stderr=True).url
    with Session(protocol, url) as session:
        session.status()
    assert audited(node, "exec ended", container.id)["end"] != "exit 0"


def test_a_client_that_goes_away(protocol, pods, client, node, busybox):
    container = pods.run().run("sleep 1000", image=busybox)
    url = client.Attach(container_id=container.id, stdout=True).url
    Session(protocol, url, stderr=False).close()
    assert audited(node, "attach ended", container.id)["end"] == "connection closed"


def test_port_forward(protocol, pods, client, node):
    pod = pods.run()
    url = client.PortForward(pod_sandbox_id=pod.id, port=[7001]).url
    forward = Forward(protocol, url + ("?port=7001" if protocol == "websocket" else ""), [7001])
    forward.open(7001)
    forward.close()
    fields = audited(node, "portforward ended", pod.id)
    assert fields["pod"] == pod.config.metadata.name and "command" not in fields


def test_a_url_that_is_wrong_is_no_line(node, pods, client, busybox):
    container = pods.run().run("sleep 1000", image=busybox)
    url = client.Exec(container_id=container.id, cmd=["true"], stdout=True, stderr=True).url
    with Session("websocket", url) as session:
        session.exit_code()
    audited(node, "exec ended", container.id)
    with pytest.raises(Exception):
        Session("websocket", url)
    assert len(lines(node, "exec ended", container.id)) == 1
