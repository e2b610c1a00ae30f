"""Layers, entry by entry: what a registry may serve, legal or odd."""

import gzip
import hashlib
import io
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass, field

import zstandard

#: Layer media types by image format and compression.
MEDIA_TYPES = {
    ("oci", "gzip"): "application/vnd.oci.image.layer.v1.tar+gzip",
    ("oci", "zstd"): "application/vnd.oci.image.layer.v1.tar+zstd",
    ("oci", "none"): "application/vnd.oci.image.layer.v1.tar",
    ("docker", "gzip"): "application/vnd.docker.image.rootfs.diff.tar.gzip",
}


@dataclass(frozen=True)
class Entry:
    """One member of a layer's tar file."""

    path: str
    data: bytes = b""
    type: bytes = tarfile.REGTYPE
    mode: int = 0o755
    uid: int = 0
    gid: int = 0
    target: str = ""
    xattrs: dict[str, str] = field(default_factory=dict)

    def info(self) -> tarfile.TarInfo:
        """The header; xattrs travel as pax records, as GNU tar and Docker write them."""
        info = tarfile.TarInfo(self.path)
        info.type, info.mode, info.uid, info.gid = self.type, self.mode, self.uid, self.gid
        info.size, info.linkname, info.mtime = len(self.data), self.target, 1
        info.pax_headers = {f"SCHILY.xattr.{name}": value for name, value in self.xattrs.items()}
        return info


def file(path: str, data: bytes | str = b"", mode: int = 0o644, **rest) -> Entry:
    """A regular file."""
    return Entry(path, data.encode() if isinstance(data, str) else data, mode=mode, **rest)


def directory(path: str, mode: int = 0o755, **rest) -> Entry:
    """A directory."""
    return Entry(path, type=tarfile.DIRTYPE, mode=mode, **rest)


def symlink(path: str, target: str) -> Entry:
    """A symbolic link."""
    return Entry(path, type=tarfile.SYMTYPE, target=target, mode=0o777)


def hard_link(path: str, target: str) -> Entry:
    """A hard link to a path of the same layer or one below."""
    return Entry(path, type=tarfile.LNKTYPE, target=target)


def whiteout(path: str) -> Entry:
    """Removes `path` of the layers below (OCI image-spec, layer.md, Whiteouts)."""
    parent, _, name = path.rpartition("/")
    return file(f"{parent}/.wh.{name}" if parent else f".wh.{name}")


def opaque(path: str) -> Entry:
    """Hides what the layers below have in the directory `path`."""
    return file(f"{path}/.wh..wh..opq")


@dataclass(frozen=True)
class Layer:
    """A layer's blob as served, and the digest of its tar as the image's config names it."""

    blob: bytes
    diff_id: str
    compression: str

    @property
    def digest(self) -> str:
        """The digest of the compressed blob."""
        return sha256(self.blob)


def layer(entries: Iterable[Entry], compression: str = "gzip") -> Layer:
    """Packs entries in the order given."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for entry in entries:
            archive.addfile(entry.info(), io.BytesIO(entry.data))
    tar = buffer.getvalue()
    return Layer(_compress(tar, compression), sha256(tar), compression)


def _compress(tar: bytes, compression: str) -> bytes:
    match compression:
        case "gzip":
            return gzip.compress(tar, 1, mtime=0)
        case "zstd":
            return zstandard.compress(tar, 3)
        case _:
            return tar


def sha256(data: bytes) -> str:
    """A digest as manifests write it."""
    return "sha256:" + hashlib.sha256(data).hexdigest()
