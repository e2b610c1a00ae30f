internal import Glibc
internal import Kernel
internal import Model
internal import MonitorProtocol
internal import OCI
internal import System

/// The infra container: our own pause program, for pods that share a PID namespace and for runtimes
/// that need a container to make a sandbox.
extension SandboxResources {
    private var handler: WorkingHandler {
        get throws { try node.handlers.named(sandbox.handler) }
    }

    var needsInfra: Bool {
        get throws {
            if try isMadeByShim { return false }
            if try handler.needsInfra { return true }
            return sandbox.sharesPidNamespace
        }
    }

    /// Beside each other as far as they can be: a shim takes as long to start as a network. Neither ends
    /// the other by its failure, for what is under way in a shim cannot be taken back.
    func attachNetworkAndStartInfra(_ monitor: Monitor) async throws {
        async let infra: Result<Void, any Error> = result {
            try await prepareInfra(monitor)
            if try !needsNetworkFirst { try await spanned(monitor) }
        }
        let network = await result {
            try await Trace.span("network") { try await attachNetwork() }
        }
        let begun = await infra
        try network.get()
        try begun.get()
        if try needsNetworkFirst { try await spanned(monitor) }
    }

    private func spanned(_ monitor: Monitor) async throws {
        try await Trace.span("infra container") { try await startInfra(monitor) }
    }

    private func result(_ body: () async throws -> Void) async -> Result<Void, any Error> {
        do { return .success(try await body()) } catch { return .failure(error) }
    }

    /// A machine takes over the interfaces that are there when it is made.
    private var needsNetworkFirst: Bool {
        get throws {
            guard let shim = try handler.shim else { return true }
            return shim.hidesProcesses || shim.makesSandboxes
        }
    }

    /// Does what needs no network yet.
    private func prepareInfra(_ monitor: Monitor) async throws {
        let isMadeByShim = try self.isMadeByShim
        guard try needsInfra || isMadeByShim else { return }
        let bundle = try self.bundle
        try await Blocking.run { try Files.makeDirectories(bundle, mode: 0o700) }
        if !isMadeByShim { try await Bundle(bundle).write(try await spec()) }
        try await asSandboxer { try await node.runtime(of: sandbox).tasks?.begin(with: monitor) }
    }

    private func startInfra(_ monitor: Monitor) async throws {
        if try isMadeByShim { return try await asSandboxer { try await startSandbox() } }
        guard try needsInfra else { return }
        let runtime = try node.runtime(of: sandbox)
        let bundle = try self.bundle
        let pid = try await node.create(
            request(runtime, bundle), with: monitor, runtime,
            cgroup: node.cgroupPath(sandbox).directory(sandbox.id))
        if sandbox.sharesPidNamespace, !runtime.handler.hidesProcesses {
            try InitProcess.requireOwnProcesses(of: pid, runtime.handler)
        }
        failpoint("RunPodSandbox/infra container created")
        try await node.start(sandbox.id, runtime, watched: pid) { monitor }
        failpoint("RunPodSandbox/infra container started")
        sandbox.update { $0.infraPid = pid }
    }

    /// Safe to repeat; the runtime need not know the container.
    func endInfra() async throws {
        if try isMadeByShim { return try await stopSandbox() }
        guard try needsInfra else { return }
        try await node.lifecycle.eraseInfra(of: sandbox)
        try await forgetInfra()
        sandbox.update { $0.infraPid = nil }
    }

    /// A monitor that hangs is killed next, as its pod has ended.
    private func forgetInfra() async throws {
        do {
            try await sandbox.current.monitor?.forgetExited(sandbox.id)
        } catch let error as GantryError where error.code == .deadlineExceeded {
            return
        }
    }

    private func spec() async throws -> Spec {
        var request = InfraRequest(
            sandboxId: sandbox.id, sandbox: sandbox.config, rootfs: node.paths.pauseRoot,
            namespaces: node.podNamespaces(sandbox), cgroup: node.cgroupPath(sandbox),
            handler: try handler.runtime.handler)
        request.files = node.podFiles(sandbox)
        request.host = node.host
        request.appArmor = try await node.appArmor()
        let security = sandbox.config.linux?.securityContext ?? LinuxSandboxSecurityContext()
        request.localhostSeccomp = try await Spec.Seccomp.localhost(
            for: LinuxContainerSecurityContext(
                seccomp: security.seccomp, seccompProfilePath: security.seccompProfilePath),
            node.hostPaths)
        request.defaults = try await ContainerDefaults(
            node.settings, try handler.runtime.handler, node.hostPaths
        ).ofInfra
        return try SpecBuilder.infra(request)
    }

    private var bundle: String {
        get throws { try handler.shim == nil ? paths.bundle : paths.shimBundle }
    }

    private func request(_ runtime: Runtime, _ bundle: String) -> CreateRequest {
        CreateRequest(
            container: sandbox.id, program: runtime.handler.path,
            arguments: runtime.createArguments(
                sandbox.id, bundle: bundle, pidFile: "\(bundle)/pid",
                log: "\(bundle)/create.log"),
            pidFile: "\(bundle)/pid", logPath: "",
            exitRecord: paths.exitRecord(sandbox.id))
    }
}

extension Node {
    /// Has the runtime start a container that it has created.
    ///
    /// A shim with a kernel of its own may answer no `Wait` for a container that was never started,
    /// so that the monitor asks from here on.
    func start(
        _ id: String, _ runtime: Runtime, watched pid: Int32?, _ monitor: () throws -> Monitor
    ) async throws {
        guard runtime.isWatchedFromStart, let pid else { return try await runtime.start(id) }
        let monitor = try monitor()
        try await monitor.watch(id, pid: pid)
        do {
            try await runtime.start(id)
        } catch {
            try? await monitor.watch(id, pid: Monitor.nobody)
            throw error
        }
    }

    /// Has the monitor create a container; what the runtime says of a failure becomes the error.
    /// - Parameters:
    ///   - cgroup: the container's, below each hierarchy's mount point.
    ///   - limits: those that the request asks for.
    /// - Returns: the process ID of its init.
    func create(
        _ request: CreateRequest, with monitor: Monitor, _ runtime: Runtime, cgroup: String,
        limits: Spec.Resources? = nil
    ) async throws -> Int32 {
        let watched = try await watched(request, with: monitor, runtime, limits: limits)
        let pid = await InitProcess(
            runtime: runtime, container: request.container, cgroup: cgroup
        ).find(watched)
        if pid != watched { try await monitor.note(initProcess: pid, of: request.container) }
        return pid
    }

    /// - Returns: the process whose end is the container's.
    private func watched(
        _ request: CreateRequest, with monitor: Monitor, _ runtime: Runtime, limits: Spec.Resources?
    ) async throws -> Int32 {
        do {
            return try await withDeadline(runtime.createLimit, "\(runtime.handler.name) create") {
                if let tasks = runtime.tasks {
                    return try await tasks.create(request, with: monitor)
                }
                return try await monitor.create(request)
            }
        } catch let error as GantryError where [.internal, .unknown].contains(error.code) {
            let log = "\(Path.parent(of: request.pidFile))/create.log"
            let text = (try? await Blocking.run { try Files.readText(log) }) ?? ""
            // A runtime without a log of its own has said it to the monitor.
            if text.isEmpty && runtime.handler.has(.logFile) && runtime.tasks == nil { throw error }
            throw runtime.error(
                creating: request.container, log: text.isEmpty ? error.message : text,
                limits: limits)
        }
    }

    /// At the start: the infra container's root file system, with the directories that mounts want
    /// and the program.
    func prepareInfra() async throws {
        let program = settings.pauseProgram
        try await Blocking.run { [paths] in
            let target = "\(paths.pauseRoot)/pause"
            for directory in ["proc", "dev/shm", "sys", "etc"] {
                try Files.makeDirectories("\(paths.pauseRoot)/\(directory)")
            }
            // Mounts want their targets; a pod's root in a user namespace may make none.
            for file in ["hosts", "hostname", "resolv.conf"] {
                try Files.replace("\(paths.pauseRoot)/etc/\(file)", with: [], mode: 0o644)
            }
            // What is there already takes no room: a daemon must start on a full disk.
            let content = try Files.read(program)
            if (try? Files.read(target)) != content {
                try Files.replace(target, with: content, mode: 0o755)
            }
        }
        if host.hasSELinux {
            try await SecurityLabels.set(SELinuxLabels.sharedFiles, on: paths.pauseRoot)
        }
    }
}
