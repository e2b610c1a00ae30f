import Foundation
import Kernel
import Model

@testable import Network

/// A directory with configuration and plugins: shell scripts that record how they were called.
final class FakeNode: Sendable {
    let directory: String

    init() throws {
        directory =
            FileManager.default.temporaryDirectory
            .appendingPathComponent("gantry-network-\(UUID().uuidString)").path
        for name in ["net.d", "bin", "calls"] { try Files.makeDirectories("\(directory)/\(name)") }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: directory)
    }

    var cache: String { "\(directory)/cache" }

    func plugins(limit: Duration = .seconds(20)) -> NetworkPlugins {
        NetworkPlugins(
            configurationDirectories: ["\(directory)/absent", "\(directory)/net.d"],
            pluginDirectories: ["\(directory)/absent", "\(directory)/bin"],
            cacheDirectory: cache, limit: limit)
    }

    func configure(_ name: String, _ text: String) throws {
        try Files.replace("\(directory)/net.d/\(name)", with: Array(text.utf8))
    }

    /// A list of plugins that are only named.
    func configure(_ types: [String], version: String = "1.0.0", extra: String = "") throws {
        let entries = types.map { "{\"type\": \"\($0)\"}" }.joined(separator: ",")
        try configure(
            "10-test.conflist",
            """
            {"cniVersion": "\(version)", "name": "test", \(extra) "plugins": [\(entries)]}
            """)
    }

    /// Installs a plugin that answers VERSION with `versions`, and the rest as `cases` says, which
    /// are branches of the shell's `case $CNI_COMMAND in`; what it does not mention succeeds.
    func install(
        _ type: String, versions: [String] = SpecVersion.allCases.map(\.rawValue),
        _ cases: String = "ADD) \(FakeNode.printing(FakeNode.result));;"
    ) throws {
        let list = versions.map { "\"\($0)\"" }.joined(separator: ",")
        let script = """
            #!/bin/sh
            cd \(directory)/calls
            echo \(type).$CNI_COMMAND >> order
            env > \(type).$CNI_COMMAND.env
            cat > \(type).$CNI_COMMAND.json
            case $CNI_COMMAND in
            \(cases)
            VERSION) echo '{"cniVersion": "1.0.0", "supportedVersions": [\(list)]}';;
            esac

            """
        let path = "\(directory)/bin/\(type)"
        try Files.replace(path, with: Array(script.utf8), mode: 0o755)
    }

    static let result = """
        {"cniVersion": "1.0.0", "interfaces": [{"name": "cni0"},
         {"name": "eth0", "sandbox": "/run/netns/x"}],
         "ips": [{"address": "10.1.0.5/16", "gateway": "10.1.0.1", "interface": 1}]}
        """

    static func printing(_ text: String) -> String { "echo '\(text)'" }

    static func failing(_ code: Int, _ message: String = "no more addresses") -> String {
        printing("{\"code\": \(code), \"msg\": \"\(message)\", \"details\": \"of 10.1.0.0/16\"}")
            + "; exit 1"
    }
}

/// What the plugins saw.
extension FakeNode {
    func request(_ call: String) throws -> JSONValue {
        try JSONValue(parsing: try Files.read("\(directory)/calls/\(call).json"))
    }

    func environment(_ call: String) throws -> [String: String] {
        let lines = try Files.readText("\(directory)/calls/\(call).env").split(separator: "\n")
        let pairs = lines.map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
        return Dictionary(uniqueKeysWithValues: pairs.map { ($0[0], $0.count > 1 ? $0[1] : "") })
    }

    /// The calls in order, but for VERSION.
    var calls: [String] {
        let lines = (try? Files.readText("\(directory)/calls/order")) ?? ""
        return lines.split(separator: "\n").map(String.init).filter { !$0.hasSuffix("VERSION") }
    }

    func forgetCalls() throws { try Files.remove("\(directory)/calls/order") }

    var recorded: [String] { (try? Files.list(cache)) ?? [] }
}

extension Attachment {
    /// On the namespace of the tests themselves, which no script touches.
    static func sample(_ id: String = "abc123") -> Attachment {
        var attachment = Attachment(ID(id), namespacePath: "/proc/self/ns/net")
        attachment.podName = "web"
        attachment.podNamespace = "default"
        attachment.podUid = "u-1"
        return attachment
    }
}

extension GantryError {
    var plugin: PluginError? { cause as? PluginError }
}
