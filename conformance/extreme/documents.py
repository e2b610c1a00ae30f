"""What a registry may answer: each place of each document, and each header, set to each extreme.

The daemon pulls it; what it takes is run, listed, found again after a restart, and removed."""

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import grpc

from harness.images import catalogue
from harness.images.fake_registry import TOKEN, Answer, FakeRegistry, blob_path
from harness.images.formats import Document, Image
from harness.images.tarball import sha256

from . import seeds
from .cells import REFUSALS
from .values import INVALID, MANY, NUMBERS, TEXTS

_numbers = count(1)
#: Stands in a document where something is to be that no JSON library writes.
_PLACE = "@@EXTREME@@"
_WORDS = ["null", "true", "[]", "{}", "[[]]", "[null]", '{"":0}', "1e308", "1e999", "0.5", "-0", "9" * 30]
_RAW: dict[str, bytes] = {
    **{str(number): str(number).encode() for number in NUMBERS},
    **{word: word.encode() for word in _WORDS},
    **{name: json.dumps(text).encode() for name, text in TEXTS.items()},
    "not UTF-8": b'"' + INVALID + b'"', "lone surrogate": b'"\\ud800"',
    "nested": b"[" * MANY, "nested objects": b'{"a":' * MANY,
}
#: What headers may hold: no line ends, with which the harness itself would answer twice.
_HEADERS = [*(str(number) for number in NUMBERS), "", "a" * (64 << 10), "/\u0301", "..", "9" * 30,
            "\u00ff", ",,,", "=", '"', "bytes", "bytes 0-0/0", "bytes 5-1/2",
            "bytes 0-18446744073709551615/18446744073709551616", "*", "Bearer", 'Bearer realm="',
            'Bearer realm="http://[::1"', 'Bearer realm="file:///etc/passwd"', "Basic , Basic ,",
            "<http://a>; rel=next", "http://", "file:///etc/shadow", "//", "http://127.0.0.1:0/"]
_NAMES = ["Content-Type", "Docker-Content-Digest", "Content-Encoding", "Content-Range", "Link",
          "Location", "Retry-After", "WWW-Authenticate", "Accept-Ranges", "Age"]


@dataclass(frozen=True)
class DocumentCell:
    """One image; `serve` puts it into the registry under a repository's name."""

    field: str
    value: str
    serve: Callable[[FakeRegistry, str], None] = field(compare=False)
    rpc = "PullImage"

    @property
    def name(self) -> str:
        """`answer manifest layers.0.size = -1`."""
        return f"answer {self.field} = {self.value}"

    def ask(self, registry: FakeRegistry, standing: Any, call: Callable[..., Any]) -> str:
        """Pulls it and runs what was taken; what is wrong with the answers."""
        repository = f"extreme/{next(_numbers)}"
        self.serve(registry, repository)
        image = f"{registry.host}/{repository}:latest"
        try:
            call("PullImage", image={"image": image})
        except grpc.RpcError as error:
            return _judge(error)
        try:
            call("ImageStatus", image={"image": image}, verbose=True)
            made = call("CreateContainer", pod_sandbox_id=standing.pod,
                        sandbox_config=standing.config,
                        config=seeds.container(next(_numbers) + MANY, image))
            call("StartContainer", container_id=made.container_id)
        except grpc.RpcError as error:
            return _judge(error, "afterwards: ")
        return ""


def document_cells() -> list[DocumentCell]:
    """All of them."""
    return [*_documents(), *_headers(), *_tokens()]


def _judge(error: grpc.RpcError, where: str = "") -> str:
    code, details = error.code(), error.details() or ""
    # The words by which the kubelet knows that another registry or another time may help.
    if code in REFUSALS or code == grpc.StatusCode.DATA_LOSS or (
            code == grpc.StatusCode.UNKNOWN and details.startswith("RegistryUnavailable:")):
        return "" if len(details) <= 8192 else f"{where}{code.name} with {len(details)} bytes of words"
    return f"{where}{code.name}: {details[:300]}"


def _image() -> Image:
    return catalogue.marked("extreme", Env=["A=b"], User="1", Cmd=["sleep", "1000"], WorkingDir="/",
                            Volumes={"/volume": {}}, Labels={"a": "b"}, StopSignal="SIGTERM",
                            ExposedPorts={"80/tcp": {}})


def _documents() -> Iterator[DocumentCell]:
    image = _image()
    config = json.loads(image.config_blob)
    manifest = json.loads(image.manifest.body)
    index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
             "manifests": [image.manifest.descriptor(
                 platform={"os": "linux", "architecture": "amd64", "variant": "v1"},
                 annotations={"a": "b"})]}
    for place, name, body in _variants(config):
        yield DocumentCell(f"config {place}", name, _with_config(image, body))
    for place, name, body in _variants(manifest):
        yield DocumentCell(f"manifest {place}", name, _with_top(image, image.manifest.media_type, body))
    for place, name, body in _variants(index):
        yield DocumentCell(f"index {place}", name, _with_top(image, index["mediaType"], body))
    for name, body in {"empty": b"", "4 MiB": b" " * (4 << 20), "5 MiB": b" " * (5 << 20),
                       "objects": b'{"layers":[' + b"{}," * (1 << 20) + b"{}]}",
                       "numbers": b"[" + b"1," * (2 << 20) + b"1]"}.items():
        yield DocumentCell("manifest", name, _with_top(image, image.manifest.media_type, body))
        yield DocumentCell("config", name, _with_config(image, body))
    for key in ("Env", "Cmd", "Labels", "Volumes"):
        words = [f"/{number:x}" for number in range(300_000)]
        many = {**config, "config": {key: words if key in ("Env", "Cmd") else dict.fromkeys(words, {} if key == "Volumes" else "")}}
        yield DocumentCell(f"config {key}", "300000", _with_config(
            image, json.dumps(many, separators=(",", ":")).encode()))


def _variants(document: Any) -> Iterator[tuple[str, str, bytes]]:
    """Each place of a document with each extreme in it; lists also with many, objects with twice."""
    for path in _places(document):
        for name, raw in _RAW.items():
            yield ".".join(map(str, path)), name, _replaced(document, path, raw)
        value = _at(document, path)
        if isinstance(value, list) and value:
            body = json.dumps(value[0]).encode()
            yield ".".join(map(str, path)), f"{MANY} times", _replaced(
                document, path, b"[" + b",".join([body] * MANY) + b"]")
        if isinstance(value, dict) and value:
            inner = json.dumps(value)[1:-1].encode()
            yield ".".join(map(str, path)), "members twice", _replaced(
                document, path, b"{" + inner + b"," + inner + b"}")


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else (
        enumerate(value) if isinstance(value, list) else ())
    for key, inner in items:
        yield from _places(inner, (*path, key))


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def _replaced(document: Any, path: tuple[Any, ...], raw: bytes) -> bytes:
    document = copy.deepcopy(document)
    _at(document, path[:-1])[path[-1]] = _PLACE
    return json.dumps(document).encode().replace(json.dumps(_PLACE).encode(), raw)


def _with_top(image: Image, media_type: str, body: bytes) -> Callable[[FakeRegistry, str], None]:
    def serve(registry: FakeRegistry, repository: str) -> None:
        registry.serve(f"{repository}:latest", image)
        registry.serve(f"{repository}:latest", Document(media_type, body))
    return serve


def _with_config(image: Image, config: bytes) -> Callable[[FakeRegistry, str], None]:
    manifest = json.loads(image.manifest.body)
    manifest["config"] |= {"digest": sha256(config), "size": len(config)}
    body = json.dumps(manifest).encode()

    def serve(registry: FakeRegistry, repository: str) -> None:
        _with_top(image, image.manifest.media_type, body)(registry, repository)
        registry.answers[blob_path(repository, sha256(config))] = Answer(config)
    return serve


def _headers() -> Iterator[DocumentCell]:
    image = _image()
    layer = sha256(image.blobs[-1])
    for name in _NAMES:
        for value in _HEADERS:
            for place in ("manifests/latest", f"blobs/{layer}"):
                for status in _statuses(name):
                    yield DocumentCell(f"header {name} of {place.split('/')[0]} {status}", value[:40],
                                       _with_header(image, place, status, name, value))


def _statuses(name: str) -> list[int]:
    return {"Location": [302], "WWW-Authenticate": [401], "Content-Range": [200, 206],
            "Retry-After": [200, 404]}.get(name, [200])


def _with_header(image: Image, place: str, status: int, name: str, value: str
                 ) -> Callable[[FakeRegistry, str], None]:
    def serve(registry: FakeRegistry, repository: str) -> None:
        registry.serve(f"{repository}:latest", image)
        good = registry.answers[f"/v2/{repository}/{place}"]
        assert isinstance(good, Answer)
        header = value.encode("utf-8").decode("latin-1")
        registry.answers[f"/v2/{repository}/{place}"] = Answer(
            good.body, good.media_type, status, {name: header})
    return serve


def _tokens() -> Iterator[DocumentCell]:
    image = _image()
    answer = {"token": TOKEN, "access_token": TOKEN, "expires_in": 300,
              "issued_at": "2026-11-26T17:00:00Z", "refresh_token": "a"}
    for place, name, body in _variants(answer):
        yield DocumentCell(f"token {place}", name, _with_token(image, body))
    for name, raw in _RAW.items():
        yield DocumentCell("token", name, _with_token(image, raw))


def _with_token(image: Image, body: bytes) -> Callable[[FakeRegistry, str], None]:
    def serve(registry: FakeRegistry, repository: str) -> None:
        registry.serve(f"{repository}:latest", image)
        path = f"/v2/{repository}/manifests/latest"
        good, asked = registry.answers[path], []
        token = f"/realm/{repository}"
        registry.answers[token] = Answer(body, "application/json")
        challenge = Answer(status=401, headers={
            "WWW-Authenticate": f'Bearer realm="http://{registry.host}{token}",service="a"'})

        def first() -> Answer:
            asked.append(1)
            return challenge if len(asked) == 1 else good
        registry.answers[path] = first
    return serve
