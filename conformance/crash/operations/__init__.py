"""The operations: what each needs, its request, and what must hold when it was cut short."""

from .containers import (
    CreateContainer,
    CreateContainerMapped,
    CreateContainerWithMappedVolume,
    CreateContainerLeft,
    StartContainer,
    StartContainerInVain,
    StartContainerUnknown)
from .ends import StopContainer, RemoveContainer, RemoveContainerLast
from .images import PullImage, RemoveImage
from .operation import Operation
from .pods import (
    RunPodSandbox,
    RunPodSandboxWithInfra,
    RunPodSandboxLeft,
    RunPodSandboxWithInfraLeft,
    StopPodSandbox,
    StopPodSandboxWithInfra,
    RemovePodSandbox)
from .running import CheckpointContainer, ExecSync, ReopenContainerLog, UpdateContainerResources

__all__ = [
    "Operation",
    "RunPodSandbox",
    "RunPodSandboxWithInfra",
    "RunPodSandboxLeft",
    "RunPodSandboxWithInfraLeft",
    "StopPodSandbox",
    "StopPodSandboxWithInfra",
    "RemovePodSandbox",
    "CreateContainer",
    "CreateContainerMapped",
    "CreateContainerWithMappedVolume",
    "CreateContainerLeft",
    "StartContainer",
    "StartContainerInVain",
    "StartContainerUnknown",
    "StopContainer",
    "RemoveContainer",
    "RemoveContainerLast",
    "PullImage",
    "RemoveImage",
    "ExecSync",
    "ReopenContainerLog",
    "UpdateContainerResources",
    "CheckpointContainer",
]
