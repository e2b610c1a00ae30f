internal import ArgumentParser
internal import CRI
internal import FoundationEssentials
internal import Glibc
internal import Model
internal import Text

/// The state of the daemon, its node and the pulls under way.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the status of the daemon and the progress of pulls.",
        discussion: "Pulls of all clients are shown, the kubelet's too.")

    @Flag(help: "Print JSON; with --watch one object per line.")
    var json = false

    @Flag(help: "Refresh every second until interrupted.")
    var watch = false

    @Option(
        help: "Write a page of the whole node, with its pods, images and checks, to this file.",
        completion: .file(extensions: ["html"]))
    var html: String?

    @OptionGroup var options: ConfigurationOptions

    private static let interval = Duration.seconds(1)

    func validate() throws {
        if html != nil && (json || watch) {
            throw ValidationError("--html cannot be combined with --json or --watch")
        }
    }

    func run() async throws {
        if let html { return try await NodePageFile(options).write(to: html, now: Self.now()) }
        let client = try DaemonClient(options)
        if !watch { return print(try await page(client)) }
        let isTerminal = isatty(STDOUT_FILENO) == 1
        while true {
            let page = try await currentPage(client)
            print(isTerminal ? Screen.text(page) : page)
            fflush(nil)
            try await Task.sleep(for: Self.interval)
        }
    }

    /// A daemon that is being started anew is something to watch, too.
    private func currentPage(_ client: DaemonClient) async throws -> String {
        do { return try await page(client) } catch let error as DaemonError where !json {
            return error.description
        }
    }

    private func page(_ client: DaemonClient) async throws -> String {
        let status = try await client.call(GantryMethods.getNodeStatus, GetNodeStatusRequest())
        return json ? try text(status) : StatusPage(status, now: Self.now()).text
    }

    private func text(_ status: GetNodeStatusResponse) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if !watch { encoder.outputFormatting.insert(.prettyPrinted) }
        return String(decoding: try encoder.encode(status.json()), as: UTF8.self)
    }

    private static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

/// A page that takes the place of the one before it on a terminal (ECMA-48: CUP, EL, ED).
enum Screen {
    static func text(_ page: String) -> String {
        "\u{1b}[H" + page.replacing("\n", by: "\u{1b}[K\n") + "\u{1b}[K\u{1b}[J"
    }
}
