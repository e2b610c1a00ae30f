internal import Model
internal import OCI

/// What the verbose answers about pods and containers share, under the names of containerd's.
extension Node {
    /// What runs it, and with which options.
    func runtimeInfo(_ sandbox: Sandbox) -> [String: JSONValue] {
        var options: [String: JSONValue] = ["systemd_cgroup": .bool(cgroupDriver == .systemd)]
        if let handler = try? handlers.named(sandbox.handler).runtime.handler {
            options["binary_name"] = .string(handler.path)
            options["root"] = .string(handler.root)
        }
        // As CRI-O calls what is run as a command.
        return ["runtimeType": "oci", "runtimeOptions": .object(options)]
    }
}
