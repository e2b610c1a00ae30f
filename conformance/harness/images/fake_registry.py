"""A registry that can misbehave: docker-registry would refuse to store what this one serves."""

import base64
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from harness.images.formats import Artifact, Document, Image
from harness.images.registry import PASSWORD, USER
from harness.images.tarball import sha256

TOKEN = "a-token-of-the-fake-registry"


@dataclass
class Answer:
    """What a GET of a path gives; `length` may promise more than `body` has, and after half of it
    nothing more comes until `resume` is set."""

    body: bytes = b""
    media_type: str = "application/octet-stream"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    resume: threading.Event | None = None


class FakeRegistry:
    """Serves `answers` by path, and keeps what it was asked."""

    def __init__(self, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.answers: dict[str, Answer | Callable[[], Answer]] = {}
        self.requests: list[tuple[str, str, str]] = []
        self.needs_token = False
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True
        if tls:
            # The handshake belongs to the connection's own thread: a client that fails it is its.
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.host = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Closes the port."""
        self._server.shutdown()
        self._server.server_close()

    def serve(self, name: str, image: Image | Artifact | Document) -> str:
        """Answers for an image as it should be; the reference to pull it by."""
        repository, _, tag = name.partition(":")
        document = image if isinstance(image, Document) else image.manifest
        for reference in (tag, document.digest):
            self.answers[f"/v2/{repository}/manifests/{reference}"] = Answer(
                document.body, document.media_type)
        if not isinstance(image, Document):
            for blob in image.blobs:
                self.answers[blob_path(repository, sha256(blob))] = Answer(blob)
        return f"{self.host}/{name}"

    def count(self, path: str) -> int:
        """How often `path` was fetched."""
        return sum(method == "GET" and asked == path for method, asked, _ in self.requests)

    def answer(self, method: str, path: str, authorization: str) -> Answer:
        """The answer to one request."""
        self.requests.append((method, path, authorization))
        if method == "POST":
            return Answer(status=405)  # No OAuth2: clients then GET the token.
        if path.startswith("/token"):
            return self._token(authorization)
        if self.needs_token and authorization != f"Bearer {TOKEN}":
            challenge = (f'Bearer realm="http://{self.host}/token",service="fake",'
                         'scope="repository:test/image:pull"')
            return Answer(status=401, headers={"WWW-Authenticate": challenge})
        found = self.answers.get(path) or self.answers.get(path.partition("?")[0])
        if path == "/v2/":
            found = Answer(b"{}", "application/json")
        return (found() if callable(found) else found) or Answer(
            b'{"errors":[{"code":"MANIFEST_UNKNOWN"}]}', "application/json", 404)

    def _token(self, authorization: str) -> Answer:
        basic = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if authorization != basic:
            return Answer(b'{"errors":[{"code":"UNAUTHORIZED"}]}', "application/json", 401)
        return Answer(f'{{"token":"{TOKEN}","expires_in":300}}'.encode(), "application/json")

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        registry = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._take_body()
                answer = registry.answer(
                    self.command, self.path, self.headers.get("Authorization", ""))
                self.send_response(answer.status)
                length = len(answer.body) if answer.length is None else answer.length
                for name, value in {
                    "Content-Type": answer.media_type, "Content-Length": str(length),
                    **answer.headers,
                }.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    half = len(answer.body) // 2 if answer.resume else 0
                    self.wfile.write(answer.body[:half])
                    if answer.resume:
                        answer.resume.wait()
                    self.wfile.write(answer.body[half:])
                self.close_connection = answer.length is not None

            def _take_body(self) -> None:
                """All of it: who sends still when the connection closes learns no answer."""
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.headers.get("Transfer-Encoding") == "chunked":
                    while length := int(self.rfile.readline(), 16):
                        self.rfile.read(length + 2)
                    self.rfile.readline()

            do_HEAD = do_POST = do_PUT = do_GET

            def log_message(self, *_: object) -> None:
                """The requests are kept, not printed."""

        return Handler


def blob_path(repository: str, digest: str) -> str:
    """Where the distribution API has a blob (OCI distribution-spec, Pulling blobs)."""
    return f"/v2/{repository}/blobs/{digest}"
