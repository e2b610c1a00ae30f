import Glibc
import Kernel
import Model
import System
import Testing

@testable import Network
import struct Network.Attachment

/// Plugins that fail at ADD: a clear error, and nothing left.
@Suite struct FailureTests {
    let node: FakeNode

    init() throws { node = try FakeNode() }

    private func failure(
        _ cases: String, limit: Duration = .seconds(20)
    ) async throws -> GantryError? {
        try node.install("one")
        try node.install("two", cases)
        try node.configure(["one", "two"])
        let plugins = node.plugins(limit: limit)
        return await #expect(throws: GantryError.self) { _ = try await plugins.add(.sample()) }
    }

    private func expectUndone() {
        #expect(node.calls == ["one.ADD", "two.ADD", "two.DEL", "one.DEL"])
        #expect(node.recorded.isEmpty)
    }

    @Test func thePluginsOwnErrorIsKept() async throws {
        let error = try await failure("ADD) \(FakeNode.failing(7));;")
        #expect(error?.code == .failedPrecondition)
        #expect(error?.plugin?.code == 7)
        #expect(
            error.map { "\($0)" } == "add sandbox abc123 to network test: two: no more addresses "
                + "(of 10.1.0.0/16) [CNI error 7]")
        expectUndone()
    }

    @Test func tryAgainLaterIsUnavailable() async throws {
        #expect(try await failure("ADD) \(FakeNode.failing(11));;")?.code == .unavailable)
    }

    @Test func anExitWithoutAnErrorShowsWhatWasPrinted() async throws {
        let error = try await failure("ADD) echo panic: nil map >&2; exit 3;;")
        #expect(error?.plugin?.code == nil)
        #expect(error?.plugin?.message == "exited with status 3 and no CNI error")
        #expect(error?.plugin?.details == "panic: nil map")
        expectUndone()
    }

    @Test(arguments: ["echo hello", "true", "echo '[1]'", "echo '{} {}'"])
    func whatIsNoResultIsRefused(_ body: String) async throws {
        let error = try await failure("ADD) \(body);;")
        #expect(error?.plugin?.message == "printed what is no CNI result")
        expectUndone()
    }

    @Test(arguments: [
        (#"{"cniVersion": "1.0.0"}"#, "gave the pod no address"),
        (#"{"cniVersion": "1.0.0", "ips": [{"address": "ten/8"}]}"#, "\"ten/8\" in the result"),
    ])
    func aResultWithoutAnAddressIsRefused(_ text: String, _ message: String) async throws {
        let error = try await failure("ADD) \(FakeNode.printing(text));;")
        #expect(error.map { "\($0)".contains(message) } == true)
        expectUndone()
    }

    @Test func aPluginThatHangsIsKilledWithItsChildren() async throws {
        let hang = "ADD) sleep 1000 & echo $! > child; wait;;"
        let error = try await failure(hang, limit: .seconds(2))
        #expect(error?.code == .deadlineExceeded)
        #expect(error.map { "\($0)".contains("two took longer than") } == true)
        expectUndone()
        let child = try Files.readText("\(node.directory)/calls/child").dropLast()
        // Dead, though whoever inherited it may not have reaped it yet.
        let state = try? Files.readText("/proc/\(child)/stat").split(separator: " ")[2]
        #expect(state == nil || state == "Z")
    }

    @Test func aPluginThatVanishedIsNamed() async throws {
        let error = try await failure("ADD) rm ../bin/two; exit 1;;")
        #expect(error?.message.contains("undoing it failed too") == true)
        #expect(error?.message.contains("CNI plugin two is not in") == true)
        #expect(node.recorded == ["abc123:eth0.json"])
    }

    @Test func aFileThatIsNoProgramIsNamed() async throws {
        try node.install("one")
        try node.configure(["one"])
        let path = "\(node.directory)/bin/one"
        try Files.replace(path, with: [1, 2, 3], mode: 0o755)
        let plugins = node.plugins()
        let error = await #expect(throws: GantryError.self) { _ = try await plugins.add(.sample()) }
        #expect(error.map { "\($0)".contains(path) } == true)
    }

    @Test func anUndoThatFailsIsDoneAtRemove() async throws {
        let error = try await failure("ADD) exit 1;; DEL) \(FakeNode.failing(100, "busy"));;")
        #expect(error?.message.contains("undoing it failed too") == true)
        #expect(node.recorded == ["abc123:eth0.json"])
        try node.install("two")
        try await node.plugins().remove(.sample())
        #expect(node.recorded.isEmpty)
    }

    @Test func aCancelledAddIsLeftForRemove() async throws {
        try node.install("one", "ADD) echo > started; sleep 1000;;")
        try node.configure(["one"])
        let started = "\(node.directory)/calls/started"
        try #require(mkfifo(started, 0o600) == 0)
        let plugins = node.plugins()
        let adding = Task { try await plugins.add(.sample()) }
        // Opening the FIFO waits for the plugin.
        _ = try await Blocking.run { try Files.readText(started) }
        adding.cancel()
        let error = await #expect(throws: GantryError.self) { _ = try await adding.value }
        #expect(error?.code == .cancelled)
        #expect(node.recorded == ["abc123:eth0.json"])
        try await plugins.remove(.sample())
        #expect(node.calls.last == "one.DEL")
        #expect(node.recorded.isEmpty)
    }

    @Test func badArgumentsAreRefusedBeforeAnyPluginRuns() async throws {
        try node.install("one")
        try node.configure(["one"])
        var port = Attachment.sample()
        port.portMappings = [PortMapping(containerPort: 70000, hostPort: 1)]
        var name = Attachment.sample()
        name.podName = "web;IP=10.0.0.1"
        let interface = Attachment(.init("a", interface: "eth0/x"), namespacePath: "")
        let plugins = node.plugins()
        for bad in [port, name, interface, .sample("-x"), .sample(""), .sample("../x")] {
            let error = await #expect(throws: GantryError.self) { _ = try await plugins.add(bad) }
            #expect(error?.code == .invalidArgument)
        }
        #expect(node.calls.isEmpty)
        #expect(node.recorded.isEmpty)
    }

    @Test func withoutANetworkThereIsNoAdd() async throws {
        let plugins = node.plugins()
        let error = await #expect(throws: GantryError.self) { _ = try await plugins.add(.sample()) }
        #expect(error?.code == .unavailable)
    }
}
