"""Stand-ins for runtimes and plugins, which fail or hang on demand."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.nodes.node import NETWORK

from .world import World

STAND_INS = Path(__file__).resolve().parents[1] / "stand_ins"
SWITCH, HUNG = Path("/run/failing"), Path("/run/hung")


def switch(words: str = "") -> None:
    """Has the stand-ins fail or hang; without words, no more."""
    HUNG.unlink(missing_ok=True)
    if words:
        SWITCH.write_text(words)
    else:
        SWITCH.unlink(missing_ok=True)


@contextmanager
def stand_in(world: World, helper: str) -> Iterator[None]:
    """Puts a stand-in before the runtime, or before the first plugin of the network."""
    directory = Path("/opt/crash")
    directory.mkdir(parents=True, exist_ok=True)
    if helper == "runtime":
        _install("oci_runtime.py", directory / world.handler)
        world.node.environment["PATH"] = f"{directory}:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
    else:
        _install("cni_wrapper.py", Path("/opt/cni/bin/conformance-bridge"))
        first, *rest = NETWORK["plugins"]
        world.node.connect_network(
            {**NETWORK, "plugins": [{**first, "type": "conformance-bridge"}, *rest]})
    try:
        yield
    finally:
        switch()
        shutil.rmtree(directory)
        world.node.environment.pop("PATH", None)
        world.node.connect_network()


def _install(source: str, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!{sys.executable}\n" + (STAND_INS / source).read_text())
    path.chmod(0o755)
