"""Images that answer to the names which critest pulls, with what its specs look for in each."""

import subprocess
import tempfile
from pathlib import Path

from harness.images import catalogue
from harness.images.catalogue import GROUP, PASSWD, image, marked
from harness.images.formats import Image
from harness.images.registry import Registry
from harness.images.tarball import directory, file, layer

#: Registries that critest names; a mirror on loopback stands before each.
REGISTRIES = ["registry.k8s.io", "k8s.gcr.io", "gcr.io"]
#: The digest that critest pulls by is that of an image nobody can build again.
FOREIGN_DIGEST = "9700f9a2f5bf2c45f2f605a0bd3bce7cf37420ec9d3ed50ac2758413308766bf"

_E2E = "e2e-test-images"
_STAGING = "k8s-staging-cri-tools"


def push(registry: Registry) -> str:
    """Serves them all; the digest, without its `sha256:`, that stands for FOREIGN_DIGEST."""
    by_digest = marked("test-image-digest")
    for name, made in {**_end_to_end(), **_users(), **_tags()}.items():
        registry.push(name, made)
    registry.push(f"{_STAGING}/test-image-digest:latest", by_digest)
    return by_digest.manifest.digest.removeprefix("sha256:")


def _end_to_end() -> dict[str, Image]:
    nginx, httpd = "nginx: master process nginx -g daemon off;", "httpd -DFOREGROUND"
    return {
        f"{_E2E}/busybox:1.29-2": image(),
        f"{_E2E}/nginx:1.14-2": _server("nginx", nginx, 80),
        f"{_E2E}/httpd:2.4.39-4": _server("httpd", httpd, 80),
        f"{_E2E}/nonewprivs:1.3": image(
            layer([file("nnp", compiled("effective_uid"), 0o4755)]), Entrypoint=["/nnp"], Cmd=None),
        f"{_STAGING}/hostnet-nginx-{catalogue.ARCHITECTURE}:latest": _server("nginx", nginx, 12003),
        "pause:3.9": image(Entrypoint=["sleep", "infinity"], Cmd=None),
    }


def _users() -> dict[str, Image]:
    users = {"uid": "1002", "username": "www-data", "uid-group": "1003:1004",
             "username-group": "www-data:1004"}
    grouped = layer([
        file("etc/passwd", PASSWD + "default-user:x:1000:1000::/home/default-user:/bin/sh\n"),
        file("etc/group", GROUP + "default-user:x:1000:\n"
             "group-defined-in-image:x:50000:default-user\n"),
        directory("home/default-user", uid=1000, gid=1000),
    ])
    return {
        **{f"{_STAGING}/test-image-user-{name}:latest": image(User=user)
           for name, user in users.items()},
        f"{_STAGING}/test-image-predefined-group:latest": image(grouped, User="1000"),
    }


def _tags() -> dict[str, Image]:
    own = ["test-image-1:latest", "test-image-2:latest", "test-image-3:latest",
           "test-image-latest:latest", "test-image-tag:test", "test-image-tag:all"]
    return {
        **{f"{_STAGING}/{name}": marked(name.replace(":", "-")) for name in own},
        **{f"{_STAGING}/test-image-tags:{tag}": marked("same-image") for tag in (1, 2, 3)},
    }


def _server(name: str, title: str, port: int) -> Image:
    program = layer([file(f"usr/sbin/{name}", compiled("server"), 0o755)])
    return image(program, Entrypoint=[f"/usr/sbin/{name}", name, title, str(port)], Cmd=None)


def compiled(name: str) -> bytes:
    """The static program that stand_ins/`name`.c is."""
    source = Path(__file__).resolve().parents[2] / "stand_ins" / f"{name}.c"
    with tempfile.NamedTemporaryFile() as program:
        subprocess.run(["cc", "-static", "-O1", "-Wall", "-Werror", "-o", program.name, source],
                       check=True)
        return Path(program.name).read_bytes()
