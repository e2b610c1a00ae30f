internal import ArgumentParser
internal import Service
internal import Text

/// Prints the configuration that counts, as a file that could be read again.
struct Config: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the configuration as it counts, with every key explained.")

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        let settings = try options.load().settings
        for key in Configuration.keys {
            print("# \(key.summary)\n\(key.name) = \(text(key.value, settings))\n")
        }
    }

    private func text(_ value: Configuration.Key.Value, _ settings: Settings) -> String {
        switch value {
        case .text(let path): quoted(settings[keyPath: path])
        case .number(let path): "\(settings[keyPath: path])"
        case .flag(let path): "\(settings[keyPath: path])"
        case .texts(let path):
            "[" + settings[keyPath: path].map(quoted).joined(separator: ", ") + "]"
        }
    }

    private func quoted(_ text: String) -> String {
        let escaped = text.replacing("\\", by: "\\\\").replacing("\"", by: "\\\"")
        return "\"\(escaped)\""
    }
}
