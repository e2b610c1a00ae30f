public import Model

extension ImageAnswer {
    public func encoded(serial: UInt32) -> [UInt8] {
        var wire = WireWriter()
        wire.put(imageProtocolVersion)
        wire.put(Int(serial))
        switch self {
        case .progress(let received):
            wire.put(0)
            wire.put(received)
        case .done: wire.put(1)
        case .resolved(let image):
            wire.put(2)
            image.put(into: &wire)
        case .archive(let images):
            wire.put(3)
            wire.put(images) { $0.put($1.map(\.description)) { $0.put($1) } }
        case .unpacked(let layer):
            wire.put(4)
            layer.put(into: &wire)
        case .fitted(let layer):
            wire.put(5)
            wire.put(layer.bytes)
            wire.put(layer.contents)
        case .measured(let sum):
            wire.put(6)
            wire.put(sum)
        case .failed(let failure):
            wire.put(7)
            failure.put(into: &wire)
        case .ready(let missing):
            wire.put(8)
            wire.put(missing) { $0.put($1) }
        case .indexed(let index):
            wire.put(9)
            wire.put(index.digest.description)
            wire.put(index.size)
            wire.put(index.files)
        case .packed(let digest):
            wire.put(10)
            wire.put(digest.description)
        case .written(let image):
            wire.put(11)
            wire.put(image.id.description)
            wire.put(image.manifest.description)
        }
        return wire.bytes
    }

    /// - Throws: `GantryError` (`internal`) for what is no answer of this version.
    public static func decode(_ bytes: [UInt8]) throws(GantryError) -> (UInt32, ImageAnswer) {
        var wire = WireReader(bytes)
        let serial = try wire.head()
        let answer = try ImageAnswer(&wire)
        try wire.end()
        return (serial, answer)
    }

    private init(_ wire: inout WireReader) throws(GantryError) {
        switch try wire.integer() {
        case 0: self = .progress(received: try wire.number())
        case 1: self = .done
        case 2: self = .resolved(try ImageDescription(&wire))
        case 3: self = .archive(try Self.archive(&wire))
        case 4: self = .unpacked(try UnpackedDescription(&wire))
        case 5:
            self = .fitted(
                FittedDescription(
                    bytes: try wire.number(), contents: try wire.optionalNumber()))
        case 6: self = .measured(try wire.number())
        case 7: self = .failed(try ImageFailure(&wire))
        case 8: self = .ready(missing: try wire.texts())
        case 9:
            self = .indexed(
                IndexDescription(
                    digest: try wire.digest(), size: try wire.number(), files: try wire.number()))
        case 10: self = .packed(try wire.digest())
        case 11: self = .written(WrittenImage(id: try wire.digest(), manifest: try wire.digest()))
        case let other: throw WireReader.malformed("the answer \(other) is unknown")
        }
    }

    private static func archive(_ wire: inout WireReader) throws(GantryError) -> [[Reference]] {
        let images = try wire.list { (wire: inout WireReader) throws(GantryError) in
            try wire.list { (wire: inout WireReader) throws(GantryError) in
                try Reference.parse(try wire.text())
            }
        }
        guard images.allSatisfy({ !$0.isEmpty }) else {
            throw WireReader.malformed("an image without a name")
        }
        return images
    }
}

extension ImageDescription {
    fileprivate func put(into wire: inout WireWriter) {
        wire.put(digest?.description)
        wire.put(manifestDigest?.description)
        wire.put(mediaType)
        wire.put(id.description)
        wire.put(document)
        wire.put(layers) {
            $0.put($1.digest.description)
            $0.put($1.size)
            $0.put($1.chain)
        }
        wire.put(verified) {
            $0.put($1.number)
            $0.put($1.name.rawValue)
        }
    }

    fileprivate init(_ wire: inout WireReader) throws(GantryError) {
        self.init(
            digest: try wire.optionalDigest(), manifestDigest: try wire.optionalDigest(),
            mediaType: try wire.text(), id: try wire.digest(), document: try wire.content(),
            layers: try wire.list { (wire: inout WireReader) throws(GantryError) in
                try Layer(&wire)
            },
            verified: try wire.list { (wire: inout WireReader) throws(GantryError) in
                try VerifiedRequirement(&wire)
            })
        guard id.algorithm == .sha256 else { throw WireReader.malformed("an ID of sha512") }
        guard layers.count <= mostImageLayers else {
            throw WireReader.malformed("\(layers.count) layers")
        }
    }
}

extension ImageDescription.Layer {
    /// The chain becomes the name of a directory.
    fileprivate init(_ wire: inout WireReader) throws(GantryError) {
        self.init(
            digest: try wire.digest(), size: try wire.number(),
            chain: try wire.digest().description)
    }
}

extension VerifiedRequirement {
    /// Which numbers there are is known to who asked.
    fileprivate init(_ wire: inout WireReader) throws(GantryError) {
        let number = try wire.integer()
        guard let name = Name(rawValue: try wire.integer()) else {
            throw WireReader.malformed("a signature speaks of an unknown name")
        }
        self.init(number: number, name: name)
    }
}

extension UnpackedDescription {
    fileprivate func put(into wire: inout WireWriter) {
        wire.put(diffID.description)
        wire.put(bytes)
        wire.put(inodes)
        wire.put(contents)
    }

    fileprivate init(_ wire: inout WireReader) throws(GantryError) {
        self.init(
            diffID: try wire.digest(), bytes: try wire.number(), inodes: try wire.number(),
            contents: try wire.optionalNumber())
    }
}

extension WireReader {
    /// Version and serial, with which each message begins.
    mutating func head() throws(GantryError) -> UInt32 {
        let version = try integer()
        guard version == imageProtocolVersion else {
            throw Self.malformed("version \(version) of the protocol is unknown")
        }
        guard let serial = UInt32(exactly: try integer()) else {
            throw Self.malformed("the serial does not fit")
        }
        return serial
    }

    mutating func digest() throws(GantryError) -> Digest {
        try Digest(parsing: try text())
    }

    mutating func optionalDigest() throws(GantryError) -> Digest? {
        try flag() ? try digest() : nil
    }

    mutating func texts() throws(GantryError) -> [String] {
        try list { (wire: inout WireReader) throws(GantryError) in try wire.text() }
    }
}
