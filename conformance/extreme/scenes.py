"""What each RPC is asked with, and what its effects are followed through to."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import grpc

from harness import cri

from . import checkpoints, seeds

_numbers = count(1)


@dataclass
class Standing:
    """What the node has for all cells of a group: an image, a pod and a container that runs."""

    image: str
    pod: str = ""
    container: str = ""
    config: Any = None
    made: list[str] = field(default_factory=list)


def request(rpc: str, standing: Standing, call: Callable[..., Any]) -> Any:
    """A good request of that RPC; it may make what the request is about."""
    message = cri.message_class(cri.METHODS[rpc].input_type)()
    make = _GOOD.get(rpc)
    if make:
        make(message, standing, call)
        return message
    names = message.DESCRIPTOR.fields_by_name
    if "container_id" in names:
        message.container_id = standing.container
    if "pod_sandbox_id" in names:
        message.pod_sandbox_id = standing.pod
    return message


def follow(rpc: str, answer: Any, call: Callable[..., Any]) -> None:
    """Asks for all that an answered request has its effects on. What is refused is no failure."""
    if rpc == "RunPodSandbox":
        id = answer.pod_sandbox_id
        _ask(call, "PodSandboxStatus", pod_sandbox_id=id, verbose=True)
        _ask(call, "PodSandboxStats", pod_sandbox_id=id)
    elif rpc == "CreateContainer":
        id = answer.container_id
        _ask(call, "StartContainer", container_id=id)
        _ask(call, "ContainerStatus", container_id=id, verbose=True)
        _ask(call, "ContainerStats", container_id=id)
    elif rpc == "UpdateContainerResources":
        _ask(call, "ListContainerStats")


def look(call: Callable[..., Any]) -> None:
    """Everything that is listed and counted; each must be answered."""
    for rpc in ("Status", "ListPodSandbox", "ListContainers", "ListImages", "ListContainerStats",
                "ListPodSandboxStats", "ListPodSandboxMetrics", "ImageFsInfo"):
        call(rpc)


def _ask(call: Callable[..., Any], rpc: str, **fields: Any) -> None:
    try:
        call(rpc, **fields)
    except grpc.RpcError as error:
        if error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
            raise


def _run_pod(message: Any, _: Standing, __: Any) -> None:
    message.config.CopyFrom(seeds.pod(next(_numbers)))
    message.runtime_handler = "crun"


def _create(message: Any, standing: Standing, _: Any) -> None:
    message.pod_sandbox_id = standing.pod
    message.config.CopyFrom(seeds.container(next(_numbers), standing.image))
    message.sandbox_config.CopyFrom(standing.config)


def _own_container(message: Any, standing: Standing, call: Any) -> None:
    """A container that the request may end."""
    message.container_id = call(
        "CreateContainer", pod_sandbox_id=standing.pod, sandbox_config=standing.config,
        config=seeds.container(next(_numbers), standing.image)).container_id
    call("StartContainer", container_id=message.container_id)


def _update(message: Any, standing: Standing, call: Any) -> None:
    _own_container(message, standing, call)
    message.linux.cpu_shares = 512


def _own_pod(message: Any, _: Standing, call: Any) -> None:
    message.pod_sandbox_id = call(
        "RunPodSandbox", config=seeds.pod(next(_numbers)), runtime_handler="crun").pod_sandbox_id


def _checkpoint(message: Any, standing: Standing, call: Any) -> None:
    """Of a pod whose runtime has checkpoint (`checkpoints`)."""
    config = seeds.pod(next(_numbers))
    pod = call("RunPodSandbox", config=config, runtime_handler=checkpoints.HANDLER).pod_sandbox_id
    message.container_id = call(
        "CreateContainer", pod_sandbox_id=pod, sandbox_config=config,
        config=seeds.container(next(_numbers), standing.image)).container_id
    call("StartContainer", container_id=message.container_id)
    message.location = f"{checkpoints.DIRECTORY}/{next(_numbers)}.tar"


def _exec_sync(message: Any, standing: Standing, _: Any) -> None:
    message.container_id = standing.container
    message.cmd.append("true")


def _stream(message: Any, standing: Standing, _: Any) -> None:
    message.container_id = standing.container
    message.stdout = True
    if hasattr(message, "cmd"):
        message.cmd.append("true")


def _port_forward(message: Any, standing: Standing, _: Any) -> None:
    message.pod_sandbox_id = standing.pod


def _image(message: Any, standing: Standing, _: Any) -> None:
    message.image.image = standing.image


def _no_image(message: Any, _: Standing, __: Any) -> None:
    message.image.image = "127.0.0.1:5000/extremes/nothing:latest"


_GOOD: dict[str, Callable[[Any, Standing, Any], None]] = {
    "RunPodSandbox": _run_pod, "CreateContainer": _create, "StopContainer": _own_container,
    "StartContainer": _own_container, "RemoveContainer": _own_container,
    "CheckpointContainer": _checkpoint, "UpdateContainerResources": _update,
    "StopPodSandbox": _own_pod, "RemovePodSandbox": _own_pod,
    "UpdatePodSandboxResources": _own_pod, "ExecSync": _exec_sync, "Exec": _stream,
    "Attach": _stream, "PortForward": _port_forward, "PullImage": _image, "ImageStatus": _image,
    "RemoveImage": _no_image,
}
