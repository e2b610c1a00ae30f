public import Model

/// What the daemon asks of the process that handles images.
public enum ImageRequest: Sendable, Hashable {
    /// Finds an image at one place and checks its signatures. The directory of GPG signatures comes
    /// along where it is one of this node.
    case resolve(ResolveRequest)
    /// Reads what is in an archive. Its descriptor comes along, a file's or a directory's, and that of
    /// an empty file to inflate it into.
    case openArchive(ArchiveRequest)
    /// Takes up one image of the archive.
    case chooseImage(Int)
    /// Fetches and unpacks a layer of the image, by its number from the lowest, into the directory
    /// whose descriptor comes along.
    case unpack(layer: Int)
    /// The directory of a layer that is there already, or was unpacked by another process: its
    /// descriptor comes along.
    case know(chain: String)
    /// Fits an unpacked layer into those below, the nearest first.
    case fit(chain: String, below: [String])
    /// Fetches a layer of the image, by its number from the lowest, as a plain tar into the empty file
    /// whose descriptor comes along.
    case keep(layer: Int)
    /// The tar of a layer: its descriptor comes along.
    case knowTar(chain: String)
    /// Writes the index of an image into the empty file whose descriptor comes along, over the tars of
    /// these layers, the lowest first.
    case index(chains: [String])
    /// Writes the files of a layer, whose directory is known, as a tar of so many bytes at most into the empty
    /// file whose descriptor comes along.
    case pack(chain: String, limit: UInt64)
    /// Compresses the known tar of a layer into the empty file whose descriptor comes along, which then is the
    /// layer for `export` and `push`.
    case compress(StoredLayers.Layer, BlobCompression)
    /// Writes an image whose tars are known as an archive, under these names, into the empty file whose
    /// descriptor comes along.
    case export(StoredLayers, names: [String])
    /// Pushes an image whose tars are known.
    case push(PushRequest)
    /// Writes a container's checkpoint into the empty file whose descriptor comes along, with those of the
    /// directory of files that are ready, of the container's writable layer, and of its log where it has one.
    case packCheckpoint
    /// The sum of the content of a directory whose descriptor comes along.
    case measure
    /// Whether keys can be used.
    case checkKeys([SignatureRequirement])
    /// The image is done with.
    case forget
    /// Another request is to end; it is answered all the same.
    case cancel(serial: UInt32)
}

/// Which image, where, and what is needed to get it.
public struct ResolveRequest: Sendable, Hashable {
    public var reference: Reference
    public var endpoint: Endpoint
    public var credentials: Credentials
    /// What the policy wants of this image, and the policy's name.
    public var requirements: [SignatureRequirement]
    public var policy: String
    /// The URL below which GPG signatures are.
    public var lookaside: String
    public var settings: FetchSettings

    public init(
        reference: Reference, endpoint: Endpoint, credentials: Credentials,
        requirements: [SignatureRequirement], policy: String, lookaside: String,
        settings: FetchSettings
    ) {
        self.reference = reference
        self.endpoint = endpoint
        self.credentials = credentials
        self.requirements = requirements
        self.policy = policy
        self.lookaside = lookaside
        self.settings = settings
    }
}

public struct ArchiveRequest: Sendable, Hashable {
    /// Else it is a file.
    public var isDirectory: Bool
    /// What to import under, in place of what the archive says.
    public var name: String?
    public var settings: FetchSettings

    public init(isDirectory: Bool, name: String?, settings: FetchSettings) {
        self.isDirectory = isDirectory
        self.name = name
        self.settings = settings
    }
}

extension ImageRequest {
    public func encoded(serial: UInt32) -> [UInt8] {
        var wire = WireWriter()
        wire.put(imageProtocolVersion)
        wire.put(Int(serial))
        put(into: &wire)
        return wire.bytes
    }

    private func put(into wire: inout WireWriter) {
        switch self {
        case .resolve(let request):
            wire.put(0)
            request.put(into: &wire)
        case .openArchive(let request):
            wire.put(1)
            request.put(into: &wire)
        case .chooseImage(let number):
            wire.put(2)
            wire.put(number)
        case .unpack(let layer):
            wire.put(3)
            wire.put(layer)
        case .know(let chain):
            wire.put(4)
            wire.put(chain)
        case .fit(let chain, let below):
            wire.put(5)
            wire.put(chain)
            wire.put(below) { $0.put($1) }
        case .measure: wire.put(6)
        case .checkKeys(let requirements):
            wire.put(7)
            wire.put(requirements) { $1.put(into: &$0) }
        case .forget: wire.put(8)
        case .cancel(let serial):
            wire.put(9)
            wire.put(Int(serial))
        case .keep(let layer):
            wire.put(10)
            wire.put(layer)
        case .knowTar(let chain):
            wire.put(11)
            wire.put(chain)
        case .index(let chains):
            wire.put(12)
            wire.put(chains) { $0.put($1) }
        case .pack(let chain, let limit):
            wire.put(13)
            wire.put(chain)
            wire.put(limit)
        case .export(let image, let names):
            wire.put(14)
            image.put(into: &wire)
            wire.put(names) { $0.put($1) }
        case .push(let request):
            wire.put(15)
            request.put(into: &wire)
        case .compress(let layer, let compression):
            wire.put(16)
            layer.put(into: &wire)
            wire.put(compression.rawValue)
        case .packCheckpoint: wire.put(17)
        }
    }

    /// - Throws: `GantryError` (`internal`) for what is no request of this version.
    public static func decode(_ bytes: [UInt8]) throws(GantryError) -> (UInt32, ImageRequest) {
        var wire = WireReader(bytes)
        let serial = try wire.head()
        let request = try ImageRequest(&wire)
        try wire.end()
        return (serial, request)
    }

    private init(_ wire: inout WireReader) throws(GantryError) {
        switch try wire.integer() {
        case 0: self = .resolve(try ResolveRequest(&wire))
        case 1: self = .openArchive(try ArchiveRequest(&wire))
        case 2: self = .chooseImage(try wire.integer())
        case 3: self = .unpack(layer: try wire.integer())
        case 4: self = .know(chain: try wire.text())
        case 5: self = .fit(chain: try wire.text(), below: try wire.texts())
        case 6: self = .measure
        case 7:
            self = .checkKeys(
                try wire.list { (wire: inout WireReader) throws(GantryError) in
                    try SignatureRequirement(&wire)
                })
        case 8: self = .forget
        case 9: self = .cancel(serial: UInt32(clamping: try wire.integer()))
        case 10: self = .keep(layer: try wire.integer())
        case 11: self = .knowTar(chain: try wire.text())
        case 12: self = .index(chains: try wire.texts())
        case 13: self = .pack(chain: try wire.text(), limit: try wire.number())
        case 14: self = .export(try StoredLayers(&wire), names: try wire.texts())
        case 15: self = .push(try PushRequest(&wire))
        case 16:
            let layer = try StoredLayers.Layer(&wire)
            guard let compression = BlobCompression(rawValue: try wire.integer()) else {
                throw WireReader.malformed("the compression is unknown")
            }
            self = .compress(layer, compression)
        case 17: self = .packCheckpoint
        case let other: throw WireReader.malformed("the request \(other) is unknown")
        }
    }
}

extension ResolveRequest {
    fileprivate func put(into wire: inout WireWriter) {
        wire.put(reference.description)
        endpoint.put(into: &wire)
        credentials.put(into: &wire)
        wire.put(requirements) { $1.put(into: &$0) }
        wire.put(policy)
        wire.put(lookaside)
        settings.put(into: &wire)
    }

    fileprivate init(_ wire: inout WireReader) throws(GantryError) {
        self.init(
            reference: try Reference.parse(try wire.text()), endpoint: try Endpoint(&wire),
            credentials: try Credentials(&wire),
            requirements: try wire.list { (wire: inout WireReader) throws(GantryError) in
                try SignatureRequirement(&wire)
            },
            policy: try wire.text(), lookaside: try wire.text(),
            settings: try FetchSettings(&wire))
    }
}

extension ArchiveRequest {
    fileprivate func put(into wire: inout WireWriter) {
        wire.put(isDirectory)
        wire.put(name)
        settings.put(into: &wire)
    }

    fileprivate init(_ wire: inout WireReader) throws(GantryError) {
        self.init(
            isDirectory: try wire.flag(), name: try wire.optionalText(),
            settings: try FetchSettings(&wire))
    }
}
