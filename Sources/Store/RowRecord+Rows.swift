internal import FoundationEssentials
internal import Text

extension SandboxRow {
    var record: RowRecord {
        RowRecord(
            id: id, text: ["phase": phase, "handler": handler],
            blobs: ["config": Data(config), "status": Data(status)])
    }

    init(_ record: RowRecord) throws {
        self.init(
            id: record.id, phase: try record.text("phase"), handler: try record.text("handler"),
            config: try record.blob("config"), status: try record.blob("status"))
    }
}

extension ContainerRow {
    var record: RowRecord {
        RowRecord(
            id: id,
            text: [
                "sandbox": sandbox, "phase": phase, "layers": layers.joined(separator: " "),
            ],
            blobs: [
                "config": Data(config), "status": Data(status), "adjustment": Data(adjustment),
            ])
    }

    /// A record of before there were plugins has no adjustment.
    init(_ record: RowRecord) throws {
        self.init(
            id: record.id, sandbox: try record.text("sandbox"), phase: try record.text("phase"),
            layers: try record.text("layers").split(at: " ").map(String.init),
            config: try record.blob("config"), status: try record.blob("status"),
            adjustment: (try? record.blob("adjustment")) ?? [])
    }
}

extension ImageRow {
    /// A layer is a line: chain ID, bytes, inodes.
    var record: RowRecord {
        let lines = layers.map { "\($0.chain) \($0.bytes) \($0.inodes)" }
        return RowRecord(
            id: id, text: ["layers": lines.joined(separator: "\n"), "index": index],
            blobs: ["message": Data(message), "config": Data(config)])
    }

    /// A record of before there were indexes has none.
    init(_ record: RowRecord) throws {
        let lines = try record.text("layers").split(at: "\n")
        self.init(
            id: record.id, message: try record.blob("message"), config: try record.blob("config"),
            layers: try lines.map(Layer.init(line:)), index: (try? record.text("index")) ?? "")
    }
}

extension ImageRow.Layer {
    fileprivate init(line: Substring) throws {
        let words = line.split(at: " ")
        guard words.count == 3, let bytes = UInt64(words[1]), let inodes = UInt64(words[2]) else {
            throw RowRecord.Missing(key: "layers")
        }
        self.init(chain: String(words[0]), bytes: bytes, inodes: inodes)
    }
}
