"""`gantry image push` to a registry that answers as it should not: an error that says what, no hang, nothing sent elsewhere."""

import base64
import json
import subprocess
from pathlib import Path

import pytest

from harness.images.fake_registry import Answer, FakeRegistry

pytestmark = pytest.mark.gantry

UPLOADS = "/v2/odd/image/blobs/uploads/"


class OddRegistry(FakeRegistry):
    """Takes uploads; `answers` has what is odd, by method and path, or by the method alone."""

    def answer(self, method: str, path: str, authorization: str) -> Answer:
        self.requests.append((method, path, authorization))
        for key in (f"{method} {path.partition('?')[0]}", method):
            if key in self.answers:
                return self.answers[key]
        match method:
            case "HEAD":
                return Answer(status=404)
            case "POST":
                return Answer(status=202, headers={"Location": f"{UPLOADS}1?state=a%20b"})
            case _:
                return Answer(status=201)


@pytest.fixture
def odd():
    """The registry."""
    registry = OddRegistry()
    yield registry
    registry.stop()


@pytest.fixture
def push(node, odd, busybox):
    """Pushes; the command's end."""
    def run():
        return subprocess.run([node.runtime.command[0], "image", "push", busybox, f"{odd.host}/odd/image:1"], text=True,
                              check=False, capture_output=True, timeout=120)
    return run


def test_as_it_should_be(push, odd):
    done = push()
    assert done.returncode == 0, done.stderr
    assert [path for method, path, _ in odd.requests if method == "PUT"][-1] == "/v2/odd/image/manifests/1"
    uploads = [path for method, path, _ in odd.requests if method == "PUT"][:-1]
    assert uploads and all(path.startswith(f"{UPLOADS}1?state=a%20b&digest=sha256:") for path in uploads)


@pytest.mark.parametrize(("key", "answer", "words"), [
    ("POST", Answer(status=202), "202"),
    ("POST", Answer(status=202, headers={"Location": ""}), "no URL"),
    ("POST", Answer(status=202, headers={"Location": "ftp://127.0.0.1/x"}), "no URL"),
    ("POST", Answer(status=202, headers={"Location": "x" * 100_000}), "no URL"),
    ("POST", Answer(b'{"errors":[{"code":"DENIED","message":"quota \x1b[2J is\\nexceeded"}]}', "application/json", 403), "403"),
    ("POST", Answer(status=500), "500"),
    ("POST", Answer(b"y" * (2 << 20), status=202), ""),
    ("POST", Answer(status=307, headers={"Location": "/v2/odd/image/blobs/uploads/"}), "redirects"),
    (f"PUT {UPLOADS}1", Answer(status=416), "416"),
    (f"PUT {UPLOADS}1", Answer(status=202), "202"),
    ("PUT /v2/odd/image/manifests/1", Answer(b'{"errors":[{"code":"MANIFEST_INVALID"}]}', "application/json", 400), "400"),
    ("PUT /v2/odd/image/manifests/1", Answer(b"not json", "text/html", 413), "413"),
    ("PUT /v2/odd/image/manifests/1", Answer(status=204, length=0), None),
], ids=range(13))
def test_answers(push, odd, key, answer, words):
    odd.answers[key] = answer
    done = push()
    if words is None:
        assert done.returncode == 0, done.stderr
        return
    assert done.returncode == 1 and words in done.stderr, done.stderr
    assert "\x1b" not in done.stderr and len(done.stderr) < 2000


def test_the_login_stays_with_the_registry(push, odd):
    """An upload that is sent elsewhere goes there without the credentials."""
    other = OddRegistry()
    file = Path("/etc/gantry/auth.json")
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({"auths": {odd.host: {"auth": base64.b64encode(b"me:secret").decode()}}}))
    try:
        odd.answers["POST"] = Answer(status=202, headers={"Location": f"http://{other.host}{UPLOADS}1"})
        odd.answers["HEAD"] = Answer(status=401, headers={"WWW-Authenticate": 'Basic realm="odd"'})
        assert push().returncode == 0
        assert {authorization for _, _, authorization in other.requests} == {""}
        assert any(authorization.startswith("Basic ") for _, _, authorization in odd.requests)
    finally:
        file.unlink()
        other.stop()
