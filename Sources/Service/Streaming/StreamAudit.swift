internal import Logging
internal import Model
internal import Streaming

/// One line of the log for each exec, attach and port-forward: what was run where, from where, and how
/// it ended. A command may hold secrets of its own; nothing else that is secret is told: no URL (its
/// token is a right to connect), no variable, no byte of a stream.
struct StreamAudit {
    let node: Node

    func note(_ record: StreamRecord) {
        var fields = own(record.request)
        fields["client"] = "\(record.client)"
        fields["duration"] = "\(record.duration)"
        fields["end"] = "\(AuditText.quote(Self.end(record), limit: 256))"
        if !record.ports.isEmpty {
            fields["ports"] = "\(record.ports.map { "\($0)" }.joined(separator: ","))"
        }
        node.log.info("\(record.request.verb) ended", metadata: fields)
    }

    private static func end(_ record: StreamRecord) -> String {
        switch record.end {
        case .exited(let code): "exit \(code)"
        case .failed(let reason): "failed: \(reason)"
        case .closed: "connection closed"
        }
    }

    private func own(_ request: StreamingRequest) -> Logger.Metadata {
        switch request {
        case .exec(let exec):
            container(exec.containerId).merging([
                "command": "\(AuditText.command(exec.cmd))", "tty": "\(exec.tty)",
                "stdin": "\(exec.stdin)",
            ]) { $1 }
        case .attach(let attach):
            container(attach.containerId).merging([
                "tty": "\(attach.tty)", "stdin": "\(attach.stdin)",
            ]) { $1 }
        case .portForward(let forward):
            pod(try? node.sandboxes.find(forward.podSandboxId), forward.podSandboxId)
        }
    }

    /// By the names that Kubernetes knows. The container may be gone by now.
    private func container(_ id: String) -> Logger.Metadata {
        guard let container = try? node.containers.find(id) else {
            return ["container_id": "\(AuditText.quote(id))"]
        }
        var fields = pod(container.sandbox, container.sandbox.id)
        fields["container"] = "\(AuditText.quote(container.config.metadata?.name ?? ""))"
        fields["container_id"] = "\(container.id)"
        if let user = container.details.user { fields["user"] = "\(user.uid):\(user.gid)" }
        return fields
    }

    private func pod(_ sandbox: Sandbox?, _ id: String) -> Logger.Metadata {
        guard let metadata = sandbox?.config.metadata else {
            return ["pod_id": "\(AuditText.quote(id))"]
        }
        return [
            "namespace": "\(AuditText.quote(metadata.namespace))",
            "pod": "\(AuditText.quote(metadata.name))", "pod_id": "\(AuditText.quote(id))",
        ]
    }
}

/// Text of clients in a line of the log: printable ASCII of a bounded length.
enum AuditText {
    /// What is printable stays; a backslash is doubled, and each other byte becomes `\xNN`.
    /// - Parameter limit: bytes of the text, after which `…` stands for the rest.
    static func quote(_ text: String, limit: Int = 253) -> String {
        var result = ""
        for (index, byte) in text.utf8.enumerated() {
            if index == limit { return result + "…" }
            result += escaped(byte)
        }
        return result
    }

    /// Arguments with a blank between them; one that has blanks, or is empty, in single quotes.
    static func command(_ arguments: [String], limit: Int = 512) -> String {
        var result = ""
        for argument in arguments {
            let rest = limit - result.utf8.count
            if rest <= 0 { return result + " …" }
            let word = quote(argument, limit: rest)
            let isPlain = !word.isEmpty && !word.utf8.contains { quotes.contains($0) }
            result += (result.isEmpty ? "" : " ") + (isPlain ? word : "'\(word)'")
            if argument.utf8.count > rest { return result }
        }
        return result
    }

    private static let quotes = Array(" '\"\\$&;|<>*?()`#~".utf8)

    private static func escaped(_ byte: UInt8) -> String {
        switch byte {
        case UInt8(ascii: "\\"): return "\\\\"
        case 0x20..<0x7f: return String(Unicode.Scalar(byte))
        default: return "\\x" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16)
        }
    }
}
