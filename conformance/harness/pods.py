"""Pods and containers as a test wants them: named, configured briefly, waited for."""

import itertools
from pathlib import Path
from typing import Any

from harness import cri, crilog
from harness.client import Client
from harness.wait import PATIENCE, wait_until

_numbers = itertools.count(1)
#: As the kubelet asks; the contract's own default is a PID namespace that the pod shares.
LINUX = {"security_context": {"namespace_options": {"pid": cri.CONTAINER}}}


class Container:
    """A container and the configuration that it was created from."""

    def __init__(self, client: Client, id: str, log: Path) -> None:
        self.client, self.id, self.log = client, id, log

    @property
    def status(self) -> Any:
        """Its ContainerStatus."""
        return self.client.ContainerStatus(container_id=self.id).status

    def start(self) -> "Container":
        """StartContainer."""
        self.client.StartContainer(container_id=self.id)
        return self

    def stop(self, seconds: int = 0) -> None:
        """StopContainer."""
        self.client.StopContainer(container_id=self.id, timeout=seconds)

    def remove(self) -> None:
        """RemoveContainer."""
        self.client.RemoveContainer(container_id=self.id)

    def exited(self) -> Any:
        """Its status, once it has exited."""
        wait_until(lambda: self.status.state == cri.CONTAINER_EXITED, f"{self.id} has exited")
        return self.status

    def logged(self, words: str, stream: str = "stdout") -> str:
        """The log of `stream`, once it holds `words`."""
        wait_until(lambda: self.log.exists() and words in crilog.text(self.log, stream),
                   f"{words!r} in {self.log}")
        return crilog.text(self.log, stream)

    def exec(self, *command: str, timeout: int = int(30 * PATIENCE)) -> Any:
        """ExecSync's response."""
        return self.client.ExecSync(container_id=self.id, cmd=command, timeout=timeout)

    def output(self, *command: str) -> str:
        """What a command that goes well writes to stdout."""
        response = self.exec(*command)
        assert response.exit_code == 0, response
        return response.stdout.decode()


class Pod:
    """A sandbox and the configuration that it was run from."""

    def __init__(self, client: Client, id: str, config: Any) -> None:
        self.client, self.id, self.config = client, id, config

    @property
    def status(self) -> Any:
        """Its PodSandboxStatus."""
        return self.client.PodSandboxStatus(pod_sandbox_id=self.id).status

    def create(self, *command: str, **fields: Any) -> Container:
        """CreateContainer with a shell script or a command, and any other field of its config."""
        config = container_config(*command, **fields)
        response = self.client.CreateContainer(
            pod_sandbox_id=self.id, config=config, sandbox_config=self.config)
        return Container(self.client, response.container_id,
                         Path(self.config.log_directory) / config.log_path)

    def run(self, *command: str, **fields: Any) -> Container:
        """Creates and starts a container."""
        return self.create(*command, **fields).start()

    def remove(self) -> None:
        """StopPodSandbox and RemovePodSandbox, as the kubelet does it."""
        self.client.StopPodSandbox(pod_sandbox_id=self.id)
        self.client.RemovePodSandbox(pod_sandbox_id=self.id)


def pod_config(**fields: Any) -> Any:
    """A PodSandboxConfig with a name of its own; `fields` are merged into it."""
    number = next(_numbers)
    config = cri.PodSandboxConfig(
        metadata=cri.PodSandboxMetadata(
            name=f"pod-{number}", uid=f"uid-{number}", namespace="conformance"),
        log_directory=f"/var/log/pods/pod-{number}",
        linux={**LINUX, **fields.pop("linux", {})},
    )
    config.MergeFrom(cri.PodSandboxConfig(**fields))
    return config


def container_config(*command: str, image: str = "", name: str = "", attempt: int = 0,
                     **fields: Any) -> Any:
    """A ContainerConfig; a single word of `command` is a script for the shell."""
    name = name or f"container-{next(_numbers)}"
    words = ["sh", "-c", *command] if len(command) == 1 else list(command)
    config = cri.ContainerConfig(
        metadata=cri.ContainerMetadata(name=name, attempt=attempt),
        image=cri.ImageSpec(image=image, user_specified_image=image),
        command=words, log_path=f"{name}-{attempt}.log",
        linux={**LINUX, **fields.pop("linux", {})},
    )
    config.MergeFrom(cri.ContainerConfig(**fields))
    return config


class Pods:
    """Runs pods, and removes what is left of them."""

    def __init__(self, client: Client, handler: str = "") -> None:
        self.client, self.handler = client, handler
        self.running: list[Pod] = []

    def run(self, handler: str | None = None, **fields: Any) -> Pod:
        """RunPodSandbox."""
        return self.run_config(pod_config(**fields), handler)

    def run_config(self, config: Any, handler: str | None = None, makes_logs: bool = True) -> Pod:
        """RunPodSandbox with a configuration made before."""
        if makes_logs:
            Path(config.log_directory).mkdir(parents=True, exist_ok=True)
        response = self.client.RunPodSandbox(
            config=config, runtime_handler=self.handler if handler is None else handler)
        pod = Pod(self.client, response.pod_sandbox_id, config)
        self.running.append(pod)
        return pod

    def kill(self) -> None:
        """Ends every container at once."""
        for container in self.client.ListContainers(filter={"state": {"state": cri.CONTAINER_RUNNING}}).containers:
            self.client.StopContainer(container_id=container.id, timeout=0)

    def remove(self) -> None:
        """Removes every pod through the RPCs."""
        there = {pod.id for pod in self.client.ListPodSandbox().items}
        for pod in self.running:
            if pod.id in there:
                pod.remove()
