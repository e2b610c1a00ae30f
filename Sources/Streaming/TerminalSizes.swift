internal import NIOCore
internal import Synchronization
internal import Text

/// The sizes that a client wants its terminal to have: JSON objects, one behind the other.
final class TerminalSizes: Sendable {
    struct Size: Equatable {
        var width: UInt16
        var height: UInt16
    }

    private let sizes: AsyncStream<Size>
    private let input: AsyncStream<Size>.Continuation
    private let partial = Mutex<[UInt8]>([])

    init() {
        // Only the latest size matters.
        (sizes, input) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func finish() {
        input.finish()
    }

    func next() async -> Size? {
        for await size in sizes { return size }
        return nil
    }

    func put(_ bytes: ByteBuffer) {
        partial.withLock { partial in
            partial += bytes.readableBytesView
            while let end = partial.firstIndex(of: UInt8(ascii: "}")) {
                if let size = Self.parse(partial[...end]) { input.yield(size) }
                partial.removeFirst(end + 1)
            }
            if partial.count > 1024 { partial = [] }
        }
    }

    /// `{"Width":80,"Height":24}` without caring for more JSON than there is in it; nil for a size of
    /// nothing, which clients send while they do not know theirs.
    static func parse(_ object: some Sequence<UInt8>) -> Size? {
        let text = String(decoding: Array(object), as: UTF8.self).lowercasedASCII
        guard let width = number("\"width\"", in: text),
            let height = number("\"height\"", in: text),
            width > 0, height > 0
        else { return nil }
        return Size(width: width, height: height)
    }

    private static func number(_ name: String, in text: String) -> UInt16? {
        for member in text.split(whereByte: { "{},".utf8.contains($0) }) {
            guard let (key, value) = member.cut(at: ":"), key.trimmed == name else { continue }
            return UInt16(value.trimmed)
        }
        return nil
    }
}
