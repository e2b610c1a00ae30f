"""The CRI log format, read strictly: `RFC3339Nano stream P|F text` (kubernetes/design-proposals,
node/kubelet-cri-logging.md)."""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

_LINE = re.compile(
    rb"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)) "
    rb"(?P<stream>stdout|stderr) (?P<tag>[PF]) (?P<text>.*)", re.DOTALL)


@dataclass(frozen=True)
class Line:
    """One line of a log file; `partial` says that the container's line goes on in the next."""

    time: str
    stream: str
    partial: bool
    text: bytes

    @property
    def nanoseconds(self) -> int:
        """The time since the epoch; text does not sort, as RFC3339Nano drops trailing zeros."""
        fields = re.fullmatch(r"([^.]*?)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)", self.time)
        assert fields
        seconds = datetime.fromisoformat(fields[1] + fields[3]).timestamp()
        return int(seconds) * 10**9 + int((fields[2] or "").ljust(9, "0"))


def lines(path: Path | str) -> list[Line]:
    """All lines of a log file; AssertionError at the first that breaks the format."""
    data = Path(path).read_bytes()
    assert not data or data.endswith(b"\n"), f"{path} ends within a line: {data[-80:]!r}"
    return [_line(raw) for raw in data.split(b"\n")[:-1]]


def text(path: Path | str, stream: str = "stdout") -> str:
    """What the container wrote to `stream`, with its parts joined again."""
    written = [line for line in lines(path) if line.stream == stream]
    return b"".join(line.text + (b"" if line.partial else b"\n") for line in written).decode()


def _line(raw: bytes) -> Line:
    match = _LINE.fullmatch(raw)
    assert match, f"not a CRI log line: {raw[:120]!r}"
    return Line(match["time"].decode(), match["stream"].decode(), match["tag"] == b"P",
                match["text"])
