internal import Glibc
internal import Kernel

/// A shim that sends events. Each is answered, and none but a want of memory means anything: ends are told
/// by `Wait`.
final class ShimEventLink: EventSource {
    private let socket: Descriptor
    private unowned let loop: EventLoop
    private var received: [UInt8] = []

    /// Bytes of a request.
    private static let largest = 1 << 20

    init(_ socket: Int32, _ loop: EventLoop) {
        self.socket = Descriptor(owning: socket)
        self.loop = loop
    }

    var descriptor: Int32 { socket.raw }

    func ready() -> Bool {
        let buffer = loop.buffers.input
        let count = recv(socket.raw, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
        if count < 0 && (errno == EAGAIN || errno == EINTR) { return true }
        guard count > 0, received.count < Self.largest else { return false }
        received += buffer[..<count]
        while let frame = ShimFrame(&received) {
            guard frame.isRequest else { continue }
            if let id = ShimEvent.shortContainer(frame.body) {
                loop.containers.noteShortage(in: id)
            }
            guard answer(frame.stream) else { return false }
        }
        return true
    }

    /// Response without a status or a payload, which is one without an error, and an Empty.
    private func answer(_ stream: UInt32) -> Bool {
        let frame = ShimFrame.encoded(stream: stream, kind: ShimFrame.response, [])
        let sent = Glibc.send(
            socket.raw, frame, frame.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        return sent == frame.count
    }
}

enum ShimEvent {
    /// The container in which the kernel has killed for want of memory, where the body of a request tells
    /// of that. Request: 3 is its payload; ForwardRequest: 1 is the envelope, whose 3 is the topic and 4
    /// the event, an Any; TaskOOM: 1 is the container.
    static func shortContainer(_ body: ArraySlice<UInt8>) -> String? {
        guard let payload = bytes(3, of: body), let envelope = bytes(1, of: payload),
            let topic = bytes(3, of: envelope), topic.elementsEqual("/tasks/oom".utf8),
            let event = bytes(4, of: envelope), let value = bytes(2, of: event),
            let container = bytes(1, of: value)
        else { return nil }
        return String(decoding: container, as: UTF8.self)
    }

    private static func bytes(
        _ number: UInt64, of message: ArraySlice<UInt8>
    ) -> ArraySlice<UInt8>? {
        var fields = ShimFields(message)
        while let field = fields.next() {
            if field.number == number, case .bytes(let bytes) = field.value { return bytes }
        }
        return nil
    }
}
