"""containers-policy.json(5): which images may be pulled."""

import json
from pathlib import Path

import pytest
from grpc import StatusCode

from harness import catalogue
from harness.client import refused
from harness.fake_registry import FakeRegistry
from harness.signing import Signer

from conftest import SPARE_PORTS

pytestmark = pytest.mark.gantry

POLICY, OVERRIDES = Path("/etc/containers/policy.json"), Path("/etc/gantry/policies")
REASON = "SignatureValidationFailed: "


@pytest.fixture
def fake(nothing_left):
    """A registry whose signatures are ours."""
    registry = FakeRegistry(SPARE_PORTS[0])
    yield registry
    registry.stop()


@pytest.fixture
def policy(nothing_left):
    """Writes the policy for one registry, and accepts all others; it is read at each pull."""
    before = POLICY.read_bytes() if POLICY.exists() else None

    def write(requirement: dict, path: Path = POLICY) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({
            "default": [{"type": "insecureAcceptAnything"}],
            "transports": {"docker": {f"127.0.0.1:{SPARE_PORTS[0]}": [requirement]}}}))

    yield write
    POLICY.unlink(missing_ok=True)
    if before is not None:
        POLICY.write_bytes(before)
    for override in OVERRIDES.glob("*.json"):
        override.unlink()


@pytest.fixture
def signer(tmp_path):
    """A key of the policy."""
    return Signer.new(tmp_path)


def signed_by(signer, identity="matchRepository"):
    """The requirement of a signature by this key."""
    return {"type": "sigstoreSigned", "keyPath": str(signer.public),
            "signedIdentity": {"type": identity}}


def test_a_signed_image(fake, policy, signer, pull):
    policy(signed_by(signer))
    image = catalogue.marked("signed")
    signer.sign(fake, "test/image", image, f"{fake.host}/test/image")
    pull(fake.serve("test/image:1", image))


def test_an_unsigned_image(client, fake, policy, signer):
    policy(signed_by(signer))
    reference = fake.serve("test/image:1", catalogue.marked("unsigned"))
    # UNKNOWN, or the kubelet would not find the reason where the message begins.
    with refused(StatusCode.UNKNOWN, REASON):
        client.PullImage(image={"image": reference})
    assert not client.ImageStatus(image={"image": reference}).HasField("image")


def test_a_signature_by_another_key(client, fake, policy, signer, tmp_path):
    policy(signed_by(signer))
    image = catalogue.marked("other-key")
    Signer.new(tmp_path, "other").sign(fake, "test/image", image, f"{fake.host}/test/image")
    with refused(StatusCode.UNKNOWN, "none of 1 signatures is by a key"):
        client.PullImage(image={"image": fake.serve("test/image:1", image)})


def test_a_signature_of_another_image(client, fake, policy, signer):
    """A registry files a good signature under an image that it does not speak of."""
    policy(signed_by(signer))
    good, bad = catalogue.marked("good"), catalogue.marked("bad")
    signer.sign(fake, "test/image", good, f"{fake.host}/test/image")
    tags = [f"/v2/test/image/manifests/{image.manifest.digest.replace(':', '-')}.sig"
            for image in (good, bad)]
    fake.answers[tags[1]] = fake.answers[tags[0]]
    with refused(StatusCode.UNKNOWN, REASON):
        client.PullImage(image={"image": fake.serve("test/image:1", bad)})


def test_a_signature_under_another_name(client, fake, policy, signer, pull):
    image = catalogue.marked("renamed")
    signer.sign(fake, "test/image", image, f"{fake.host}/test/image:2")
    reference = fake.serve("test/image:1", image)
    policy(signed_by(signer, "matchExact"))
    with refused(StatusCode.UNKNOWN, f'signed as "{fake.host}/test/image:2"'):
        client.PullImage(image={"image": reference})
    policy(signed_by(signer))
    pull(reference)


def test_reject_asks_no_registry(client, fake, policy):
    policy({"type": "reject"})
    with refused(StatusCode.UNKNOWN, REASON):
        client.PullImage(image={"image": fake.serve("test/image:1", catalogue.marked("no"))})
    assert fake.requests == []


def test_what_cannot_be_checked_is_refused(client, fake, policy):
    policy({"type": "signedBy", "keyType": "X509Certificates", "keyPath": "/nonexistent"})
    with refused(StatusCode.UNKNOWN, "X509Certificates is not supported, so it is refused"):
        client.PullImage(image={"image": fake.serve("test/image:1", catalogue.marked("x509"))})


def test_a_policy_that_cannot_be_read_lets_nothing_in(client, fake, policy):
    POLICY.write_text("{")
    with refused(StatusCode.UNKNOWN, REASON, "policy.json"):
        client.PullImage(image={"image": fake.serve("test/image:1", catalogue.marked("broken"))})


def test_a_namespace_has_its_own(client, fake, policy, pull):
    policy({"type": "reject"})
    policy({"type": "insecureAcceptAnything"}, OVERRIDES / "trusted.json")
    reference = fake.serve("test/image:1", catalogue.marked("namespace"))
    sandbox = {"metadata": {"name": "a", "namespace": "other", "uid": "1"}}
    with refused(StatusCode.UNKNOWN, REASON):
        client.PullImage(image={"image": reference}, sandbox_config=sandbox)
    sandbox["metadata"]["namespace"] = "trusted"
    pull(reference, sandbox_config=sandbox)
