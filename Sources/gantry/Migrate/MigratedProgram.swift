internal import OCI
internal import TOML
internal import Text

/// The program of a handler: an OCI runtime, or a shim of the containerd kind.
struct MigratedProgram {
    let path: String
    let isShim: Bool
    /// Where it came from.
    let source: String
    /// What is to be looked at.
    private(set) var note: String?

    /// - Returns: nil when there is none.
    init?(_ name: String, _ keys: [MigratedHandler.Key], _ migration: Migration) {
        func text(_ key: String) -> String? {
            let text = keys.first { $0.path.last == key }?.found.leaf.string
            return text?.isEmpty == false ? text : nil
        }
        func origin(_ key: String) -> String {
            (keys.first { $0.path.last == key } ?? keys.first)?.found.text ?? ""
        }
        let type = text("runtime_type") ?? ""
        let named = text("runtime_path")
        let wanted: String
        switch migration.source {
        case .crio:
            isShim = type == "vm"
            wanted = named ?? Self.inherited(keys, migration) ?? name
            source = origin("runtime_path")
        case .containerd where named == nil && Self.ofRunc.contains(type):
            isShim = false
            wanted = text("BinaryName") ?? text("runtime_engine") ?? "runc"
            source = origin(text("BinaryName") == nil ? "runtime_type" : "BinaryName")
        case .containerd:
            guard let shim = named ?? Self.shim(type) else { return nil }
            isShim = true
            wanted = shim
            source = origin(named == nil ? "runtime_type" : "runtime_path")
        }
        if let found = Runtimes.program(wanted) {
            path = found
        } else {
            path = "/usr/bin/\(wanted)"
            note = "\(source): \(TOMLText.plain(wanted)) is not on this node's search path"
        }
    }

    private static let ofRunc = [
        "", "io.containerd.runc.v1", "io.containerd.runc.v2", "io.containerd.runtime.v1.linux",
    ]

    /// `io.containerd.kata.v2` is containerd-shim-kata-v2 (containerd's docs/runtime-v2).
    private static func shim(_ type: String) -> String? {
        if type.begins(with: "/") { return type }
        let parts = type.split(at: ".")
        guard parts.count > 1 else { return nil }
        return "containerd-shim-\(parts[parts.count - 2])-\(parts[parts.count - 1])"
    }

    /// CRI-O's `inherit_default_runtime`.
    private static func inherited(
        _ keys: [MigratedHandler.Key], _ migration: Migration
    ) -> String? {
        let inherits = keys.contains {
            $0.path == ["inherit_default_runtime"] && $0.found.leaf.bool == true
        }
        guard inherits else { return nil }
        let name = migration["crio/runtime/default_runtime"]?.string ?? "crun"
        let path = migration["crio/runtime/runtimes/\(name)/runtime_path"]?.string
        return path?.isEmpty == false ? path : name
    }
}
