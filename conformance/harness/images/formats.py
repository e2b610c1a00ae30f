"""Images as registries know them: config, manifest and index, OCI or Docker schema 2."""

import json
from dataclasses import dataclass, field
from typing import Any

from harness.images.tarball import MEDIA_TYPES, Layer, sha256

MANIFEST = {
    "oci": "application/vnd.oci.image.manifest.v1+json",
    "docker": "application/vnd.docker.distribution.manifest.v2+json",
}
INDEX = {
    "oci": "application/vnd.oci.image.index.v1+json",
    "docker": "application/vnd.docker.distribution.manifest.list.v2+json",
}
CONFIG = {
    "oci": "application/vnd.oci.image.config.v1+json",
    "docker": "application/vnd.docker.container.image.v1+json",
}


@dataclass(frozen=True)
class Document:
    """A manifest or an index: its bytes are what its digest is taken of."""

    media_type: str
    body: bytes

    @property
    def digest(self) -> str:
        """What `name@digest` says."""
        return sha256(self.body)

    def descriptor(self, **more: Any) -> dict[str, Any]:
        """How another document refers to this one (OCI image-spec, descriptor.md)."""
        return {"mediaType": self.media_type, "digest": self.digest, "size": len(self.body), **more}


@dataclass(frozen=True)
class Image:
    """Layers with a config: `config` is the OCI config's inner `config` (User, Env, Cmd …)."""

    layers: list[Layer]
    config: dict[str, Any] = field(default_factory=dict)
    format: str = "oci"
    architecture: str = "amd64"

    @property
    def config_blob(self) -> bytes:
        """The config as served; its digest is the image's ID in the CRI."""
        return _json({
            "architecture": self.architecture,
            "os": "linux",
            "config": self.config,
            "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in self.layers]},
        })

    @property
    def id(self) -> str:
        """The digest of the config."""
        return sha256(self.config_blob)

    @property
    def blobs(self) -> list[bytes]:
        """Everything that the manifest refers to."""
        return [self.config_blob, *(layer.blob for layer in self.layers)]

    @property
    def manifest(self) -> Document:
        """The manifest in the image's format."""
        config = Document(CONFIG[self.format], self.config_blob)
        return Document(MANIFEST[self.format], _json({
            "schemaVersion": 2,
            "mediaType": MANIFEST[self.format],
            "config": config.descriptor(),
            "layers": [
                Document(MEDIA_TYPES[self.format, layer.compression], layer.blob).descriptor()
                for layer in self.layers
            ],
        }))


def index(*images: Image) -> Document:
    """A multi-platform index of images that are all of one format."""
    kind = images[0].format
    return Document(INDEX[kind], _json({
        "schemaVersion": 2,
        "mediaType": INDEX[kind],
        "manifests": [
            image.manifest.descriptor(platform={"os": "linux", "architecture": image.architecture})
            for image in images
        ],
    }))


@dataclass(frozen=True)
class File:
    """One layer of an artifact."""

    data: bytes
    title: str | None = None
    media_type: str = "application/x-words"
    annotations: dict[str, str] = field(default_factory=dict)

    @property
    def descriptor(self) -> dict[str, Any]:
        """With the title as ORAS writes it."""
        titled = {"org.opencontainers.image.title": self.title} if self.title is not None else {}
        return Document(self.media_type, self.data).descriptor(
            annotations={**titled, **self.annotations})


@dataclass(frozen=True)
class Artifact:
    """What is no container image: files of any type (OCI image-spec, manifest.md)."""

    files: list[File]
    type: str = "application/x-artifact"
    #: Every artifact without a config of its own has this one.
    config: Document = Document("application/vnd.oci.empty.v1+json", b"{}")

    @property
    def blobs(self) -> list[bytes]:
        """Everything that the manifest refers to."""
        return [self.config.body, *(file.data for file in self.files)]

    @property
    def manifest(self) -> Document:
        """Its digest is the artifact's ID in the CRI."""
        return Document(MANIFEST["oci"], _json({
            "schemaVersion": 2, "mediaType": MANIFEST["oci"], "artifactType": self.type,
            "config": self.config.descriptor(),
            "layers": [file.descriptor for file in self.files],
        }))

    @property
    def id(self) -> str:
        """The digest of the manifest."""
        return self.manifest.digest


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
