"""Kubernetes' critest, group by group, on the session's node."""

import shutil

import pytest

from harness import critest, lookalikes

pytestmark = pytest.mark.skipif(not shutil.which("critest"), reason="critest is not on PATH")

GROUPS = ["Container runtime", "Container Mount Propagation", "Container Mount Readonly",
          "Container OOM", "Idempotence",
          "Image Consistency", "Image Identifier Consistency", "Image Manager",
          "Image Volume", "Multiple Containers", "Networking", "PodSandbox", "Runtime info",
          "Security Context"]


@pytest.fixture(scope="session")
def program(directory, registry):
    """critest, with the images that it pulls served under their names."""
    return critest.prepare(directory, lookalikes.push(registry))


@pytest.fixture
def images_gone(client, nothing_left):
    """Removes what critest pulled and left."""
    before = {image.id for image in client.ListImages().images}
    yield
    for image in client.ListImages().images:
        if image.id not in before:
            client.RemoveImage(image={"image": image.id})


@pytest.mark.gantry
@pytest.mark.parametrize("group", GROUPS)
def test_group(node, tmp_path, program, images_gone, group):
    specs = critest.run(program, node, tmp_path, f"-ginkgo.focus=\\[k8s.io\\] {group} ")
    ran = [spec for spec in specs if spec["State"] not in ("skipped", "pending")]
    failed = {critest.name(spec): spec["Failure"]["Message"] for spec in ran
              if spec["State"] != "passed"}
    assert not failed
    assert ran
