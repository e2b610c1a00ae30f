"""Registries that are down, want a login, use TLS, or serve what must not be taken."""

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from grpc import StatusCode

from harness.client import refused
from harness.images import catalogue
from harness.images.fake_registry import TOKEN, Answer, FakeRegistry, blob_path
from harness.images.formats import Document
from harness.images.registry import PASSWORD, USER, Registry
from harness.images.tarball import sha256

from conftest import SPARE_PORTS

LOGIN = {"username": USER, "password": PASSWORD}


@pytest.fixture
def fake():
    """A registry that can be told to misbehave."""
    registry = FakeRegistry(SPARE_PORTS[0])
    yield registry
    registry.stop()


@pytest.fixture(scope="module")
def guarded(directory):
    """A registry that wants a login."""
    registry = Registry(directory, SPARE_PORTS[1], login=True)
    registry.push("test/guarded:1", catalogue.marked("guarded"))
    yield registry
    registry.stop()


def test_a_login_by_name_and_password(guarded, pull):
    pull(f"{guarded.host}/test/guarded:1", auth=LOGIN)


def test_a_login_that_is_wrong_or_missing(client, guarded):
    for auth in ({}, {"username": USER, "password": "wrong"}):
        with refused(None, "test/guarded"):
            client.PullImage(image={"image": f"{guarded.host}/test/guarded:1"}, auth=auth)


def test_a_token_for_a_login(fake, pull):
    fake.needs_token = True
    pull(fake.serve("test/image:1", catalogue.marked("token")), auth=LOGIN)


@pytest.mark.gantry
def test_a_token_that_the_kubelet_has(fake, pull):
    fake.needs_token = True
    pull(fake.serve("test/image:1", catalogue.marked("token")), auth={"registry_token": TOKEN})


@pytest.mark.gantry
def test_a_registry_that_is_down(client):
    with refused(None, "RegistryUnavailable"):
        client.PullImage(image={"image": f"127.0.0.1:{SPARE_PORTS[2]}/test/image:1"})


def test_a_layer_with_other_contents(client, fake):
    image = catalogue.marked("digest")
    reference = fake.serve("test/image:1", image)
    layer = image.layers[-1]
    fake.answers[blob_path("test/image", layer.digest)] = Answer(
        layer.blob[:-1] + bytes([layer.blob[-1] ^ 1]))
    with refused(None):
        client.PullImage(image={"image": reference})


def test_a_layer_that_ends_early(client, fake):
    image = catalogue.marked("truncated")
    reference = fake.serve("test/image:1", image)
    layer = image.layers[-1]
    fake.answers[blob_path("test/image", layer.digest)] = Answer(
        layer.blob[:-20], length=len(layer.blob))
    with refused(None):
        client.PullImage(image={"image": reference}, deadline=60)


@pytest.mark.gantry
def test_a_layer_that_is_not_what_the_config_says(client, fake):
    image = catalogue.marked("diff-id")
    wrong = replace(image.layers[-1], diff_id=sha256(b"something else"))
    reference = fake.serve("test/image:1", replace(image, layers=[image.layers[0], wrong]))
    with refused(None, wrong.diff_id):
        client.PullImage(image={"image": reference})


def test_a_manifest_that_is_not_the_digest_asked_for(client, fake):
    wanted, other = catalogue.marked("wanted"), catalogue.marked("other")
    reference = fake.serve("test/image:1", wanted).removesuffix(":1")
    fake.answers[f"/v2/test/image/manifests/{wanted.manifest.digest}"] = Answer(
        other.manifest.body, other.manifest.media_type)
    with refused(None):
        client.PullImage(image={"image": f"{reference}@{wanted.manifest.digest}"})


@pytest.mark.gantry
def test_schema_1_is_refused_by_name(client, fake):
    old = Document("application/vnd.docker.distribution.manifest.v1+prettyjws",
                   b'{"schemaVersion":1,"name":"test/image","tag":"1","fsLayers":[]}')
    with refused(StatusCode.UNIMPLEMENTED, "schema 1"):
        client.PullImage(image={"image": fake.serve("test/image:1", old)})


@pytest.mark.gantry
def test_a_layer_that_leaves_its_root(client, fake, pull, pods):
    escape = catalogue.layer([catalogue.symlink("out", "/var/tmp"),
                              catalogue.file("out/escaped", "x"),
                              catalogue.file("../../../../var/tmp/escaped", "x")])
    pull(fake.serve("test/image:1", catalogue.image(escape)))
    assert not Path("/var/tmp/escaped").exists()


@pytest.mark.gantry
def test_a_deadline_ends_the_call_and_a_retry_joins_the_pull(client, fake, pull):
    image = catalogue.marked("slow")
    reference = fake.serve("test/image:1", image)
    path = blob_path("test/image", image.layers[-1].digest)
    fast = fake.answers[path]

    def slow() -> Answer:
        time.sleep(1)  # The registry's own slowness: what is tested is that the call does not wait.
        return fast

    fake.answers[path] = slow
    with refused(StatusCode.DEADLINE_EXCEEDED):
        client.PullImage(image={"image": reference}, deadline=0.2)
    assert pull(reference) == image.id
    assert fake.count(path) == 1


@pytest.mark.gantry
def test_equal_pulls_at_once_fetch_once(client, fake, pull):
    image = catalogue.marked("equal")
    reference = fake.serve("test/image:1", image)
    with ThreadPoolExecutor() as pool:
        ids = set(pool.map(lambda _: pull(reference), range(4)))
    assert ids == {image.id}
    assert fake.count(blob_path("test/image", image.layers[-1].digest)) == 1


@pytest.mark.gantry
def test_a_redirected_blob_gets_no_credentials(fake, pull):
    storage = FakeRegistry(SPARE_PORTS[2])
    image = catalogue.marked("redirected")
    reference = fake.serve("test/image:1", image)
    path = blob_path("test/image", image.layers[-1].digest)
    storage.answers["/stored"] = fake.answers[path]
    fake.needs_token = True
    fake.answers[path] = Answer(status=307, headers={"Location": f"http://{storage.host}/stored"})
    pull(reference, auth=LOGIN)
    assert [authorization for _, asked, authorization in storage.requests if asked == "/stored"] \
        == [""]
    storage.stop()


@pytest.mark.gantry
def test_storage_does_not_say_where_credentials_go(client, fake):
    """It may be reached without TLS, and so be anybody."""
    storage = FakeRegistry(SPARE_PORTS[2])
    image = catalogue.marked("challenged")
    reference = fake.serve("test/image:1", image)
    fake.needs_token = True
    fake.answers[blob_path("test/image", image.layers[-1].digest)] = Answer(
        status=307, headers={"Location": f"http://{storage.host}/stored"})
    storage.answers["/stored"] = Answer(status=401, headers={
        "WWW-Authenticate": f'Bearer realm="http://{storage.host}/token",service="storage"'})
    with refused(None):
        client.PullImage(image={"image": reference}, auth=LOGIN)
    assert {asked for _, asked, _ in storage.requests} == {"/stored"}
    storage.stop()


def certificate(directory: Path, name: str) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    files = directory / f"{name}.crt", directory / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1",
         "-out", files[0], "-keyout", files[1]], check=True, capture_output=True)
    return files


@pytest.mark.gantry
def test_tls_with_a_trusted_certificate_and_without(client, tmp_path, pull):
    trusted, key = certificate(tmp_path, "conformance")
    registry = Registry(tmp_path, 5443, certificate=(trusted, key))
    reference = registry.push("test/tls:1", catalogue.marked("tls"))
    try:
        with refused(None, "certificate"):
            client.PullImage(image={"image": reference})
        with Path("/etc/ssl/certs/ca-certificates.crt").open("a") as bundle:
            bundle.write(trusted.read_text())
        pull(reference)
    finally:
        registry.stop()


@pytest.mark.gantry
def test_a_registry_on_loopback_needs_no_tls(client, pull, tmp_path):
    """As with Docker: nobody can listen between a node and itself."""
    registry = Registry(tmp_path, 5444)
    try:
        pull(registry.push("test/plain:1", catalogue.marked("plain")))
    finally:
        registry.stop()
