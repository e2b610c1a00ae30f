internal import Logging
internal import Model
internal import Service
internal import Streaming
internal import System

/// SIGHUP: reads the configuration again, takes over what can change while the daemon runs, and says in
/// one line what has changed and what needs a restart.
struct Reload: Sendable {
    let options: ConfigurationOptions
    /// The limits of open files that the daemon was started with.
    let limits: OpenFiles
    let streaming: StreamingServer
    let metrics: MetricsEndpoint?
    let manager: ServiceManager
    let log: Logger

    /// A configuration that cannot be used changes nothing.
    func run(_ node: Node) async {
        manager.tell(.reloading)
        defer { manager.tell(.ready) }
        do {
            var settings = try await Blocking.run { [options] in try options.load().settings }
            settings.takeOpenFiles(limits)
            let changes = Changes(from: node.settings, to: settings)
            var notes = try await streaming.renewCertificate(changes.settings.streaming)
            try await metrics?.renewCertificate(changes.settings)
            notes += try await node.take(changes.settings)
            setLevel(changes)
            log.notice("configuration reloaded: \((changes.notes + notes).joined(separator: "; "))")
        } catch {
            log.error("configuration not reloaded: \(error)")
        }
    }

    /// `gantry log-level` counts until the key changes.
    private func setLevel(_ changes: Changes) {
        guard changes.taken.contains("log_level") else { return }
        var log = log
        log.logLevel = Logger.Level(rawValue: changes.settings.logLevel) ?? .info
    }
}

/// What differs between the settings that count and those that were just read.
struct Changes {
    /// The settings that count, with what can change while the daemon runs.
    private(set) var settings: Settings
    private(set) var taken: [String] = []
    private(set) var waiting: [String] = []

    init(from current: Settings, to read: Settings) {
        settings = current
        for key in Configuration.keys where key.value.differs(current, read) {
            if key.reloads {
                key.value.copy(from: read, to: &settings)
                taken.append(key.name)
            } else {
                waiting.append(key.name)
            }
        }
        if current.handlers != read.handlers {
            settings.handlers = read.handlers
            taken.append("runtimes")
        }
    }

    /// For the log.
    var notes: [String] {
        let changed = taken.isEmpty ? "nothing changed" : "\(taken.joined(separator: ", ")) changed"
        if waiting.isEmpty { return [changed] }
        return [changed, "\(waiting.joined(separator: ", ")) needs a restart"]
    }
}

extension Configuration.Key.Value {
    func differs(_ one: Settings, _ other: Settings) -> Bool {
        switch self {
        case .text(let path): one[keyPath: path] != other[keyPath: path]
        case .texts(let path): one[keyPath: path] != other[keyPath: path]
        case .number(let path), .count(let path): one[keyPath: path] != other[keyPath: path]
        case .flag(let path): one[keyPath: path] != other[keyPath: path]
        }
    }

    func copy(from read: Settings, to settings: inout Settings) {
        switch self {
        case .text(let path): settings[keyPath: path] = read[keyPath: path]
        case .texts(let path): settings[keyPath: path] = read[keyPath: path]
        case .number(let path), .count(let path): settings[keyPath: path] = read[keyPath: path]
        case .flag(let path): settings[keyPath: path] = read[keyPath: path]
        }
    }
}
