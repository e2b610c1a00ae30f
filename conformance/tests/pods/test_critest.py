"""Kubernetes' critest, group by group, on the session's node."""

import shutil
from pathlib import Path

import pytest

from harness import critest
from harness.images import lookalikes

pytestmark = [pytest.mark.skipif(not shutil.which("critest"), reason="critest is not on PATH"), pytest.mark.layers]

GROUPS = ["Container runtime", "Container Mount Propagation", "Container Mount Readonly",
          "Container OOM", "Idempotence",
          "Image Consistency", "Image Identifier Consistency", "Image Manager",
          "Image Volume", "Multiple Containers", "NRI", "Networking", "PodSandbox", "Runtime info",
          "Security Context"]
#: What the OCI runtime has a part in.
OF_RUNTIMES = ["Container Mount Propagation", "Container Mount Readonly", "Container OOM",
               "Image Volume", "NRI", "Security Context"]
CONFIG = Path("/etc/gantry/gantry.toml")


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


@pytest.fixture(scope="module")
def runc(node):
    """A daemon whose default handler is runc."""
    CONFIG.parent.mkdir(exist_ok=True)
    CONFIG.write_text('default_runtime = "runc"')
    node.restart()
    yield
    CONFIG.unlink()
    node.restart()


def check(node, directory, program, group):
    """Every spec of the group passes, or says itself that it cannot be run."""
    specs = critest.run(program, node, directory, f"-ginkgo.focus=\\[k8s.io\\] {group} ")
    ran = [spec for spec in specs if spec["State"] not in ("skipped", "pending")]
    failed = {critest.name(spec): spec["Failure"]["Message"] for spec in ran
              if spec["State"] != "passed"}
    assert not failed
    assert ran


@pytest.mark.gantry
@pytest.mark.parametrize("group", GROUPS)
def test_group(node, tmp_path, program, images_gone, group):
    check(node, tmp_path, program, group)


@pytest.mark.gantry
@pytest.mark.parametrize("group", OF_RUNTIMES)
def test_group_with_runc(node, runc, tmp_path, program, images_gone, group):
    check(node, tmp_path, program, group)
