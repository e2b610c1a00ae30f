internal import CLinux
internal import Glibc
internal import Kernel
internal import Model
internal import System

/// One overlay mount (the kernel's Documentation/filesystems/overlayfs.rst).
struct Overlay: Sendable {
    /// The read-only directories, the uppermost first.
    let lower: [String]
    /// Holds `upper` and `work`.
    let home: String
    let target: String
    /// The file that a user namespace is bound to, whose IDs the layers' files get; the files that
    /// are written have them already.
    var userNamespace: String?
    /// The SELinux label that all files have there.
    var label: String?

    private var upper: String { "\(home)/upper" }
    private var work: String { "\(home)/work" }

    /// mount(2) takes one page of options, and cuts the rest off without a word.
    static let mostOptions = 4095

    func mount() throws {
        for directory in [upper, work, target] { try Files.makeDirectories(directory) }
        let layers = try lower.isEmpty ? [emptyLower()] : Self.visible(lower)
        guard let userNamespace else { return try mount(layers) }
        let mapped = try MappedLayers(layers, in: home, userNamespace: userNamespace)
        defer { try? mapped.release() }
        failpoint("CreateContainer/layers mapped")
        try mount(mapped.directories)
    }

    /// Overlay shows the roots of all layers as one; but one that is opaque hides those below it
    /// (image-spec, layer.md, "Opaque Whiteout").
    static func visible(_ layers: [String]) -> [String] {
        let opaque = layers.firstIndex { layer in
            var value: UInt8 = 0
            return getxattr(layer, "trusted.overlay.opaque", &value, 1) == 1
                && value == UInt8(ascii: "y")
        }
        return Array(layers.prefix(through: opaque ?? layers.count - 1))
    }

    private func mount(_ directories: [String]) throws {
        try copyRootAttributes(from: directories[0])
        let plain = options(directories.map(Self.escaped))
        if plain.utf8.count <= Self.mostOptions {
            try Mounts.mountNow("overlay", on: target, type: "overlay", data: plain)
        } else {
            try mountByDescriptors(directories)
        }
    }

    private func options(_ directories: [String]) -> String {
        "lowerdir=\(directories.joined(separator: ":")),upperdir=\(Self.escaped(upper)),"
            + "workdir=\(Self.escaped(work))"
            + (label.map { ",context=\"\($0)\"" } ?? "")
    }

    /// An image without layers still needs something below the writable part.
    private func emptyLower() throws -> String {
        let empty = "\(home)/empty"
        try Files.makeDirectories(empty)
        return empty
    }

    /// The merged root directory is the upper one: without this, every container's `/` would be 0755
    /// whatever its image says.
    private func copyRootAttributes(from lower: String) throws {
        var status = stat()
        try syscall("stat", lower) { stat(lower, &status) }
        try syscall("chown", upper) { chown(upper, status.st_uid, status.st_gid) }
        try syscall("chmod", upper) { chmod(upper, status.st_mode & 0o7777) }
    }

    /// Many layers: open each, and name it by its number, from where numbers are names: so 500 layers,
    /// the most that overlay takes, fit on the page.
    private func mountByDescriptors(_ directories: [String]) throws {
        var opened: [Int32] = []
        defer { opened.forEach { close($0) } }
        for directory in directories {
            let flags = GANTRY_O_PATH | GANTRY_O_DIRECTORY
            opened.append(try Files.open(directory, flags).release())
        }
        let short = options(opened.map { "\($0)" })
        guard short.utf8.count <= Self.mostOptions else {
            throw GantryError(
                .unimplemented, "\(directories.count) layers do not fit into one mount at \(home)")
        }
        try Mounts.mountByNumberNow("overlay", on: target, type: "overlay", data: short)
    }

    /// Overlay separates directories by colons, and mount(2) options by commas.
    static func escaped(_ path: String) -> String {
        let bytes = path.utf8.flatMap { byte in
            ":,\\".utf8.contains(byte) ? [UInt8(ascii: "\\"), byte] : [byte]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
