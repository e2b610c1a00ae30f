"""containers-policy.json(5): which images may be pulled."""

import json
from pathlib import Path

import pytest
from grpc import StatusCode

from harness.client import refused
from harness.command import gantry
from harness.images import archives, catalogue
from harness.images.fake_registry import FakeRegistry
from harness.images.signing import Signer

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


@pytest.fixture
def strict(policy, signer):
    """A namespace whose images must be signed."""
    policy(signed_by(signer), OVERRIDES / "strict.json")
    return {"metadata": {"name": "a", "namespace": "strict", "uid": "1"}}


def use(pods, busybox, reference, how, namespace="strict"):
    """A pod of that namespace uses the image: for a container, or for a volume of one."""
    pod = pods.run(metadata={"namespace": namespace})
    if how == "container":
        return pod.create("true", image=reference)
    return pod.create("true", image=busybox, mounts=[
        {"container_path": "/volume", "readonly": True, "image": {"image": reference}}])


@pytest.mark.parametrize("how", ["container", "volume"])
def test_what_another_namespace_has_pulled(pods, client, fake, strict, signer, pull, busybox, node, how):
    image = catalogue.marked(f"pulled-for-another-{how}")
    signer.sign(fake, "test/image", image, f"{fake.host}/test/image")
    reference = fake.serve("test/image:1", image)
    pull(reference)
    use(pods, busybox, reference, how, "other")
    for name in (reference, image.id):
        with refused(StatusCode.PERMISSION_DENIED, REASON):
            use(pods, busybox, name, how)
    pull(reference, sandbox_config=strict)
    digest = f"{fake.host}/test/image@{image.manifest.digest}"
    for name in (reference, image.id, digest):
        use(pods, busybox, name, how)
    node.restart()
    use(pods, busybox, reference, how)


@pytest.mark.parametrize("how", ["container", "volume"])
def test_what_was_pulled_before_the_policy(pods, fake, policy, signer, pull, busybox, how):
    reference = fake.serve("test/image:1", catalogue.marked("before"))
    pull(reference)
    policy(signed_by(signer))
    with refused(StatusCode.PERMISSION_DENIED, REASON):
        use(pods, busybox, reference, how)
    policy({"type": "reject"})
    with refused(StatusCode.PERMISSION_DENIED, REASON):
        use(pods, busybox, reference, how)


def test_another_key_wants_another_pull(pods, fake, policy, signer, pull, busybox, tmp_path):
    policy(signed_by(signer))
    image = catalogue.marked("rotated")
    signer.sign(fake, "test/image", image, f"{fake.host}/test/image")
    reference = fake.serve("test/image:1", image)
    pull(reference)
    use(pods, busybox, reference, "container")
    policy(signed_by(Signer.new(tmp_path, "other")))
    with refused(StatusCode.PERMISSION_DENIED, REASON):
        use(pods, busybox, reference, "container")


@pytest.mark.parametrize("how", ["container", "volume"])
def test_what_was_imported(pods, client, fake, strict, node, busybox, tmp_path, how):
    reference = f"{fake.host}/test/image:1"
    archives.write(tmp_path / "archive", archives.docker(catalogue.marked("imported-here"), reference))
    gantry(node.runtime, "image", "import", str(tmp_path / "archive"))
    try:
        use(pods, busybox, reference, how, "other")
        with refused(StatusCode.PERMISSION_DENIED, REASON):
            use(pods, busybox, reference, how)
    finally:
        client.RemoveImage(image={"image": reference})
