"""What the kubelet's cAdvisor asks a runtime: the part of containerd's API in Proto/containerd."""

import subprocess
import tempfile
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from harness.cri import REPOSITORY
from harness.wait import PATIENCE


class Cadvisor:
    """`cadvisor.container(id)`, `cadvisor.task(id)`, `cadvisor.version()`, as cAdvisor's client calls them."""

    def __init__(self, socket: str) -> None:
        self._channel = grpc.insecure_channel(f"unix://{socket}")
        self._pool = descriptor_pool.DescriptorPool()
        for file in _descriptors().file:
            self._pool.AddSerializedFile(file.SerializeToString())

    def close(self) -> None:
        """Ends the connection."""
        self._channel.close()

    def container(self, id: str) -> Any:
        """Whose a cgroup with this ID in its name is."""
        return self._call("containers", "Containers", "Get", id=id).container

    def task(self, id: str) -> Any:
        """The process of a container or a sandbox."""
        return self._call("tasks", "Tasks", "Get", container_id=id).process

    def version(self) -> str:
        """What it asks first."""
        return self._call("version", "Version", "Version").version

    def _call(self, kind: str, service: str, method: str, **fields: Any) -> Any:
        name = f"containerd.services.{kind}.v1.{service}"
        found = self._pool.FindServiceByName(name).methods_by_name[method]
        request, response = (message_factory.GetMessageClass(descriptor)
                             for descriptor in (found.input_type, found.output_type))
        call = self._channel.unary_unary(
            f"/{name}/{method}", request_serializer=request.SerializeToString,
            response_deserializer=response.FromString)
        return call(request(**fields), timeout=30 * PATIENCE, wait_for_ready=True,
                    metadata=[("containerd-namespace", "k8s.io")])


def _descriptors() -> descriptor_pb2.FileDescriptorSet:
    with tempfile.NamedTemporaryFile(suffix=".pb") as file:
        contracts = sorted((REPOSITORY / "Proto" / "containerd").glob("*.proto"))
        subprocess.run(["protoc", f"-I{contracts[0].parent}", f"--descriptor_set_out={file.name}",
                        *map(str, contracts)], check=True)
        return descriptor_pb2.FileDescriptorSet.FromString(Path(file.name).read_bytes())
