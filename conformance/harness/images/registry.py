"""A real registry (Debian's docker-registry) on loopback, and our own uploader for it."""

import json
import ssl
from base64 import b64encode
from urllib.request import Request, urlopen
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from harness.images.formats import Artifact, Document, Image, index
from harness.images.tarball import sha256
from harness.process import Process
from harness.wait import PATIENCE, wait_until

USER, PASSWORD = "gantry", "open sesame"
#: PASSWORD through bcrypt, the one hash that the registry takes and Python lacks.
HTPASSWD = f"{USER}:$2a$05$ConformanceGantryRegie67wAsY2DPeD2h.dTNsF7oHm8hm03Q2e\n"


class Registry:
    """One registry process; unless they have a directory, its images are in memory and go with it."""

    def __init__(self, directory: Path, port: int, *, login: bool = False,
                 certificate: tuple[Path, Path] | None = None, storage: Path | None = None) -> None:
        self.host = f"127.0.0.1:{port}"
        self.login = login
        self.tls = certificate is not None
        http: dict[str, Any] = {"addr": self.host, "secret": "conformance"}
        config = {"version": 0.1, "log": {"level": "error"}, "http": http, "storage": {
            "filesystem": {"rootdirectory": str(storage)}} if storage else {"inmemory": {}}}
        if login:
            passwords = directory / f"htpasswd-{port}"
            passwords.write_text(HTPASSWD)
            config["auth"] = {"htpasswd": {"realm": "conformance", "path": str(passwords)}}
        if certificate:
            http["tls"] = dict(zip(("certificate", "key"), map(str, certificate)))
        file = directory / f"registry-{port}.yml"
        file.write_text(json.dumps(config))
        self.process = Process(["docker-registry", "serve", str(file)], directory)
        wait_until(self._answers, f"registry at {self.host} answers")

    def stop(self) -> None:
        """Ends the registry: from then on it is down."""
        self.process.kill()

    def push(self, name: str, image: Image | Artifact) -> str:
        """Uploads an image as `repository:tag`, and returns the whole reference."""
        repository, _, tag = name.partition(":")
        self._put_image(repository, tag, image)
        return f"{self.host}/{name}"

    def push_index(self, name: str, *images: Image) -> str:
        """Uploads a multi-platform index and its images, which themselves have no tag."""
        repository, _, tag = name.partition(":")
        for image in images:
            self._put_image(repository, image.manifest.digest, image)
        self._put_manifest(repository, tag, index(*images))
        return f"{self.host}/{name}"

    def _put_image(self, repository: str, reference: str, image: Image | Artifact) -> None:
        for blob in image.blobs:
            self._upload(repository, blob)
        self._put_manifest(repository, reference, image.manifest)

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

    def _put_manifest(self, repository: str, reference: str, manifest: Document) -> None:
        answer = self._request("PUT", f"/v2/{repository}/manifests/{reference}", manifest.body,
                               manifest.media_type)
        assert answer.status == 201, f"{repository}:{reference}: {answer.status} {answer.reason}"

    def content(self, path: str) -> bytes:
        """What the registry has below `/v2/`, such as `NAME/manifests/latest`."""
        scheme = "https" if self.tls else "http"
        accept = ", ".join(["application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.index.v1+json", "*/*"])
        request = Request(f"{scheme}://{self.host}/v2/{path}", headers={"Accept": accept})
        with urlopen(request, timeout=30 * PATIENCE) as answer:
            return answer.read()

    def _request(self, method: str, target: str, body: bytes = b"",
                 media_type: str | None = None) -> HTTPResponse:
        headers = {"Content-Type": media_type} if media_type else {}
        if self.login:
            headers["Authorization"] = "Basic " + b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        connection = self._connection()
        connection.request(method, target, body, headers)
        response = connection.getresponse()
        response.read()
        return response

    def _connection(self) -> HTTPConnection:
        if self.tls:
            unverified = ssl._create_unverified_context()
            return HTTPSConnection(self.host, timeout=30 * PATIENCE, context=unverified)
        return HTTPConnection(self.host, timeout=30 * PATIENCE)
