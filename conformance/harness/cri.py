"""The CRI v1 contract, read at run time from Proto/runtime.proto.

Nothing generated is kept: protoc writes a descriptor set and the message classes are made from it,
so the client can never be older than the contract. Names are the contract's own:
``cri.PodSandboxConfig``, ``cri.CONTAINER_RUNNING``.
"""

from pathlib import Path
from typing import Any

from google.protobuf import message_factory

from harness import protos

REPOSITORY = Path(__file__).resolve().parents[2]

[_contract] = protos.load("runtime")

#: Every RPC of both services, by name.
METHODS = {
    method.name: method
    for service in _contract.services_by_name.values()
    for method in service.methods
}


def message_class(descriptor: Any) -> Any:
    """The Python class of a message's descriptor."""
    return message_factory.GetMessageClass(descriptor)


def __getattr__(name: str) -> Any:
    if name in _contract.message_types_by_name:
        return message_class(_contract.message_types_by_name[name])
    for enum in _contract.enum_types_by_name.values():
        if name in enum.values_by_name:
            return enum.values_by_name[name].number
    raise AttributeError(f"the CRI contract has no {name}")
