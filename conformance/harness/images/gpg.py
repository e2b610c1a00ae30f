"""GPG signatures of images, as they are kept beside a registry (containers-signature(5))."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from harness.images.formats import Image

#: When a key was made that lived for a day.
LONG_AGO = "20200101T000000!"


@dataclass
class GPGSigner:
    """A key in a directory of its own, and its public half."""

    home: Path
    public: Path
    #: For a key that has expired since it signed.
    time: tuple[str, ...] = ()

    @classmethod
    def new(cls, directory: Path, name: str = "gpg", *, expired: bool = False) -> "GPGSigner":
        """Makes the key."""
        time = ("--faked-system-time", LONG_AGO) if expired else ()
        signer = cls(directory / name, directory / f"{name}.gpg", time)
        signer.home.mkdir(mode=0o700)
        signer._gpg("--quick-generate-key", f"{name} <{name}@example.com>", "ed25519", "sign",
                    "1d" if expired else "never")
        signer.public.write_bytes(signer._gpg("--export"))
        return signer

    def sign(self, image: Image, identity: str, **payload: object) -> bytes:
        """A signed message that says `image` is called `identity`."""
        critical = {"type": "atomic container signature",
                    "image": {"docker-manifest-digest": image.manifest.digest},
                    "identity": {"docker-reference": identity}, **payload}
        text = {"critical": critical, "optional": {"creator": "conformance"}}
        return self._gpg("--sign", input=json.dumps(text).encode())

    def _gpg(self, *arguments: str, input: bytes = b"") -> bytes:
        """Its agent, which would outlive it, is ended."""
        home = ["--homedir", str(self.home)]
        done = subprocess.run(
            ["gpg", *home, *self.time, "--batch", "--quiet", "--pinentry-mode", "loopback",
             "--passphrase", "", *arguments], check=True, capture_output=True, input=input)
        subprocess.run(["gpgconf", *home, "--kill", "all"], check=True)
        return done.stdout


def file_name(repository: str, image: Image, number: int = 1) -> str:
    """Where a lookaside has a signature, below its own place."""
    return f"{repository}@{image.manifest.digest.replace(':', '=')}/signature-{number}"
