internal import ArgumentParser
internal import CRI
internal import FoundationEssentials
internal import Kernel
internal import Model

/// Shows where the time of a start went.
struct TraceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "Show how long each step of a pod's or a container's start took.",
        discussion: "The daemon remembers the last thousand pods until it ends.")

    @Argument(help: "ID of a pod or container, or a prefix of it; or NAMESPACE/NAME of a pod.")
    var id: String

    @Flag(help: "Print JSON.")
    var json = false

    @Option(help: "Write an SVG image to this file.")
    var svg: String?

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        let trace = try await DaemonClient(options).call(
            GantryMethods.getTrace, GetTraceRequest(id: id))
        if let svg {
            return try CommandFiles.write(TraceSVG(trace).text, to: svg)
        }
        print(json ? try Self.json(trace) : TraceText(trace).text)
    }

    private static func json(_ trace: GetTraceResponse) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(trace.json()), as: UTF8.self)
    }
}
