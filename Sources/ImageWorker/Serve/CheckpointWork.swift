internal import Archive
internal import ImageProtocol
internal import Kernel
internal import Model

extension ImageWork {
    /// - Parameter descriptors: the archive's, those of the two directories, and the log's.
    func packCheckpoint(_ descriptors: [OpenFile]) async throws {
        guard (3...4).contains(descriptors.count) else {
            throw GantryError(.internal, "a descriptor is missing")
        }
        try await Self.cancellable { [privileges] isCancelled in
            defer { withExtendedLifetime(descriptors) {} }
            let log = try descriptors.dropFirst(3).first.map {
                try FilePart(whole: try $0.descriptor.duplicate(), "the log")
            }
            let tar = CheckpointTar(
                ready: Files.path(of: descriptors[1].raw),
                layer: Files.path(of: descriptors[2].raw), log: log, privileges)
            try tar.write(to: descriptors[0].descriptor, isCancelled: isCancelled)
        }
    }
}
