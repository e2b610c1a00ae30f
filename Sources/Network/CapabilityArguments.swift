internal import Model

/// The arguments of an attachment by capability, as the CNI conventions name and write them
/// (cni.dev/docs/conventions, "Dynamic Plugin specific fields").
///
/// A plugin gets those that its configuration declares; an empty one is left out.
extension Attachment {
    func capabilityArguments() throws -> [String: JSONValue] {
        var all: [String: JSONValue] = [:]
        let mappings = try portMappings.filter { $0.hostPort != 0 }.map { try $0.argument() }
        if !mappings.isEmpty { all["portMappings"] = .array(mappings) }
        all["bandwidth"] = try Bandwidth(annotations: annotations)?.argument
        all["dns"] = dns?.argument
        if !ips.isEmpty { all["ips"] = .strings(ips) }
        if !mac.isEmpty { all["mac"] = .string(mac) }
        if !infinibandGUID.isEmpty { all["infinibandGUID"] = .string(infinibandGUID) }
        if !cgroupPath.isEmpty { all["cgroupPath"] = .string(cgroupPath) }
        if !annotations.isEmpty {
            all["io.kubernetes.cri.pod-annotations"] = .object(
                annotations.mapValues(JSONValue.string))
        }
        return all
    }

    /// The capabilities whose absence from a network changes what the pod was promised.
    static let promises: Set = ["portMappings", "bandwidth", "ips", "mac", "infinibandGUID"]
}

extension PortMapping {
    fileprivate func argument() throws -> JSONValue {
        for port in [hostPort, containerPort] where !(1...65535).contains(port) {
            throw GantryError(
                .invalidArgument,
                "port_mappings: port mapping \(hostPort):\(containerPort): no port \(port)")
        }
        var members: [String: JSONValue] = [
            "hostPort": .integer(Int64(hostPort)),
            "containerPort": .integer(Int64(containerPort)),
            "protocol": .string(protocolName),
        ]
        if !hostIp.isEmpty { members["hostIP"] = .string(hostIp) }
        return .object(members)
    }

    private var protocolName: String {
        switch `protocol` {
        case .tcp: "tcp"
        case .udp: "udp"
        case .sctp: "sctp"
        }
    }
}

extension DNSConfig {
    fileprivate var argument: JSONValue? {
        if servers.isEmpty && searches.isEmpty && options.isEmpty { return nil }
        return [
            "servers": .strings(servers), "searches": .strings(searches),
            "options": .strings(options),
        ]
    }
}

extension JSONValue {
    fileprivate static func strings(_ texts: [String]) -> JSONValue {
        .array(texts.map(JSONValue.string))
    }
}
