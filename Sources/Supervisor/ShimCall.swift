internal import Text

/// A call of a shim's task API, as bytes: ttrpc (PROTOCOL.md) around protobuf. There are two, and a
/// monitor has no use for more.
struct ShimCall {
    let method: String
    let payload: [UInt8]

    static func wait(for container: String) -> ShimCall {
        ShimCall(method: "Wait", payload: text(1, container))
    }

    static func closeInput(of container: String) -> ShimCall {
        ShimCall(method: "CloseIO", payload: text(1, container) + [3 << 3, 1])
    }

    /// - Parameters:
    ///   - stream: odd, and greater than that of the call before.
    ///   - version: of the task API.
    func frame(stream: UInt8, version: Int) -> [UInt8] {
        let service = version >= 3 ? "containerd.task.v3.Task" : "containerd.task.v2.Task"
        let body = Self.text(1, service) + Self.text(2, method) + Self.bytes(3, payload)
        return ShimFrame.encoded(stream: UInt32(stream), kind: ShimFrame.request, body)
    }

    private static func text(_ field: UInt8, _ text: String) -> [UInt8] {
        bytes(field, Array(text.utf8))
    }

    private static func bytes(_ field: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        [field << 3 | 2] + varint(bytes.count) + bytes
    }

    private static func varint(_ number: Int) -> [UInt8] {
        var (rest, bytes) = (number, [UInt8]())
        while rest > 0x7f {
            bytes.append(UInt8(rest & 0x7f | 0x80))
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }
}

/// A shim's answer to one of the calls.
struct ShimAnswer {
    let stream: UInt32
    /// Of WaitResponse; 255 where the shim answers with an error.
    let exitCode: Int32

    /// Takes the first whole frame; nil when there is none.
    init?(_ received: inout [UInt8]) {
        guard let frame = ShimFrame(&received) else { return nil }
        stream = frame.stream
        var response = ShimFields(frame.body)
        exitCode = Self.exitCode(&response)
    }

    /// Response: 1 is the status, whose 1 is a code that is not 0 for an error; 2 is the payload.
    private static func exitCode(_ response: inout ShimFields) -> Int32 {
        var code: UInt64 = 0
        while let field = response.next() {
            guard case .bytes(let bytes) = field.value else { continue }
            var fields = ShimFields(bytes)
            while let inner = fields.next() {
                guard inner.number == 1, case .number(let number) = inner.value else { continue }
                if field.number == 1, number != 0 { return 255 }
                if field.number == 2 { code = number }
            }
        }
        return Int32(min(code, 255))
    }
}

/// What is sent in one piece: ten bytes with its length, its stream and its kind, and the message.
struct ShimFrame {
    static let request: UInt8 = 1
    static let response: UInt8 = 2

    let stream: UInt32
    let isRequest: Bool
    let body: ArraySlice<UInt8>

    /// Takes the first whole one; nil when there is none.
    init?(_ received: inout [UInt8]) {
        guard received.count >= 10 else { return nil }
        let length = Int(Self.number(received[0..<4]))
        guard received.count - 10 >= length else { return nil }
        stream = Self.number(received[4..<8])
        isRequest = received[8] == Self.request
        body = received[10..<(10 + length)]
        received.removeFirst(10 + length)
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }

    static func encoded(stream: UInt32, kind: UInt8, _ body: [UInt8]) -> [UInt8] {
        bytes(UInt32(body.count)) + bytes(stream) + [kind, 0] + body
    }

    private static func bytes(_ number: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }
}

/// The fields of a protobuf message, one after the other; what is malformed ends it.
struct ShimFields {
    enum Value {
        case number(UInt64)
        case bytes(ArraySlice<UInt8>)
        case fixed
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    mutating func next() -> (number: UInt64, value: Value)? {
        guard let tag = varint() else { return nil }
        switch tag & 7 {
        case 0: return varint().map { (tag >> 3, .number($0)) }
        case 1: return take(8).map { _ in (tag >> 3, .fixed) }
        case 2:
            guard let count = varint(), count <= UInt64(rest.count) else { return nil }
            return take(Int(count)).map { (tag >> 3, .bytes($0)) }
        case 5: return take(4).map { _ in (tag >> 3, .fixed) }
        default: return nil
        }
    }

    private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    private mutating func varint() -> UInt64? {
        var (number, shift) = (UInt64(0), UInt64(0))
        while let byte = rest.popFirst(), shift < 64 {
            number |= UInt64(byte & 0x7f) << shift
            if byte & 0x80 == 0 { return number }
            shift += 7
        }
        return nil
    }
}
