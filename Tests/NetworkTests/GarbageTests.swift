import Kernel
import Model
import Testing

@testable import Network

@Suite struct GarbageTests {
    let node: FakeNode

    init() throws { node = try FakeNode() }

    private func add(_ ids: [String], version: String, extra: String = "") async throws {
        try node.install("one")
        try node.configure(["one"], version: version, extra: extra)
        let plugins = node.plugins()
        for id in ids { _ = try await plugins.add(.sample(id)) }
        try node.forgetCalls()
    }

    @Test func whatIsNotKeptIsDeleted() async throws {
        try await add(["a", "b", "c"], version: "1.0.0")
        #expect(await node.plugins().collectGarbage(keeping: [.init("b")]).isEmpty)
        #expect(node.calls == ["one.DEL", "one.DEL"])
        #expect(node.recorded == ["b:eth0.json"])
    }

    @Test func pluginsOf11AreToldWhatIsValid() async throws {
        try await add(["a", "b"], version: "1.1.0")
        #expect(await node.plugins().collectGarbage(keeping: [.init("b")]).isEmpty)
        #expect(node.calls == ["one.DEL", "one.GC"])
        let request = try node.request("one.GC")
        let valid: JSONValue = [["containerID": "b", "ifname": "eth0"]]
        #expect(request["cni.dev/valid-attachments"] == valid)
        #expect(request["cni.dev/attachments"] == valid)
        #expect(try node.environment("one.GC")["CNI_CONTAINERID"] == nil)
    }

    @Test func aNetworkMayDisableIt() async throws {
        try await add(["a"], version: "1.1.0", extra: "\"disableGC\": true,")
        #expect(await node.plugins().collectGarbage(keeping: []).isEmpty)
        #expect(node.calls == ["one.DEL"])
    }

    @Test func whatThisProcessAddedIsKeptAnyway() async throws {
        try await add([], version: "1.1.0")
        let plugins = node.plugins()
        _ = try await plugins.add(.sample("late"))
        #expect(await plugins.collectGarbage(keeping: []).isEmpty)
        #expect(node.calls == ["one.ADD", "one.GC"])
        #expect(
            try node.request("one.GC")["cni.dev/valid-attachments"]
                == [["containerID": "late", "ifname": "eth0"]])
        #expect(node.recorded == ["late:eth0.json"])
    }

    @Test func aFailureKeepsNobodyElse() async throws {
        try await add(["a", "b"], version: "1.1.0")
        try node.install(
            "one", "DEL) if [ $CNI_CONTAINERID = a ]; then \(FakeNode.failing(100)); fi;;")
        let failures = await node.plugins().collectGarbage(keeping: [])
        #expect(failures.count == 1)
        #expect(node.recorded == ["a:eth0.json"])
        #expect(node.calls.last == "one.GC")
    }

    @Test func aCrashInTheMiddleOfAddIsUndone() async throws {
        try node.install("one")
        try node.configure(["one"])
        let source = NetworkSource(
            directories: ["\(node.directory)/net.d"],
            plugins: Plugins(directories: ["\(node.directory)/bin"], limit: .seconds(20)))
        let network = try await source.current()
        try await RecordStore(directory: node.cache).save(AttachmentRecord(.sample(), network))
        // And one whose content a power loss took, and one that was not written to its end.
        try Files.replace("\(node.cache)/lost:eth0.json", with: [])
        try Files.replace("\(node.cache)/x:eth0.json.7.tmp", with: [])
        #expect(await node.plugins().collectGarbage(keeping: []).isEmpty)
        #expect(node.calls == ["one.DEL", "one.DEL"])
        #expect(try node.request("one.DEL")["prevResult"] == nil)
        #expect(node.recorded.isEmpty)
    }
}
