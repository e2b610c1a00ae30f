"""The contracts of Proto/ as messages."""

import subprocess
import tempfile
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

DIRECTORY = Path(__file__).resolve().parents[2] / "Proto"


def load(*names: str) -> list[Any]:
    """The descriptors of these files, in a pool of their own."""
    pool = descriptor_pool.DescriptorPool()
    with tempfile.NamedTemporaryFile(suffix=".pb") as file:
        subprocess.run(
            ["protoc", f"-I{DIRECTORY}", f"--descriptor_set_out={file.name}",
             *(f"{DIRECTORY}/{name}.proto" for name in names)], check=True)
        for each in descriptor_pb2.FileDescriptorSet.FromString(Path(file.name).read_bytes()).file:
            pool.AddSerializedFile(each.SerializeToString())
    return [pool.FindFileByName(f"{name}.proto") for name in names]


def message(file: Any, name: str) -> Any:
    """The class of one of a file's messages."""
    return message_factory.GetMessageClass(file.message_types_by_name[name])
