internal import CLinux
internal import Glibc
internal import Kernel
internal import System

/// Overlay over indexed images, which it is given by descriptor, so that the node's mount table gets
/// this one mount and no other.
struct IndexOverlay {
    /// Holds `upper` and `work`; nil is a read-only view.
    let home: String?
    let target: String
    /// The file that a user namespace is bound to, whose IDs the images' files get.
    var userNamespace: String?
    /// The SELinux label that all files have there.
    var label: String?

    init(home: String?, target: String, userNamespace: String? = nil, label: String? = nil) {
        self.home = home
        self.target = target
        self.userNamespace = userNamespace
        self.label = label
    }

    /// Where another overlay would be, and as it would look.
    init(_ overlay: Overlay) {
        self.init(
            home: overlay.home, target: overlay.target, userNamespace: overlay.userNamespace,
            label: overlay.label)
    }

    /// - Throws: `SystemError`.
    func mount(over image: IndexMount) throws {
        guard let userNamespace else { return try mount(image.mount) }
        let namespace = try Files.open(userNamespace)
        try mount(try image.mount.clone(userNamespace: namespace))
    }

    private func mount(_ lower: borrowing DetachedMount) throws {
        var parameters: [DetachedMount.Parameter] = [
            .text("source", "overlay"), .descriptor("lowerdir+", lower.descriptor.raw),
        ]
        var opened: [Int32] = []
        defer { opened.forEach { close($0) } }
        if let home {
            for (key, name) in [("upperdir", "upper"), ("workdir", "work")] {
                let path = "\(home)/\(name)"
                try Files.makeDirectories(path)
                let flags = GANTRY_O_PATH | GANTRY_O_DIRECTORY
                opened.append(try Files.open(path, flags).release())
                parameters.append(.descriptor(key, opened[opened.count - 1]))
            }
            try copyRootAttributes(from: lower.descriptor.raw, to: "\(home)/upper")
        }
        if let label { parameters.append(.text("context", label)) }
        try Files.makeDirectories(target)
        try DetachedMount(type: "overlay", parameters, home == nil ? .readOnly : [])
            .attach(to: target)
    }

    /// The merged root directory is the upper one.
    private func copyRootAttributes(from root: Int32, to upper: String) throws {
        var status = stat()
        try syscall("fstat") { fstat(root, &status) }
        try syscall("chown", upper) { chown(upper, status.st_uid, status.st_gid) }
        try syscall("chmod", upper) { chmod(upper, status.st_mode & 0o7777) }
    }
}
