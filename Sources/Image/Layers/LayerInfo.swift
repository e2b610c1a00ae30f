internal import FoundationEssentials
internal import Kernel

/// What is known of a layer on disk, stored beside its files: `info.json`.
struct LayerInfo: Codable, Hashable, Sendable {
    var diffID: String
    var bytes: UInt64
    var inodes: UInt64
    /// See `ContentSum`; nil where it is not known.
    var contents: UInt64?

    init(diffID: String, bytes: UInt64, inodes: UInt64, contents: UInt64?) {
        self.diffID = diffID
        self.bytes = bytes
        self.inodes = inodes
        self.contents = contents
    }

    /// Nil when the directory is no layer.
    init?(directory: String) {
        guard let bytes = try? Files.read("\(directory)/info.json"),
            let info = try? JSONDecoder().decode(LayerInfo.self, from: Data(bytes))
        else { return nil }
        self = info
    }

    /// Nil when the directory is no layer, or its files are gone.
    init?(layer directory: String) {
        self.init(directory: directory)
        guard let names = try? Files.list("\(directory)/diff"), inodes == 0 || !names.isEmpty
        else { return nil }
    }

    func write(to directory: String) throws {
        try Files.replace("\(directory)/info.json", with: Array(try JSONEncoder().encode(self)))
    }
}

/// Says that layers are in use; they are free when the last reference to it goes.
public final class LayerHold: Sendable {
    private let release: @Sendable () -> Void

    init(_ release: @escaping @Sendable () -> Void) {
        self.release = release
    }

    deinit {
        release()
    }
}
