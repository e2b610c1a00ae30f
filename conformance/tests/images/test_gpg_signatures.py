"""`signedBy` of containers-policy.json(5): GPG signatures that are kept beside a registry."""

import base64
from pathlib import Path

import pytest
from grpc import StatusCode

from harness.client import refused
from harness.images import catalogue
from harness.images.fake_registry import Answer
from harness.images.gpg import GPGSigner, file_name

from conftest import SPARE_PORTS
from test_signatures import REASON, fake, policy  # noqa: F401 (fixtures)

pytestmark = pytest.mark.gantry

LOOKASIDES = Path("/etc/containers/registries.d")
HOST = f"127.0.0.1:{SPARE_PORTS[0]}"


@pytest.fixture
def signer(tmp_path):
    """A key of the policy."""
    return GPGSigner.new(tmp_path)


@pytest.fixture
def lookaside(nothing_left):
    """Writes a file of containers-registries.d(5); it is read at each pull."""
    written = []

    def write(text, name="test.yaml"):
        LOOKASIDES.mkdir(parents=True, exist_ok=True)
        written.append(LOOKASIDES / name)
        written[-1].write_text(text)

    write(f"docker:\n  {HOST}:\n    lookaside: http://{HOST}/signatures/\n")
    yield write
    for path in written:
        path.unlink(missing_ok=True)


def signed_by(*signers, identity="matchRepository", **keys):
    """The requirement of a signature by one of the keys."""
    keys = keys or {"keyPaths": [str(signer.public) for signer in signers]}
    return {"type": "signedBy", "keyType": "GPGKeys", **keys, "signedIdentity": {"type": identity}}


def serve(fake, image, *messages):
    """An image with signatures beside it; the reference to pull."""
    for number, message in enumerate(messages, 1):
        path = "/signatures/" + file_name("test/image", image, number)
        fake.answers[path] = Answer(message)
    return fake.serve("test/image:1", image)


def test_a_signed_image(fake, policy, lookaside, signer, pull):
    image = catalogue.marked("gpg-signed")
    reference = serve(fake, image, signer.sign(image, f"{HOST}/test/image"))
    for keys in ({"keyPath": str(signer.public)}, {"keyPaths": [str(signer.public)]},
                 {"keyData": base64.b64encode(signer.public.read_bytes()).decode()}):
        policy(signed_by(**keys))
        pull(reference)
    assert fake.count("/signatures/" + file_name("test/image", image)) == 3


def test_the_second_signature_of_the_second_key(fake, policy, lookaside, signer, pull, tmp_path):
    image = catalogue.marked("gpg-second")
    other, stranger = GPGSigner.new(tmp_path, "other"), GPGSigner.new(tmp_path, "stranger")
    policy(signed_by(other, signer))
    name = f"{HOST}/test/image"
    pull(serve(fake, image, stranger.sign(image, name), signer.sign(image, name)))


def test_signatures_in_files(fake, policy, lookaside, signer, pull, tmp_path):
    image = catalogue.marked("gpg-file")
    path = tmp_path / file_name("test/image", image)
    path.parent.mkdir(parents=True)
    path.write_bytes(signer.sign(image, f"{HOST}/test/image"))
    lookaside(f"default-docker:\n  sigstore: file://{tmp_path}\n")
    policy(signed_by(signer))
    pull(fake.serve("test/image:1", image))


def test_an_unsigned_image(client, fake, policy, lookaside, signer):
    policy(signed_by(signer))
    with refused(StatusCode.UNKNOWN, REASON, "has no signature"):
        client.PullImage(image={"image": serve(fake, catalogue.marked("gpg-unsigned"))})


def test_signatures_that_do_not_count(client, fake, policy, lookaside, signer, tmp_path):
    policy(signed_by(signer))
    image, name = catalogue.marked("gpg-bad"), f"{HOST}/test/image"
    good = signer.sign(image, name)
    cases = {
        "by another key": GPGSigner.new(tmp_path, "other").sign(image, name),
        "no signed message": b"not a signature",
        "none of 1 signatures": good[:-1] + bytes([good[-1] ^ 1]),
        "signed as": signer.sign(catalogue.marked("gpg-other"), name),
        f'signed as "{HOST}/test/other"': signer.sign(image, f"{HOST}/test/other"),
        f'signed as "{name}"': signer.sign(image, name, type="something else"),
    }
    for words, message in cases.items():
        with refused(StatusCode.UNKNOWN, REASON, words):
            client.PullImage(image={"image": serve(fake, image, message)})


def test_a_key_that_has_expired(client, fake, policy, lookaside, tmp_path):
    signer = GPGSigner.new(tmp_path, "old", expired=True)
    policy(signed_by(signer))
    image = catalogue.marked("gpg-old")
    message = signer.sign(image, f"{HOST}/test/image")
    with refused(StatusCode.UNKNOWN, REASON, "has expired"):
        client.PullImage(image={"image": serve(fake, image, message)})


def test_the_tag_counts_where_it_is_to(client, fake, policy, lookaside, signer, pull):
    policy(signed_by(signer, identity="matchExact"))
    image = catalogue.marked("gpg-tag")
    with refused(StatusCode.UNKNOWN, f'signed as "{HOST}/test/image:2"'):
        message = signer.sign(image, f"{HOST}/test/image:2")
        client.PullImage(image={"image": serve(fake, image, message)})
    pull(serve(fake, image, signer.sign(image, f"{HOST}/test/image:1")))


def test_a_lookaside_that_fails(client, fake, policy, lookaside, signer):
    policy(signed_by(signer))
    image = catalogue.marked("gpg-fails")
    reference = serve(fake, image)
    fake.answers["/signatures/" + file_name("test/image", image)] = Answer(status=500)
    with refused(StatusCode.UNKNOWN, REASON, "HTTP 500"):
        client.PullImage(image={"image": reference})
    lookaside("docker: {" + f'"{HOST}": {{lookaside: "ftp://x"}}' + "}")
    with refused(StatusCode.UNKNOWN, REASON, "test.yaml", "want a URL"):
        client.PullImage(image={"image": reference})


@pytest.mark.parametrize("fields, words", [
    ({"keyPath": "/nonexistent"}, "/nonexistent"), ({}, "want one of keyPath, keyPaths and keyData"),
    ({"keyData": "AAAA"}, "keys of OpenPGP"), ({"keyPaths": []}, "one key at least"),
])
def test_keys_that_cannot_be_used(client, fake, policy, fields, words):
    policy({"type": "signedBy", "keyType": "GPGKeys", **fields})
    with refused(StatusCode.UNKNOWN, REASON, words):
        client.PullImage(image={"image": fake.serve("test/image:1", catalogue.marked("keys"))})
