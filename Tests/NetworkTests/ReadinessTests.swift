import Kernel
import Model
import Testing

@testable import Network

@Suite struct ReadinessTests {
    let node: FakeNode

    init() throws { node = try FakeNode() }

    private func expectNotReady(
        _ plugins: NetworkPlugins, _ reason: String, _ text: String,
        _ location: SourceLocation = #_sourceLocation
    ) async {
        guard case .notReady(let actual, let message) = await plugins.readiness() else {
            Issue.record("it is ready", sourceLocation: location)
            return
        }
        #expect(actual == reason, sourceLocation: location)
        #expect(message.contains(text), "\(message)", sourceLocation: location)
    }

    @Test func changesCountAtOnce() async throws {
        let plugins = node.plugins()
        let directories = "\(node.directory)/absent, \(node.directory)/net.d"
        await expectNotReady(plugins, "NoNetworkConfiguration", directories)
        try node.configure(["one"])
        await expectNotReady(plugins, "NetworkPluginMissing", "CNI plugin one is not in")
        try node.install("one")
        #expect(await plugins.readiness() == .ready)
        try node.configure("10-test.conflist", "{")
        await expectNotReady(
            plugins, "InvalidNetworkConfiguration", "10-test.conflist: it is no JSON object")
        try Files.remove("\(node.directory)/net.d/10-test.conflist")
        await expectNotReady(plugins, "NoNetworkConfiguration", directories)
    }

    @Test(arguments: [
        ("[]", "it is no JSON object"),
        (#"{"type": "one"}"#, "no valid \"name\""),
        (#"{"name": "-a", "type": "one"}"#, "no valid \"name\""),
        (#"{"name": "a"}"#, "no \"type\""),
        (#"{"name": "a", "plugins": []}"#, "list of plugins is empty"),
        (#"{"name": "a", "plugins": [{"type": "../one"}]}"#, "is no file name"),
        (#"{"name": "a", "cniVersion": "9.9.9", "type": "one"}"#, "9.9.9, which Gantry does not"),
    ])
    func invalidFilesSayWhy(_ text: String, _ why: String) async throws {
        try node.configure("a.conf", text)
        await expectNotReady(node.plugins(), "InvalidNetworkConfiguration", why)
    }

    @Test func theFirstValidFileByNameCounts() async throws {
        try node.install("one")
        try node.configure("00-readme.txt", "{}")
        try node.configure("05-broken.conf", "{")
        try node.configure("10-b.json", #"{"name": "b", "type": "one", "cniVersion": "1.0.0"}"#)
        try node.configure("20-c.conflist", #"{"name": "c", "plugins": [{"type": "one"}]}"#)
        let plugins = node.plugins()
        #expect(await plugins.readiness() == .ready)
        let information = await plugins.information()
        #expect(information["name"]?.string == "b")
        #expect(information["cniVersion"]?.string == "1.0.0")
        let skipped = information["skipped"]?.array?.compactMap(\.string)
        #expect(skipped == ["\(node.directory)/net.d/05-broken.conf: it is no JSON object"])
    }

    @Test func theNewestCommonVersionIsSpoken() async throws {
        try node.install("one", versions: ["0.4.0", "1.0.0", "1.1.0"])
        try node.install("two", versions: ["0.3.1", "0.4.0", "1.0.0"])
        try node.configure(
            ["one", "two"], version: "0.4.0", extra: #""cniVersions": ["1.0.0", "1.1.0", "2.0.0"],"#
        )
        let plugins = node.plugins()
        _ = try await plugins.add(.sample())
        #expect(try node.request("one.ADD")["cniVersion"]?.string == "1.0.0")
        // An upgrade of the plugin counts at once.
        try node.install("two", versions: ["1.1.0"])
        _ = try await plugins.add(.sample("other"))
        #expect(try node.request("one.ADD")["cniVersion"]?.string == "1.1.0")
    }

    @Test func versionsWithoutACommonOneSaySo() async throws {
        try node.install("one", versions: ["0.3.1", "0.4.0"])
        try node.configure(["one"], version: "1.1.0")
        await expectNotReady(
            node.plugins(), "NetworkPluginIncompatible", "one supports versions 0.3.1, 0.4.0; ")
    }

    @Test func aPluginWithoutVersionIsTakenAtItsConfigurationsWord() async throws {
        try node.install("one", "VERSION) exit 1;; ADD) \(FakeNode.printing(FakeNode.result));;")
        try node.configure(["one"])
        let plugins = node.plugins()
        #expect(await plugins.readiness() == .ready)
        #expect(try await plugins.add(.sample()).ips == ["10.1.0.5"])
    }

    @Test func statusIsAskedFrom11On() async throws {
        try node.install("one", "STATUS) \(FakeNode.failing(50, "agent is down"));;")
        try node.configure(["one"], version: "1.0.0")
        #expect(await node.plugins().readiness() == .ready)
        try node.configure(["one"], version: "1.1.0")
        await expectNotReady(node.plugins(), "NetworkPluginNotReady", "one: agent is down")
        #expect(try node.request("one.STATUS")["cniVersion"]?.string == "1.1.0")
        #expect(try node.environment("one.STATUS")["CNI_CONTAINERID"] == nil)
        try node.install("one")
        #expect(await node.plugins().readiness() == .ready)
    }
}
