internal import FoundationEssentials
internal import Kernel

/// What is known of a layer on disk, stored beside its files: `info.json`.
struct LayerInfo: Codable, Hashable, Sendable {
    var diffID: String
    var bytes: UInt64
    var inodes: UInt64

    init(diffID: String, bytes: UInt64, inodes: UInt64) {
        self.diffID = diffID
        self.bytes = bytes
        self.inodes = inodes
    }

    /// Nil when the directory is no layer.
    init?(directory: String) {
        guard let bytes = try? Files.read("\(directory)/info.json"),
            let info = try? JSONDecoder().decode(LayerInfo.self, from: Data(bytes))
        else { return nil }
        self = info
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
