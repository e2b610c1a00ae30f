internal import Glibc
internal import Kernel
internal import MonitorProtocol

/// The pod's containers: those that live, those that are being created, and those whose exit is
/// still to be asked for.
final class Containers {
    struct Refusal: Error, CustomStringConvertible {
        let description: String
    }

    unowned let loop: EventLoop
    private var known: [String: Container] = [:]
    /// By the process ID of the runtime that creates them.
    private var creations: [Int32: Creation] = [:]
    /// By the process ID of the runtime that starts them, where it hides its containers.
    private var starts: [Int32: HiddenStart] = [:]
    /// Ends of processes that may turn out to be containers whose creation is not noticed yet.
    private var strangers: [Int32: Int32] = [:]

    let kills = PodKills()

    init(_ loop: EventLoop) {
        self.loop = loop
    }

    /// One that is hidden and was never started has no process.
    var living: Int {
        known.values.count { $0.isLiving } + creations.count + starts.count
    }

    var states: [MonitoredContainer] {
        known.values.map { MonitoredContainer(container: $0.id, pid: $0.pid, exit: $0.exit) }
    }

    func create(_ request: CreateRequest, _ reply: @escaping (Reply) -> Void) {
        do {
            guard !isKnown(request.container) else {
                throw Refusal(description: "container \(request.container) is there already")
            }
            if let task = request.task {
                known[request.container] = try Container(request, task, loop)
                return reply(.created(pid: 0))
            }
            let creation = try Creation(request, loop, reply)
            creations[creation.runtime] = creation
        } catch {
            reply(.failed("\(error)"))
        }
    }

    func start(_ id: String, _ reply: @escaping (Reply) -> Void) {
        do {
            guard let container = known[id], container.request.isHidden, container.watched == nil
            else { throw Refusal(description: "container \(id) is not to be started here") }
            let start = try HiddenStart(container, loop, reply)
            starts[start.runtime] = start
        } catch {
            reply(.failed("\(error)"))
        }
    }

    /// A shim has made the container, and is asked for its end from now on.
    func watch(_ id: String, pid: Int32) throws {
        let container = try get(id)
        guard let task = container.request.task, container.exit == nil
        else { throw Refusal(description: "container \(id) is not to be watched") }
        if pid == 0 { return unwatch(container) }
        if container.shim != nil { return }
        // One that stands for another container as well, as gVisor's sandbox does, is not this one's to kill.
        let isOwn = !known.values.contains { $0 !== container && $0.pid == pid }
        let shim = try ShimLink(
            task, id, pid: isOwn ? pid : 0, hasInput: container.request.keepsInput)
        shim.ended = { [unowned self, weak container] code in
            if let container { self.exited(container, code) }
        }
        container.follow(shim)
        loop.add(shim)
        try note(initProcess: pid, of: id)
    }

    private func unwatch(_ container: Container) {
        guard let shim = container.shim else { return }
        loop.remove(shim)
        container.follow(nil)
    }

    private func isKnown(_ id: String) -> Bool {
        known[id] != nil || creations.values.contains { $0.request.container == id }
    }

    /// A process has ended: a runtime that was creating, a container, or an orphan of one.
    func ended(_ pid: Int32, code: Int32) {
        if let creation = creations.removeValue(forKey: pid) {
            finish(creation, code)
        } else if let container = known.values.first(where: { $0.watched == pid && $0.exit == nil })
        {
            exited(container, code)
        } else if let start = starts.removeValue(forKey: pid) {
            start.finish(code)
        } else if !creations.isEmpty {
            strangers[pid] = code
        }
    }

    private func finish(_ creation: Creation, _ code: Int32) {
        defer { for reply in creation.givenUp { reply(.done) } }
        do {
            let container = try creation.finish(code) { strangers[$0] != nil || Children.has($0) }
            known[container.id] = container
            if let memory = container.memory, memory.isListening { loop.add(memory) }
            creation.reply(.created(pid: container.pid))
            if let code = strangers.removeValue(forKey: container.pid) { exited(container, code) }
        } catch {
            creation.reply(.failed("\(error)"))
        }
        if creations.isEmpty { strangers = [:] }
    }

    /// The record is on disk before anybody is told.
    private func exited(_ container: Container, _ code: Int32) {
        let shim = container.shim
        let exit = container.end(code)
        if let shim { loop.remove(shim) }
        if let memory = container.memory { loop.remove(memory) }
        do {
            try Files.replace(container.exitRecord, with: exit.encoded)
        } catch {
            Supervisor.warn("the exit of \(container.id) is not recorded: \(error)")
        }
        loop.tell(.exited(exit))
    }

    func get(_ id: String) throws -> Container {
        guard let container = known[id] else { throw Refusal(description: "no container \(id)") }
        return container
    }

    /// Memory is counted where the container's processes are.
    func note(initProcess pid: Int32, of id: String) throws {
        let container = try get(id)
        if let memory = container.memory { loop.remove(memory) }
        container.note(initProcess: pid, kills)
        if container.exit == nil, let memory = container.memory, memory.isListening {
            loop.add(memory)
        }
    }

    /// A shim tells that the kernel has killed in a container for want of memory, wherever that is.
    func noteShortage(in id: String) {
        known[id]?.hadShortage = true
    }

    func reopenLog(of id: String) throws {
        try get(id).log.reopen()
    }

    /// Drops a container that has exited. Of one that is being created the runtime is killed, which
    /// its `create` then answers; the reply comes once the runtime is gone.
    func forget(_ id: String, _ reply: @escaping (Reply) -> Void) {
        if let creation = creations.values.first(where: { $0.request.container == id }) {
            creation.givenUp.append(reply)
            kill(-creation.runtime, SIGKILL)
            return
        }
        do {
            try drop(id)
            reply(.done)
        } catch {
            reply(.failed("\(error)"))
        }
    }

    private func drop(_ id: String) throws {
        guard let container = known[id] else { return }
        container.shim?.takeEnd()
        guard !container.isLiving else {
            throw Refusal(description: "container \(id) lives")
        }
        known[id] = nil
        for output in container.outputs { loop.remove(output) }
        try Files.remove(container.exitRecord)
    }
}
