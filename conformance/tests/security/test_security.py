"""Security contexts, seen by the processes that have them."""

import errno
import json
import socket
from pathlib import Path

import pytest
from grpc import StatusCode

from harness import cri
from harness.client import refused
from harness.images import catalogue, lookalikes

pytestmark = pytest.mark.gantry


def secure(**security):
    """A container's `linux` with a security context."""
    return {"security_context": {"namespace_options": {"pid": cri.CONTAINER}, **security}}


def run(pods, image, pod=None, **security):
    """A container of a pod with this security context."""
    return pods.run(linux=pod or {}).run("sleep 1000", image=image, linux=secure(**security))


def status(container):
    """/proc/1/status of the container, by its field."""
    lines = container.output("cat", "/proc/1/status").splitlines()
    return {name: value.split() for name, value in (line.split(":", 1) for line in lines)}


def capabilities(container, kind="CapEff"):
    """The capabilities of the container's process as a mask."""
    return int(status(container)[kind][0], 16)


@pytest.fixture
def grouped(registry, pull):
    """An image whose /etc/group has its user in groups."""
    reference = registry.push("test/grouped:1", catalogue.image(catalogue.layer([
        catalogue.file("etc/passwd", "root:x:0:0::/root:/bin/sh\nalice:x:1234:5678::/home:/bin/sh\n"),
        catalogue.file("etc/group", "root:x:0:\nalice:x:5678:\nwheel:x:99:alice\n")])))
    pull(reference)
    return reference


@pytest.mark.parametrize("policy, groups", [("Merge", ["99", "4321", "5678"]),
                                            ("Strict", ["4321", "5678"])])
def test_a_user_by_name_and_its_groups(pods, grouped, policy, groups):
    container = run(pods, grouped, run_as_username="alice", supplemental_groups=[4321],
                    supplemental_groups_policy=policy)
    found = status(container)
    assert (found["Uid"][0], found["Gid"][0]) == ("1234", "5678")
    assert sorted(found["Groups"], key=int) == groups
    assert "HOME=/home\0" in container.output("cat", "/proc/1/environ")
    user = container.status.user.linux
    assert (user.uid, user.gid) == (1234, 5678)
    assert sorted(map(str, user.supplemental_groups), key=int) == groups


def test_a_user_and_a_group_by_number(pods, busybox):
    found = status(run(pods, busybox, run_as_user={"value": 1001}, run_as_group={"value": 1002}))
    assert (found["Uid"][1], found["Gid"][1], found["Groups"]) == ("1001", "1002", ["1002"])


@pytest.mark.parametrize("wrong, words", [
    ({"run_as_group": {"value": 1}}, "run_as_group is set without run_as_user"),
    ({"run_as_user": {"value": 1}, "run_as_username": "root"}, "are both set"),
    ({"run_as_username": "nobody-knows"}, 'the image\'s /etc/passwd has no user "nobody-knows"'),
    ({"run_as_user": {"value": -1}}, "user -1 is not a user or group ID"),
    ({"capabilities": {"add_capabilities": ["FLY"]}}, 'there is no capability "FLY"'),
    ({"privileged": True}, "a privileged container needs a sandbox that is privileged too"),
    ({"seccomp_profile_path": "none/such"}, 'there is no security profile "none/such"'),
    ({"seccomp": {"profile_type": 2, "localhost_ref": "/no/such.json"}}, "/no/such.json"),
    ({"seccomp": {"profile_type": 2, "localhost_ref": "such.json"}}, "is not an absolute path"),
    ({"namespace_options": {"pid": cri.CONTAINER, "target_id": "x"}}, "target_id is for"),
    ({"namespace_options": {"pid": cri.CONTAINER, "network": cri.TARGET}},
     "only the PID namespace can be that of a target container"),
])
def test_what_contradicts_itself(pods, busybox, wrong, words):
    with refused(StatusCode.INVALID_ARGUMENT, words):
        pods.run().create("true", image=busybox, linux=secure(**wrong))


def test_capabilities(pods, busybox):
    pod = pods.run()

    def mask(kind="CapEff", **lists):
        linux = secure(capabilities=lists)
        return capabilities(pod.run("sleep 1000", image=busybox, linux=linux), kind)

    chown, kill, net_admin = 1 << 0, 1 << 5, 1 << 12
    assert mask() & chown and not mask() & net_admin
    assert mask(drop_capabilities=["CHOWN"], add_capabilities=["NET_ADMIN"]) & (
        chown | net_admin) == net_admin
    assert mask(drop_capabilities=["ALL"], add_capabilities=["CAP_KILL"]) == kill
    assert mask("CapAmb", add_ambient_capabilities=["KILL"]) == kill
    own = int(next(line.split()[1] for line in Path("/proc/self/status").read_text().splitlines()
                   if line.startswith("CapPrm")), 16)
    assert mask(add_capabilities=["ALL"]) == own


def test_no_new_privileges(pods, busybox):
    assert status(run(pods, busybox, no_new_privs=True))["NoNewPrivs"] == ["1"]
    assert status(run(pods, busybox))["NoNewPrivs"] == ["0"]


def test_a_privileged_container(pods, busybox):
    container = run(pods, busybox, pod=secure(privileged=True), privileged=True,
                    seccomp={"profile_type": 0})
    assert status(container)["Seccomp"] == ["0"]
    assert container.output("ls", "/dev/fuse")
    container.output("sh", "-c", "mount -t tmpfs none /home && exec 3</dev/fuse")
    assert container.output("ls", "/proc/acpi") is not None


def test_a_readonly_root(pods, busybox):
    container = run(pods, busybox, readonly_rootfs=True)
    assert container.exec("touch", "/new").exit_code != 0
    container.output("touch", "/dev/shm/new")


def test_masked_and_readonly_paths(pods, busybox):
    container = run(pods, busybox)
    assert container.exec("sh", "-c", "echo 0 > /proc/sys/vm/swappiness").exit_code != 0
    assert container.output("cat", "/proc/keys") == ""
    container = run(pods, busybox, masked_paths=["/etc/passwd"], readonly_paths=["/home"])
    assert container.output("cat", "/etc/passwd") == ""
    assert container.exec("touch", "/home/new").exit_code != 0
    assert container.output("cat", "/proc/keys") != ""


def test_seccomp(pods, busybox, tmp_path):
    profile = tmp_path / "profile.json"
    profile.write_text(json.dumps({
        "defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}]}))
    refusing = run(pods, busybox, seccomp={"profile_type": 2, "localhost_ref": str(profile)})
    assert refusing.exec("mkdir", "/new").exit_code != 0
    default = run(pods, busybox, seccomp={"profile_type": 0})
    default.output("mkdir", "/new")
    assert (status(default)["Seccomp"], status(run(pods, busybox))["Seccomp"]) == (["2"], ["0"])


@pytest.mark.parametrize("demanded, words", [
    pytest.param({"apparmor": {"profile_type": 2, "localhost_ref": "mine"}},
                 "the kernel has no AppArmor", marks=pytest.mark.node(lacking=["apparmor"]))])
def test_security_modules_that_the_kernel_lacks(pods, busybox, demanded, words):
    with refused(StatusCode.FAILED_PRECONDITION, words):
        pods.run().create("true", image=busybox, linux=secure(**demanded))


def test_the_sandboxs_own_process(pods, busybox):
    """It is there when containers share a PID namespace, and is whom the sandbox names."""
    options = {"namespace_options": {"pid": cri.POD}}
    pod = pods.run(linux={"security_context": {
        **options, "run_as_user": {"value": 1005}, "run_as_group": {"value": 1006},
        "seccomp": {"profile_type": 0}}})
    found = status(pod.run("sleep 1000", image=busybox, linux={"security_context": options}))
    assert (found["Name"], found["Uid"][0], found["Gid"][0], found["Seccomp"]) == (
        ["pause"], "1005", "1006", ["2"])


@pytest.mark.parametrize("wrong, words", [
    ({"sysctls": {"kernel.panic": "1"}}, "sysctl kernel.panic does not belong to the pod's own"),
    ({"sysctls": {"net.core.somaxconn": "1"},
      "security_context": {"namespace_options": {"network": cri.NODE}}}, "does not belong"),
    ({"security_context": {"namespace_options": {"network": cri.CONTAINER}}}, "network namespace"),
    ({"security_context": {"namespace_options": {"ipc": cri.TARGET}}}, "ipc namespace"),
    ({"security_context": {"namespace_options": {"pid": cri.TARGET}}}, "no target container"),
    ({"security_context": {"run_as_group": {"value": 1}}}, "without run_as_user"),
])
def test_pods_that_contradict_themselves(pods, wrong, words):
    with refused(StatusCode.INVALID_ARGUMENT, words):
        pods.run(linux=wrong)


def test_a_hostname_that_is_too_long(pods):
    with refused(StatusCode.INVALID_ARGUMENT, "more than 64 bytes"):
        pods.run(hostname="x" * 65)


@pytest.mark.parametrize("confined", [True, False], ids=["RuntimeDefault", "Unconfined"])
def test_families_of_sockets(pods, registry, pull, confined):
    """The default profile refuses AF_ALG and AF_VSOCK in each way there is to ask for them, that of 32-bit
    programs too."""
    reference = registry.push("test/families:1", catalogue.image(
        catalogue.layer([catalogue.file("bin/families", lookalikes.compiled("socket_families"), 0o755)])))
    pull(reference)
    profile = cri.SecurityProfile.ProfileType.Value("RuntimeDefault" if confined else "Unconfined")
    container = run(pods, reference, seccomp={"profile_type": profile})
    found = {(way, int(family)): int(number) for way, family, number in map(
        str.split, container.output("families").splitlines())}
    ways = {way for way, _ in found}
    assert {found[way, family] for way in ways - {"socketcall32"}
            for family in (socket.AF_UNIX, socket.AF_INET)} == {0}
    refused_here = {found[way, family] for way in ways for family in (socket.AF_ALG, socket.AF_VSOCK)}
    if confined:
        assert refused_here <= {errno.EPERM, errno.ENOSYS}
    else:
        assert found["socket", socket.AF_VSOCK] not in (errno.EPERM, errno.ENOSYS)
