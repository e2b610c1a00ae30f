/// What a monitor sends: answers, each with the serial of its request, and events, with serial 0.
public enum Reply: Sendable, Equatable {
    case done
    case created(pid: Int32)
    case containers([MonitoredContainer])
    case failed(String)
    case exited(ExitRecord)
}

/// A container as its monitor knows it.
public struct MonitoredContainer: Sendable, Equatable {
    public var container: String
    public var pid: Int32
    /// nil while it lives.
    public var exit: ExitRecord?

    public init(container: String, pid: Int32, exit: ExitRecord? = nil) {
        self.container = container
        self.pid = pid
        self.exit = exit
    }
}

/// How a container ended.
public struct ExitRecord: Sendable, Hashable {
    public var container: String
    /// The exit code, or 128 + the signal that ended it.
    public var code: Int32
    /// Whether the kernel killed in its cgroup for want of memory.
    public var outOfMemory: Bool
    /// Nanoseconds since 1970.
    public var finishedAt: Int64

    public init(container: String, code: Int32, outOfMemory: Bool, finishedAt: Int64) {
        self.container = container
        self.code = code
        self.outOfMemory = outOfMemory
        self.finishedAt = finishedAt
    }
}

extension ExitRecord {
    /// The content of its file.
    public var encoded: [UInt8] {
        var fields = FieldWriter()
        put(into: &fields)
        return fields.bytes
    }

    public static func decode(_ bytes: [UInt8]) throws(MalformedMessage) -> ExitRecord {
        var fields = FieldReader(bytes)
        return try ExitRecord(&fields)
    }

    func put(into fields: inout FieldWriter) {
        fields.put(container)
        fields.put(code)
        fields.put(outOfMemory)
        fields.put(finishedAt)
    }

    init(_ fields: inout FieldReader) throws(MalformedMessage) {
        self.init(
            container: try fields.text(), code: try fields.number(),
            outOfMemory: try fields.flag(), finishedAt: try fields.number())
    }
}

extension Reply {
    public func encoded(serial: UInt32) -> [UInt8] {
        var fields = FieldWriter()
        fields.put(protocolVersion)
        fields.put(serial)
        switch self {
        case .done: fields.put("done")
        case .created(let pid):
            fields.put("created")
            fields.put(pid)
        case .containers(let states):
            fields.put("containers")
            fields.put(states.count)
            for state in states { state.put(into: &fields) }
        case .failed(let reason):
            fields.put("failed")
            fields.put(reason)
        case .exited(let exit):
            fields.put("exited")
            exit.put(into: &fields)
        }
        return fields.bytes
    }

    public static func decode(_ bytes: [UInt8]) throws(MalformedMessage) -> (UInt32, Reply) {
        var fields = FieldReader(bytes)
        let version: Int = try fields.number()
        guard version == protocolVersion else {
            throw MalformedMessage(reason: "version \(version) of the protocol is unknown")
        }
        let serial: UInt32 = try fields.number()
        let reply = try Reply(&fields)
        guard fields.isAtEnd else { throw MalformedMessage(reason: "a reply has fields too many") }
        return (serial, reply)
    }

    private init(_ fields: inout FieldReader) throws(MalformedMessage) {
        switch try fields.text() {
        case "done": self = .done
        case "created": self = .created(pid: try fields.number())
        case "containers":
            let count: Int = try fields.number()
            var states: [MonitoredContainer] = []
            while states.count < count { states.append(try MonitoredContainer(&fields)) }
            self = .containers(states)
        case "failed": self = .failed(try fields.text())
        case "exited": self = .exited(try ExitRecord(&fields))
        case let name: throw MalformedMessage(reason: "the reply \(name) is unknown")
        }
    }
}

extension MonitoredContainer {
    fileprivate func put(into fields: inout FieldWriter) {
        fields.put(container)
        fields.put(pid)
        fields.put(exit != nil)
        exit?.put(into: &fields)
    }

    fileprivate init(_ fields: inout FieldReader) throws(MalformedMessage) {
        self.init(container: try fields.text(), pid: try fields.number())
        if try fields.flag() { exit = try ExitRecord(&fields) }
    }
}
