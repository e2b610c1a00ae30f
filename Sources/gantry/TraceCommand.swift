internal import ArgumentParser
internal import CRI
internal import FoundationEssentials
internal import Kernel
internal import Model

/// Shows where the time of a start went.
struct TraceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "Show where the time of a pod's or a container's start went.",
        discussion: "The last thousand pods are remembered until the daemon ends.")

    @Argument(help: "The ID of a sandbox or container, or how it begins; or NAMESPACE/NAME.")
    var id: String

    @Flag(help: "Print JSON instead of a picture.")
    var json = false

    @Option(help: "Write the picture to this file, as SVG.")
    var svg: String?

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        let trace = try await DaemonClient(options).call(
            GantryMethods.getTrace, GetTraceRequest(id: id))
        if let svg {
            return try Files.replace(svg, with: Array(TraceSVG(trace).text.utf8), mode: 0o644)
        }
        print(json ? try Self.json(trace) : TraceText(trace).text)
    }

    private static func json(_ trace: GetTraceResponse) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(trace.json()), as: UTF8.self)
    }
}
