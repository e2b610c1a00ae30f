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
        let child = try syscall("fork") { gantry_fork() }
        if child == 0 { makeAndWait(request, pipe) }
        defer {
            kill(child, SIGKILL)
            var status: Int32 = 0
            _ = try? syscall("waitpid") { waitpid(child, &status, 0) }
        }
        pipe.writeEnd = nil
        let answer = try report(pipe)
        guard answer == "ok" else { throw Containers.Refusal(description: answer) }
        try bind(request.pins, child)
    }

    private static func report(_ pipe: borrowing Pipe) throws(SystemError) -> String {
        let end = pipe.readEnd.raw
        var text = [UInt8](repeating: 0, count: 1024)
        let count = try syscall("read") { read(end, &text, text.count) }
        if count == 0 { return "the process that made the namespaces has died" }
        return String(decoding: text[..<count], as: UTF8.self)
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

    /// In the child: makes the namespaces, says so, and waits for its end, which the parent brings.
    private static func makeAndWait(_ request: NamespaceRequest, _ pipe: borrowing Pipe) {
        gantry_set_death_signal(SIGKILL)
        var answer = "ok"
        do throws(SystemError) {
            try setUp(request)
        } catch {
            answer = error.description
        }
        let bytes = Array(answer.utf8)
        _ = write(pipe.writeEnd.raw, bytes, bytes.count)
        while true { pause() }
    }

    private static func setUp(_ request: NamespaceRequest) throws(SystemError) {
        let kinds = request.pins.map(\.kind)
        try syscall("unshare") { gantry_unshare(kinds.reduce(0) { $0 | $1.flag }) }
        if kinds.contains(.network) { try syscall("set lo up") { gantry_loopback_up() } }
        if kinds.contains(.uts), !request.hostname.isEmpty {
            try syscall("sethostname", request.hostname) {
                gantry_sethostname(request.hostname, request.hostname.utf8.count)
            }
        }
        for (name, value) in request.sysctls {
            try Files.write(value, to: "/proc/sys/" + path(of: name))
        }
    }

    /// A sysctl that has no copy of its own in the pod's namespaces would change the node.
    private static func check(_ name: String, _ request: NamespaceRequest) throws {
        let path = path(of: name)
        let isPlain = !path.split(separator: "/").contains("..")
        guard isPlain, let kind = owner(ofSysctl: path),
            request.pins.contains(where: { $0.kind == kind })
        else {
            throw Containers.Refusal(
                description: "sysctl \(name) does not belong to the pod's own namespaces")
        }
    }

    /// Namespaces whose sysctls are their own: ipc_namespaces(7), network_namespaces(7),
    /// uts_namespaces(7).
    private static func owner(ofSysctl path: String) -> NamespaceRequest.Kind? {
        let ipc = ["kernel/shm", "kernel/msg", "kernel/sem", "fs/mqueue/"]
        if path.hasPrefix("net/") { return .network }
        if ipc.contains(where: { path.hasPrefix($0) }) { return .ipc }
        return path == "kernel/domainname" ? .uts : nil
    }

    /// `net.ipv4.ip_forward` or `net/ipv4/ip_forward`: what the first separator is, separates; the
    /// other one is then part of a name (sysctl.d(5)).
    private static func path(of name: String) -> String {
        guard let first = name.first(where: { $0 == "." || $0 == "/" }), first == "." else {
            return name
        }
        return String(name.map { $0 == "." ? "/" : $0 == "/" ? "." : $0 })
    }
}

extension NamespaceRequest.Kind {
    fileprivate var flag: Int32 {
        switch self {
        case .network: GANTRY_CLONE_NEWNET
        case .ipc: GANTRY_CLONE_NEWIPC
        case .uts: GANTRY_CLONE_NEWUTS
        }
    }
}
