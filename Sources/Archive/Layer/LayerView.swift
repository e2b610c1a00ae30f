internal import CLinux
internal import Glibc
internal import ImageTree
internal import Kernel

/// A layer's directory as overlay sees it, for one question: what does it say of a name.
final class LayerView {
    enum Answer: ~Copyable {
        /// It has the directory; `isCut` when a directory above it is opaque.
        case directory(Descriptor, isCut: Bool)
        /// The name itself, or one above it, is a symbolic link; the name becomes this one.
        case link(EntryName, isLast: Bool)
        /// It says that nothing of that name comes from further below.
        case hidden
        case absent
    }

    private let place: LayerPlace
    private let privileges: Privileges
    private let changes: Bool
    /// Nothing at this name or below it: of names that are asked for in their order, many are there.
    private var gap: EntryName?

    /// Holds no descriptor, since an image may have 500 layers.
    /// - Parameter changes: whether the layer is changed between two looks.
    init(_ place: LayerPlace, _ privileges: Privileges, changes: Bool = false) throws {
        self.place = place
        self.privileges = privileges
        self.changes = changes
    }

    func look(for name: EntryName) throws -> Answer {
        if let gap, name.isAt(orBelow: gap) { return .absent }
        var directory = try place.open()
        var here = EntryName.root
        var isCut = false
        for component in name.components {
            isCut = isCut || isOpaque(directory.raw)
            here = here.appending(component.dropLast())
            guard let there = try Existing(component, in: directory.raw) else {
                if isCut { return .hidden }
                gap = changes ? nil : here
                return .absent
            }
            if there.isSymbolicLink { return try follow(here, in: directory.raw, name) }
            guard there.isDirectory else { return .hidden }
            let raw = directory.raw
            let flags = O_RDONLY | GANTRY_O_DIRECTORY | GANTRY_O_NOFOLLOW
            directory = Descriptor(
                owning: try syscall("open", name.description) {
                    gantry_openat(raw, component, flags, 0)
                })
        }
        return .directory(directory, isCut: isCut)
    }

    private func follow(
        _ link: EntryName, in directory: Int32, _ name: EntryName
    ) throws -> Answer {
        let target = link.resolving(try readLink(link, in: directory))
        return .link(name.moved(from: link, to: target), isLast: name == link)
    }

    func isOpaque(_ directory: Int32) -> Bool {
        var value: UInt8 = 0
        return fgetxattr(directory, privileges.opaqueAttribute, &value, 1) == 1
            && value == UInt8(ascii: "y")
    }
}
