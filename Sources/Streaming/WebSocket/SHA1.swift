/// SHA-1 (RFC 3174). It is broken as a hash of anything that matters; the handshake of WebSockets
/// uses it to tell that a server has understood the request.
enum SHA1 {
    static func digest(_ message: [UInt8]) -> [UInt8] {
        var state: [UInt32] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0]
        let padded = pad(message)
        for start in stride(from: 0, to: padded.count, by: 64) {
            process(padded[start..<(start + 64)], &state)
        }
        return state.flatMap { bytes($0) }
    }

    private static func pad(_ message: [UInt8]) -> [UInt8] {
        var padded = message + [0x80]
        while padded.count % 64 != 56 { padded.append(0) }
        let bits = UInt64(message.count) * 8
        return padded + bytes(UInt32(bits >> 32)) + bytes(UInt32(truncatingIfNeeded: bits))
    }

    private static func bytes(_ word: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) }
    }

    private static func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 {
        word << count | word >> (32 - count)
    }

    private static func process(_ block: ArraySlice<UInt8>, _ state: inout [UInt32]) {
        let words = schedule(block)
        var now = state
        for round in 0..<80 {
            let next =
                rotate(now[0], 5) &+ mix(round, now) &+ now[4] &+ words[round] &+ constant(round)
            now = [next, now[0], rotate(now[1], 30), now[2], now[3]]
        }
        for index in state.indices { state[index] &+= now[index] }
    }

    private static func schedule(_ block: ArraySlice<UInt8>) -> [UInt32] {
        var words = (0..<16).map { index in
            block.dropFirst(4 * index).prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        for index in 16..<80 {
            words.append(
                rotate(
                    words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16], 1))
        }
        return words
    }

    private static func mix(_ round: Int, _ s: [UInt32]) -> UInt32 {
        switch round {
        case ..<20: s[1] & s[2] | ~s[1] & s[3]
        case 40..<60: s[1] & s[2] | s[1] & s[3] | s[2] & s[3]
        default: s[1] ^ s[2] ^ s[3]
        }
    }

    private static func constant(_ round: Int) -> UInt32 {
        ([0x5a82_7999, 0x6ed9_eba1, 0x8f1b_bcdc, 0xca62_c1d6] as [UInt32])[round / 20]
    }
}
