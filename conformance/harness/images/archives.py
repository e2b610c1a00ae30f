"""Images in files: OCI layouts, and what `docker save` writes."""

import gzip
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import zstandard

from harness.images.formats import Artifact, Document, Image
from harness.images.tarball import sha256

Files = dict[str, bytes]
NAME = "org.opencontainers.image.ref.name"
CONTAINERD_NAME = "io.containerd.image.name"


def layout(*entries: tuple[Image | Artifact | Document, dict[str, str]],
           blobs: tuple[bytes, ...] = ()) -> Files:
    """An OCI layout (image-spec, image-layout.md) of images, or of indexes with their `blobs`, each
    with its annotations."""
    files = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}'}
    descriptors = []
    for image, annotations in entries:
        document = image if isinstance(image, Document) else image.manifest
        contents = [document.body, *blobs, *([] if isinstance(image, Document) else image.blobs)]
        files |= {blob_name(blob): blob for blob in contents}
        descriptors.append(document.descriptor(annotations=annotations))
    index = {"schemaVersion": 2, "manifests": descriptors}
    return {**files, "index.json": json.dumps(index).encode()}


def blob_name(blob: bytes) -> str:
    """Where a layout has it."""
    return "blobs/" + sha256(blob).replace(":", "/")


def docker(image: Image, *names: str, compressed: bool = False) -> Files:
    """What `docker save` writes; `compressed` as crane does it."""
    config = sha256(image.config_blob).removeprefix("sha256:") + ".json"
    layers = {f"{layer.diff_id[7:19]}/layer.tar":
              layer.blob if compressed else gzip.decompress(layer.blob) for layer in image.layers}
    manifest = [{"Config": config, "RepoTags": list(names), "Layers": list(layers)}]
    return {config: image.config_blob, **layers, "manifest.json": json.dumps(manifest).encode()}


def tar(files: Files, links: dict[str, str] | None = None) -> bytes:
    """The files as a tar."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            archive.addfile(_member(name, size=len(content)), io.BytesIO(content))
        for name, target in (links or {}).items():
            archive.addfile(_member(name, type=tarfile.SYMTYPE, linkname=target))
    return buffer.getvalue()


def _member(name: str, **fields: Any) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(member, field, value)
    return member


def write(path: Path, files: Files, form: str = "tar") -> Path:
    """Puts the files at `path`, as one of FORMS."""
    if form == "directory":
        for name, content in files.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(content)
        return path
    pack = {"tar": bytes, "gzip": gzip.compress, "zstd": zstandard.compress}[form]
    path.write_bytes(pack(tar(files)))
    return path


FORMS = ["directory", "tar", "gzip", "zstd"]
