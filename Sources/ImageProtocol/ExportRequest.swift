public import Model

/// An image that is here, for others to have: its tars are known by `knowTar`.
public struct StoredLayers: Sendable, Hashable {
    public struct Layer: Sendable, Hashable {
        public let chain: String
        /// Of the tar that was handed over for the chain.
        public let diffID: Digest

        public init(chain: String, diffID: Digest) {
            self.chain = chain
            self.diffID = diffID
        }
    }

    /// The image's configuration.
    public var document: [UInt8]
    /// The lowest first.
    public var layers: [Layer]

    public init(document: [UInt8], layers: [Layer]) {
        self.document = document
        self.layers = layers
    }
}

/// How layers are compressed that are written or pushed.
public enum BlobCompression: Int, Sendable, Hashable, CaseIterable {
    case gzip = 1
    case zstd = 2

    public var name: String { self == .gzip ? "gzip" : "zstd" }
}

/// Where an image is pushed to.
public struct PushRequest: Sendable, Hashable {
    public var reference: Reference
    public var endpoint: Endpoint
    public var credentials: Credentials
    public var image: StoredLayers
    public var settings: FetchSettings

    public init(
        reference: Reference, endpoint: Endpoint, credentials: Credentials, image: StoredLayers,
        settings: FetchSettings
    ) {
        self.reference = reference
        self.endpoint = endpoint
        self.credentials = credentials
        self.image = image
        self.settings = settings
    }
}

/// What others know an image by that was written or pushed.
public struct WrittenImage: Sendable, Hashable {
    /// Another than the image's own where a layer is another tar.
    public let id: Digest
    public let manifest: Digest

    public init(id: Digest, manifest: Digest) {
        self.id = id
        self.manifest = manifest
    }
}

extension StoredLayers.Layer {
    func put(into wire: inout WireWriter) {
        wire.put(chain)
        wire.put(diffID.description)
    }

    init(_ wire: inout WireReader) throws(GantryError) {
        self.init(chain: try wire.text(), diffID: try wire.digest())
    }
}

extension StoredLayers {
    func put(into wire: inout WireWriter) {
        wire.put(document)
        wire.put(layers) { $1.put(into: &$0) }
    }

    init(_ wire: inout WireReader) throws(GantryError) {
        self.init(
            document: try wire.content(),
            layers: try wire.list { (wire: inout WireReader) throws(GantryError) in
                try Layer(&wire)
            })
    }
}

extension PushRequest {
    func put(into wire: inout WireWriter) {
        wire.put(reference.description)
        endpoint.put(into: &wire)
        credentials.put(into: &wire)
        image.put(into: &wire)
        settings.put(into: &wire)
    }

    init(_ wire: inout WireReader) throws(GantryError) {
        self.init(
            reference: try Reference.parse(try wire.text()), endpoint: try Endpoint(&wire),
            credentials: try Credentials(&wire), image: try StoredLayers(&wire),
            settings: try FetchSettings(&wire))
    }
}
