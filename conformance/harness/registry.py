"""A real registry (Debian's docker-registry) on loopback, and our own uploader for it."""

import http.client
import json
import ssl
import subprocess
from base64 import b64encode
from pathlib import Path
from urllib.parse import urlsplit

from .images import Document, Image
from .process import Process
from .tarball import sha256
from .wait import wait_until

USER, PASSWORD = "gantry", "open sesame"
#: PASSWORD through bcrypt, the one hash that the registry takes and Python lacks.
HTPASSWD = f"{USER}:$2a$05$ConformanceGantryRegie67wAsY2DPeD2h.dTNsF7oHm8hm03Q2e\n"


class Registry:
    """One registry process; its images live in its memory and go with it."""

    def __init__(self, directory: Path, port: int, *, login: bool = False,
                 certificate: "tuple[Path, Path] | None" = None) -> None:
        self.host = f"127.0.0.1:{port}"
        self.login = login
        self.tls = certificate is not None
        config = {
            "version": 0.1,
            "log": {"level": "error", "accesslog": {"disabled": False}},
            "storage": {"inmemory": {}},
            "http": {"addr": self.host, "secret": "conformance"},
        }
        if login:
            passwords = directory / f"htpasswd-{port}"
            passwords.write_text(HTPASSWD)
            config["auth"] = {"htpasswd": {"realm": "conformance", "path": str(passwords)}}
        if certificate:
            config["http"]["tls"] = dict(zip(("certificate", "key"), map(str, certificate)))
        file = directory / f"registry-{port}.yml"
        file.write_text(json.dumps(config))
        self.process = Process(["docker-registry", "serve", str(file)], directory)
        wait_until(self._answers, f"registry at {self.host} answers")

    def stop(self) -> None:
        """Ends the registry: from then on it is down."""
        self.process.kill()

    def push(self, name: str, image: Image | Document, *parts: Image) -> str:
        """Uploads `repository:tag`, or an index with its images, and returns the whole reference."""
        repository, _, tag = name.partition(":")
        for part in parts or (image,):
            for blob in part.blobs:
                self._upload(repository, blob)
            if parts:
                self._put_manifest(repository, part.manifest.digest, part.manifest)
        self._put_manifest(repository, tag, image if isinstance(image, Document) else image.manifest)
        return f"{self.host}/{name}"

    def _answers(self) -> bool:
        assert self.process.running, self.process.output
        try:
            return self._request("GET", "/v2/").status in (200, 401)
        except OSError:
            return False

    def _upload(self, repository: str, blob: bytes) -> None:
        digest = sha256(blob)
        if self._request("HEAD", f"/v2/{repository}/blobs/{digest}").status == 200:
            return
        started = self._request("POST", f"/v2/{repository}/blobs/uploads/")
        location = urlsplit(started.headers["Location"])
        target = f"{location.path}?{location.query}&digest={digest}"
        answer = self._request("PUT", target, blob, "application/octet-stream")
        assert answer.status == 201, f"upload of {digest}: {answer.status} {answer.reason}"

    def _put_manifest(self, repository: str, tag: str, manifest: Document) -> None:
        answer = self._request("PUT", f"/v2/{repository}/manifests/{tag}", manifest.body,
                               manifest.media_type)
        assert answer.status == 201, f"manifest {repository}:{tag}: {answer.status} {answer.reason}"

    def _request(self, method: str, target: str, body: bytes = b"",
                 media_type: str | None = None) -> http.client.HTTPResponse:
        connect = http.client.HTTPSConnection if self.tls else http.client.HTTPConnection
        options = {"context": ssl._create_unverified_context()} if self.tls else {}
        headers = {"Content-Type": media_type} if media_type else {}
        if self.login:
            headers["Authorization"] = "Basic " + b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        connection = connect(self.host, timeout=30, **options)
        connection.request(method, target, body, headers)
        response = connection.getresponse()
        response.read()
        return response
