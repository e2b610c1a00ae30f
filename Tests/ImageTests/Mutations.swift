import Foundation

/// Changed copies of good input, the same at each run: bytes replaced, taken out, doubled, cut off,
/// or words of the format put in. `GANTRY_MUTATIONS` says how many; long runs are made by hand.
struct Mutations: Sequence, IteratorProtocol {
    private var random: SplitMix
    private let seeds: [[UInt8]]
    private let words: [[UInt8]]
    private var left: Int

    init(of seeds: [String], words: [String], count: Int = 3000, seed: UInt64 = 1) {
        let wanted = ProcessInfo.processInfo.environment["GANTRY_MUTATIONS"].flatMap { Int($0) }
        random = SplitMix(state: seed)
        self.seeds = seeds.map { Array($0.utf8) }
        self.words = words.map { Array($0.utf8) }
        left = wanted ?? count
    }

    mutating func next() -> [UInt8]? {
        guard left > 0 else { return nil }
        left -= 1
        var bytes = seeds.randomElement(using: &random) ?? []
        for _ in 0..<Int.random(in: 1...4, using: &random) { mutate(&bytes) }
        return bytes
    }

    private mutating func mutate(_ bytes: inout [UInt8]) {
        let place = Int.random(in: 0...bytes.count, using: &random)
        let end = Swift.min(bytes.count, place + Int.random(in: 1...8, using: &random))
        switch Int.random(in: 0..<5, using: &random) {
        case 0:
            bytes.replaceSubrange(place..<end, with: [UInt8.random(in: 0...255, using: &random)])
        case 1: bytes.removeSubrange(place..<end)
        case 2: bytes.insert(contentsOf: bytes[place..<end], at: place)
        case 3: bytes.insert(contentsOf: words.randomElement(using: &random) ?? [], at: place)
        default: bytes.removeSubrange(place...)
        }
    }
}

/// A generator with a seed (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators").
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
