import Kernel
import Model
import Testing

@testable import Network
import struct Network.Attachment

@Suite struct RemoveTests {
    let node: FakeNode

    init() throws { node = try FakeNode() }

    private func added(_ attachment: Attachment = .sample()) async throws -> NetworkResult {
        try node.configure(["one", "two"])
        let result = try await node.plugins().add(attachment)
        try node.forgetCalls()
        return result
    }

    private func install() throws {
        try node.install("one")
        try node.install("two")
    }

    @Test func pluginsRunInReverseWithTheFinalResultAndTheConfigurationOfAdd() async throws {
        try install()
        let result = try await added()
        try node.configure("10-test.conflist", "{}")
        // Another process, after a restart, with a configuration that is broken by now.
        try await node.plugins().remove(.sample())
        #expect(node.calls == ["two.DEL", "one.DEL"])
        for call in node.calls {
            let request = try node.request(call)
            #expect(request["prevResult"] == result.raw)
            #expect(request["name"]?.string == "test")
            #expect(try node.environment(call)["CNI_NETNS"] == "/proc/self/ns/net")
        }
        #expect(try node.environment("one.DEL")["CNI_ARGS"]?.contains("K8S_POD_NAME=web") == true)
        #expect(node.recorded.isEmpty)
    }

    @Test func removingAgainOrWhatNeverWasDoesNothing() async throws {
        try install()
        _ = try await added()
        let plugins = node.plugins()
        try await plugins.remove(.sample())
        try node.forgetCalls()
        try await plugins.remove(.sample())
        try await plugins.remove(.sample("other"))
        #expect(node.calls.isEmpty)
    }

    /// What is left stays recorded, and is taken back once the plugin is there again.
    @Test func aPluginThatIsGoneIsInNobodysWay() async throws {
        try install()
        _ = try await added()
        let path = "\(node.directory)/bin/two"
        try Files.move(path, to: "\(path).gone")
        let error = await #expect(throws: NotInstalled.self) {
            try await node.plugins().remove(.sample())
        }
        #expect(error?.description.contains("CNI plugin two is not in") == true)
        #expect(node.calls == ["one.DEL"])
        #expect(!node.recorded.isEmpty)
        try Files.move("\(path).gone", to: path)
        try node.forgetCalls()
        #expect(await node.plugins().collectGarbage(keeping: []).isEmpty)
        #expect(node.calls == ["two.DEL", "one.DEL"])
        #expect(node.recorded.isEmpty)
    }

    @Test func aNamespaceThatIsGoneIsNotPassed() async throws {
        try install()
        let gone = Attachment(.init("abc123"), namespacePath: "\(node.directory)/netns")
        _ = try await added(gone)
        // The file may still be there when the mount on it is not.
        try Files.replace(gone.namespacePath, with: [])
        try await node.plugins().remove(gone)
        #expect(try node.environment("one.DEL")["CNI_NETNS"] == "")
        #expect(node.recorded.isEmpty)
    }

    @Test func aFailureStopsAndKeepsTheRecord() async throws {
        try install()
        _ = try await added()
        try node.install("two", "DEL) \(FakeNode.failing(100, "busy"));;")
        let plugins = node.plugins()
        let error = await #expect(throws: GantryError.self) { try await plugins.remove(.sample()) }
        #expect(error?.plugin?.message == "busy")
        #expect(node.calls == ["two.DEL"])
        #expect(node.recorded == ["abc123:eth0.json"])
        try node.install("two")
        try await plugins.remove(.sample())
        #expect(node.recorded.isEmpty)
    }

    @Test func anUnknownContainerIsRemovedAlready() async throws {
        try install()
        _ = try await added()
        try node.install("two", "DEL) \(FakeNode.failing(3));;")
        try await node.plugins().remove(.sample())
        #expect(node.calls == ["two.DEL", "one.DEL"])
        #expect(node.recorded.isEmpty)
    }

    @Test func beforeVersion04NoResultIsPassed() async throws {
        try install()
        try node.configure(["one"], version: "0.3.1")
        let plugins = node.plugins()
        _ = try await plugins.add(.sample())
        try await plugins.remove(.sample())
        #expect(try node.request("one.DEL")["prevResult"] == nil)
    }

    @Test func aDamagedRecordIsMadeUpFor() async throws {
        try install()
        _ = try await added()
        try Files.replace("\(node.cache)/abc123:eth0.json", with: [])
        try await node.plugins().remove(.sample())
        #expect(node.calls == ["two.DEL", "one.DEL"])
        #expect(try node.environment("one.DEL")["CNI_CONTAINERID"] == "abc123")
        #expect(try node.environment("one.DEL")["CNI_ARGS"]?.contains("K8S_POD_NAME=web") == true)
        #expect(node.recorded.isEmpty)
    }
}

@Suite struct CheckTests {
    let node: FakeNode

    init() throws { node = try FakeNode() }

    private func checked(version: String = "1.0.0", extra: String = "") async throws {
        try node.configure(["one", "two"], version: version, extra: extra)
        try node.install("one")
        try node.install("two")
        let plugins = node.plugins()
        _ = try await plugins.add(.sample())
        try node.forgetCalls()
        try await plugins.check(.sample())
    }

    @Test func eachPluginChecksTheResult() async throws {
        try await checked()
        #expect(node.calls == ["one.CHECK", "two.CHECK"])
        #expect(try node.request("one.CHECK")["prevResult"]?["ips"] != nil)
    }

    @Test func aNetworkMayDisableIt() async throws {
        try await checked(extra: "\"disableCheck\": true,")
        #expect(node.calls.isEmpty)
    }

    @Test func itCameWithVersion04() async throws {
        try await checked(version: "0.3.1")
        #expect(node.calls.isEmpty)
    }

    @Test func aFailureIsTold() async throws {
        try await checked()
        try node.install("one", "CHECK) \(FakeNode.failing(100, "no route"));;")
        let plugins = node.plugins()
        let error = await #expect(throws: GantryError.self) { try await plugins.check(.sample()) }
        #expect(error?.plugin?.message == "no route")
    }

    @Test func aPodOnNoNetworkIsNotFound() async throws {
        let plugins = node.plugins()
        let error = await #expect(throws: GantryError.self) { try await plugins.check(.sample()) }
        #expect(error?.code == .notFound)
    }
}
