internal import CLinux
internal import Glibc
internal import Kernel

/// A layer's directory, under the name at which it stands now: a pull renames the layers that it has
/// unpacked while another one looks into them.
public struct LayerPlace: Sendable {
    private let paths: [String]

    /// - Parameter paths: in the order in which the directory has them; each but the last may be gone.
    public init(_ paths: String...) {
        self.paths = paths
    }

    /// - Throws: `SystemError`, of the last path, when it stands at none.
    func open() throws(SystemError) -> Descriptor {
        let flags = O_RDONLY | GANTRY_O_DIRECTORY
        for path in paths.dropLast() {
            if let found = try? Files.open(path, flags) { return found }
        }
        return try Files.open(paths.last ?? "", flags)
    }
}
