internal import Glibc
internal import Kernel
internal import Model
internal import System
internal import Text
internal import YAML

/// Limits of block devices under names, which plugins give to containers.
///
/// The file is the one that containerd and CRI-O read (goresctrl, `blockio`): `Classes`, and of each a list of
/// parameters with the devices that they are for.
public struct BlockIOClasses: Sendable {
    private let path: String

    /// - Parameter path: of the file; empty for none.
    public init(path: String) {
        self.path = path
    }

    /// The class's limits, with the devices that there are now.
    /// - Throws: `failedPrecondition` where there is no such class, `invalidArgument` for a file that cannot
    ///   be read as one.
    public func limits(of name: String) async throws -> Spec.BlockIO {
        guard !path.isEmpty else {
            throw GantryError(
                .failedPrecondition,
                "no block I/O classes are configured (blockio_config_file), but \"\(name)\" is asked for"
            )
        }
        return try await Blocking.run { [path] in
            do {
                let file = try YAMLDocument.parse(try Files.read(path))
                guard let parameters = file["Classes"]?[name]?.array else {
                    throw GantryError(
                        .failedPrecondition, "there is no block I/O class \"\(name)\"")
                }
                return try parameters.reduce(into: Spec.BlockIO()) {
                    try Parameters($1).apply(to: &$0)
                }
            } catch {
                throw GantryError(path, from: error)
            }
        }
    }
}

/// One entry of a class.
private struct Parameters {
    private let values: JSONValue

    init(_ values: JSONValue) throws {
        let known: Set = [
            "Devices", "Weight", "ThrottleReadBps", "ThrottleWriteBps", "ThrottleReadIOPS",
            "ThrottleWriteIOPS",
        ]
        if let unknown = values.object?.keys.sorted().first(where: { !known.contains($0) }) {
            throw GantryError(.invalidArgument, "a block I/O class has no \(unknown)")
        }
        self.values = values
    }

    func apply(to limits: inout Spec.BlockIO) throws {
        let weight = try quantity("Weight").map { weight in
            guard (10...1000).contains(weight) else {
                throw GantryError(.invalidArgument, "Weight \(weight) is not from 10 to 1000")
            }
            return UInt16(clamping: weight)
        }
        guard let patterns = values["Devices"]?.array?.compactMap(\.string) else {
            limits.weight = weight ?? limits.weight
            return
        }
        for device in Self.devices(patterns) {
            if let weight { Self.set(weight, device, in: &limits.weightDevice) }
            try throttle("ThrottleReadBps", device, &limits.throttleReadBpsDevice)
            try throttle("ThrottleWriteBps", device, &limits.throttleWriteBpsDevice)
            try throttle("ThrottleReadIOPS", device, &limits.throttleReadIOPSDevice)
            try throttle("ThrottleWriteIOPS", device, &limits.throttleWriteIOPSDevice)
        }
    }

    private typealias Device = (major: Int64, minor: Int64)

    private func throttle(
        _ key: String, _ device: Device, _ rates: inout [Spec.DeviceRate]?
    ) throws {
        guard let rate = try quantity(key) else { return }
        // A later entry of the class is for what an earlier was not meant for.
        let others = (rates ?? []).filter { ($0.major, $0.minor) != device }
        rates = others + [.init(major: device.major, minor: device.minor, rate: rate)]
    }

    private static func set(
        _ weight: UInt16, _ device: Device, in weights: inout [Spec.DeviceWeight]?
    ) {
        let others = (weights ?? []).filter { ($0.major, $0.minor) != device }
        weights = others + [.init(major: device.major, minor: device.minor, weight: weight)]
    }

    /// A number as Kubernetes writes it: 60M, 64Ki.
    private func quantity(_ key: String) throws -> UInt64? {
        switch values[key] {
        case nil, .null: return nil
        case .integer(let number) where number >= 0: return UInt64(number)
        case .string(let text):
            guard let number = Self.number(text) else { fallthrough }
            return number
        default: throw GantryError(.invalidArgument, "\(key) of a block I/O class is no quantity")
        }
    }

    private static let units: [String: UInt64] = [
        "": 1, "k": 1_000, "M": 1_000_000, "G": 1_000_000_000, "T": 1_000_000_000_000,
        "Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40,
    ]

    private static func number(_ text: String) -> UInt64? {
        let digits = text.utf8.prefix { (48...57).contains($0) }
        let rest = String(decoding: text.utf8.dropFirst(digits.count), as: UTF8.self)
        guard let number = UInt64(String(decoding: digits, as: UTF8.self)),
            let unit = units[rest.trimmed.description]
        else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: unit)
        return overflow ? .max : product
    }

    /// Block devices by their paths, in which `*` may stand; what is not there has no limits.
    private static func devices(_ patterns: [String]) -> [Device] {
        var found: [Device] = []
        for pattern in patterns {
            var matches = glob_t()
            defer { globfree(&matches) }
            guard glob(pattern, 0, nil, &matches) == 0 else { continue }
            for index in 0..<Int(matches.gl_pathc) {
                var attributes = stat()
                guard let path = matches.gl_pathv[index], stat(path, &attributes) == 0,
                    attributes.st_mode & S_IFMT == S_IFBLK
                else { continue }
                // makedev(3) has the bits of both interleaved.
                let number = attributes.st_rdev
                found.append(
                    (
                        Int64((number >> 8 & 0xfff) | (number >> 32 & 0xffff_f000)),
                        Int64((number & 0xff) | (number >> 12 & 0xffff_ff00))
                    ))
            }
        }
        return found
    }
}
