import Glibc

/// Changes that leave the form of a document or a tar whole, so that they get past what looks at the
/// form alone. libFuzzer calls this in place of its own mutations, and asks for those where it has none.

@_silgen_name("LLVMFuzzerMutate")
private func mutateBytes(_ bytes: UnsafeMutablePointer<UInt8>, _ size: Int, _ most: Int) -> Int

/// libFuzzer's name (llvm.org, "LibFuzzer", "Custom mutators").
@_cdecl("LLVMFuzzerCustomMutator")
public func customMutator(
    _ bytes: UnsafeMutablePointer<UInt8>, _ size: Int, _ most: Int, _ seed: UInt32
) -> Int {
    var chance = Chance(seed)
    let input = Array(UnsafeBufferPointer(start: bytes, count: size))
    let form = FuzzTarget.chosen?.form
    // Some bytes at random all the same: what reads a form has its faults too.
    if form == nil || chance.next(4) == 0 {
        let size = mutateBytes(bytes, size, most)
        guard form == .tar else { return size }
        var tar = Array(UnsafeBufferPointer(start: bytes, count: size))
        TarExtremes.sealAll(&tar)
        return copy(tar, to: bytes, most)
    }
    let changed =
        form == .tar ? TarMutation.apply(to: input, &chance) : Mutation.apply(to: input, &chance)
    return copy(changed, to: bytes, most)
}

private func copy(_ changed: [UInt8], to bytes: UnsafeMutablePointer<UInt8>, _ most: Int) -> Int {
    let size = min(changed.count, most)
    for index in 0..<size { bytes[index] = changed[index] }
    return size
}

/// A generator of Marsaglia's, so that a seed of libFuzzer's gives the same mutation again.
struct Chance {
    private var state: UInt32

    init(_ seed: UInt32) { state = seed | 1 }

    mutating func next(_ count: Int) -> Int {
        state ^= state << 13
        state ^= state >> 17
        state ^= state << 5
        return Int(state) % max(count, 1)
    }

    mutating func one<Values: Collection>(of values: Values) -> Values.Element? {
        values.isEmpty ? nil : values[values.index(values.startIndex, offsetBy: next(values.count))]
    }
}

/// Of documents: a token becomes an extreme or another token, is there once more, or is nested.
enum Mutation {
    static func apply(to input: [UInt8], _ chance: inout Chance) -> [UInt8] {
        let tokens = Extremes.ranges(of: input)
        guard let token = chance.one(of: tokens) else {
            return Array((chance.one(of: Extremes.words) ?? "").utf8)
        }
        let old = input[token]
        switch chance.next(6) {
        case 0:
            return input.replacing(
                token, with: Array((chance.one(of: Extremes.numbers) ?? "").utf8))
        case 1: return input.replacing(token, with: chance.one(of: Extremes.texts) ?? [])
        case 2:
            let other = chance.one(of: tokens).map { Array(input[$0]) } ?? []
            return input.replacing(token, with: other)
        case 3: return input.replacing(token, with: old + [UInt8(ascii: ",")] + old)
        case 4: return input.replacing(token, with: [])
        default:
            let depth = 1 << chance.next(12)
            let open = [UInt8](repeating: UInt8(ascii: "["), count: depth)
            return input.replacing(
                token, with: open + old + [UInt8](repeating: UInt8(ascii: "]"), count: depth))
        }
    }
}

/// Of tars: a field of a header, a pax header before it, or a member that goes or comes again. Each
/// checksum is right afterwards.
enum TarMutation {
    static func apply(to input: [UInt8], _ chance: inout Chance) -> [UInt8] {
        var tar = input
        guard let header = chance.one(of: TarExtremes.headers(tar)) else {
            return TarExtremes.pax([])
        }
        let end = min(tar.count, header + 512)
        switch chance.next(5) {
        case 0, 1:
            let field = chance.one(of: TarExtremes.fields) ?? 124..<136
            let value = chance.one(of: TarExtremes.values(field.count)) ?? []
            for (offset, byte) in value.enumerated() where header + field.lowerBound + offset < end
            {
                tar[header + field.lowerBound + offset] = byte
            }
        case 2:
            var records: [UInt8] = []
            for _ in 0...chance.next(4) {
                let isNumber = chance.next(2) == 0
                let number = Array((chance.one(of: Extremes.numbers) ?? "").utf8)
                let value = isNumber ? number : chance.one(of: Extremes.texts) ?? []
                records += TarExtremes.record(
                    chance.one(of: TarExtremes.keys) ?? "path", Array(value.prefix(4000)))
            }
            tar.insert(
                contentsOf: TarExtremes.pax(records, type: chance.next(8) == 0 ? "g" : "x"),
                at: header)
        case 3: tar.removeSubrange(header..<end)
        default: tar.insert(contentsOf: Array(tar[header..<end]), at: header)
        }
        TarExtremes.sealAll(&tar)
        return tar
    }
}
