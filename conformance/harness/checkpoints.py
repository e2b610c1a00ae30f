"""Archives of checkpoints, as checkpointctl and the peers read them."""

import io
import json
import tarfile
from pathlib import Path
from typing import Any

#: Where the kubelet has them written.
DIRECTORY = Path("/var/lib/kubelet/checkpoints")


class Archive:
    """An archive that is whole."""

    def __init__(self, path: Path) -> None:
        with tarfile.open(path) as tar:
            self.names = tar.getnames()
            self._contents = {each.name: content.read() for each in tar
                              if each.isfile() and (content := tar.extractfile(each))}

    def __getitem__(self, name: str) -> bytes:
        return self._contents[name]

    def document(self, name: str) -> Any:
        """One that is JSON."""
        return json.loads(self[name])

    def changes(self) -> dict[str, tarfile.TarInfo]:
        """What the container had written, by path."""
        with tarfile.open(fileobj=io.BytesIO(self["rootfs-diff.tar"])) as tar:
            return {each.name.removeprefix("./"): each for each in tar}

    def changed(self, path: str) -> bytes:
        """The content of a file among them."""
        with tarfile.open(fileobj=io.BytesIO(self["rootfs-diff.tar"])) as tar:
            content = tar.extractfile(f"./{path}")
            assert content
            return content.read()
