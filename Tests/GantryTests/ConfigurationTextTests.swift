import Foundation
import Model
import OCI
import Service
import Testing

@testable import gantry

/// `gantry config`: what it prints can be read again, and is then the same.
struct ConfigurationTextTests {
    private static func read(_ text: String) throws -> Settings {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("gantry-\(UUID().uuidString).toml").path
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        defer { try? FileManager.default.removeItem(atPath: file) }
        return try Configuration.read([file]).settings
    }

    @Test func everyKeyIsReadAgain() throws {
        var settings = try Configuration.read([]).settings
        settings.defaultHandler = "a \"quoted\" \\ name\twith\u{1}controls\r\nand é"
        settings.defaultUlimits = ["nofile=1024:4096", "core=0"]
        settings.streamingPort = 0
        settings.metricsAddress = "[::1]:9"
        let again = try Self.read(ConfigurationText.effective(settings, []))
        for key in Configuration.keys {
            #expect(!key.value.differs(settings, again), "\(key.name)")
        }
    }

    /// With less, the process that handles images hangs before it can say so.
    @Test(arguments: ["1", "1000000", "134217727"])
    func tooLittleMemoryForImagesIsRefused(_ bytes: String) throws {
        let error = #expect(throws: GantryError.self) {
            _ = try Self.read("image_memory = \(bytes)\n")
        }
        #expect(error?.message.contains("image_memory") == true)
        #expect(error?.message.contains("at least 134217728") == true)
        #expect(try Self.read("image_memory = 134217728\n").imageMemory == 134_217_728)
    }

    @Test func everyKeyOfAHandlerIsReadAgain() throws {
        let handlers = [
            Handler(
                name: "runsc.v2", path: "/opt/a b/runsc", root: "/run/x", infra: true,
                extraArguments: ["--platform=ptrace", "--debug"],
                allowedAnnotations: ["dev.gvisor.*", "\"q\""]),
            Handler(name: "crun", path: "/usr/bin/crun", root: "/run/gantry/crun"),
        ]
        let text = ConfigurationText.effective(Settings(), handlers)
        #expect(try Self.read(text).handlers == handlers)
    }

    @Test func theDefaultsChangeNothing() throws {
        let text = ConfigurationText.defaults()
        #expect(text.split(separator: "\n").allSatisfy { $0.hasPrefix("#") })
        let again = try Self.read(text)
        #expect(again.handlers.isEmpty)
        for key in Configuration.keys where key.name != "program_dir" {
            #expect(!key.value.differs(Settings(), again), "\(key.name)")
        }
    }

    @Test func theDefaultsAreWhatTheySayWhenUncommented() throws {
        let lines = ConfigurationText.defaults().split(separator: "\n")
            .filter { !$0.hasPrefix("# ") }.map { $0.dropFirst() }
        let again = try Self.read(lines.joined(separator: "\n"))
        #expect(again.handlers.map(\.name) == ["crun"])
        for key in Configuration.keys {
            #expect(!key.value.differs(Settings(), again), "\(key.name)")
        }
    }

    @Test func theTableOfKeysHasEachKey() throws {
        let table = KeyTable()
        #expect(table.keys.map(\.name) == Configuration.keys.map(\.name))
        #expect(table.handlerKeys.map(\.name) == HandlerKey.all.map(\.name))
        #expect(Set(table.keys.map(\.name)).count == table.keys.count)
    }

    @Test(arguments: [
        "streaming_port = -1", "streaming_port = 65536", "runtime_limit = 0",
        "[runtimes.a]\npath = \"\"", "[runtimes.a]\npath = \"/a\"\nnone = 1",
        "[runtimes.a]\npath = \"/a\"\nsandboxer = \"shim\"",
        "[runtimes.a]\npath = \"/a\"\ntype = \"shim\"\nsandboxer = \"\"",
    ])
    func badValuesAreRefused(text: String) {
        #expect(throws: (any Error).self) { try Self.read(text) }
    }
}
