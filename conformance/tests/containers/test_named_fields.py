"""A request that cannot be taken is INVALID_ARGUMENT, and the error names the field that is at fault."""

import pytest
from grpc import StatusCode

from harness import cri
from harness.client import refused
from harness.pods import pod_config

pytestmark = pytest.mark.gantry

IDS = [{"host_id": 1 << 20, "container_id": 0, "length": 10}]
OWN = {"pid": cri.CONTAINER}
USERS = {"mode": cri.POD, "uids": IDS, "gids": IDS}


def security(**fields):
    """Of a container or a pod."""
    return {"linux": {"security_context": fields}}


#: Fields of PodSandboxConfig, and the name of the one at fault.
PODS = [
    ({"hostname": "a" * 65}, "hostname"),
    (security(namespace_options={"network": cri.TARGET}), "namespace_options.network"),
    (security(namespace_options={"ipc": cri.CONTAINER}), "namespace_options.ipc"),
    (security(namespace_options={"pid": cri.TARGET}), "namespace_options.pid"),
    (security(namespace_options={"target_id": "x"}), "namespace_options.target_id"),
    (security(namespace_options={"userns_options": {"mode": cri.POD}}), "userns_options"),
    (security(namespace_options={"userns_options": {**USERS, "uids": IDS * 2}}), "userns_options"),
    (security(run_as_group={"value": 1}), "run_as_group"),
    ({"linux": {"sysctls": {"kernel.panic": "1"}}}, "sysctls"),
    ({"linux": {"sysctls": {"net.core.somaxconn": "many"}}}, "sysctls"),
    ({"linux": {"sysctls": {"net.core.no_such": "1"}}}, "sysctls"),
    ({"linux": {"sysctls": {"net.ipv4": "1"}}}, "sysctls"),
    ({"linux": {"sysctls": {"net.core.somaxconn": "1" * 100_000}}}, "sysctls"),
    ({"linux": {"cgroup_parent": "/a/../b"}}, "cgroup_parent"),
    ({"port_mappings": [{"container_port": 80, "host_port": 70000}]}, "port_mappings"),
]

#: Fields of ContainerConfig.
CONTAINERS = [
    ({"mounts": [{"host_path": "x", "container_path": "/x"}]}, "mounts.host_path"),
    ({"mounts": [{"host_path": "/etc/passwd/x", "container_path": "/x"}]}, "mounts.host_path"),
    ({"mounts": [{"host_path": "/proc/self/fd/1", "container_path": "/x"}]}, "mounts.host_path"),
    ({"mounts": [{"host_path": "/tmp"}]}, "container_path"),
    ({"mounts": [{"host_path": "/tmp", "container_path": "/etc/passwd"}]}, "mounts.container_path"),
    ({"mounts": [{"host_path": "/tmp", "container_path": "/etc/passwd/x/y"}]}, "mounts.container_path"),
    ({"mounts": [{"host_path": "/etc/hostname", "container_path": "//etc/."}]}, "mounts.container_path"),
    (security(masked_paths=["/etc/passwd/x"]), "masked_paths"),
    ({"mounts": [{"host_path": "/tmp", "container_path": "/x", "mount_options": ["suid"]}]}, "mount_options"),
    ({"mounts": [{"host_path": "/tmp", "container_path": "/x", "recursive_read_only": True}]},
     "recursive_read_only"),
    ({"mounts": [{"host_path": "/tmp", "container_path": "/x", "uidMappings": IDS}]}, "uidMappings"),
    ({"mounts": [{"container_path": "/x", "image": {"image": "x"}}]}, "mounts.readonly"),
    ({"devices": [{"host_path": "/no", "container_path": "/x"}]}, "devices.host_path"),
    ({"devices": [{"host_path": "x", "container_path": "/x"}]}, "devices.host_path"),
    ({"devices": [{"host_path": "/dev/null", "container_path": "x"}]}, "devices.container_path"),
    ({"devices": [{"host_path": "/dev/null", "permissions": "q"}]}, "devices.permissions"),
    ({"working_dir": "x"}, "working_dir"),
    ({"envs": [{"key": "", "value": b""}]}, "envs"),
    ({"log_path": "../x"}, "log_path"),
    ({"CDI_devices": [{"name": "x"}]}, "CDI_devices"),
    ({"CDI_devices": [{"name": "a.b/c=d"}]}, "CDI_devices"),
    (security(capabilities={"add_capabilities": ["NONE"]}), "add_capabilities"),
    (security(capabilities={"drop_capabilities": ["NONE"]}), "drop_capabilities"),
    (security(privileged=True), "privileged"),
    (security(namespace_options={**OWN, "network": cri.TARGET}), "namespace_options.network"),
    (security(namespace_options={**OWN, "ipc": cri.TARGET}), "namespace_options.ipc"),
    (security(namespace_options={"target_id": "x"}), "target_id"),
    (security(namespace_options={**OWN, "userns_options": USERS}), "userns_options"),
    (security(run_as_user={"value": -1}), "run_as_user"),
    (security(run_as_group={"value": 1}), "run_as_group"),
    (security(run_as_username="nobody-knows"), "run_as_username"),
    (security(run_as_username="4294967296"), "run_as_username"),
    (security(run_as_username="root:nobody-knows"), "run_as_username"),
    (security(supplemental_groups=[-1]), "supplemental_groups"),
    (security(masked_paths=["x"]), "masked_paths"),
    (security(seccomp_profile_path="x"), "seccomp_profile_path"),
    (security(seccomp_profile_path="localhost//no/such"), "seccomp"),
    (security(seccomp={"profile_type": cri.SecurityProfile.Localhost, "localhost_ref": "x"}), "seccomp"),
    (security(apparmor_profile="x"), "apparmor_profile"),
    ({"linux": {"resources": {"cpuset_cpus": "99"}}}, "cpuset_cpus"),
    ({"linux": {"resources": {"memory_limit_in_bytes": 9 << 20, "memory_swap_limit_in_bytes": 8 << 20}}},
     "memory_swap_limit_in_bytes"),
    ({"annotations": {"rdt.resources.beta.kubernetes.io/pod": "x"}}, "rdt.resources.beta.kubernetes.io/pod"),
]

#: Other requests.
REQUESTS = [
    ("RunPodSandbox", {}, "config"),
    ("RunPodSandbox", {"config": {}}, "config.metadata"),
    ("RunPodSandbox", {"config": {"metadata": {"name": "x", "uid": "x"}}}, "config.metadata.namespace"),
    ("RunPodSandbox", {"config": pod_config(), "runtime_handler": "none"}, "runtime_handler"),
    ("PodSandboxStatus", {}, "pod_sandbox_id"),
    ("StopPodSandbox", {}, "pod_sandbox_id"),
    ("RemovePodSandbox", {}, "pod_sandbox_id"),
    ("CreateContainer", {}, "pod_sandbox_id"),
    ("ContainerStatus", {}, "container_id"),
    ("StartContainer", {}, "container_id"),
    ("StopContainer", {}, "container_id"),
    ("RemoveContainer", {}, "container_id"),
    ("UpdateContainerResources", {}, "container_id"),
    ("ReopenContainerLog", {}, "container_id"),
    ("ExecSync", {"cmd": ["x"]}, "container_id"),
    ("Attach", {}, "container_id"),
    ("PortForward", {}, "pod_sandbox_id"),
    ("ContainerStats", {}, "container_id"),
    ("PodSandboxStats", {}, "pod_sandbox_id"),
    ("ImageStatus", {}, "image"),
    ("RemoveImage", {}, "image"),
    ("PullImage", {}, "image"),
    ("PullImage", {"image": {"image": "a b"}}, "image"),
    ("UpdateRuntimeConfig", {"runtime_config": {"network_config": {"pod_cidr": "x"}}}, "pod_cidr"),
]


@pytest.mark.parametrize("fields, name", PODS, ids=str)
def test_of_a_pod(pods, fields, name):
    with refused(StatusCode.INVALID_ARGUMENT, name):
        pods.run(**fields)


@pytest.mark.parametrize("fields, name", CONTAINERS, ids=str)
def test_of_a_container(pods, busybox, fields, name):
    pod = pods.run()
    with refused(StatusCode.INVALID_ARGUMENT, name):
        pod.create("true", image=busybox, **fields)


@pytest.mark.parametrize("rpc, fields, name", REQUESTS, ids=str)
def test_of_another_request(client, rpc, fields, name):
    with refused(StatusCode.INVALID_ARGUMENT, name):
        getattr(client, rpc)(**fields)


def test_of_requests_about_a_container(pods, client, busybox):
    pod = pods.run()
    container = pod.run("sleep 1000", image=busybox)
    for rpc, fields, name in [
            ("CreateContainer", {"pod_sandbox_id": pod.id}, "config"),
            ("CreateContainer", {"pod_sandbox_id": pod.id, "config": {"metadata": {"name": "x"}}}, "config.image"),
            ("ExecSync", {"container_id": container.id}, "cmd"),
            ("Exec", {"container_id": container.id, "stdout": True}, "cmd"),
            ("Exec", {"container_id": container.id, "cmd": ["x"]}, "stdout"),
            ("Attach", {"container_id": container.id, "stderr": True, "tty": True}, "tty"),
            ("PortForward", {"pod_sandbox_id": pod.id, "port": [70000]}, "port"),
            ("UpdateContainerResources", {"container_id": container.id}, "linux"),
            ("UpdateContainerResources", {"container_id": container.id, "linux": {"cpuset_cpus": "99"}},
             "cpuset_cpus")]:
        with refused(StatusCode.INVALID_ARGUMENT, name):
            getattr(client, rpc)(**fields)
