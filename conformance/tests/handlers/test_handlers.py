"""Handlers as gantry.toml has them, and what it sets for all containers."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from grpc import StatusCode

from harness.client import refused

pytestmark = pytest.mark.gantry
CONFIG = Path("/etc/gantry/gantry.toml")


@pytest.fixture
def pods(pods, configured):
    """Pods are removed while the handlers that they are of are there."""
    yield pods
    pods.remove()


def annotations(container):
    """What the runtime was given."""
    return json.loads(Path(f"/run/gantry/containers/{container.id}/config.json").read_text())[
        "annotations"]


def test_annotations_reach_the_runtime_as_far_as_the_handler_allows(
        pods, client, busybox, configured):
    configured(f"""
        [runtimes.mine]
        path = "{shutil.which(pods.handler, path='/usr/sbin:/usr/bin:/sbin:/bin')}"
        root = "/run/gantry/{pods.handler}"
        allowed_annotations = ["example.com/*", "exact"]
        """)
    assert {h.name for h in client.Status().runtime_handlers} == {"", "mine"}
    pod = pods.run("mine", annotations={"example.com/pod": "1", "other": "1"})
    container = pod.run("sleep 1000", image=busybox, annotations={"exact": "2", "exactly": "2"})
    found = annotations(container)
    assert (found["example.com/pod"], found["exact"]) == ("1", "2")
    assert not {"other", "exactly"} & set(found)
    assert container.output("id", "-u") == "0\n"


def test_no_annotation_reaches_it_unasked(pods, busybox):
    container = pods.run(annotations={"a": "1"}).create("true", image=busybox, annotations={"b": "2"})
    assert not {"a", "b"} & set(annotations(container))


def test_a_handler_that_does_not_work_is_not_there(pods, client, configured, node):
    configured("""
        [runtimes.broken]
        path = "/no/such/runtime"
        [runtimes.mine]
        path = "/usr/bin/crun"
        root = "/run/gantry/crun"
        """)
    assert {h.name for h in client.Status().runtime_handlers} == {"", "mine"}
    assert "handler that does not work: broken: " in node.daemon.output
    with refused(StatusCode.FAILED_PRECONDITION, 'the runtime handler "broken" does not work: '):
        pods.run("broken")
    with refused(StatusCode.INVALID_ARGUMENT, 'no runtime handler "other"; there are: mine'):
        pods.run("other")


@pytest.fixture
def mine(pods, configured):
    """Has pods run with a handler of these keys."""
    def make(keys):
        configured(f"""
            [runtimes.mine]
            path = "{shutil.which(pods.handler, path='/usr/sbin:/usr/bin:/sbin:/bin')}"
            root = "/run/gantry/{pods.handler}"
            {keys}
            """)
        pods.handler = "mine"
        return pods

    return make


def test_default_annotations_unless_the_pod_has_others(mine, busybox):
    pod = mine("""
        default_annotations = ["example.com/a=1", "example.com/b=x=y"]
        allowed_annotations = ["example.com/a"]
        """).run(annotations={"example.com/a": "2", "example.com/b": "3"})
    found = annotations(pod.create("true", image=busybox))
    assert (found["example.com/a"], found["example.com/b"]) == ("2", "x=y")


def test_a_base_spec_completes_each_containers(mine, busybox, tmp_path):
    base = tmp_path / "base.json"
    base.write_text(json.dumps({
        "process": {"env": ["FROM_BASE=1", "HOME=/base"], "rlimits": [
            {"type": "RLIMIT_MSGQUEUE", "soft": 123, "hard": 456}]},
        "mounts": [{"destination": "/from-base", "type": "tmpfs", "source": "tmpfs"}],
        "hostname": "base", "linux": {"sysctl": {}}}))
    pod = mine(f'base_spec = "{base}"').run()
    container = pod.run("sleep 1000", image=busybox)
    assert container.output("sh", "-c", "echo $FROM_BASE; grep -c from-base /proc/mounts") == "1\n1\n"
    # Not RLIMIT_NOFILE: Go raises it at the start of each of its programs, runc's among them.
    assert container.output("grep", "msgqueue", "/proc/self/limits").split()[3:5] == ["123", "456"]
    assert container.output("sh", "-c", "echo $HOME") != "/base\n"
    base.write_text("[]")
    with refused(StatusCode.INVALID_ARGUMENT, "base.json is no JSON object"):
        pod.create("true", image=busybox)


def test_a_seccomp_profile_of_the_handlers_own(mine, busybox, tmp_path):
    profile = tmp_path / "profile.json"
    profile.write_text(json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13}]}))
    pod = mine(f'seccomp_profile = "{profile}"').run()
    container = pod.run("sleep 1000", image=busybox, linux={"security_context": {"seccomp": {}}})
    assert container.exec("mkdir", "/x").exit_code == 1
    assert pod.run("sleep 1000", image=busybox).exec("mkdir", "/x").exit_code == 0


def test_privileged_without_the_nodes_devices(mine, busybox):
    privileged = {"security_context": {"privileged": True}}
    pod = mine("privileged_without_host_devices = true").run(linux=privileged)
    container = pod.run("sleep 1000", image=busybox, linux=privileged)
    assert container.exec("test", "-e", "/dev/kmsg").exit_code == 1
    assert container.output("sh", "-c", "grep CapEff /proc/self/status").split()[1] == (
        Path("/proc/self/status").read_text().split("CapPrm:")[1].split()[0])


def test_a_network_of_the_handlers_own(mine, client, busybox, tmp_path):
    (tmp_path / "10-own.conflist").write_text(json.dumps({
        "cniVersion": "1.0.0", "name": "own", "plugins": [
            {"type": "bridge", "bridge": "own0", "isGateway": False, "ipam": {
                "type": "host-local", "ranges": [[{"subnet": "10.99.0.0/24"}]], "dataDir": str(tmp_path)}}]}))
    pod = mine(f'cni_config_dir = "{tmp_path}"').run()
    assert pod.status.network.ip.startswith("10.99.0.")
    pod.remove()
    assert not list(tmp_path.glob("own/10.*")), "the address is given back"
    subprocess.run(["ip", "link", "delete", "own0"], check=True)


def test_a_limit_of_create(mine, busybox, node):
    slow = Path("/run/slow")
    real = shutil.which("crun", path="/usr/sbin:/usr/bin:/sbin:/bin")
    slow.write_text(f'#!/bin/sh\ncase "$*" in *" create "*) sleep 30;; esac\nexec {real} "$@"\n')
    slow.chmod(0o755)
    pod = mine("create_limit = 1").run()
    CONFIG.write_text(CONFIG.read_text().replace(CONFIG.read_text().split('"')[1], str(slow)))
    node.reconfigure()
    with refused(StatusCode.DEADLINE_EXCEEDED, "create"):
        pod.create("true", image=busybox)
    slow.unlink()


@pytest.mark.node(lacking=["cgroup v2"])
def test_writable_cgroups_need_the_second_version(mine, client):
    mine("cgroup_writable = true")
    conditions = {c.type: c for c in client.Status().status.conditions}
    assert not conditions["RuntimeReady"].status
    assert "cgroup_writable needs cgroup v2" in conditions["RuntimeReady"].message


@pytest.mark.parametrize("keys, words", [
    ('type = "vm"', '"vm" is no type of handler; there are "oci" and "shim"'),
    ('base_spec = "base.json"', "is not an absolute path"),
    ('default_annotations = ["a"]', "is not KEY=VALUE"), ("create_limit = -1", "create_limit")])
def test_keys_that_make_no_sense(node, tmp_path, keys, words):
    file = tmp_path / "gantry.toml"
    file.write_text(f'[runtimes.mine]\npath = "/usr/bin/crun"\n{keys}\n')
    done = subprocess.run([node.runtime.command[0], "config", "--check", file], text=True,
                          capture_output=True, check=False)
    assert done.returncode != 0 and words in done.stdout + done.stderr


def test_limits_of_all_containers(pods, busybox, configured):
    configured('default_ulimits = ["nofile=100:200", "core=0"]')
    container = pods.run().run("sleep 1000", image=busybox)
    limits = container.output("cat", "/proc/1/limits").splitlines()
    found = {line[:26].strip(): line[26:].split()[:2] for line in limits}
    assert found["Max open files"] == ["100", "200"]
    assert found["Max core file size"] == ["0", "0"]


def test_a_limit_that_is_none_keeps_the_daemon_from_starting(node, configured):
    CONFIG.parent.mkdir(exist_ok=True)
    CONFIG.write_text('default_ulimits = ["files=1"]')
    daemon = node.spawn()
    assert daemon.wait() != 0
    assert '"files=1" is no limit' in daemon.output
