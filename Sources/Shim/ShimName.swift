internal import Text

/// What the name of a shim's file says (containerd, core/runtime/v2/README.md, "Binary Naming"):
/// `containerd-shim-kata-qemu-v2` is version 2 of `kata-qemu`.
public struct ShimName: Hashable, Sendable {
    public let name: String
    public let version: Int

    /// - Returns: nil for a file that is not named by that rule.
    public init?(file: String) {
        guard let rest = file.removing(prefix: "containerd-shim-") else { return nil }
        let parts = rest.split(at: "-", omittingEmptySubsequences: false)
        guard parts.count > 1, !parts.contains(""), let last = parts.last,
            let digits = last.removing(prefix: "v"), let version = Int(digits), version >= 0
        else { return nil }
        name = parts.dropLast().joined(separator: "-")
        self.version = version
    }
}
