/// An image as it is stored.
public struct ImageRow: Sendable, Equatable {
    /// One layer of an image, lowest first.
    public struct Layer: Sendable, Equatable {
        /// The layer's chain ID (image-spec, config.md, "Layer ChainID").
        public var chain: String
        /// What its files take on disk.
        public var bytes: UInt64
        public var inodes: UInt64

        public init(chain: String, bytes: UInt64, inodes: UInt64) {
            self.chain = chain
            self.bytes = bytes
            self.inodes = inodes
        }
    }

    public var id: String
    /// An `Image` of the CRI, encoded.
    public var message: [UInt8]
    /// The image configuration as the registry gave it, or an artifact's manifest.
    public var config: [UInt8]
    public var layers: [Layer]
    /// The digest of the index that it is mounted by; empty where its layers are unpacked.
    public var index: String

    public init(
        id: String, message: [UInt8], config: [UInt8], layers: [Layer], index: String = ""
    ) {
        self.id = id
        self.message = message
        self.config = config
        self.layers = layers
        self.index = index
    }
}

extension Store {
    public func images() async throws -> [ImageRow] {
        try await transaction("read the images") { try ImageRow.all($0) }
    }

    /// Saves what `rows` returns, in one transaction, since a tag that moves changes two images.
    /// `rows` runs within it: changes of images come one after the other.
    ///
    /// The transaction is on the disk when this returns: pulled layers are worth an fsync.
    public func changeImages(_ rows: @escaping @Sendable () throws -> [ImageRow]) async throws {
        try await transaction("save images", .full) { [records] database in
            for row in try rows() {
                try row.save(database)
                records.images.save(row.record)
            }
        }
    }

    public func removeImage(_ id: String) async throws {
        try await transaction("remove image \(id)") { [records] database in
            try database.execute("DELETE FROM image WHERE id = ?", .text(id))
            records.images.remove(id)
        }
    }
}

extension ImageRow {
    static func all(_ database: Database) throws -> [ImageRow] {
        let layers = try layers(database)
        return try database.rows("SELECT id, message, config, layer_index FROM image ORDER BY id") {
            let id = $0.text(0)
            return ImageRow(
                id: id, message: $0.blob(1), config: $0.blob(2), layers: layers[id] ?? [],
                index: $0.text(3))
        }
    }

    func save(_ database: Database) throws {
        try database.execute(
            "INSERT OR REPLACE INTO image (id, message, config, layer_index) VALUES (?, ?, ?, ?)",
            .text(id), .blob(message), .blob(config), .text(index))
        try database.execute("DELETE FROM image_layer WHERE image = ?", .text(id))
        for (position, layer) in layers.enumerated() {
            try database.execute(
                """
                INSERT INTO image_layer (image, position, chain, bytes, inodes)
                VALUES (?, ?, ?, ?, ?)
                """,
                .text(id), .integer(Int64(position)), .text(layer.chain),
                .integer(Int64(clamping: layer.bytes)), .integer(Int64(clamping: layer.inodes)))
        }
    }

    private static func layers(_ database: Database) throws -> [String: [Layer]] {
        let rows = try database.rows(
            "SELECT image, chain, bytes, inodes FROM image_layer ORDER BY image, position"
        ) {
            let bytes = UInt64(clamping: $0.integer(2)), inodes = UInt64(clamping: $0.integer(3))
            return ($0.text(0), Layer(chain: $0.text(1), bytes: bytes, inodes: inodes))
        }
        return Dictionary(grouping: rows, by: \.0).mapValues { $0.map(\.1) }
    }
}
