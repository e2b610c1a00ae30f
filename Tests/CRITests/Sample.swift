internal import CRI
internal import Model

/// One of the generated samples, whatever its type.
protocol AnySample: Sendable, CustomStringConvertible {
    /// What Python's protobuf makes of the value.
    var python: [UInt8] { get }
    func encoded() throws -> [UInt8]
    /// Whether `bytes` decode to the value.
    func equals(_ bytes: [UInt8]) throws -> Bool
    func decode(_ bytes: [UInt8]) throws
}

struct Sample<M: Message & Hashable>: AnySample {
    let value: M
    let python: [UInt8]

    init(_ value: M, python: String) {
        self.value = value
        self.python = bytes(hex: python)
    }

    var description: String { "\(M.self)" }
    func encoded() throws -> [UInt8] { try value.encoded() }
    func equals(_ bytes: [UInt8]) throws -> Bool { try M.decode(bytes) == value }
    func decode(_ bytes: [UInt8]) throws { _ = try M.decode(bytes) }
}

func bytes(hex: String) -> [UInt8] {
    let digits = hex.compactMap { $0.hexDigitValue }
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}
