internal import Foundation
internal import GRDB

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

    public init(id: String, message: [UInt8], config: [UInt8], layers: [Layer]) {
        self.id = id
        self.message = message
        self.config = config
        self.layers = layers
    }
}

extension Store {
    public func images() async throws -> [ImageRow] {
        try await transaction("read the images") { database in
            let layers = try ImageRow.layers(database)
            return try Row.fetchAll(database, sql: "SELECT id, message, config FROM image").map {
                let id: String = $0["id"]
                return ImageRow(
                    id: id, message: bytes($0["message"]), config: bytes($0["config"]),
                    layers: layers[id] ?? [])
            }
        }
    }

    /// Saves what `rows` returns, in one transaction, since a tag that moves changes two images.
    /// `rows` runs within it: changes of images come one after the other.
    ///
    /// The transaction is on the disk when this returns: pulled layers are worth an fsync.
    public func changeImages(_ rows: @escaping @Sendable () throws -> [ImageRow]) async throws {
        try await durably {
            try await self.transaction("save images") { database in
                for row in try rows() { try row.save(database) }
            }
        }
    }

    public func removeImage(_ id: String) async throws {
        try await transaction("remove image \(id)") { database in
            try database.execute(sql: "DELETE FROM image WHERE id = ?", arguments: [id])
        }
    }

    /// `synchronous` cannot change inside a transaction, and the connection is shared: a commit of
    /// others that falls between is only safer for it.
    private func durably(_ body: () async throws -> Void) async throws {
        try await database.writeWithoutTransaction {
            try $0.execute(sql: "PRAGMA synchronous=FULL")
        }
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
        try await database.writeWithoutTransaction {
            try $0.execute(sql: "PRAGMA synchronous=NORMAL")
        }
        try outcome.get()
    }
}

extension ImageRow {
    fileprivate func save(_ database: Database) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO image (id, message, config) VALUES (?, ?, ?)",
            arguments: [id, Data(message), Data(config)])
        try database.execute(sql: "DELETE FROM image_layer WHERE image = ?", arguments: [id])
        for (position, layer) in layers.enumerated() {
            try database.execute(
                sql: """
                    INSERT INTO image_layer (image, position, chain, bytes, inodes)
                    VALUES (?, ?, ?, ?, ?)
                    """,
                arguments: [id, position, layer.chain, Int64(layer.bytes), Int64(layer.inodes)])
        }
    }

    fileprivate static func layers(_ database: Database) throws -> [String: [Layer]] {
        let rows = try Row.fetchAll(
            database,
            sql: "SELECT image, chain, bytes, inodes FROM image_layer ORDER BY image, position")
        return Dictionary(grouping: rows) { $0["image"] as String }.mapValues { rows in
            rows.map { row in
                let bytes: Int64 = row["bytes"]
                let inodes: Int64 = row["inodes"]
                return Layer(
                    chain: row["chain"], bytes: UInt64(bytes), inodes: UInt64(inodes))
            }
        }
    }
}
