internal import CLinux
internal import Glibc
internal import Kernel
internal import MonitorProtocol

/// A container that was created: its process, its streams, its end.
final class Container {
    /// Of its init.
    private(set) var pid: Int32
    let log: LogFile
    let request: CreateRequest
    /// The process whose end is the container's: its init, or a monitor that the runtime has put
    /// before it, or where the init is hidden, the runtime's `wait` once it was started.
    private(set) var watched: Int32?
    /// Or a shim tells of its end, once it has made the container.
    private(set) var shim: ShimLink?
    private(set) var exit: ExitRecord?
    private(set) var outputs: [OutputStream] = []
    /// What the runtime's `wait` writes.
    private var verdict: OutputStream?
    private var verdictText: [UInt8] = []
    private(set) var memory: MemoryEvents?
    /// Whether its shim has told of a kill for want of memory.
    var hadShortage = false
    /// Held open so that the container does not read an end of file; closed with the container.
    private var input: Descriptor?
    /// Clients that write to its input.
    private var writers: [AttachedInput] = []

    var id: String { request.container }
    var exitRecord: String { request.exitRecord }

    /// Whether it has a process whose end is still to come.
    var isLiving: Bool { exit == nil && (watched != nil || shim != nil) }

    init(
        _ request: CreateRequest, pid: Int32, log: LogFile, outputs: [OutputStream],
        input: consuming Descriptor?, podKills: PodKills
    ) {
        self.request = request
        self.pid = pid
        self.log = log
        self.input = input
        memory = MemoryEvents(of: pid, in: podKills)
        watched = request.isHidden || request.task != nil ? nil : pid
        takeOutputs(outputs)
    }

    /// The process that is watched is another.
    func note(initProcess: Int32, _ podKills: PodKills) {
        pid = initProcess
        memory = MemoryEvents(of: pid, in: podKills)
    }

    func follow(_ shim: ShimLink?) {
        self.shim = shim
    }

    private func takeOutputs(_ outputs: [OutputStream]) {
        self.outputs = outputs
        for output in outputs {
            output.sink = { [log, name = output.name] bytes, atEnd in
                log.write(bytes, of: name, atEnd: atEnd)
            }
        }
    }

    /// It was started, hidden: `waiter` ends with it, and writes how it ended to `verdict`.
    func follow(
        _ waiter: Int32, _ verdict: OutputStream, outputs: [OutputStream],
        input: consuming Descriptor?
    ) {
        watched = waiter
        self.verdict = verdict
        self.input = input
        verdict.sink = { [weak self] bytes, _ in
            self?.verdictText += bytes.prefix(4096)
            return bytes.count
        }
        takeOutputs(outputs)
    }

    /// The `exitStatus` in the runtime's verdict; the waiter's own code when it says nothing.
    private func hiddenCode(_ code: Int32) -> Int32 {
        _ = verdict?.drain()
        let words = verdictText.split { !Self.isWord($0) }.map {
            String(decoding: $0, as: UTF8.self)
        }
        guard let key = words.firstIndex(of: "exitStatus"), key + 1 < words.count else {
            return code == 0 ? 255 : code
        }
        return Int32(words[key + 1]) ?? 255
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        isalnum(Int32(byte)) != 0
    }

    /// Lets a client write to its input: a pipe's end, or its terminal. Where the input has ended the
    /// client's pipe is closed, which tells it, and the outputs are its all the same.
    func attachInput(
        _ pipe: consuming Descriptor, _ loop: EventLoop, endsInput: Bool
    ) throws {
        guard let target = try inputTarget() else { return }
        let writer = try AttachedInput(pipe, target, loop)
        writer.ended = { [weak self] writer in
            self?.writers.removeAll { $0 === writer }
            if endsInput { self?.endInput() }
        }
        writers.append(writer)
        loop.add(writer)
    }

    private func inputTarget() throws(SystemError) -> Descriptor? {
        if exit != nil || !request.keepsInput { return nil }
        if request.consoleSocket.isEmpty { return try input?.duplicate() }
        guard let terminal = outputs.first?.descriptor else { return nil }
        return Descriptor(owning: try syscall("dup") { gantry_dup_cloexec(terminal) })
    }

    /// Each client has a duplicate of the input: all must go for the container to see its end.
    private func endInput() {
        input = nil
        let writers = self.writers
        self.writers = []
        for writer in writers { writer.cancel() }
        if exit == nil { shim?.closeInput() }
    }

    /// A shim copies what the container has written, and may tell of the end before it is done.
    private func awaitOutputs() {
        for _ in 0..<10 {
            outputs.removeAll { !$0.drain() }
            var entries = outputs.map {
                pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0)
            }
            if entries.isEmpty { return }
            _ = poll(&entries, nfds_t(entries.count), 10)
        }
    }

    /// Notes the end. What the container wrote is in the log before its exit is known; another
    /// process that still holds the streams is listened to on, but not waited for.
    func end(_ code: Int32) -> ExitRecord {
        let code = request.isHidden ? hiddenCode(code) : code
        if request.task != nil { awaitOutputs() }
        shim = nil
        let killedForMemory = (hadShortage || memory?.haveKilled() ?? false) && code != 0
        outputs.removeAll { !$0.drain() }
        endInput()
        let record = ExitRecord(
            container: id, code: code, outOfMemory: killedForMemory,
            finishedAt: Timestamp.now.nanoseconds)
        exit = record
        return record
    }
}
