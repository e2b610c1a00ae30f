"""Values that mean "no limit": the kubelet sends them, and they must be as good as none."""

import pytest

CPU = ("cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us 2>/dev/null "
       "|| cat /sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us 2>/dev/null "
       "|| cut -d' ' -f1 /sys/fs/cgroup/cpu.max")
MEMORY = ("cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null "
          "|| cat /sys/fs/cgroup/memory.max")
SWAP = ("cat /sys/fs/cgroup/memory/memory.memsw.limit_in_bytes 2>/dev/null "
        "|| cat /sys/fs/cgroup/memory.swap.max")
#: What a cgroup file says where there is none: a word, -1, or the most that fits (v1).
NONE = ("-1", "max", "9223372036854771712")

VALUES = [
    {"cpu_quota": -1},
    {"cpu_quota": -1, "cpu_period": 100000, "cpu_shares": 2},
    {"cpu_quota": -1, "cpu_period": 50000},
    {"cpu_quota": -(1 << 63)},
    {"memory_limit_in_bytes": -1},
    {"memory_limit_in_bytes": -1, "memory_swap_limit_in_bytes": -1},
    {"memory_limit_in_bytes": (1 << 63) - 1},
    {"memory_swap_limit_in_bytes": -1},
    {"hugepage_limits": [{"page_size": "2MB", "limit": 0}, {"page_size": "1GB", "limit": 0}]},
    {"hugepage_limits": [{"page_size": "2MB", "limit": (1 << 64) - 1}]},
    {"cpu_quota": -1, "cpu_period": 100000, "cpu_shares": 2, "memory_limit_in_bytes": -1,
     "memory_swap_limit_in_bytes": -1,
     "hugepage_limits": [{"page_size": "2MB", "limit": 0}]},
]


def limits(container):
    """The quota of CPU time, and the limits of memory and of memory with swap, as it sees them."""
    return [container.output("sh", "-c", file).strip() for file in (CPU, MEMORY, SWAP)]


@pytest.mark.parametrize("values", VALUES, ids=str)
def test_in_a_new_container(pods, busybox, values):
    container = pods.run().run("sleep 1000", image=busybox, linux={"resources": values})
    assert all(limit in NONE for limit in limits(container)), limits(container)


@pytest.mark.parametrize("started", [False, True])
@pytest.mark.parametrize("values", VALUES, ids=str)
def test_in_a_change(pods, client, busybox, values, started):
    container = pods.run().create("sleep 1000", image=busybox, linux={"resources": {
        "cpu_period": 100000, "cpu_quota": 20000, "cpu_shares": 512,
        "memory_limit_in_bytes": 64 << 20}})
    if started:
        container.start()
    client.UpdateContainerResources(container_id=container.id, linux=values)
    if not started:
        container.start()
    cpu, memory, swap = limits(container)
    assert (cpu in NONE) == ("cpu_quota" in values), cpu
    assert (memory in NONE) == ("memory_limit_in_bytes" in values), memory
    if "memory_limit_in_bytes" in values or "memory_swap_limit_in_bytes" in values:
        assert swap in NONE, swap
    again = {"cpu_quota": 30000, "memory_limit_in_bytes": 32 << 20,
             "memory_swap_limit_in_bytes": 32 << 20}
    client.UpdateContainerResources(container_id=container.id, linux=again)
    assert limits(container)[:2] == ["30000", str(32 << 20)]
