internal import OCI
internal import Service
internal import TOML

/// A configuration as a file that can be read again: a comment and a line for each key.
enum ConfigurationText {
    /// What counts.
    /// - Parameter handlers: those that pods can name, the default first.
    static func effective(_ settings: Settings, _ handlers: [Handler]) -> String {
        (keys(settings) + handlers.map(table)).joined(separator: "\n")
    }

    /// Every key with its default, each a comment: a file that changes nothing until it is edited.
    static func defaults() -> String {
        let settings = Settings()
        let example = Handler(
            name: "crun", path: "/usr/bin/crun", root: "\(settings.runRoot)/runtimes/crun")
        let head = """
            # The configuration of Gantry: gantry.toml(5). Each key has its default here, as a comment.
            # Files of /etc/gantry/conf.d are read after this one.

            """
        let handlers = """
            # Without a table [runtimes.NAME] the handlers are those of crun, runc and runsc that are
            # found.

            """
        return ([head] + keys(settings, prefix: "#") + [handlers + table(example, prefix: "#")])
            .joined(separator: "\n")
    }

    private static func keys(_ settings: Settings, prefix: String = "") -> [String] {
        Configuration.keys.map { key in
            "# \(key.summary)\n\(prefix)\(key.name) = \(key.value.text(settings))\n"
        }
    }

    private static func table(_ handler: Handler) -> String { table(handler, prefix: "") }

    private static func table(_ handler: Handler, prefix: String) -> String {
        let head = "\(prefix)[runtimes.\(TOMLText.key(handler.name))]\n"
        let lines = HandlerKey.all.map { key in
            let prefix = key.isFound(handler) ? "#" : prefix
            return "# \(key.summary)\n\(prefix)\(key.name) = \(key.text(handler))\n"
        }
        return head + lines.joined()
    }
}

extension Configuration.Key.Value {
    /// As it is written in TOML.
    func text(_ settings: Settings) -> String {
        switch self {
        case .text(let path): TOMLText.quoted(settings[keyPath: path])
        case .texts(let path): TOMLText.list(settings[keyPath: path])
        case .number(let path), .count(let path): "\(settings[keyPath: path])"
        case .flag(let path): "\(settings[keyPath: path])"
        }
    }

    /// For people.
    var type: String {
        switch self {
        case .text: "string"
        case .texts: "list of strings"
        case .number: "number above 0"
        case .count: "number"
        case .flag: "true or false"
        }
    }
}
