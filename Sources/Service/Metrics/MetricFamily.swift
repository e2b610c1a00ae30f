internal import Model
internal import System

/// The families of figures that ListPodSandboxMetrics tells, by cAdvisor's names; the configuration
/// chooses among them.
public enum MetricFamily: String, CaseIterable, Sendable {
    case cpu, disk, diskIO, hugetlb, memory, misc, network, oom, pressure, process, spec
}

/// A figure about `Subject`, as it is described once and then told many times.
struct MetricDefinition<Subject>: Sendable {
    typealias Samples = @Sendable (Subject) -> [MetricSample]

    let name: String
    let help: String
    let type: MetricType
    /// Keys of the labels that come after those of every metric.
    let labels: [String]
    let samples: Samples

    static func counter(
        _ name: String, _ help: String, by labels: [String] = [], _ samples: @escaping Samples
    ) -> Self {
        Self(name: name, help: help, type: .counter, labels: labels, samples: samples)
    }

    static func gauge(
        _ name: String, _ help: String, by labels: [String] = [], _ samples: @escaping Samples
    ) -> Self {
        Self(name: name, help: help, type: .gauge, labels: labels, samples: samples)
    }

    var descriptor: MetricDescriptor {
        MetricDescriptor(name: name, help: help, labelKeys: MetricLabels.keys + labels)
    }

    /// The samples as messages; a timestamp of 0 means taken live (api.proto, Metric).
    func metrics(of subject: Subject, _ labels: MetricLabels) -> [Metric] {
        samples(subject).map { sample in
            Metric(
                name: name, metricType: type, labelValues: labels.values + sample.labels,
                value: UInt64Value(value: sample.value))
        }
    }
}

/// A value, and those of the labels that are the metric's own, in the order of their keys.
struct MetricSample: Sendable {
    let value: UInt64
    let labels: [String]

    init(_ value: UInt64, _ labels: String...) {
        self.value = value
        self.labels = labels
    }
}

extension [MetricSample] {
    /// One value without labels of its own.
    static func one(_ value: UInt64) -> Self { [MetricSample(value)] }

    /// None where there is no such figure.
    static func maybe(_ value: UInt64?) -> Self { value.map { [MetricSample($0)] } ?? [] }
}

/// The labels of every metric: those by which the kubelet's own `/metrics/cadvisor` tells series
/// apart.
struct MetricLabels: Sendable {
    static let keys = ["container", "id", "image", "name", "namespace", "pod"]

    let values: [String]

    /// Of a container: `id` is its cgroup and `name` its ID, as in cAdvisor.
    init(_ reading: Reading, image: String) {
        let container = reading.container
        let pod = container.sandbox.config.metadata ?? PodSandboxMetadata()
        values = [
            container.config.metadata?.name ?? "", reading.cgroup?.path ?? "",
            image, container.id, pod.namespace, pod.name,
        ]
    }

    /// Of a pod as a whole.
    init(_ sandbox: Sandbox) {
        let pod = sandbox.config.metadata ?? PodSandboxMetadata()
        values = ["", "", "", sandbox.id, pod.namespace, pod.name]
    }
}
