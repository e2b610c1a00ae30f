/// One file of an image, of whatever kind.
public struct Inode: Sendable, Equatable {
    /// Permission bits, set-user-ID, set-group-ID and sticky included.
    public var mode: UInt16
    public var owner: UInt32
    public var group: UInt32
    public var modified: Timestamp
    public var extended: [Attribute]
    public var content: Content

    public init(
        mode: UInt16, owner: UInt32 = 0, group: UInt32 = 0, modified: Timestamp = Timestamp(),
        extended: [Attribute] = [], content: Content
    ) {
        self.mode = mode
        self.owner = owner
        self.group = group
        self.modified = modified
        self.extended = extended
        self.content = content
    }

    public enum Content: Sendable, Equatable {
        /// In any order, without `.` and `..`.
        case directory([DirectoryEntry])
        /// `size` in bytes; what is in no extent is a hole. Extents are in order and do not overlap.
        case file(size: UInt64, extents: [Extent])
        case symbolicLink(target: [UInt8])
        case characterDevice(major: UInt32, minor: UInt32)
        case blockDevice(major: UInt32, minor: UInt32)
        case fifo
    }
}

/// Seconds since 1970; the nanoseconds count forward.
public struct Timestamp: Sendable, Equatable {
    public var seconds: Int64
    /// 0 to 999,999,999.
    public var nanoseconds: UInt32

    public init(seconds: Int64 = 0, nanoseconds: UInt32 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }
}

/// A name in a directory. Two that name one inode are hard links.
public struct DirectoryEntry: Sendable, Equatable {
    /// 1 to 255 bytes, which need not be UTF-8.
    public var name: [UInt8]
    /// The place of the inode in the list.
    public var inode: Int

    public init(name: [UInt8], inode: Int) {
        self.name = name
        self.inode = inode
    }
}

/// Bytes of a file that stand one after the other on a device.
public struct Extent: Sendable, Equatable {
    /// In the file, in bytes.
    public var offset: UInt64
    /// In bytes.
    public var length: UInt64
    /// The place in the list of devices.
    public var device: Int
    /// On the device, in bytes.
    public var position: UInt64

    public init(offset: UInt64, length: UInt64, device: Int, position: UInt64) {
        self.offset = offset
        self.length = length
        self.device = device
        self.position = position
    }
}

/// An extended attribute under its full name, as `user.key` (xattr(7)).
public struct Attribute: Sendable, Equatable {
    public var name: [UInt8]
    public var value: [UInt8]

    public init(name: [UInt8], value: [UInt8]) {
        self.name = name
        self.value = value
    }
}

/// A file or block device besides the metadata, which holds files' content: a layer's tar. Its bytes
/// may come later than the index that speaks of them.
public struct Device: Sendable, Equatable {
    /// In bytes.
    public var size: UInt64
    /// Up to 64 bytes that say what it is; a digest's hexadecimal digits fill it.
    public var tag: [UInt8]

    public init(size: UInt64, tag: [UInt8] = []) {
        self.size = size
        self.tag = tag
    }
}
