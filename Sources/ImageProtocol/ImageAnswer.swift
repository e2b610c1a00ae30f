public import Model

/// What the process that handles images answers. The daemon takes it for what it is: bytes of a process
/// that has read a stranger's.
public enum ImageAnswer: Sendable, Hashable {
    /// The first of all, to no request: what the node cannot do to confine the process.
    case ready(missing: [String])
    /// No answer yet: so many bytes have come.
    case progress(received: UInt64)
    case done
    case resolved(ImageDescription)
    /// The names of each image of an archive.
    case archive([[Reference]])
    case unpacked(UnpackedDescription)
    case fitted(FittedDescription)
    case measured(UInt64)
    case indexed(IndexDescription)
    /// The digest of a tar that was packed.
    case packed(Digest)
    case written(WrittenImage)
    case failed(ImageFailure)
}

/// The documents of an image and what its layers are.
public struct ImageDescription: Sendable, Hashable {
    public struct Layer: Sendable, Hashable {
        /// The digest of what the registry holds, and its size in bytes.
        public let digest: Digest
        public let size: UInt64
        /// `sha256:…` over all that its content depends on; the name of its directory.
        public let chain: String

        public init(digest: Digest, size: UInt64, chain: String) {
            self.digest = digest
            self.size = size
            self.chain = chain
        }
    }

    /// Nil where there is no manifest, as in docker's archives.
    public var digest: Digest?
    public var manifestDigest: Digest?
    public var mediaType: String
    public var id: Digest
    /// What the ID is the digest of.
    public var document: [UInt8]
    /// The lowest first.
    public var layers: [Layer]
    /// What signatures say of it; nothing where none were looked for, as in an archive.
    public var verified: [VerifiedRequirement]

    public init(
        digest: Digest?, manifestDigest: Digest?, mediaType: String, id: Digest,
        document: [UInt8], layers: [Layer], verified: [VerifiedRequirement] = []
    ) {
        self.digest = digest
        self.manifestDigest = manifestDigest
        self.mediaType = mediaType
        self.id = id
        self.document = document
        self.layers = layers
        self.verified = verified
    }
}

/// A requirement that a signature was found for.
public struct VerifiedRequirement: Sendable, Hashable {
    /// Which name of the image the signature speaks of.
    public enum Name: Int, Sendable, Hashable {
        /// That of the request.
        case asked = 0
        /// The repository with the image's digest.
        case pinned = 1
    }

    /// From 0, among the requirements of the request.
    public let number: Int
    public let name: Name

    public init(number: Int, name: Name) {
        self.number = number
        self.name = name
    }
}

/// A layer that was unpacked.
public struct UnpackedDescription: Sendable, Hashable {
    public var diffID: Digest
    public var bytes: UInt64
    public var inodes: UInt64
    /// Nil where it is not known.
    public var contents: UInt64?

    public init(diffID: Digest, bytes: UInt64, inodes: UInt64, contents: UInt64?) {
        self.diffID = diffID
        self.bytes = bytes
        self.inodes = inodes
        self.contents = contents
    }
}

/// What a layer takes after it was fitted into those below; see `UnpackedDescription`.
public struct FittedDescription: Sendable, Hashable {
    public var bytes: UInt64
    public var contents: UInt64?

    public init(bytes: UInt64, contents: UInt64?) {
        self.bytes = bytes
        self.contents = contents
    }
}

/// The index of an image, as it was written.
public struct IndexDescription: Sendable, Hashable {
    /// Of the file's bytes, and how many these are.
    public var digest: Digest
    public var size: UInt64
    /// How many files the image has.
    public var files: UInt64

    public init(digest: Digest, size: UInt64, files: UInt64) {
        self.digest = digest
        self.size = size
        self.files = files
    }
}

/// Of the messages. Daemon and program are of one installation, but that may change under a daemon
/// that runs.
public let imageProtocolVersion = 1

/// The longest message, in bytes: the documents of an image are the longest.
public let longestImageMessage = 8 << 20

/// The most layers that overlay takes (the kernel's OVL_MAX_STACK).
public let mostImageLayers = 500
