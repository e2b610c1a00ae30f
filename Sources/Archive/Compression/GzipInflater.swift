internal import CISAL
internal import Model

/// gzip (RFC 1952) with ISA-L: any number of members, and zeros after the last one, which some
/// writers pad with.
final class GzipInflater: Inflater {
    private enum Position {
        case betweenMembers, inMember, padding
    }

    private let state = UnsafeMutablePointer<inflate_state>.allocate(capacity: 1)
    private var position = Position.betweenMembers

    init() {
        isal_inflate_init(state)
        beginMember()
    }

    deinit {
        state.deallocate()
    }

    private func beginMember() {
        isal_inflate_reset(state)
        state.pointee.crc_flag = UInt32(ISAL_GZIP)
    }

    func inflate(_ input: UnsafeRawBufferPointer, into pipe: BytePipe) throws {
        var rest = input
        while !rest.isEmpty {
            switch position {
            case .inMember:
                rest = try member(rest, into: pipe)
            case .betweenMembers where rest[0] != 0:
                beginMember()
                position = .inMember
            case .betweenMembers, .padding:
                try skipPadding(rest)
                return
            }
        }
    }

    /// Inflates up to the member's end or that of the input; returns what is left of the input.
    private func member(
        _ input: UnsafeRawBufferPointer, into pipe: BytePipe
    ) throws -> UnsafeRawBufferPointer {
        let bytes = UnsafeMutableRawBufferPointer(mutating: input)
        state.pointee.next_in = bytes.assumingMemoryBound(to: UInt8.self).baseAddress
        state.pointee.avail_in = UInt32(input.count)
        repeat {
            try step(into: pipe)
            if state.pointee.block_state == ISAL_BLOCK_FINISH {
                position = .betweenMembers
                break
            }
        } while state.pointee.avail_in > 0 || state.pointee.avail_out == 0
        let left = Int(state.pointee.avail_in)
        return UnsafeRawBufferPointer(rebasing: input[(input.count - left)...])
    }

    private func step(into pipe: BytePipe) throws {
        let space = try pipe.space()
        state.pointee.next_out = space.assumingMemoryBound(to: UInt8.self).baseAddress
        state.pointee.avail_out = UInt32(space.count)
        let result = isal_inflate(state)
        guard result == ISAL_DECOMP_OK else {
            throw GantryError(.dataLoss, "bad gzip stream: \(Self.reason(result))")
        }
        try pipe.advance(space.count - Int(state.pointee.avail_out))
    }

    private func skipPadding(_ rest: UnsafeRawBufferPointer) throws {
        position = .padding
        guard rest.allSatisfy({ $0 == 0 }) else {
            throw GantryError(.dataLoss, "bad gzip stream: garbage after its end")
        }
    }

    func finish() throws {
        if position == .inMember {
            throw GantryError(.dataLoss, "bad gzip stream: it ends in the middle")
        }
    }

    private static func reason(_ result: Int32) -> String {
        switch result {
        case ISAL_INVALID_BLOCK: "invalid deflate block"
        case ISAL_INVALID_SYMBOL: "invalid deflate symbol"
        case ISAL_INVALID_LOOKBACK: "invalid lookback distance"
        case ISAL_INVALID_WRAPPER: "invalid member header"
        case ISAL_UNSUPPORTED_METHOD: "a compression method other than deflate"
        case ISAL_INCORRECT_CHECKSUM: "wrong checksum"
        default: "isal_inflate says \(result)"
        }
    }
}
