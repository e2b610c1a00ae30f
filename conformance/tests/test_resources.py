"""A container's limits, as the kernel has them."""

from pathlib import Path

import pytest

from harness.leaks import processes
from harness.wait import wait_until

#: What to read of cgroup v1 (controller and file) or v2 (file), by field of the CRI.
V1 = {"memory": ("memory", "memory.limit_in_bytes"), "shares": ("cpu", "cpu.shares"),
      "quota": ("cpu", "cpu.cfs_quota_us"), "pids": ("pids", "pids.max")}
V2 = {"memory": "memory.max", "shares": "cpu.weight", "quota": "cpu.max", "pids": "pids.max"}


def limit(words: str, kind: str) -> str:
    """The limit of the cgroup in which the process with these words in its command line is."""
    process = wait_until(lambda: [line.split()[0] for line in processes() if words in line],
                         f"{words} runs")[0]
    paths = {}
    for line in Path(f"/proc/{process}/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        paths |= dict.fromkeys(controllers.split(","), path.lstrip("/"))
    if kind in V1 and V1[kind][0] in paths:
        controller, file = V1[kind]
        return (Path("/sys/fs/cgroup") / controller / paths[controller] / file).read_text().strip()
    return (Path("/sys/fs/cgroup") / paths[""] / V2[kind]).read_text().strip()


def test_memory_and_cpu(pods, busybox):
    resources = {"memory_limit_in_bytes": 64 << 20, "cpu_shares": 512, "cpu_period": 100_000,
                 "cpu_quota": 50_000}
    pods.run().run("exec sleep 76543", image=busybox, linux={"resources": resources})
    assert limit("sleep 76543", "memory") == str(64 << 20)
    # runc and crun turn shares into weights by formulas of their own.
    assert limit("sleep 76543", "shares") in ("512", "20", "59")
    assert limit("sleep 76543", "quota") in ("50000", "50000 100000")


@pytest.mark.gantry
def test_status_tells_the_limits(pods, busybox):
    resources = {"memory_limit_in_bytes": 64 << 20, "cpu_shares": 512}
    container = pods.run().run("sleep 1000", image=busybox, linux={"resources": resources})
    found = container.status.resources.linux
    assert (found.memory_limit_in_bytes, found.cpu_shares) == (64 << 20, 512)


def test_oom_score_adjustment(pods, busybox):
    container = pods.run().run(
        "sleep 1000", image=busybox, linux={"resources": {"oom_score_adj": 500}})
    assert container.output("cat", "/proc/1/oom_score_adj").strip() == "500"


@pytest.mark.gantry
def test_an_oom_score_below_the_daemons_is_not_an_error(pods, busybox):
    """Without CAP_SYS_RESOURCE the kernel refuses it, so that it is clamped."""
    own = Path("/proc/self/oom_score_adj").read_text().strip()
    container = pods.run().run(
        "sleep 1000", image=busybox, linux={"resources": {"oom_score_adj": -997}})
    assert container.output("cat", "/proc/1/oom_score_adj").strip() in ("-997", own)
