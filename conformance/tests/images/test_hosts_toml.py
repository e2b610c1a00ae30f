"""certs.d: containerd's hosts.toml, certificates of registries, and the node's own credentials."""

import json
import shutil
import ssl
import subprocess
from base64 import b64encode
from pathlib import Path

import grpc
import pytest
from grpc import StatusCode

from harness.client import refused
from harness.command import gantry
from harness.images import catalogue
from harness.images.fake_registry import Answer, FakeRegistry, blob_path
from harness.images.registry import PASSWORD, USER
from harness.images.tarball import sha256

from conftest import PORT, SPARE_PORTS

pytestmark = pytest.mark.gantry

CERTS, AUTH = Path("/etc/containerd/certs.d"), Path("/etc/gantry/auth.json")
REGISTRY, DOWN = f"127.0.0.1:{PORT}", f"127.0.0.1:{SPARE_PORTS[2]}"


@pytest.fixture
def certs(nothing_left):
    """Writes a file below certs.d/HOST; it counts from the next pull on."""
    made = []

    def write(host: str, name: str, text: str) -> Path:
        directory = CERTS / host
        made.append(directory)
        directory.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
        return directory / name

    yield write
    for directory in made:
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def auth(nothing_left):
    """Writes the node's auth.json."""
    def write(key: str) -> None:
        AUTH.parent.mkdir(exist_ok=True)
        login = b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        AUTH.write_text(json.dumps({"auths": {key: {"auth": login}}}))

    yield write
    AUTH.unlink(missing_ok=True)


@pytest.fixture
def fake(nothing_left):
    """A registry that keeps what it is asked."""
    registry = FakeRegistry(SPARE_PORTS[0])
    yield registry
    registry.stop()


def test_a_mirror_of_hosts_toml_counts_at_once(registry, certs, client, pull):
    registry.push("library/hosts:1", catalogue.marked("hosts"))
    certs("docker.example", "hosts.toml",
          f'server = "http://{DOWN}"\n[host."http://{DOWN}"]\n[host."http://{REGISTRY}"]\n'
          'capabilities = ["pull", "resolve"]\n')
    pull("docker.example/library/hosts:1")


def test_all_places_down_are_named(certs, client):
    certs("docker.example", "hosts.toml",
          f'server = "http://{DOWN}"\n[host."http://127.0.0.1:{SPARE_PORTS[1]}"]\n')
    with refused(None, "RegistryUnavailable", DOWN, f"127.0.0.1:{SPARE_PORTS[1]}"):
        client.PullImage(image={"image": "docker.example/library/none:1"})


def test_a_mistake_names_file_and_key(certs, client):
    certs("docker.example", "hosts.toml", "server = 5\n")
    with refused(None, "docker.example/hosts.toml: server: want a string"):
        client.PullImage(image={"image": "docker.example/a:1"})


def test_explain(certs, node):
    certs("docker.example", "hosts.toml",
          '[host."https://one.example"]\ncapabilities = ["pull"]\n'
          '[host."https://two.example/mirror"]\nca = "ca.pem"\n')
    text = gantry(node.runtime, "registry", "explain", "docker.example/a/b:1")
    assert "1. https://one.example/v2/a/b/manifests/1?ns=docker.example" in text
    assert "passed over: its capabilities allow no resolving of tags" in text
    assert f"authorities, {CERTS}/docker.example/ca.pem" in text
    assert "3. https://docker.example/v2/a/b/manifests/1" in text


def test_the_nodes_own_credentials(fake, auth, pull):
    fake.needs_token = True
    auth(f"{fake.host}/test")
    pull(fake.serve("test/image:1", catalogue.marked("own")))


def test_credentials_of_another_path_are_not_used(fake, auth, client, node):
    fake.needs_token = True
    auth(f"{fake.host}/other")
    with refused(None, "401"):
        client.PullImage(image={"image": fake.serve("test/image:1", catalogue.marked("own"))})
    assert all(not authorization.startswith("Basic") for _, _, authorization in fake.requests)
    text = gantry(node.runtime, "registry", "explain", f"{fake.host}/other/x")
    assert f"a user and a password of {fake.host}/other in {AUTH}" in text
    assert PASSWORD not in text


def test_credential_helpers_are_refused(fake, auth, client):
    auth("quay.io")
    AUTH.write_text(json.dumps({"credHelpers": {"quay.io": "ecr-login"}}))
    with refused(None, "credential helpers", "are not supported"):
        client.PullImage(image={"image": fake.serve("test/image:1", catalogue.marked("own"))})


def test_a_signed_redirect_is_not_printed(fake, client, node):
    image = catalogue.marked("signed-url")
    reference = fake.serve("test/image:1", image)
    fake.answers[f"/v2/test/image/blobs/{image.layers[-1].digest}"] = Answer(
        status=307, headers={"Location": f"http://user:hunter2@{DOWN}/x?X-Amz-Signature=hunter2"})
    with pytest.raises(grpc.RpcError) as failure:
        client.PullImage(image={"image": reference}, deadline=60)
    assert f"{DOWN}/x" in failure.value.details()
    assert "hunter2" not in failure.value.details()
    assert "hunter2" not in node.daemon.output


def authority(directory: Path, name: str) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    files = directory / f"{name}.pem", directory / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1",
         "-out", files[0], "-keyout", files[1]], check=True, capture_output=True)
    return files


@pytest.fixture
def mutual(tmp_path):
    """A registry with TLS that wants a client certificate: the registry, its own, the client's."""
    own, client = authority(tmp_path, "server"), authority(tmp_path, "client")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=client[0])
    context.load_cert_chain(*own)
    context.verify_mode = ssl.CERT_REQUIRED
    registry = FakeRegistry(5445, tls=context)
    yield registry, own, client
    registry.stop()


def test_an_authority_and_a_client_certificate(mutual, certs, client, pull):
    registry, own, mine = mutual
    reference = registry.serve("test/image:1", catalogue.marked("mutual"))
    with refused(None, "certificate"):
        client.PullImage(image={"image": reference})
    certs(registry.host, "ca.crt", own[0].read_text())
    with refused(None):
        client.PullImage(image={"image": reference})
    certs(registry.host, "client.cert", mine[0].read_text())
    certs(registry.host, "client.key", mine[1].read_text())
    pull(reference)


def test_the_same_through_hosts_toml(mutual, certs, pull):
    registry, own, mine = mutual
    registry.serve("test/image:1", catalogue.marked("mutual"))
    certs("docker.example", "hosts.toml",
          f'[host."https://{registry.host}"]\nca = "{own[0]}"\n'
          f'client = [["{mine[0]}", "{mine[1]}"]]\n')
    registry.answers = {f"{path}?ns=docker.example": answer
                        for path, answer in registry.answers.items()}
    pull("docker.example/test/image:1")


def test_storage_without_tls_for_what_a_digest_checks(mutual, fake, certs, client, pull):
    """It learns no secret; a name's own manifest, which nothing checks, does not come from there."""
    registry, own, mine = mutual
    image = catalogue.marked("storage")
    reference = registry.serve("test/image:1", image)
    for name, text in (("ca.crt", own[0]), ("client.cert", mine[0]), ("client.key", mine[1])):
        certs(registry.host, name, text.read_text())
    for blob in image.blobs:
        path = blob_path("test/image", sha256(blob))
        registry.answers[path] = Answer(
            status=307, headers={"Location": f"http://{fake.host}{path}"})
        fake.answers[path] = Answer(blob)
    pull(reference)
    assert fake.requests and not any(secret for _, _, secret in fake.requests)
    manifest = "/v2/test/image/manifests/1"
    fake.answers[manifest] = registry.answers[manifest]
    registry.answers[manifest] = Answer(
        status=307, headers={"Location": f"http://{fake.host}{manifest}"})
    with refused(StatusCode.PERMISSION_DENIED, "without TLS"):
        client.PullImage(image={"image": reference})


def test_a_hosts_own_proxy(fake, certs, pull):
    """It is asked for the whole URL, and the host itself is nowhere."""
    fake.serve("test/image:1", catalogue.marked("proxied"))
    fake.answers = {f"http://far.example:5000{path}": answer for path, answer in fake.answers.items()}
    certs("far.example:5000", "hosts.toml",
          f'server = "http://far.example:5000"\nproxy = "http://{fake.host}"\n')
    pull("far.example:5000/test/image:1")
