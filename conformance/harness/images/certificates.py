"""Certificates for servers and clients on loopback."""

import subprocess
from pathlib import Path


def own(path: Path, name: str, address: str = "127.0.0.1") -> Path:
    """A key and a certificate for `name` and an address that it has signed itself, in two files beside `path`."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=IP:{address}",
         "-keyout", f"{path}.key", "-out", f"{path}.crt"], check=True, capture_output=True)
    return path
