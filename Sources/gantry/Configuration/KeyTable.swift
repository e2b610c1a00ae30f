internal import FoundationEssentials
internal import Service

/// Every key of the configuration as JSON, from which gantry.toml(5) is made (packaging/manuals).
struct KeyTable: Encodable {
    struct Row: Encodable {
        let name: String
        let type: String
        /// As it is written in TOML; empty for a handler's.
        let initial: String
        /// Whether a change counts after SIGHUP.
        let reloads: Bool
        let summary: String
    }

    let keys: [Row]
    let handlerKeys: [Row]

    init() {
        keys = Configuration.keys.map {
            Row(
                name: $0.name, type: $0.value.type, initial: $0.value.text(Settings()),
                reloads: $0.reloads, summary: $0.summary)
        }
        handlerKeys = HandlerKey.all.map {
            Row(
                name: $0.name, type: $0.value.type, initial: "", reloads: true,
                summary: $0.summary)
        }
    }

    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }
}

extension HandlerKey.Value {
    fileprivate var type: String {
        switch self {
        case .text: "string"
        case .texts: "list of strings"
        case .flag, .ability: "true or false"
        case .count: "number"
        }
    }
}
