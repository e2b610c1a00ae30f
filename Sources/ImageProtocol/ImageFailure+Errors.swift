internal import Model

extension ImageFailure {
    /// Longer texts are cut: a registry's answer may be in it.
    static let longestText = 8 << 10

    public init(_ error: any Error) {
        let text = String(decoding: "\(error)".utf8.prefix(Self.longestText), as: UTF8.self)
        switch error {
        case is CancellationError: self.init(.cancelled, text)
        case let error as TransferError: self.init(.transfer(isAnswered: error.isAnswered), text)
        case is SignatureError: self.init(.signature, text)
        case let error as GantryError: self.init(.code(error.code.rawValue), text)
        default: self.init(.code(GantryError.Code.internal.rawValue), text)
        }
    }

    /// The error that it was, with its causes in its message.
    public var error: any Error {
        switch kind {
        case .cancelled: CancellationError()
        case .transfer(let isAnswered): TransferError(text, isAnswered: isAnswered)
        case .signature: SignatureError(text)
        case .code(let number):
            GantryError(GantryError.Code(rawValue: number) ?? .internal, text)
        }
    }
}

extension ImageFailure {
    func put(into wire: inout WireWriter) {
        switch kind {
        case .code(let number):
            wire.put(0)
            wire.put(Int(number))
        case .transfer(let isAnswered):
            wire.put(1)
            wire.put(isAnswered)
        case .signature: wire.put(2)
        case .cancelled: wire.put(3)
        }
        wire.put(text)
    }

    init(_ wire: inout WireReader) throws(GantryError) {
        let kind: Kind
        switch try wire.integer() {
        case 0: kind = .code(Int32(clamping: try wire.integer()))
        case 1: kind = .transfer(isAnswered: try wire.flag())
        case 2: kind = .signature
        case 3: kind = .cancelled
        case let other: throw WireReader.malformed("the kind of failure \(other) is unknown")
        }
        let text = try wire.text()
        guard text.utf8.count <= Self.longestText + 16 else {
            throw WireReader.malformed("the text of a failure is too long")
        }
        self.init(kind, text)
    }
}
