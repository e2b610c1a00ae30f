"""The test images, all made from the busybox that conformance/setup unpacked.

Applets are hard links, since a mount over a symbolic link would land on the busybox that all of
them share.
"""

import platform
import re
import subprocess
from functools import cache
from pathlib import Path

from harness.cri import REPOSITORY
from harness.images.formats import Image
from harness.images.tarball import (Entry, Layer, directory, file, hard_link, layer, opaque, symlink, whiteout)

PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PASSWD = """root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
www-data:x:33:33:www-data:/var/www:/bin/false
nobody:x:65534:65534:nobody:/home:/bin/false
"""
GROUP = """root:x:0:
daemon:x:1:
www-data:x:33:
nobody:x:65534:
"""
BUSYBOX = REPOSITORY / ".build" / "conformance" / "busybox" / "bin" / "busybox"
#: Applets that Debian's busybox is built without, as far as critest asks for them.
SCRIPTS = {
    "pgrep": '#!/bin/sh\nexec pidof "$1"\n',
    "ipcs": "#!/bin/sh\nexec awk 'NR > 1 { print $2 }' /proc/sysvipc/shm\n",
}
ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]


@cache
def base() -> Layer:
    """A root file system with busybox in it."""
    applets = _output(BUSYBOX, "--list").split()
    return layer([
        *(directory(path) for path in ("bin", "dev", "etc", "home", "proc", "run", "sys", "usr",
                                       "var")),
        directory("root", 0o700), directory("tmp", 0o1777), directory("var/www", uid=33, gid=33),
        symlink("var/run", "../run"),
        file("bin/busybox", BUSYBOX.read_bytes(), 0o755),
        *(hard_link(f"bin/{name}", "bin/busybox") for name in applets if name != "busybox"),
        *(file(f"bin/{name}", script, 0o755) for name, script in SCRIPTS.items()),
        *_libraries(BUSYBOX),
        file("etc/passwd", PASSWD), file("etc/group", GROUP),
    ])


def _libraries(program: Path) -> list[Entry]:
    """What ldd names, at the paths where it finds them."""
    paths = re.findall(r"(/\S+) \(0x", _output("ldd", program))
    return [file(path.lstrip("/"), Path(path).read_bytes(), 0o755) for path in paths]


def _output(*command: str | Path) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def image(*layers: Layer, format: str = "oci", **config) -> Image:
    """The base with `layers` on top; `config` as OCI names it (User, Entrypoint, Cmd …)."""
    config = {"Env": [PATH], "Cmd": ["sh"], **config}
    return Image([base(), *layers], config, format, ARCHITECTURE)


def marked(name: str, **config) -> Image:
    """An image that is told from others by a file named as itself."""
    return image(layer([file(name, name)]), **config)


def configured() -> Image:
    """One whose config says everything that a container takes from it."""
    return image(
        User="www-data", Entrypoint=["/bin/sh", "-c"], Cmd=["echo $GREETING; id -u; pwd"],
        Env=[PATH, "GREETING=hello from the image"], WorkingDir="/var/www", StopSignal="SIGUSR1",
    )


def layered(compression: str = "gzip", format: str = "oci") -> Image:
    """Whiteouts, an opaque directory, hard links, xattrs and replaced kinds, layer upon layer."""
    lower: list[Entry] = [
        directory("data"), file("data/kept", "kept"), file("data/removed", "removed"),
        directory("data/hidden"), file("data/hidden/old", "old"),
        directory("data/whole"), file("data/whole/child", "gone with its directory"),
        file("data/was-file", "file"), directory("data/was-directory"),
        file("data/was-directory/child", "child"),
        file("data/first", "shared"), hard_link("data/second", "data/first"),
        file("data/attributed", "x", xattrs={"user.origin": "the registry"}),
        file("data/setuid", "x", mode=0o4755, uid=33, gid=33),
        symlink("data/escape", "../../../../../../etc/passwd"),
    ]
    upper: list[Entry] = [
        whiteout("data/removed"), whiteout("data/whole"),
        directory("data/hidden"), opaque("data/hidden"), file("data/hidden/new", "new"),
        directory("data/was-file"), file("data/was-file/child", "child"),
        file("data/was-directory", "file"),
        file("orphan/without/parents", "no entry for its directories"),
    ]
    return image(layer(lower, compression), layer(upper, compression), format=format)
