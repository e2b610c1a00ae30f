"""The figures that the kubelet publishes in cAdvisor's stead."""

import json
from pathlib import Path

import pytest

from harness import cri
from harness.cgroups import Cgroup
from harness.pods import container_config
from harness.wait import wait_until

pytestmark = pytest.mark.gantry

LIMITS = {"cpu_period": 100_000, "cpu_quota": 50_000, "cpu_shares": 512,
          "memory_limit_in_bytes": 64 << 20}


class Figures:
    """The samples of one pod, by name and labels."""

    def __init__(self, client, pod):
        descriptors = client.ListMetricDescriptors().descriptors
        self._keys = {d.name: list(d.label_keys) for d in descriptors}
        self._metrics = next(m for m in client.ListPodSandboxMetrics().pod_metrics
                             if m.pod_sandbox_id == pod.id)

    @property
    def metrics(self):
        """Those of the pod and of its containers."""
        yield from self._metrics.metrics
        for container in self._metrics.container_metrics:
            yield from container.metrics

    def labels(self, metric):
        """Its labels by their keys."""
        assert len(metric.label_values) == len(self._keys[metric.name])
        return dict(zip(self._keys[metric.name], metric.label_values))

    def value(self, name, **labels):
        """The one sample that fits."""
        found = [m.value.value for m in self.metrics if m.name == name
                 and labels.items() <= self.labels(m).items()]
        assert len(found) == 1, f"{name}{labels}: {found}"
        return found[0]


def pid(container):
    """The first process."""
    info = container.client.ContainerStatus(container_id=container.id, verbose=True).info["info"]
    return json.loads(info)["pid"]


def test_every_name_that_is_described_has_samples(pods, client, busybox):
    pod = pods.run()
    pod.run("sleep 1000", image=busybox, linux={"resources": LIMITS})
    described = {d.name for d in client.ListMetricDescriptors().descriptors}
    assert len(described) == 58
    if not list(Path("/sys/kernel/mm").glob("hugepages/*")):
        described = {name for name in described if "hugetlb" not in name}
    assert {m.name for m in Figures(client, pod).metrics} == described


def test_labels_tell_the_container(pods, client, busybox):
    pod = pods.run()
    container = pod.run("sleep 1000", image=busybox, name="server")
    figures = Figures(client, pod)
    metric = next(m for m in figures.metrics if m.name == "container_memory_rss")
    cgroup = Cgroup(pid(container))
    assert figures.labels(metric) == {
        "container": "server", "name": container.id, "image": busybox,
        "id": cgroup.paths["memory" if cgroup.first_version else ""],
        "namespace": pod.config.metadata.namespace, "pod": pod.config.metadata.name}


def test_the_image_is_known_by_its_name_where_the_kubelet_asks_by_its_id(pods, client, busybox):
    pod = pods.run()
    image = client.ImageStatus(image={"image": busybox}).image
    config = container_config("sleep 1000", image=busybox)
    config.image.image = image.id
    made = client.CreateContainer(pod_sandbox_id=pod.id, config=config, sandbox_config=pod.config)
    client.StartContainer(container_id=made.container_id)
    figures = Figures(client, pod)
    metric = next(m for m in figures.metrics if m.name == "container_memory_rss")
    assert figures.labels(metric)["image"] == image.repo_tags[0]


def test_limits(pods, client, busybox):
    pod = pods.run()
    pod.run("ulimit -Sn 77; exec sleep 1000", image=busybox, linux={"resources": LIMITS})
    figures = Figures(client, pod)
    assert figures.value("container_spec_cpu_quota") == LIMITS["cpu_quota"]
    assert figures.value("container_spec_cpu_period") == LIMITS["cpu_period"]
    assert figures.value("container_spec_memory_limit_bytes") == LIMITS["memory_limit_in_bytes"]
    wait_until(lambda: Figures(client, pod).value(
        "container_ulimits_soft", ulimit="max_open_files") == 77, "the limit is set")


def test_processes_and_descriptors(pods, client, busybox):
    pod = pods.run()
    container = pod.run("exec 7</etc/passwd; sleep 1000 & echo up; wait", image=busybox)
    container.logged("up")
    figures = Figures(client, pod)
    assert figures.value("container_processes") == 2
    assert figures.value("container_threads") == 2
    # The shell's and its child's: three streams and the file, of both.
    assert figures.value("container_file_descriptors") >= 8
    assert figures.value("container_sockets") == 0


def test_throttling_is_counted(pods, client, busybox):
    pod = pods.run()
    pod.run("while :; do :; done", image=busybox,
            linux={"resources": {"cpu_period": 100_000, "cpu_quota": 10_000}})

    def throttled():
        figures = Figures(client, pod)
        return (figures.value("container_cpu_cfs_throttled_periods_total") > 1
                and figures.value("container_cpu_cfs_periods_total") > 1)

    wait_until(throttled, "it was throttled twice")


def test_an_oom_kill_is_counted(pods, client, busybox):
    pod = pods.run()
    container = pod.run("tail -c 100m /dev/zero; echo over; sleep 1000; :", image=busybox,
                        linux={"resources": {"memory_limit_in_bytes": 32 << 20}})
    container.logged("over")
    figures = Figures(client, pod)
    assert figures.value("container_oom_events_total") == 1
    assert figures.value("container_memory_max_usage_bytes") > 16 << 20


def test_the_network_of_the_pod(pods, client, busybox):
    pod = pods.run()
    container = pod.run("sleep 1000", image=busybox)
    sent = Figures(client, pod).value("container_network_transmit_packets_total", interface="eth0")
    container.exec("ping", "-c", "3", "-W", "1", "10.88.0.1")
    figures = Figures(client, pod)
    assert figures.value(
        "container_network_transmit_packets_total", interface="eth0") - sent >= 3
    assert {figures.labels(m)["interface"] for m in figures.metrics
            if m.name.startswith("container_network_")} == {"eth0"}


def test_types(pods, client, busybox):
    pod = pods.run()
    pod.run("sleep 1000", image=busybox)
    types = {m.name: m.metric_type for m in Figures(client, pod).metrics}
    assert types["container_cpu_usage_seconds_total"] == cri.COUNTER
    assert types["container_memory_rss"] == cri.GAUGE


def test_the_stream_tells_the_same_pods(pods, client, busybox):
    pod = pods.run()
    pod.run("sleep 1000", image=busybox)
    streamed = [m.pod_sandbox_id for answer in client.StreamPodSandboxMetrics()
                for m in answer.pod_sandbox_metrics]
    assert pod.id in streamed
