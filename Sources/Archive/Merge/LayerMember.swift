internal import EROFS
internal import Kernel
internal import Model

/// An entry of a layer, and where the layer has its content.
struct LayerMember {
    let entry: TarEntry
    /// In the layer's tar, whatever of it is there yet.
    let extents: [Extent]

    /// Nil for what is no file.
    /// - Parameter device: the layer's place among the image's.
    init?(_ header: TarHeader, device: Int) throws {
        guard let entry = try TarEntry(header) else { return nil }
        self.entry = entry
        extents = try Self.extents(header, device)
    }

    private static func extents(_ header: TarHeader, _ device: Int) throws -> [Extent] {
        guard let map = header.sparse else {
            if header.size == 0 { return [] }
            return [
                Extent(offset: 0, length: header.size, device: device, position: header.start)
            ]
        }
        var extents: [Extent] = []
        var position = header.start
        for segment in map.segments where segment.length > 0 {
            extents.append(
                Extent(
                    offset: segment.offset, length: segment.length, device: device,
                    position: position))
            position = position.plus(segment.length)
        }
        guard position - header.start == header.stored else {
            throw badTar(
                "a sparse file has too \(position - header.start > header.stored ? "few" : "many") bytes"
            )
        }
        return extents
    }
}
