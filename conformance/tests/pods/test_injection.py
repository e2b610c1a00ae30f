"""What containers get besides their configuration: CDI devices and hooks."""

import json
from pathlib import Path

import pytest
from grpc import StatusCode

from harness.client import refused

pytestmark = pytest.mark.gantry
CDI = Path("/etc/cdi/card.json")
HOOK = Path("/etc/containers/oci/hooks.d/mark.json")


@pytest.fixture
def cards(tmp_path):
    """A kind of CDI device with every edit."""
    (tmp_path / "words").write_text("from the driver")
    (tmp_path / "setup").write_text("#!/bin/sh\ncat >>$0.ran\n")
    (tmp_path / "setup").chmod(0o755)
    CDI.parent.mkdir(exist_ok=True)
    CDI.write_text(json.dumps({
        "cdiVersion": "0.7.0", "kind": "example.com/card",
        "containerEdits": {"env": ["CARDS=yes"], "additionalGids": [44]},
        "devices": [{"name": "zero", "containerEdits": {
            "env": ["CARD=zero"],
            "deviceNodes": [{"path": "/dev/card0", "hostPath": "/dev/fuse", "permissions": "r"}],
            "mounts": [{"hostPath": str(tmp_path), "containerPath": "/card",
                        "options": ["rbind", "ro"]}],
            "hooks": [{"hookName": "createRuntime", "path": str(tmp_path / "setup")}],
        }}],
    }))
    yield tmp_path
    CDI.unlink()


@pytest.mark.parametrize("asked", [
    {"CDI_devices": [{"name": "example.com/card=zero"}]},
    {"annotations": {"cdi.k8s.io/test": "example.com/card=zero"}}])
def test_a_cdi_device(pods, busybox, cards, asked):
    container = pods.run().run("sleep 1000", image=busybox, **asked)
    environment = container.output("cat", "/proc/1/environ").split("\0")
    assert {"CARDS=yes", "CARD=zero"} <= set(environment)
    container.output("sh", "-c", "exec 3</dev/card0")
    assert container.exec("sh", "-c", "exec 3>/dev/card0").exit_code != 0
    assert container.output("cat", "/card/words") == "from the driver"
    assert container.exec("touch", "/card/new").exit_code != 0
    assert "44" in container.output("grep", "Groups", "/proc/1/status").split()
    assert json.loads((cards / "setup.ran").read_text())["id"] == container.id


def test_a_cdi_file_in_yaml(pods, busybox):
    path = CDI.with_suffix(".yaml")
    path.parent.mkdir(exist_ok=True)
    path.write_text("cdiVersion: 0.5.0\nkind: example.com/card\ndevices:\n"
                    '- name: "0"\n  containerEdits:\n    env: [CARD=yaml]\n')
    try:
        container = pods.run().run("sleep 1000", image=busybox,
                                   CDI_devices=[{"name": "example.com/card=0"}])
        assert "CARD=yaml\0" in container.output("cat", "/proc/1/environ")
    finally:
        path.unlink()


def test_a_cdi_device_that_is_not_there(pods, busybox, cards):
    broken = CDI.with_name("broken.json")
    broken.write_text("{")
    try:
        with refused(StatusCode.INVALID_ARGUMENT, "there is no CDI device example.com/card=one",
                     "/etc/cdi/broken.json"):
            pods.run().create("true", image=busybox,
                              CDI_devices=[{"name": "example.com/card=one"}])
    finally:
        broken.unlink()
    with refused(StatusCode.INVALID_ARGUMENT, '"card" is no CDI device'):
        pods.run().create("true", image=busybox, CDI_devices=[{"name": "card"}])


@pytest.fixture
def hook(tmp_path):
    """Writes a hook that appends the container's state to a file."""
    program = tmp_path / "hook"
    program.write_text("#!/bin/sh\ncat >>$0.ran\n")
    program.chmod(0o755)
    HOOK.parent.mkdir(parents=True, exist_ok=True)

    def write(**fields):
        HOOK.write_text(json.dumps({
            "version": "1.0.0", "hook": {"path": str(program)}, "when": {"always": True},
            "stages": ["poststop"], **fields}))

    yield write, Path(f"{program}.ran")
    HOOK.unlink(missing_ok=True)


def test_a_hook_runs_for_containers_that_fit(pods, busybox, hook):
    write, ran = hook
    write(when={"annotations": {"^mark$": "^yes$"}}, stages=["createRuntime"])
    pods.run().create("true", image=busybox)
    assert not ran.exists()
    container = pods.run().create("true", image=busybox, annotations={"mark": "yes"})
    assert json.loads(ran.read_text())["id"] == container.id


def test_a_hook_after_the_end(pods, busybox, hook):
    write, ran = hook
    write()
    container = pods.run().run("true", image=busybox)
    container.exited()
    container.remove()
    assert json.loads(ran.read_text())["id"] == container.id


def test_a_hook_that_is_none(pods, busybox, hook):
    write, _ = hook
    write(stages=["sometimes"])
    with refused(StatusCode.FAILED_PRECONDITION, str(HOOK), "is no hook"):
        pods.run().create("true", image=busybox)
