"""Requests that are good, so that the one extreme in them is all that can be wrong."""

from typing import Any

from harness import cri

#: Where all logs are; the kubelet makes a pod's before it asks for the pod.
LOGS = "/var/log/pods/extremes"
#: The elements of lists, by the end of their path: what stands beside the extreme.
_ELEMENTS: dict[str, Any] = {
    "userns_options": lambda: cri.UserNamespace(
        mode=cri.POD, uids=[element(("uids",))], gids=[element(("gids",))]),
    "mounts": lambda: cri.Mount(container_path="/volume", host_path="/tmp"),
    "envs": lambda: cri.KeyValue(key="NAME", value=b"value"),
    "devices": lambda: cri.Device(
        container_path="/dev/other", host_path="/dev/null", permissions="rwm"),
    "CDI_devices": lambda: cri.CDIDevice(name="vendor.example/class=device"),
    "port_mappings": lambda: cri.PortMapping(container_port=80, host_port=18080),
    "hugepage_limits": lambda: cri.HugepageLimit(page_size="2MB", limit=0),
    "uids": lambda: cri.IDMapping(host_id=100000, container_id=0, length=65536),
    "gids": lambda: cri.IDMapping(host_id=100000, container_id=0, length=65536),
    "uidMappings": lambda: cri.IDMapping(host_id=100000, container_id=0, length=65536),
    "gidMappings": lambda: cri.IDMapping(host_id=100000, container_id=0, length=65536),
}


def element(path: tuple[str, ...]) -> Any:
    """What stands in the field at `path` beside an extreme; None for what needs nothing."""
    make = _ELEMENTS.get(path[-1])
    return make() if make else None


def pod(number: int) -> Any:
    """A PodSandboxConfig as the kubelet's, with a name of its own."""
    return cri.PodSandboxConfig(
        metadata=cri.PodSandboxMetadata(
            name=f"extreme-{number}", uid=f"uid-{number}", namespace="extremes", attempt=number),
        log_directory=LOGS,
        linux={"security_context": {"namespace_options": {"pid": cri.CONTAINER}}})


def container(number: int, image: str) -> Any:
    """A ContainerConfig with a name of its own."""
    return cri.ContainerConfig(
        metadata=cri.ContainerMetadata(name=f"extreme-{number}", attempt=number),
        image=cri.ImageSpec(image=image, user_specified_image=image),
        command=["sleep", "1000"], log_path=f"extreme-{number}.log",
        linux={"security_context": {"namespace_options": {"pid": cri.CONTAINER}}})
