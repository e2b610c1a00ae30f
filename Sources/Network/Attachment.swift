internal import Glibc
public import Model
internal import Text

/// A pod's connection to the network: what the CNI specification (section 3, Attachment Parameters)
/// lets a runtime say to the plugins.
public struct Attachment: Hashable, Sendable {
    /// What identifies it to plugins, for all of its life.
    public struct ID: Hashable, Sendable {
        public let sandboxId: String
        public let interface: String

        public init(_ sandboxId: String, interface: String = "eth0") {
            self.sandboxId = sandboxId
            self.interface = interface
        }
    }

    public let id: ID
    /// A path that refers to the pod's network namespace, such as a bind mount of it.
    public let namespacePath: String
    public var podName = ""
    public var podNamespace = ""
    public var podUid = ""
    /// The pod's annotations: given to plugins that ask for them, and the source of the bandwidth
    /// (`kubernetes.io/ingress-bandwidth`, `kubernetes.io/egress-bandwidth`).
    public var annotations: [String: String] = [:]
    /// Those without a host port are left out.
    public var portMappings: [PortMapping] = []
    public var dns: DNSConfig?
    /// The pod's cgroup.
    public var cgroupPath = ""
    /// Addresses to assign, in CIDR notation; empty leaves the choice to the plugins.
    public var ips: [String] = []
    public var mac = ""
    public var infinibandGUID = ""

    public init(_ id: ID, namespacePath: String) {
        self.id = id
        self.namespacePath = namespacePath
    }
}

extension Attachment {
    /// The CNI_ARGS that Kubernetes' plugins look for. `IgnoreUnknown` keeps the others from
    /// refusing them.
    func arguments() throws -> String {
        let pairs = [
            ("IgnoreUnknown", "1"),
            ("K8S_POD_NAMESPACE", podNamespace),
            ("K8S_POD_NAME", podName),
            ("K8S_POD_INFRA_CONTAINER_ID", id.sandboxId),
            ("K8S_POD_UID", podUid),
        ]
        return try pairs.map { key, value in
            guard !value.has(anyOf: ";=\0\n") else {
                throw GantryError(
                    .invalidArgument, "\(key) cannot be passed in CNI_ARGS: \"\(value)\"")
            }
            return "\(key)=\(value)"
        }.joined(separator: ";")
    }
}

extension Attachment.ID {
    /// - Throws: `GantryError.invalidArgument` for what section 2 (Parameters) of the specification
    ///   forbids, and Linux for names of interfaces.
    func validate() throws {
        guard Names.isIdentifier(sandboxId) else {
            throw GantryError(.invalidArgument, "\"\(sandboxId)\" is no CNI container ID")
        }
        let forbidden = interface.utf8.contains { "/:".utf8.contains($0) || $0.isASCIISpace }
        guard (1..<16).contains(interface.utf8.count), interface != ".", interface != "..",
            !forbidden
        else {
            throw GantryError(.invalidArgument, "\"\(interface)\" is no name of an interface")
        }
    }
}

enum Names {
    /// An ASCII letter or digit, then also `_`, `.` and `-`: container IDs and names of networks.
    static func isIdentifier(_ text: String) -> Bool {
        guard let first = text.utf8.first, isAlphanumeric(first) else { return false }
        return text.utf8.allSatisfy { isAlphanumeric($0) || "_.-".utf8.contains($0) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isalnum(Int32(byte)) != 0 && byte < 0x80
    }
}
