internal import CLinux
internal import Glibc
internal import Kernel
internal import MonitorProtocol

/// A pod's namespaces: made by a child that goes away again, kept by binding each to a file.
enum Namespaces {
    /// - Throws: what failed, with nothing left pinned.
    static func pin(_ request: NamespaceRequest) throws {
        for name in request.sysctls.keys { try check(name, request) }
        if request.pins.isEmpty { return }
        var pipe = try Pipe()
        let go = try Pipe()
        let child = try syscall("fork") { gantry_fork() }
        if child == 0 { makeAndWait(request, pipe, go) }
        defer {
            kill(child, SIGKILL)
            var status: Int32 = 0
            _ = try? syscall("waitpid") { waitpid(child, &status, 0) }
        }
        pipe.writeEnd = nil
        try expect(made, pipe)
        try mapIDs(request, child)
        say(ready, go)
        try expect(ready, pipe)
        try bind(request.pins, child)
    }

    /// What the child says when its namespaces are there, and when all is set in them.
    private static let made = "made"
    private static let ready = "ready"

    private static func expect(_ words: String, _ pipe: borrowing Pipe) throws {
        let end = pipe.readEnd.raw
        var text = [UInt8](repeating: 0, count: 1024)
        let count = try syscall("read") { read(end, &text, text.count) }
        if count == 0 {
            throw Containers.Refusal(description: "the process that made the namespaces has died")
        }
        let answer = String(decoding: text[..<count], as: UTF8.self)
        guard answer == words else { throw Containers.Refusal(description: answer) }
    }

    /// Only a process of the parent user namespace may write them (user_namespaces(7)).
    private static func mapIDs(_ request: NamespaceRequest, _ child: Int32) throws(SystemError) {
        guard request.pins.contains(where: { $0.kind == .user }) else { return }
        try Files.write(request.uidMap, to: "/proc/\(child)/uid_map")
        try Files.write(request.gidMap, to: "/proc/\(child)/gid_map")
    }

    private static func bind(_ pins: [NamespaceRequest.Pin], _ child: Int32) throws(SystemError) {
        var bound: [String] = []
        do throws(SystemError) {
            for pin in pins {
                _ = try Files.open(pin.path, O_RDONLY | O_CREAT | O_EXCL, mode: 0o444)
                bound.append(pin.path)
                let source = "/proc/\(child)/ns/\(pin.kind.rawValue)"
                try syscall("mount", pin.path) {
                    gantry_mount(source, pin.path, nil, GANTRY_MS_BIND, nil)
                }
            }
        } catch {
            for path in bound {
                gantry_umount(path, GANTRY_MNT_DETACH)
                unlink(path)
            }
            throw error
        }
    }

    /// In the child: makes the namespaces, sets them up once its IDs are mapped, says so each time,
    /// and waits for its end, which the parent brings.
    private static func makeAndWait(
        _ request: NamespaceRequest, _ pipe: borrowing Pipe, _ go: borrowing Pipe
    ) {
        gantry_set_death_signal(SIGKILL)
        do throws(SystemError) {
            let flags = request.pins.reduce(0) { $0 | $1.kind.flag }
            try syscall("unshare") { gantry_unshare(flags) }
            say(made, pipe)
            var byte: UInt8 = 0
            let end = go.readEnd.raw
            try syscall("read") { read(end, &byte, 1) }
            if !request.uidMap.isEmpty { try becomeRoot() }
            try setUp(request)
            say(ready, pipe)
        } catch {
            say(error.description, pipe)
        }
        while true { pause() }
    }

    private static func say(_ words: String, _ pipe: borrowing Pipe) {
        let bytes = Array(words.utf8)
        _ = write(pipe.writeEnd.raw, bytes, bytes.count)
    }

    /// A new user namespace's first process has all capabilities, but files of its root, among them
    /// the sysctls of the IPC namespace, are open to that user alone.
    private static func becomeRoot() throws(SystemError) {
        try syscall("setresuid") { gantry_become_root() }
        // Changed credentials have cleared it (prctl(2)).
        gantry_set_death_signal(SIGKILL)
    }

    private static func setUp(_ request: NamespaceRequest) throws(SystemError) {
        let kinds = request.pins.map(\.kind)
        if kinds.contains(.network) { try syscall("set lo up") { gantry_loopback_up() } }
        if kinds.contains(.uts), !request.hostname.isEmpty {
            try syscall("sethostname", request.hostname) {
                gantry_sethostname(request.hostname, request.hostname.utf8.count)
            }
        }
        for (name, value) in request.sysctls {
            try Files.write(value, to: "/proc/sys/" + Sysctl(name).path)
        }
    }

    /// A sysctl that has no copy of its own in the pod's namespaces would change the node.
    private static func check(_ name: String, _ request: NamespaceRequest) throws {
        guard let kind = Sysctl(name).owner, request.pins.contains(where: { $0.kind == kind })
        else {
            throw Containers.Refusal(
                description: "sysctl \(name) does not belong to the pod's own namespaces")
        }
    }
}

extension NamespaceRequest.Kind {
    fileprivate var flag: Int32 {
        switch self {
        case .network: GANTRY_CLONE_NEWNET
        case .ipc: GANTRY_CLONE_NEWIPC
        case .uts: GANTRY_CLONE_NEWUTS
        case .user: GANTRY_CLONE_NEWUSER
        }
    }
}
