internal import FoundationEssentials
internal import Kernel
internal import Model
internal import Text
internal import YAML

/// A file of the Container Device Interface (its SPEC.md): devices of one kind, and what a container
/// must be given to use them.
struct CDISpec: Decodable, Sendable {
    struct Device: Decodable, Sendable {
        let name: String
        let containerEdits: CDIEdits?
    }

    let cdiVersion: String
    /// `vendor/class`.
    let kind: String
    let devices: [Device]?
    /// For each container that gets any of the devices.
    let containerEdits: CDIEdits?

    /// Those whose every edit is known here; a later one could ask for what would be left out.
    private static let versions: Set<String> = [
        "0.3.0", "0.4.0", "0.5.0", "0.6.0", "0.7.0", "0.8.0", "1.0.0", "1.1.0",
    ]

    /// - Throws: what is wrong with the file, as `GantryError` that names it.
    static func read(_ path: String) throws -> CDISpec {
        do {
            let spec = try JSONDecoder().decode(CDISpec.self, from: try json(path))
            try spec.validate()
            return spec
        } catch {
            throw GantryError(.invalidArgument, path, cause: error)
        }
    }

    private static func json(_ path: String) throws -> Data {
        let bytes = try Files.read(path)
        if path.ends(with: ".json") { return Data(bytes) }
        return try JSONEncoder().encode(try YAMLDocument.parse(bytes))
    }

    private func validate() throws {
        guard Self.versions.contains(cdiVersion) else {
            throw GantryError(.invalidArgument, "CDI version \"\(cdiVersion)\" is unknown")
        }
        for device in devices ?? [] {
            _ = try CDIName("\(kind)=\(device.name)")
        }
    }
}

/// `vendor/class=device` (CDI SPEC.md, "Kind" and "Device names").
struct CDIName: Hashable, Sendable, CustomStringConvertible {
    let description: String

    init(_ text: String) throws {
        description = text
        let halves = text.split(at: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let kind = halves[0].split(at: "/", omittingEmptySubsequences: false)
        guard halves.count == 2, kind.count == 2, Self.isName(kind[0], "-_."),
            Self.isName(kind[1], "-_"), Self.isName(halves[1], "-_.:", digitFirst: true)
        else {
            throw GantryError(
                .invalidArgument,
                "CDI_devices: \"\(text)\" is no CDI device, which is vendor/class=name")
        }
    }

    /// ASCII letters, digits and `more`; a letter first, none of `more` last.
    private static func isName(
        _ name: Substring, _ more: String, digitFirst: Bool = false
    ) -> Bool {
        guard let first = name.utf8.first, let last = name.utf8.last else { return false }
        let isPlain = { (byte: UInt8) in byte.isASCIILetter || byte.isASCIIDigit }
        return isPlain(first) && (digitFirst || first.isASCIILetter) && isPlain(last)
            && name.utf8.allSatisfy { isPlain($0) || more.utf8.contains($0) }
    }
}
