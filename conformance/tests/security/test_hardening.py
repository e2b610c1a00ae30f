"""What the node's configuration gives to all containers: capabilities, seccomp, variables, devices, shm."""

import json

import pytest
from grpc import StatusCode

from harness import cri
from harness.client import refused

pytestmark = pytest.mark.gantry

CHOWN = 1 << 0
KILL = 1 << 5
DEFAULT = {"seccomp": {"profile_type": cri.SecurityProfile.RuntimeDefault}}


def capabilities(container):
    """The mask of effective ones."""
    return int(container.output("awk", "/CapEff/ { print $2 }", "/proc/self/status"), 16)


def test_default_capabilities(configured, pods, busybox):
    configured('default_capabilities = ["CHOWN", "cap_kill"]')
    pod = pods.run()
    assert capabilities(pod.run("sleep 1000", image=busybox)) == CHOWN | KILL
    dropped = {"security_context": {"capabilities": {"drop_capabilities": ["CHOWN"]}}}
    assert capabilities(pod.run("sleep 1000", image=busybox, linux=dropped)) == KILL


def test_seccomp_profile(configured, pods, busybox, tmp_path):
    profile = tmp_path / "profile.json"
    profile.write_text(json.dumps({
        "defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}]}))
    configured(f'seccomp_profile = "{profile}"')
    pod = pods.run()
    confined = pod.run("sleep 1000", image=busybox, linux={"security_context": DEFAULT})
    assert confined.output("sh", "-c", "mkdir /tmp/a 2>&1 || :").startswith("mkdir: ")
    free = pod.run("sleep 1000", image=busybox)
    assert free.output("sh", "-c", "mkdir /tmp/a 2>&1 || :") == ""
    profile.write_text("{")
    with refused(StatusCode.INVALID_ARGUMENT, str(profile)):
        pod.create("true", image=busybox, linux={"security_context": DEFAULT})


def test_default_env(configured, pods, busybox):
    configured('default_env = ["MINE=a=b", "PATH=/nowhere"]')
    container = pods.run().run("sleep 1000", image=busybox, envs=[{"key": "OWN", "value": b"c"}])
    text = container.output("sh", "-c", "echo $MINE $OWN $PATH")
    # The image has a PATH of its own.
    assert text.startswith("a=b c /usr/local/sbin")


@pytest.mark.parametrize("owned, owner", [("true", "1000 2000"), ("false", "0 0")])
def test_device_ownership(configured, pods, busybox, owned, owner):
    configured(f"device_ownership_from_security_context = {owned}")
    security = {"security_context": {"run_as_user": {"value": 1000}, "run_as_group": {"value": 2000}}}
    device = {"host_path": "/dev/null", "container_path": "/dev/mine", "permissions": "rw"}
    container = pods.run().run("sleep 1000", image=busybox, devices=[device], linux=security)
    assert container.output("stat", "-c", "%u %g", "/dev/mine").strip() == owner


def test_shm_size(configured, pods, busybox):
    configured("shm_size = 1048576")
    container = pods.run().run("sleep 1000", image=busybox)
    assert container.output("sh", "-c", "df -k /dev/shm | awk 'END { print $2 }'").strip() == "1024"


def test_annotations_where_the_handler_allows_them(configured, pods, busybox):
    path = {"crun": "/usr/bin/crun", "runc": "/usr/sbin/runc"}[pods.handler]
    configured(f"""
allowed_devices = ["/dev/zero"]
[runtimes.{pods.handler}]
path = "{path}"
root = "/run/gantry/{pods.handler}"
allowed_annotations = ["io.kubernetes.cri-o.*"]
""")
    pod = pods.run(annotations={"io.kubernetes.cri-o.ShmSize": "2Mi",
                                "io.kubernetes.cri-o.Devices": "/dev/zero:/dev/mine:r"})
    container = pod.run("sleep 1000", image=busybox)
    assert container.output("sh", "-c", "df -k /dev/shm | awk 'END { print $2 }'").strip() == "2048"
    assert container.output("sh", "-c", "head -c 4 /dev/mine | wc -c").strip() == "4"
    other = pods.run(annotations={"io.kubernetes.cri-o.Devices": "/dev/mem"})
    with refused(StatusCode.INVALID_ARGUMENT, "/dev/mem", "allowed_devices"):
        other.create("true", image=busybox)


@pytest.mark.parametrize("line, words", [
    ('default_capabilities = ["FLY"]', ["default_capabilities", "FLY"]),
    ('default_env = ["NAME"]', ["default_env", "NAME"]),
    ('seccomp_profile = "profile.json"', ["seccomp_profile"]),
    ('tls_min_version = "1.1"', ["tls_min_version"]),
    ('shm_size = 0', ["shm_size"]),
])
def test_values_that_are_none(node, tmp_path, line, words):
    file = tmp_path / "bad.toml"
    file.write_text(line + "\n")
    daemon = node.spawn("--config", str(file))
    assert daemon.wait() != 0
    for word in [str(file), *words]:
        assert word in daemon.output
