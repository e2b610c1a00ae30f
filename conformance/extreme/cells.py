"""The cells of the matrix: an RPC, a field of its request, an extreme; and what a cell must keep."""

import re
from dataclasses import dataclass

import grpc

from harness import cri

from .fields import Change, changes

#: What a caller can do something about. INTERNAL is the daemon's own fault, UNAVAILABLE its end.
REFUSALS = {grpc.StatusCode[name] for name in (
    "INVALID_ARGUMENT", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "FAILED_PRECONDITION",
    "RESOURCE_EXHAUSTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "UNAUTHENTICATED")}


#: Names that say nothing about a field.
_EVERYWHERE = {"config", "linux", "sandbox_config", "resources", "security_context"}


@dataclass(frozen=True)
class Cell:
    """One request."""

    rpc: str
    change: Change

    @property
    def name(self) -> str:
        """`RunPodSandbox config.hostname = 64 KiB`."""
        return f"{self.rpc} {self.change.name}"

    @property
    def field(self) -> str:
        """`config.hostname`."""
        return ".".join(self.change.path)

    @property
    def deadline(self) -> float:
        """A wait that is asked for is not waited for."""
        return 3 if self.change.path[-1] == "timeout" or self._streams else 20

    @property
    def _streams(self) -> bool:
        return cri.METHODS[self.rpc].server_streaming

    def judge(self, error: grpc.RpcError) -> str:
        """Why the answer is none that may be given; nothing when it is one."""
        code, details = error.code(), error.details() or ""
        if code == grpc.StatusCode.DEADLINE_EXCEEDED and self.deadline < 20:
            return ""
        # The node has no network: of a registry elsewhere there is nothing better to say.
        if self.rpc == "PullImage" and "Could not resolve host" in details:
            return ""
        if code not in REFUSALS:
            return f"{code.name}: {details[:300]}"
        if len(details) > 8192:
            return f"{code.name} with {len(details)} bytes of words"
        if code == grpc.StatusCode.UNIMPLEMENTED and "no method" in details:
            return ""
        return "" if self._names_field(details) else f"{code.name} names no field: {details[:300]}"

    def _names_field(self, details: str) -> bool:
        """By the contract's name, or the beginning of a word of it, of one thing or of many."""
        words = {word for name in self.change.path if name not in _EVERYWHERE
                 for word in [name, *re.findall(r"[A-Z]?[a-z]{3,}", name)]}
        text = details.lower()
        return any(word.lower().removesuffix("s")[:4] in text for word in words)


def request_cells() -> list[Cell]:
    """Every field of every request message, in the contract's order."""
    return [Cell(rpc, change) for rpc, method in cri.METHODS.items()
            for change in changes(method.input_type)]
