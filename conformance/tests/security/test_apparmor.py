"""AppArmor: the default profile, profiles of the node, and nodes without it."""

import subprocess

import pytest
from grpc import StatusCode

from harness.client import refused

pytestmark = pytest.mark.gantry
having = pytest.mark.node(having=["apparmor"])
DEFAULT, UNCONFINED, LOCALHOST = "RuntimeDefault", "Unconfined", "Localhost"
CURRENT = ("cat", "/proc/self/attr/current")
MOUNT = ("sh", "-c", "mount -t tmpfs none /tmp && echo mounted")


def confined(pods, busybox, security):
    """A running container with AppArmor's fields, and CAP_SYS_ADMIN to try them."""
    return pods.run().run("sleep 1000", image=busybox, linux={"security_context": {
        "capabilities": {"add_capabilities": ["SYS_ADMIN"]}, **security}})


@pytest.fixture
def profile():
    """A profile of the node, gone after the test."""
    text = "profile conformance flags=(attach_disconnected) { file, signal, deny /tmp/** w, }"
    subprocess.run(["apparmor_parser", "-rK"], input=text.encode(), check=True)
    yield "conformance"
    subprocess.run(["apparmor_parser", "-RK"], input=text.encode(), check=True)


@having
@pytest.mark.parametrize("security", [
    pytest.param({}, marks=pytest.mark.sample), {"apparmor": {"profile_type": DEFAULT}}, {"apparmor_profile": "runtime/default"}])
def test_the_default_profile_confines(pods, busybox, security):
    container = confined(pods, busybox, security)
    assert container.output(*CURRENT).strip() == "gantry-default (enforce)"
    assert container.exec(*MOUNT).exit_code != 0
    assert container.exec("sh", "-c", "echo 0 > /proc/sys/vm/swappiness").exit_code != 0
    container.stop(seconds=0)
    assert container.exited().exit_code == 137


@having
@pytest.mark.parametrize("security", [
    {"apparmor": {"profile_type": UNCONFINED}}, {"apparmor_profile": "unconfined"}])
def test_unconfined(pods, busybox, security):
    container = confined(pods, busybox, security)
    assert container.output(*CURRENT).strip() == "unconfined"
    assert container.output(*MOUNT) == "mounted\n"


@having
@pytest.mark.parametrize("field", [
    pytest.param("apparmor", marks=pytest.mark.sample), "apparmor_profile"])
def test_a_profile_of_the_node(pods, busybox, profile, field):
    named = f"localhost/{profile}"
    message = {"profile_type": LOCALHOST, "localhost_ref": named}
    container = confined(pods, busybox, {field: message if field == "apparmor" else named})
    assert container.output(*CURRENT).strip() == "conformance (enforce)"
    assert container.exec("touch", "/tmp/file").exit_code != 0
    assert container.exec("touch", "/file").exit_code == 0


@having
def test_a_profile_that_is_not_loaded(pods, busybox):
    with refused(StatusCode.FAILED_PRECONDITION, '"none" is not loaded'):
        pods.run().create("true", image=busybox, linux={"security_context": {
            "apparmor_profile": "localhost/none"}})


@having
def test_the_default_comes_back_after_it_was_removed(pods, busybox):
    confined(pods, busybox, {})
    subprocess.run(["sh", "-c", "printf gantry-default >/sys/kernel/security/apparmor/.remove"],
                   check=True)
    container = confined(pods, busybox, {})
    assert container.output(*CURRENT).strip() == "gantry-default (enforce)"


@having
def test_no_profile_confines_a_privileged_container(pods, busybox):
    container = pods.run(linux={"security_context": {"privileged": True}}).run(
        "sleep 1000", image=busybox, linux={"security_context": {
            "privileged": True, "apparmor": {"profile_type": DEFAULT}}})
    assert container.output(*CURRENT).strip() == "unconfined"


@pytest.mark.node(lacking=["apparmor"])
def test_without_apparmor_a_profile_by_name_is_refused(pods, busybox):
    pod = pods.run()
    with refused(StatusCode.FAILED_PRECONDITION, "the kernel has no AppArmor", '"mine"'):
        pod.create("true", image=busybox, linux={"security_context": {
            "apparmor_profile": "localhost/mine"}})
    container = pod.run("true", image=busybox, linux={"security_context": {
        "apparmor": {"profile_type": DEFAULT}}})
    assert container.exited().exit_code == 0
