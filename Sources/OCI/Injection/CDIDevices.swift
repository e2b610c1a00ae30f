internal import Kernel
public import Model
public import System
internal import Text

/// The node's CDI devices: what the files in the spec directories say at this moment.
public struct CDIDevices: Sendable {
    /// A file of a later directory wins over one of an earlier (CDI SPEC.md, "Spec directories").
    let directories: [String]

    let paths: HostPaths

    public init(directories: [String], paths: HostPaths) {
        self.directories = directories
        self.paths = paths
    }

    /// The names that a container asks for: in CDI_devices, and, as before that field was there, in
    /// annotations `cdi.k8s.io/…`, separated by commas.
    public static func names(_ config: ContainerConfig) -> [String] {
        let annotated = config.annotations.sorted { $0.key < $1.key }
            .filter { $0.key.begins(with: "cdi.k8s.io/") }
            .flatMap { $0.value.split(at: ",") }
            .map { String($0.trimmed) }
        var seen: Set<String> = []
        return (config.cdiDevices.map(\.name) + annotated).filter { seen.insert($0).inserted }
    }

    /// What a container that gets these devices is given: of each file the common edits, once, then
    /// those of its devices.
    /// - Throws: `invalidArgument` for a device that no file describes, with the files that could
    ///   not be read.
    public func injection(of names: [String]) async throws -> Injection {
        guard !names.isEmpty else { return Injection() }
        let wanted = try names.map { try CDIName($0) }
        let catalogue = try await Blocking.run { Catalogue(directories) }
        var injection = Injection()
        var used: Set<Int> = []
        for name in wanted {
            let entry = try catalogue.entry(name)
            if used.insert(entry.file).inserted, let edits = catalogue.files[entry.file].edits {
                injection.add(try await made(edits, catalogue.files[entry.file].path))
            }
            if let edits = entry.edits {
                injection.add(try await made(edits, "CDI device \(name)"))
            }
        }
        return injection
    }

    private func made(_ edits: CDIEdits, _ owner: String) async throws -> Injection {
        do { return try await edits.injection(paths) } catch {
            throw GantryError(owner, from: error)
        }
    }
}

/// The devices of all files by name.
private struct Catalogue: Sendable {
    struct Entry: Sendable {
        let file: Int
        let priority: Int
        let edits: CDIEdits?
        var isAmbiguous = false
    }

    private(set) var files: [(path: String, edits: CDIEdits?)] = []
    private var devices: [String: Entry] = [:]
    private var failures: [String] = []

    init(_ directories: [String]) {
        for (priority, directory) in directories.enumerated() {
            for name in (try? Files.list(directory)) ?? [] {
                add("\(directory)/\(name)", priority)
            }
        }
    }

    private mutating func add(_ path: String, _ priority: Int) {
        guard path.ends(with: ".json") || path.ends(with: ".yaml") else { return }
        do {
            let spec = try CDISpec.read(path)
            files.append((path, spec.containerEdits))
            for device in spec.devices ?? [] { add(device, spec.kind, priority) }
        } catch {
            failures.append(String(describing: error))
        }
    }

    /// Two files of one directory must not describe the same device.
    private mutating func add(_ device: CDISpec.Device, _ kind: String, _ priority: Int) {
        let name = "\(kind)=\(device.name)"
        var entry = Entry(
            file: files.count - 1, priority: priority, edits: device.containerEdits)
        entry.isAmbiguous = devices[name]?.priority == priority
        devices[name] = entry
    }

    func entry(_ name: CDIName) throws -> Entry {
        guard let entry = devices[name.description] else {
            let reasons = failures.isEmpty ? "" : " (\(failures.joined(separator: "; ")))"
            throw GantryError(
                .invalidArgument, "CDI_devices: there is no CDI device \(name)\(reasons)")
        }
        guard !entry.isAmbiguous else {
            throw GantryError(
                .invalidArgument, "CDI_devices: several files describe the CDI device \(name)")
        }
        return entry
    }
}
