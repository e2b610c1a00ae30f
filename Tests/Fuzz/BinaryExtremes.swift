/// Messages of numbers of fixed width, with each extreme of every width laid over each of their places.
enum BinaryExtremes {
    /// Lowest byte first and last: what is -1, the ends of the signed and unsigned numbers of one to eight
    /// bytes, zero, an infinity, and (all bits) what is no number (IEEE 754).
    private static let numbers: [[UInt8]] = [
        [0], [0x7f], [0x80], [0xff], [0xff, 0xff],
        [0x7f, 0xff, 0xff, 0xff], [0xff, 0xff, 0xff, 0x7f], [0x80, 0, 0, 0], [0, 0, 0, 0x80],
        [UInt8](repeating: 0xff, count: 4), [UInt8](repeating: 0, count: 8),
        [UInt8](repeating: 0xff, count: 7) + [0x7f], [UInt8](repeating: 0, count: 7) + [0x80],
        [0, 0, 0, 0, 1, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0xf0, 0x7f],
        [UInt8](repeating: 0xff, count: 8),
    ]

    static func variants(of seed: [UInt8]) -> [[UInt8]] {
        seed.indices.flatMap { start in
            numbers.compactMap { number in
                let end = start + number.count
                return end <= seed.count ? seed.replacing(start..<end, with: number) : nil
            }
        }
    }
}
