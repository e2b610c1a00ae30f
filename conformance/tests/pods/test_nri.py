"""Plugins of the Node Resource Interface: what they are told, and what comes of what they answer."""

import json
import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from grpc import StatusCode

from harness import cri, nri
from harness.client import refused
from harness.command import gantry
from harness.wait import wait_until

pytestmark = pytest.mark.gantry


def adjusting(**fields):
    """Answers CreateContainer with an adjustment."""
    return {"CreateContainer": lambda request: nri.CreateContainerResponse(
        adjust=nri.ContainerAdjustment(**fields))}


def spec(client, container):
    """The runtime's spec, and what plugins changed, from the verbose status."""
    info = json.loads(client.ContainerStatus(container_id=container.id, verbose=True).info["info"])
    return info["runtimeSpec"], info.get("nri")


# What they are told.

def test_every_event_in_its_order(pods, client, busybox):
    with nri.Plugin() as plugin:
        pod = pods.run(labels={"app": "a"}, annotations={"note": "b"})
        container = pod.create("sleep 1000", image=busybox)
        container.start()
        client.UpdateContainerResources(container_id=container.id, linux={"cpu_shares": 300})
        client.UpdatePodSandboxResources(
            pod_sandbox_id=pod.id, resources={"cpu_shares": 200}, overhead={"cpu_shares": 10})
        container.stop()
        container.remove()
        pod.remove()
        assert plugin.methods("ValidateContainerAdjustment") == [
            "RunPodSandbox", "CreateContainer", "PostCreateContainer", "StartContainer",
            "PostStartContainer", "UpdateContainer", "PostUpdateContainer", "UpdatePodSandbox",
            "PostUpdatePodSandbox", "StopContainer", "RemoveContainer", "StopPodSandbox",
            "RemovePodSandbox"]
        run = plugin.requests("RunPodSandbox")[0].pod
        assert (run.id, run.name, run.uid) == (
            pod.id, pod.config.metadata.name, pod.config.metadata.uid)
        assert run.labels == {"app": "a"} and run.annotations == {"note": "b"} and run.ips
        assert any(each.type == "network" for each in run.linux.namespaces)
        create = plugin.requests("CreateContainer")[0].container
        assert (create.id, create.pod_sandbox_id) == (container.id, pod.id)
        assert list(create.args) == ["sh", "-c", "sleep 1000"]
        assert any(each.destination == "/proc" for each in create.mounts)
        assert plugin.requests("PostStartContainer")[0].container.pid
        assert plugin.requests("UpdateContainer")[0].resources.cpu.shares.value == 300
        assert plugin.requests("UpdatePodSandbox")[0].resources.cpu.shares.value == 200
        stopped = plugin.requests("StopContainer")[0].container
        assert (stopped.exit_code, stopped.state) == (137, 4)


def test_a_plugin_is_told_only_what_it_wants(pods, busybox):
    with nri.Plugin(events=nri.mask("START_CONTAINER")) as plugin:
        pods.run().run("sleep 1000", image=busybox)
        assert plugin.methods() == ["StartContainer"]


def test_plugins_are_asked_in_the_order_of_their_indexes(pods, busybox):
    order = []
    with nri.Plugin("90", "last", RunPodSandbox=lambda _: order.append("last")), \
            nri.Plugin("05", "first", RunPodSandbox=lambda _: order.append("first")):
        pods.run()
    assert order == ["first", "last"]


def test_a_plugin_that_comes_late_learns_what_there_is(pods, busybox):
    pod = pods.run()
    running = pod.run("sleep 1000", image=busybox)
    over = pod.run("true", image=busybox)
    over.exited()
    with nri.Plugin() as plugin:
        known = plugin.wait("Synchronize")
        assert [each.id for each in known.pods] == [pod.id]
        assert [each.id for each in known.containers] == [running.id]
        assert list(known.containers[0].args) == ["sh", "-c", "sleep 1000"]
    with nri.Plugin() as again:
        assert again.wait("Synchronize").pods


def test_an_older_plugin_gets_state_changes(pods):
    def unknown(_):
        raise nri.Refusal("unknown method", nri.UNIMPLEMENTED)

    with nri.Plugin(RunPodSandbox=unknown) as plugin:
        pod = pods.run()
        change = plugin.wait("StateChange")
        assert (change.event, change.pod.id) == (1, pod.id)


def test_a_plugin_survives_a_restart_of_the_daemon_by_coming_again(pods, node, busybox):
    with nri.Plugin(**adjusting(annotations={"mark": "x"})):
        container = pods.run().run("sleep 1000", image=busybox)
    node.restart()
    changed = spec(node.client, container)[1]
    assert changed["adjustment"]["annotations"] == {"mark": "x"}
    assert changed["plugins"] == [{"name": "test", "index": "10"}]
    with nri.Plugin() as plugin:
        assert [each.id for each in plugin.wait("Synchronize").containers] == [container.id]


def test_status_lists_plugins(node):
    with nri.Plugin("33", "seen"):
        wait_until(lambda: "33-seen" in gantry(node.runtime, "status"), "the plugin is listed")


# Refusals.

def test_a_plugin_refuses_a_pod(pods, client):
    def refuse(_):
        raise nri.Refusal("not this one")

    with nri.Plugin(RunPodSandbox=refuse) as plugin:
        with refused(None, "plugin 10-test refuses RunPodSandbox", "not this one"):
            pods.run()
        assert plugin.methods() == ["RunPodSandbox", "StopPodSandbox", "RemovePodSandbox"]
    assert not client.ListPodSandbox().items


def test_a_plugin_refuses_a_container_and_then_does_not(pods, client, busybox):
    refusing = [True]

    def create(_):
        if refusing:
            raise nri.Refusal("too many")

    with nri.Plugin(CreateContainer=create) as plugin:
        pod = pods.run()
        with refused(None, "too many"):
            pod.create("true", image=busybox, name="one")
        assert plugin.methods()[-2:] == ["StopContainer", "RemoveContainer"]
        assert not client.ListContainers().containers
        refusing.clear()
        pod.run("true", image=busybox, name="one").exited()


def test_two_that_set_the_same_are_a_conflict_that_names_both(pods, busybox):
    with nri.Plugin("10", "one", **adjusting(env=[{"key": "A", "value": "1"}])), \
            nri.Plugin("20", "two", **adjusting(env=[{"key": "A", "value": "2"}])):
        with refused(StatusCode.FAILED_PRECONDITION, '"10-one"', '"20-two"', 'env "A"'):
            pods.run().create("true", image=busybox)


def test_one_that_removes_first_may_set(pods, busybox):
    with nri.Plugin("10", "one", **adjusting(env=[{"key": "A", "value": "1"}])), \
            nri.Plugin("20", "two", **adjusting(
                env=[{"key": "-A"}, {"key": "A", "value": "2"}])):
        container = pods.run().run("sleep 1000", image=busybox)
        assert "A=2" in container.output("cat", "/proc/1/environ").split("\0")


# Adjustments, looked at from inside.

def test_environment_arguments_and_annotations(pods, client, busybox):
    with nri.Plugin(**adjusting(
            env=[{"key": "NEW", "value": "a=b"}, {"key": "-OLD"}],
            args=["sh", "-c", "sleep 999"], annotations={"tuned": "yes"})):
        container = pods.run().run(
            "sleep 1000", image=busybox, envs=[{"key": "OLD", "value": b"x"}])
        environment = container.output("cat", "/proc/1/environ").split("\0")
        assert "NEW=a=b" in environment and "OLD=x" not in environment
        assert "sleep 999" in container.output("cat", "/proc/1/cmdline").replace("\0", " ")
        written, changed = spec(client, container)
        assert written["annotations"]["tuned"] == "yes"
        assert "10-test" in json.dumps(changed["owners"])


def test_mounts_come_and_go(pods, busybox, tmp_path):
    (tmp_path / "words").write_text("from the plugin")
    with nri.Plugin(**adjusting(mounts=[
            {"destination": "/added", "type": "bind", "source": str(tmp_path),
             "options": ["rbind", "ro"]},
            {"destination": "-/dev/mqueue"}])):
        container = pods.run().run("sleep 1000", image=busybox)
        assert container.output("cat", "/added/words") == "from the plugin"
        assert "/dev/mqueue" not in container.output("cat", "/proc/mounts")


def test_rlimits_oom_score_and_devices(pods, busybox):
    zero = os.stat("/dev/full")
    with nri.Plugin(**adjusting(
            rlimits=[{"type": "RLIMIT_CORE", "hard": 12345, "soft": 1234}],
            linux={"oom_score_adj": {"value": 321}, "devices": [
                {"path": "/dev/mine", "type": "c", "major": os.major(zero.st_rdev),
                 "minor": os.minor(zero.st_rdev), "file_mode": {"value": 0o600}}]})):
        container = pods.run().run("sleep 1000", image=busybox)
        assert container.output("sh", "-c", "grep core /proc/1/limits").split()[4:6] == [
            "1234", "12345"]
        assert container.output("cat", "/proc/1/oom_score_adj").strip() == "321"
        assert container.exec("sh", "-c", "echo x >/dev/mine").exit_code != 0
        container.output("sh", "-c", "head -c 1 /dev/mine")


def test_a_hook_runs(pods, busybox, tmp_path):
    hook = tmp_path / "hook"
    hook.write_text("#!/bin/sh\ncat >$0.ran\n")
    hook.chmod(0o755)
    with nri.Plugin(**adjusting(hooks={"create_runtime": [{"path": str(hook)}]})):
        container = pods.run().create("true", image=busybox)
    assert json.loads(Path(f"{hook}.ran").read_text())["id"] == container.id


def test_a_cdi_device(pods, busybox):
    path = Path("/etc/cdi/nri.json")
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({
        "cdiVersion": "0.6.0", "kind": "example.com/nri",
        "devices": [{"name": "0", "containerEdits": {"env": ["CARD=nri"]}}]}))
    try:
        with nri.Plugin(**adjusting(cdi_devices=[{"name": "example.com/nri=0"}])):
            container = pods.run().run("sleep 1000", image=busybox)
            assert "CARD=nri" in container.output("cat", "/proc/1/environ").split("\0")
    finally:
        path.unlink()


def test_namespaces_and_sysctls(pods, busybox):
    with nri.Plugin(**adjusting(linux={
            "namespaces": [{"type": "ipc"}], "sysctl": {"kernel.msgmax": "4321"}})):
        pod = pods.run()
        container = pod.run("sleep 1000", image=busybox)
        assert container.output("cat", "/proc/sys/kernel/msgmax").strip() == "4321"


def test_limits_reach_the_kernel_and_the_status(pods, client, busybox):
    with nri.Plugin(**adjusting(linux={"resources": {
            "cpu": {"shares": {"value": 512}, "quota": {"value": 50000},
                    "period": {"value": 100000}},
            "memory": {"limit": {"value": 64 << 20}}, "pids": {"limit": 77}}})):
        container = pods.run().run("sleep 1000", image=busybox)
        status = container.status.resources.linux
        assert (status.cpu_shares, status.cpu_quota) == (512, 50000)
        assert status.memory_limit_in_bytes == 64 << 20
        written = spec(client, container)[0]["linux"]["resources"]
        assert written["pids"]["limit"] == 77
        assert written["memory"]["limit"] == 64 << 20
        client.UpdateContainerResources(container_id=container.id, linux={"cpu_shares": 600})
        assert spec(client, container)[0]["linux"]["resources"]["pids"]["limit"] == 77


def test_a_seccomp_policy(pods, busybox):
    with nri.Plugin(**adjusting(linux={"seccomp_policy": {
            "default_action": "SCMP_ACT_ALLOW", "syscalls": [
                {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO",
                 "errno_ret": {"value": 1}}]}})):
        container = pods.run().run("sleep 1000", image=busybox)
        assert container.exec("mkdir", "/new").exit_code != 0
        container.output("touch", "/new")


def test_the_cgroup_of_a_container(pods, client, busybox):
    with nri.Plugin(**adjusting(linux={"cgroups_path": "/chosen-by-a-plugin"})):
        container = pods.run().run("sleep 1000", image=busybox)
        assert spec(client, container)[0]["linux"]["cgroupsPath"] == "/chosen-by-a-plugin"
        pid = json.loads(client.ContainerStatus(
            container_id=container.id, verbose=True).info["info"])["pid"]
        assert "/chosen-by-a-plugin\n" in Path(f"/proc/{pid}/cgroup").read_text()
        with refused(StatusCode.FAILED_PRECONDITION, "/chosen-by-a-plugin", "something else"):
            pods.run().create("true", image=busybox)
        client.UpdateContainerResources(
            container_id=container.id, linux={"memory_limit_in_bytes": 64 << 20})
        assert container.output("cat", "/sys/fs/cgroup/memory/memory.limit_in_bytes"
                                if Path("/sys/fs/cgroup/memory").exists()
                                else "/sys/fs/cgroup/memory.max").strip() == str(64 << 20)
        container.remove()


def test_what_a_container_leaves_in_a_cgroup_that_a_plugin_chose(pods, node, busybox):
    with nri.Plugin(**adjusting(linux={"cgroups_path": "/chosen-by-a-plugin"})):
        pod = pods.run(linux={"security_context": {"namespace_options": {"pid": cri.NODE}}})
        container = pod.run(
            "setsid sleep 4321 & sleep 1000", image=busybox,
            linux={"security_context": {"namespace_options": {"pid": cri.NODE}}})
        node.restart()
        container.remove()
    assert not any(b"4321" in each.read_bytes() for each in Path("/proc").glob("[0-9]*/cmdline"))


@pytest.mark.parametrize("path", ["/", "relative", "/a/../../b", "system.slice:gantry:x", "/gantry"])
def test_cgroups_that_a_plugin_may_not_choose(pods, busybox, path):
    occupied = Path("/sys/fs/cgroup/gantry" if Path("/sys/fs/cgroup/cgroup.controllers").exists()
                    else "/sys/fs/cgroup/memory/gantry")
    (occupied / "below").mkdir(parents=True)
    try:
        with nri.Plugin(**adjusting(linux={"cgroups_path": path})):
            with refused(None, f'"{path}"'):
                pods.run().create("true", image=busybox)
    finally:
        (occupied / "below").rmdir()
        occupied.rmdir()


@pytest.mark.parametrize("field, words", [
    ({"rdt_class": {"value": "gold"}}, "RDT classes"),
    ({"blockio_class": {"value": "slow"}}, "no block I/O classes are configured"),
])
def test_classes_that_the_node_lacks_are_refused_with_the_reason(pods, busybox, field, words):
    with nri.Plugin(**adjusting(linux={"resources": field})):
        with refused(StatusCode.FAILED_PRECONDITION, words):
            pods.run().create("true", image=busybox)


@pytest.mark.parametrize("field, words", [
    ({"net_devices": [{"key": "eth9", "value": {"name": "in"}}]}, "network devices"),
    ({"memory_policy": {"mode": 2, "nodes": "0"}}, "memory policy MPOL_BIND"),
    ({"rdt": {"clos_id": {"value": "gold"}}}, "RDT"),
])
def test_what_the_runtime_lacks_is_refused_with_the_reason(pods, busybox, field, words):
    with nri.Plugin(**adjusting(linux=field)):
        with refused(StatusCode.FAILED_PRECONDITION, words, "does not have"):
            pods.run().create("true", image=busybox)


def test_block_io_classes(configured, pods, client, busybox):
    path = Path("/etc/gantry/blockio.yaml")
    path.parent.mkdir(exist_ok=True)
    path.write_text("""Classes:
  slow:
  - Devices: ["/dev/loop*"]
    ThrottleReadBps: 10M
    ThrottleWriteIOPS: 5k
  - Devices: ["/dev/loop0"]
    ThrottleReadBps: 20Mi
""")
    configured(f'blockio_config_file = "{path}"')
    expected = {"major": 7, "minor": 0, "rate": 20 << 20}
    with nri.Plugin(**adjusting(linux={"resources": {"blockio_class": {"value": "slow"}}})):
        limits = spec(client, pods.run().create("true", image=busybox))[0]["linux"]["resources"]
        assert expected in limits["blockIO"]["throttleReadBpsDevice"]
        assert limits["blockIO"]["throttleWriteIOPSDevice"][0]["rate"] == 5000
    with nri.Plugin(**adjusting(linux={"resources": {"blockio_class": {"value": "none"}}})):
        with refused(StatusCode.FAILED_PRECONDITION, 'no block I/O class "none"'):
            pods.run().create("true", image=busybox)


# Updates and evictions.

def shares(container, value, **more):
    """A change of another container's CPU shares."""
    return nri.ContainerUpdate(container_id=container.id, linux={"resources": {
        "cpu": {"shares": {"value": value}}}}, **more)


def test_a_plugin_changes_what_is_asked(pods, client, busybox):
    def update(request):
        return nri.UpdateContainerResponse(update=[nri.ContainerUpdate(
            container_id=request.container.id,
            linux={"resources": {"cpu": {"shares": {"value": 777}}}})])

    with nri.Plugin(UpdateContainer=update):
        container = pods.run().run("sleep 1000", image=busybox)
        client.UpdateContainerResources(container_id=container.id, linux={"cpu_shares": 300})
        assert container.status.resources.linux.cpu_shares == 777


def test_updates_of_others_and_unsolicited_ones(pods, busybox):
    pod = pods.run()
    other = pod.run("sleep 1000", image=busybox)
    with nri.Plugin(
            CreateContainer=lambda _: nri.CreateContainerResponse(update=[shares(other, 400)]),
            StopContainer=lambda _: nri.StopContainerResponse(update=[shares(other, 500)]),
    ) as plugin:
        new = pod.run("sleep 1000", image=busybox)
        assert other.status.resources.linux.cpu_shares == 400
        new.stop()
        assert other.status.resources.linux.cpu_shares == 500
        assert plugin.update(shares(other, 600)) == []
        assert other.status.resources.linux.cpu_shares == 600
        failed = plugin.update(shares(new, 600))
        assert [each.container_id for each in failed] == [new.id]


def test_two_that_change_each_other_at_once(pods, client, busybox):
    pod = pods.run()
    one, other = pod.run("sleep 1000", image=busybox), pod.run("sleep 1000", image=busybox)

    def update(request):
        its = other if request.container.id == one.id else one
        return nri.UpdateContainerResponse(update=[shares(its, 555)])

    with nri.Plugin(UpdateContainer=update), ThreadPoolExecutor(2) as threads:
        for _ in range(10):
            list(threads.map(lambda each: client.UpdateContainerResources(
                container_id=each.id, linux={"cpu_quota": 50000}, deadline=10), (one, other)))
        assert one.status.resources.linux.cpu_shares == 555


def test_an_update_from_synchronize(pods, busybox):
    other = pods.run().run("sleep 1000", image=busybox)
    with nri.Plugin(Synchronize=lambda _: nri.SynchronizeResponse(update=[shares(other, 450)])):
        wait_until(lambda: other.status.resources.linux.cpu_shares == 450, "it is updated")


def test_an_eviction(pods, busybox):
    container = pods.run().run("sleep 1000", image=busybox)
    with nri.Plugin() as plugin:
        plugin.update(evict=[nri.ContainerEviction(container_id=container.id, reason="noisy")])
        assert container.exited().exit_code == 137


# Validation.

def test_a_validator_sees_owners_and_rejects(pods, busybox):
    def validate(request):
        return nri.ValidateContainerAdjustmentResponse(
            reject=True, reason=f"{len(request.plugins)} were asked")

    with nri.Plugin("10", "one", **adjusting(env=[{"key": "A", "value": "1"}])), \
            nri.Plugin("20", "judge", ValidateContainerAdjustment=validate) as judge:
        with refused(StatusCode.FAILED_PRECONDITION, "20-judge rejects", "2 were asked"):
            pods.run().create("true", image=busybox)
        request = judge.requests("ValidateContainerAdjustment")[0]
        owners = request.owners.owners[0].value.compound[0]
        assert (owners.key, owners.value.owners["A"]) == (6, "10-one")
        assert not any(each.startswith("A=") for each in request.container.env)


def test_the_daemons_own_validator(pods, configured, busybox, tmp_path):
    configured('nri_reject = ["hooks", "seccomp-unconfined"]\n'
               'nri_required_plugins = ["guard"]\nnri_toleration_annotation = "alone"\n')
    with refused(StatusCode.FAILED_PRECONDITION, "required and missing: guard"):
        pods.run().create("true", image=busybox)
    pods.run(annotations={"alone": "true"}).create("true", image=busybox)
    with nri.Plugin("10", "guard", **adjusting(
            hooks={"poststop": [{"path": "/bin/true"}]})):
        with refused(StatusCode.FAILED_PRECONDITION, "10-guard may not add OCI hooks"):
            pods.run().create("true", image=busybox)


# Plugins that are started with the daemon.

def test_a_plugin_of_the_directory_is_started_with_its_configuration(node, configured):
    directory = Path("/opt/nri/plugins")
    program = directory / "07-started"
    made = [each for each in (directory.parent.parent, directory.parent, directory)
            if not each.exists()]
    directory.mkdir(parents=True, exist_ok=True)
    seen = node.directory / "started-plugin"
    program.write_text(f"#!/bin/sh\nenv >{seen}\nls -l /proc/self/fd/3 >>{seen}\n")
    program.chmod(0o755)
    try:
        configured("")
        wait_until(lambda: seen.exists() and "socket:" in seen.read_text(), "it was started")
        assert {"NRI_PLUGIN_NAME=started", "NRI_PLUGIN_IDX=07", "NRI_PLUGIN_SOCKET=3"} <= set(
            seen.read_text().splitlines())
    finally:
        program.unlink()
        for each in reversed(made):
            each.rmdir()


# Starts.

def test_the_first_start_makes_the_sockets_directory(node):
    node.daemon.terminate()
    directory = Path(nri.SOCKET).parent
    for path in directory.glob("*"):
        path.unlink()
    directory.rmdir()
    node.start()
    wait_until(lambda: Path(nri.SOCKET).exists(), "the socket is there")
    assert (directory.stat().st_mode & 0o777, Path(nri.SOCKET).stat().st_mode & 0o777) == (
        0o700, 0o600)
    assert "plugin" not in node.daemon.output
    with nri.Plugin():
        pass


def test_the_socket_of_a_killed_daemon_is_replaced(node):
    node.crash()
    assert Path(nri.SOCKET).exists()
    node.start()
    with nri.Plugin():
        pass


def test_a_socket_that_another_runtime_serves_is_left_to_it(node, pods, busybox):
    node.daemon.terminate()
    Path(nri.SOCKET).unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(nri.SOCKET)
        other.listen()
        node.start()
        wait_until(lambda: "another process serves it" in node.daemon.output, "a line")
        pods.run().run("true", image=busybox).exited()
        with socket.socket(socket.AF_UNIX) as plugin:
            plugin.connect(nri.SOCKET)
            other.accept()[0].close()

    def registers():
        try:
            with nri.Plugin():
                return True
        except OSError:
            return False

    wait_until(registers, "the socket is Gantry's")


# Hostile ones.

def test_one_that_hangs_is_dropped_and_holds_up_no_pod_for_long(pods, node, busybox):
    with nri.Plugin(RunPodSandbox=lambda _: time.sleep(3600)) as plugin:
        pod = pods.run()
        assert plugin.ended.wait(10)
        pod.run("true", image=busybox).exited()
    wait_until(lambda: "plugin 10-test is dropped: RunPodSandbox" in node.daemon.output, "a line")


def test_one_that_dies_in_a_call(pods, busybox):
    plugin = nri.Plugin(CreateContainer=lambda _: plugin.wire.close())
    pods.run().run("true", image=busybox).exited()
    plugin.close()


def test_a_validator_that_dies_refuses_the_container(pods, busybox):
    plugin = nri.Plugin(ValidateContainerAdjustment=lambda _: plugin.wire.close())
    with refused(StatusCode.ABORTED, "validator 10-test has not answered"):
        pods.run().create("true", image=busybox)
    plugin.close()


def test_one_that_answers_garbage_is_dropped(pods, node, busybox):
    with nri.Plugin(CreateContainer=lambda _: b"\xff\xff\xff\xff") as plugin:
        pods.run().run("true", image=busybox).exited()
        assert plugin.ended.wait(10)
    wait_until(lambda: "its answer to CreateContainer cannot be read" in node.daemon.output,
               "a line")


@pytest.mark.parametrize("bytes", [
    b"\0" * 4096, b"\xff" * 4096, b"\0\0\0\1\xff\xff\xff\xff", b"GET / HTTP/1.1\r\n\r\n" * 1000,
    b"\0\0\0\2\0\0\0\x0a\x7f\xff\xff\xff\0\0\0\1\1\0"])
def test_garbage_on_the_socket(pods, busybox, bytes):
    wire = nri.Wire()
    try:
        wire.socket.sendall(bytes)
    except OSError:
        pass
    pods.run().run("true", image=busybox).exited()
    wire.close()


def test_one_that_floods_is_refused_and_pods_go_on(pods, busybox):
    with nri.Plugin() as plugin:
        plugin.flood("UpdateContainers", nri.UpdateContainersRequest(
            update=[nri.ContainerUpdate(container_id="none")] * 100), 10_000)
        pods.run().run("true", image=busybox).exited()


def test_ones_that_never_register(pods, node, busybox):
    line = "64 plugins are connected; others are refused"
    before = node.daemon.output.count(line)
    wires = [nri.Wire() for _ in range(80)]
    pods.run().run("true", image=busybox).exited()
    assert node.daemon.output.count(line) == before + 1
    for wire in wires:
        wire.close()

    def registers():
        try:
            with nri.Plugin() as plugin:
                return plugin.requests("Synchronize")
        except (OSError, AssertionError):
            # Refused still: the connection ends before or after its first request.
            return False

    wait_until(registers, "there is room again", seconds=60)


@pytest.mark.parametrize("index, name", [("1", "a"), ("xx", "a"), ("10", ""), ("10", "a/b"),
                                         ("10", "a" * 1000), ("１０", "a")])
def test_names_that_are_none(pods, index, name):
    with pytest.raises(nri.Refusal):
        nri.Plugin(index, name)


def test_numbers_at_their_ends(pods, busybox):
    most = (1 << 63) - 1
    with nri.Plugin(**adjusting(linux={"oom_score_adj": {"value": most}})):
        container = pods.run().run("sleep 1000", image=busybox)
        assert container.output("cat", "/proc/1/oom_score_adj").strip() == "1000"
    for value in (-most - 1, most):
        with nri.Plugin(**adjusting(linux={"resources": {
                "cpu": {"quota": {"value": value}, "shares": {"value": (1 << 64) - 1},
                        "period": {"value": (1 << 64) - 1}},
                "memory": {"limit": {"value": value}, "swap": {"value": value}}}})):
            with refused(None):
                pods.run().create("true", image=busybox)
    pods.run().run("true", image=busybox).exited()


def test_without_plugins_the_interface_can_be_off(configured, pods, busybox):
    configured("nri = false\n")
    with pytest.raises(OSError):
        nri.Wire()
    pods.run().run("true", image=busybox).exited()
