internal import Kernel
internal import Model
internal import OCI
internal import Store
internal import System

/// A change of a container's limits: cgroup, spec and record together, or none of them.
///
/// A file in the container's bundle says that it is under way. A daemon that finds it there makes
/// cgroup and spec what the record says, since the record is what was answered.
struct LimitsChange: Sendable {
    let node: Node
    let container: SandboxContainer

    private var bundle: Bundle { Bundle(node.paths.container(container.id).bundle) }
    private var intent: String { "\(bundle.directory)/limits-change" }

    /// - Parameter more: changes what the record has no field for.
    func make(
        to record: LinuxContainerResources,
        _ more: @Sendable (inout Spec.Resources) throws -> Void = { _ in }
    ) async throws {
        let runtime = try node.runtime(of: container.sandbox)
        let old = try await bundle.read()
        let new = try spec(old, with: record, more)
        let oldRecord = container.current.resources
        try await note()
        try await Undo.scope(node.log) { undo in
            failpoint("UpdateContainerResources/intent noted")
            undo.push("restore the limits") { try await set(old, from: new, runtime) }
            try await set(new, from: old, runtime)
            failpoint("UpdateContainerResources/cgroup changed")
            undo.push("restore the spec") { try await bundle.write(old) }
            try await bundle.write(new)
            failpoint("UpdateContainerResources/spec written")
            undo.push("restore the record") { container.update { $0.resources = oldRecord } }
            container.update { $0.resources = record }
            try await node.store.save(container.row())
            failpoint("UpdateContainerResources/stored")
        } end: { isComplete in
            if isComplete { await node.attempt("forget a change of limits") { try await forget() } }
        }
        try await forget()
    }

    /// At the start, ends what a killed daemon had begun.
    func settle() async throws {
        guard Files.exists(intent) else { return }
        let settled = try spec(
            try await bundle.read(), with: container.current.resources ?? LinuxContainerResources())
        try await set(settled, from: nil, node.runtime(of: container.sandbox))
        try await bundle.write(settled)
        try await forget()
    }

    private func spec(
        _ old: Spec, with record: LinuxContainerResources,
        _ more: (inout Spec.Resources) throws -> Void = { _ in }
    ) throws -> Spec {
        var limits = try Spec.Resources(record, node.host).over(old.linux.resources)
        try more(&limits)
        var new = old
        new.linux.resources = limits
        return new
    }

    /// - Parameter old: nil when it is not known what the cgroup has.
    private func set(_ new: Spec, from old: Spec?, _ runtime: Runtime) async throws {
        let limits = new.linux.resources ?? Spec.Resources()
        let directory = node.cgroupDirectory(of: container)
        let lifted = LiftedLimits(directory, node.host)
        try await lifted.lift(from: old.map { $0.linux.resources ?? Spec.Resources() }, to: limits)
        try await runtime.update(container.id, limits)
        // runc writes the limits that it remembers wherever it is told none.
        try await lifted.lift(from: nil, to: limits)
    }

    private func note() async throws {
        try await Blocking.run { try Files.replace(intent, with: []) }
    }

    private func forget() async throws {
        try await Blocking.run { try Files.remove(intent) }
    }
}
