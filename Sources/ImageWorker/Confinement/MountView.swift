internal import CLinux
internal import Glibc
internal import Kernel

/// The files that a process still sees: libraries, authorities of TLS, how names are looked up, and its
/// own descriptors. All of it is read-only, and nothing else is there.
struct MountView {
    /// Any directory that is there on every node, and that nothing below is found through.
    private let root = "/tmp"

    private static let directories = [
        "/usr/lib", "/usr/lib64", "/lib", "/lib64", "/nix/store", "/usr/share/ca-certificates",
        "/usr/local/share/ca-certificates", "/usr/share/pki", "/etc/ssl/certs",
        "/etc/pki/ca-trust", "/etc/pki/tls/certs", "/etc/ca-certificates", "/etc/crypto-policies",
        "/var/lib/ca-certificates",
    ]

    private static let files = [
        "/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/gai.conf",
        "/etc/services", "/etc/protocols", "/etc/ssl/openssl.cnf",
    ]

    private static let devices = ["/dev/null", "/dev/urandom"]

    func enter() throws(SystemError) {
        let namespaces = GANTRY_CLONE_NEWNS | GANTRY_CLONE_NEWIPC | GANTRY_CLONE_NEWUTS
        try syscall("unshare") { gantry_unshare(namespaces) }
        try mount(nil, "/", GANTRY_MS_REC | GANTRY_MS_PRIVATE)
        let flags = GANTRY_MS_NOSUID | GANTRY_MS_NODEV | GANTRY_MS_NOEXEC
        try syscall("mount", root) {
            gantry_mount("tmpfs", root, "tmpfs", flags, "mode=0755,size=4m")
        }
        for directory in Self.directories { try show(directory) }
        for file in Self.files { try copy(file) }
        for device in Self.devices { try bind(file: device) }
        // By their numbers, which is where libdispatch looks after its threads, and traps when it does
        // not find one: no process but this one is there.
        try Files.makeDirectories("\(root)/proc")
        try mount("/proc/self/task", "\(root)/proc", GANTRY_MS_BIND)
        try mount(nil, root, GANTRY_MS_REMOUNT | GANTRY_MS_BIND | GANTRY_MS_RDONLY | flags)
        try syscall("chdir", root) { chdir(root) }
        try syscall("pivot_root", root) { gantry_pivot_here() }
    }

    /// A directory, or a symbolic link to one as it is: `/lib` is mostly one.
    private func show(_ path: String) throws(SystemError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        let target = root + path
        try Files.makeDirectories(Path.parent(of: target))
        if status.st_mode & Glibc.S_IFMT == Glibc.S_IFLNK { return try link(path, target) }
        try Files.makeDirectories(target)
        try mount(path, target, GANTRY_MS_BIND)
        try mount(
            nil, target,
            GANTRY_MS_REMOUNT | GANTRY_MS_BIND | GANTRY_MS_RDONLY | GANTRY_MS_NOSUID
                | GANTRY_MS_NODEV)
    }

    private func link(_ path: String, _ target: String) throws(SystemError) {
        var text = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = try syscall("readlink", path) { readlink(path, &text, text.count - 1) }
        text[count] = 0
        try syscall("symlink", target) { symlink(text, target) }
    }

    /// Its content, since what it is may be replaced.
    private func copy(_ path: String) throws(SystemError) {
        guard let content = try? Files.read(path) else { return }
        let target = root + path
        try Files.makeDirectories(Path.parent(of: target))
        let file = try Files.open(target, O_WRONLY | O_CREAT, mode: 0o644)
        try Files.writeAll(content, to: file, target)
    }

    private func bind(file path: String) throws(SystemError) {
        guard Files.exists(path) else { return }
        let target = root + path
        try Files.makeDirectories(Path.parent(of: target))
        _ = try Files.open(target, O_WRONLY | O_CREAT, mode: 0o644)
        try mount(path, target, GANTRY_MS_BIND)
    }

    private func mount(
        _ source: String?, _ target: String, _ flags: UInt
    ) throws(SystemError) {
        try syscall("mount", target) { gantry_mount(source ?? "none", target, nil, flags, nil) }
    }
}
