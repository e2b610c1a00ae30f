internal import Text

/// Where a container's log is: a file below the pod's log directory. Only the directory may be reached
/// over symbolic links; what is below it may have been put there by a pod that mounts it.
///
/// In messages it is one path, in which `//` ends the directory: a monitor of an older Gantry takes it
/// as it stands.
public struct LogPath: Sendable, Equatable {
    public let directory: String
    /// Relative, without `.` and `..`.
    public let name: String

    /// - Returns: nil when the name leads out of the directory, or names the directory itself.
    public init?(directory: String, name: String) {
        var components: [Substring] = []
        for component in name.split(at: "/") where component != "." {
            if component != ".." {
                components.append(component)
            } else if components.popLast() == nil {
                return nil
            }
        }
        guard !components.isEmpty else { return nil }
        let parts = directory.split(at: "/").joined(separator: "/")
        self.directory = directory.utf8.first == UInt8(ascii: "/") ? "/" + parts : parts
        self.name = components.joined(separator: "/")
    }

    /// Of a message.
    public init(_ text: String) {
        let bytes = Array(text.utf8)
        let slashes = bytes.indices.dropLast().last {
            bytes[$0] == UInt8(ascii: "/") && bytes[$0 + 1] == UInt8(ascii: "/")
        }
        let end = slashes ?? bytes.lastIndex(of: UInt8(ascii: "/")) ?? 0
        let start = slashes.map { $0 + 2 } ?? end + 1
        directory = String(decoding: bytes[..<end], as: UTF8.self)
        name = String(decoding: bytes[min(start, bytes.count)...], as: UTF8.self)
    }

    /// For messages.
    public var text: String { "\(directory)//\(name)" }

    /// For people, and for the kubelet.
    public var path: String { "\(directory)/\(name)" }
}
