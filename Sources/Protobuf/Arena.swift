package import CProtobuf

/// Memory for one message's C structs, freed at once. It halves the time to unpack a large list.
package final class Arena {
    private var chunks: [UnsafeMutableRawPointer] = []
    private var next = UnsafeMutableRawPointer(bitPattern: 0)
    private var left = 0
    /// Bytes that may still be taken.
    private var budget: Int

    /// - Parameter budget: bytes of memory; protobuf-c gets no more, and fails.
    package init(budget: Int = .max) {
        self.budget = budget
    }

    private static let chunkSize = 16 << 10
    private static let alignment = 16

    deinit {
        for chunk in chunks { chunk.deallocate() }
    }

    package func allocate(_ size: Int) -> UnsafeMutableRawPointer {
        let rounded = (max(size, 1) + Self.alignment - 1) & ~(Self.alignment - 1)
        if rounded <= left, let place = next {
            next = place + rounded
            left -= rounded
            return place
        }
        return allocateInNewChunk(rounded)
    }

    private func allocateInNewChunk(_ size: Int) -> UnsafeMutableRawPointer {
        let chunkSize = max(size, Self.chunkSize)
        let chunk = UnsafeMutableRawPointer.allocate(
            byteCount: chunkSize, alignment: Self.alignment)
        chunks.append(chunk)
        budget -= chunkSize
        if chunkSize - size > left {
            next = chunk + size
            left = chunkSize - size
        }
        return chunk
    }

    /// Nil when there is no budget for it.
    private func tryAllocate(_ size: Int) -> UnsafeMutableRawPointer? {
        size <= budget ? allocate(size) : nil
    }

    package func allocate<T>(_ count: Int, of type: T.Type) -> UnsafeMutablePointer<T> {
        allocate(count * MemoryLayout<T>.stride).bindMemory(to: type, capacity: count)
    }

    /// Runs `body` with this arena as protobuf-c's allocator; freeing single pieces does nothing.
    package func withAllocator<Result>(
        _ body: (UnsafeMutablePointer<ProtobufCAllocator>) throws -> Result
    ) rethrows -> Result {
        var allocator = ProtobufCAllocator(
            alloc: { data, size in
                guard let data else { return nil }
                return Unmanaged<Arena>.fromOpaque(data).takeUnretainedValue().tryAllocate(size)
            },
            free: { _, _ in },
            allocator_data: Unmanaged.passUnretained(self).toOpaque())
        return try withExtendedLifetime(self) { try body(&allocator) }
    }
}
