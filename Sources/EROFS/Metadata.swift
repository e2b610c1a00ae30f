public import Model

/// What an EROFS file system (the kernel's Documentation/filesystems/erofs.rst and fs/erofs/erofs_fs.h)
/// consists of besides the content of its files, which stays on other devices. A pure function: equal
/// input gives equal bytes.
///
/// ```
/// 0            1024        1152              root inode           blocks
/// ├ nothing ───┼ superblock ┼ device table ───┼ inodes ────────────┼ directories ──┼ copies
///                             128 bytes each    with their xattrs,   that are too
///                             device            chunks, small        large for
///                                               content              their inode
/// ```
public struct Metadata: Sendable {
    /// All up to the copies.
    public let bytes: [UInt8]
    /// Content that no device has at a block's beginning, and which is to be copied behind `bytes`.
    public let copies: [Copy]
    /// Of the whole file: what no copy fills is zeros.
    public let size: UInt64
    public let inodes: Int

    /// Bytes of a device that are to be written into the metadata's file.
    public struct Copy: Sendable, Equatable {
        public let device: Int
        /// On the device, in bytes.
        public let position: UInt64
        public let length: UInt64
        /// In the metadata's file, in bytes.
        public let target: UInt64
    }

    /// - Parameters:
    ///   - inodes: the first is the root directory, and every other is named in one directory at least;
    ///     a directory in exactly one.
    ///   - devices: in the order in which the mount gets them.
    ///   - identity: the file system's UUID, 16 bytes; overlay wants one.
    ///   - blockBits: 9 to 12: the logarithm of a block's size in bytes. Kernels before 6.4 have
    ///     blocks of a page alone.
    /// - Throws: `GantryError`: `invalidArgument` for what is no tree; `resourceExhausted` and
    ///   `unimplemented` for what the format cannot hold.
    public init(
        _ inodes: [Inode], devices: [Device], identity: [UInt8] = [], blockBits: Int = 9
    ) throws(GantryError) {
        let format = try Format(blockBits: blockBits, devices: devices)
        let tree = try Tree(inodes)
        let layout = try Layout(inodes, tree, format)
        var writer = Writer(inodes, tree, layout, format)
        writer.write(identity)
        bytes = writer.bytes
        copies = layout.copies.list
        size = layout.copies.end
        self.inodes = inodes.count
    }
}

/// What counts for the whole of an image.
struct Format {
    let blockBits: Int
    let devices: [Device]

    var blockSize: Int { 1 << blockBits }

    static let superblock = 1024
    static let deviceTable = 1152
    static let deviceSlot = 128
    /// An inode's number is its place in these.
    static let inodeSlot = 32
    static let inodeSize = 64

    /// The root's number has 16 bits, and the device table is in front of it.
    static let mostDevices = 10_000

    init(blockBits: Int, devices: [Device]) throws(GantryError) {
        guard (9...12).contains(blockBits) else {
            throw GantryError(.invalidArgument, "blocks of 2^\(blockBits) bytes")
        }
        guard devices.count <= Self.mostDevices else {
            throw GantryError(
                .resourceExhausted, "\(devices.count) devices, \(Self.mostDevices) are the most")
        }
        guard devices.allSatisfy({ $0.size <= UInt64(UInt32.max - 1) << 9 && $0.tag.count <= 64 })
        else { throw GantryError(.resourceExhausted, "a device of more than 2 TiB") }
        self.blockBits = blockBits
        self.devices = devices
    }

    func blocks(_ bytes: UInt64) -> UInt64 {
        (bytes + UInt64(blockSize) - 1) >> UInt64(blockBits)
    }

    func aligned(_ position: Int) -> Int {
        (position + blockSize - 1) & ~(blockSize - 1)
    }
}
