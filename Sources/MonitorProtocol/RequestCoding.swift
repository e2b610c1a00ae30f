/// The version of the protocol; the first field of every message. A monitor outlives the daemon that
/// started it, so a newer daemon may meet an older monitor.
public let protocolVersion = 1

extension Request {
    /// - Parameter serial: comes back with the reply.
    public func encoded(serial: UInt32) -> [UInt8] {
        var fields = FieldWriter()
        fields.put(protocolVersion)
        fields.put(name)
        fields.put(serial)
        switch self {
        case .namespaces(let request): request.put(into: &fields)
        case .create(let request): request.put(into: &fields)
        case .start(let container), .reopenLog(let container), .forget(let container):
            fields.put(container)
        case .initProcess(let container, let pid), .watch(let container, let pid):
            fields.put(container)
            fields.put(pid)
        case .takeEvents(let path): fields.put(path)
        case .attach(let stream): stream.put(into: &fields)
        case .resize(let container, let width, let height):
            fields.put(container)
            fields.put(width)
            fields.put(height)
        case .list, .shutdown: break
        }
        return fields.bytes
    }

    public static func decode(_ bytes: [UInt8]) throws(MalformedMessage) -> (UInt32, Request) {
        var fields = FieldReader(bytes)
        let version: Int = try fields.number()
        guard version == protocolVersion else {
            throw MalformedMessage(reason: "version \(version) of the protocol is unknown")
        }
        let name = try fields.text()
        let serial: UInt32 = try fields.number()
        let request = try Request(name, &fields)
        guard fields.isAtEnd else { throw MalformedMessage(reason: "\(name) has fields too many") }
        return (serial, request)
    }

    /// The serial of a request that cannot be decoded, so that it can be answered; nil when the bytes
    /// are no request of any version.
    public static func serial(of bytes: [UInt8]) -> UInt32? {
        var fields = FieldReader(bytes)
        guard let _: Int = try? fields.number(), (try? fields.text()) != nil else { return nil }
        return try? fields.number()
    }

    private var name: String {
        switch self {
        case .namespaces: "namespaces"
        case .create: "create"
        case .start: "start"
        case .initProcess: "init-process"
        case .watch: "watch"
        case .reopenLog: "reopen-log"
        case .takeEvents: "take-events"
        case .list: "list"
        case .attach: "attach"
        case .resize: "resize"
        case .forget: "forget"
        case .shutdown: "shutdown"
        }
    }

    private init(_ name: String, _ fields: inout FieldReader) throws(MalformedMessage) {
        switch name {
        case "namespaces": self = .namespaces(try NamespaceRequest(&fields))
        case "create": self = .create(try CreateRequest(&fields))
        case "start": self = .start(container: try fields.text())
        case "init-process":
            self = .initProcess(container: try fields.text(), pid: try fields.number())
        case "watch": self = .watch(container: try fields.text(), pid: try fields.number())
        case "reopen-log": self = .reopenLog(container: try fields.text())
        case "take-events": self = .takeEvents(path: try fields.text())
        case "list": self = .list
        case "attach": self = .attach(try AttachedStream(&fields))
        case "resize":
            self = .resize(
                container: try fields.text(), width: try fields.number(),
                height: try fields.number())
        case "forget": self = .forget(container: try fields.text())
        case "shutdown": self = .shutdown
        default: throw MalformedMessage(reason: "the request \(name) is unknown")
        }
    }
}

extension AttachedStream {
    fileprivate func put(into fields: inout FieldWriter) {
        fields.put(container)
        fields.put(name.rawValue)
        fields.put(endsInput)
    }

    fileprivate init(_ fields: inout FieldReader) throws(MalformedMessage) {
        let container = try fields.text()
        let word = try fields.text()
        guard let name = Name(rawValue: word) else {
            throw MalformedMessage(reason: "the stream \(word) is unknown")
        }
        self.init(container: container, name: name, endsInput: try fields.flag())
    }
}

extension NamespaceRequest {
    fileprivate func put(into fields: inout FieldWriter) {
        fields.put(pins.flatMap { [$0.kind.rawValue, $0.path] })
        fields.put(hostname)
        fields.put(sysctls.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] })
        fields.put(uidMap)
        fields.put(gidMap)
    }

    fileprivate init(_ fields: inout FieldReader) throws(MalformedMessage) {
        let pairs = try fields.texts()
        guard pairs.count.isMultiple(of: 2) else {
            throw MalformedMessage(reason: "a pin has no path")
        }
        var pins: [Pin] = []
        for index in stride(from: 0, to: pairs.count, by: 2) {
            guard let kind = Kind(rawValue: pairs[index]) else {
                throw MalformedMessage(reason: "the namespace \(pairs[index]) is unknown")
            }
            pins.append(Pin(kind: kind, path: pairs[index + 1]))
        }
        let hostname = try fields.text()
        let settings = try fields.texts()
        guard settings.count.isMultiple(of: 2) else {
            throw MalformedMessage(reason: "a sysctl has no value")
        }
        var sysctls: [String: String] = [:]
        for index in stride(from: 0, to: settings.count, by: 2) {
            sysctls[settings[index]] = settings[index + 1]
        }
        self.init(pins: pins, hostname: hostname, sysctls: sysctls)
        uidMap = try fields.text()
        gidMap = try fields.text()
    }
}

extension CreateRequest {
    fileprivate func put(into fields: inout FieldWriter) {
        fields.put(container)
        fields.put(program)
        fields.put(arguments)
        fields.put(pidFile)
        fields.put(consoleSocket)
        fields.put(logPath)
        fields.put(keepsInput)
        fields.put(exitRecord)
        fields.put(startArguments)
        fields.put(waitArguments)
        // Last, and only where it is: monitors of earlier versions know nothing of it.
        task?.put(into: &fields)
    }

    fileprivate init(_ fields: inout FieldReader) throws(MalformedMessage) {
        self.init(
            container: try fields.text(), program: try fields.text(),
            arguments: try fields.texts(), pidFile: try fields.text(),
            consoleSocket: try fields.text(), logPath: try fields.text(),
            keepsInput: try fields.flag(), exitRecord: try fields.text())
        startArguments = try fields.texts()
        waitArguments = try fields.texts()
        if !fields.isAtEnd { task = try ShimTask(&fields) }
    }
}

extension ShimTask {
    fileprivate func put(into fields: inout FieldWriter) {
        fields.put(version)
        fields.put(socket)
        fields.put(directory)
        fields.put(hasTerminal)
    }

    fileprivate init(_ fields: inout FieldReader) throws(MalformedMessage) {
        self.init(
            version: try fields.number(), socket: try fields.text(),
            directory: try fields.text(), hasTerminal: try fields.flag())
    }
}
