"""sigstore signatures as `cosign sign --key` makes them, by openssl."""

import base64
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from harness.images.fake_registry import Answer, FakeRegistry, blob_path
from harness.images.formats import Image
from harness.images.tarball import sha256

PAYLOAD = "application/vnd.dev.cosign.simplesigning.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


@dataclass
class Signer:
    """A P-256 key and its public half."""

    key: Path
    public: Path

    @classmethod
    def new(cls, directory: Path, name: str = "signer") -> "Signer":
        """Makes the key."""
        key, public = directory / f"{name}.key", directory / f"{name}.pub"
        _openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key)
        _openssl("pkey", "-in", key, "-pubout", "-out", public)
        return cls(key, public)

    def sign(self, registry: FakeRegistry, repository: str, image: Image, identity: str) -> None:
        """Has the registry serve a signature of `image` under the name `identity`."""
        digest = image.manifest.digest
        payload = json.dumps({"critical": {
            "identity": {"docker-reference": identity},
            "image": {"docker-manifest-digest": digest},
            "type": "cosign container image signature"}, "optional": None}).encode()
        signature = _openssl("dgst", "-sha256", "-sign", self.key, input=payload)
        layer = {"mediaType": PAYLOAD, "size": len(payload), "digest": sha256(payload),
                 "annotations": {
                     "dev.cosignproject.cosign/signature": base64.b64encode(signature).decode()}}
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "layers": [layer],
                    "config": {"mediaType": "application/vnd.oci.image.config.v1+json",
                               "size": 2, "digest": sha256(b"{}")}}
        tag = digest.replace(":", "-") + ".sig"
        registry.answers[f"/v2/{repository}/manifests/{tag}"] = Answer(
            json.dumps(manifest).encode(), MANIFEST)
        registry.answers[blob_path(repository, sha256(payload))] = Answer(payload)


def _openssl(*arguments: object, input: bytes | None = None) -> bytes:
    return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True,
                          input=input).stdout
