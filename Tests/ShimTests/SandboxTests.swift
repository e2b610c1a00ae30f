import Kernel
import Model
import Synchronization
import System
import Testing

@testable import Shim

/// The sandbox API of a shim over a socket.
@Suite struct SandboxTests {
    @Test func aSandboxesLife() async throws {
        let asked = try await withShim { client, shim in
            let sandbox = client.sandbox
            try await sandbox.create(
                "a", bundle: "/b", config: [1, 2], network: "/n", within: .seconds(60))
            #expect(try await sandbox.operatingSystem("a", within: .seconds(60)) == "linux")
            #expect(try await sandbox.start("a", within: .seconds(60)) == 44)
            try await sandbox.stop("a", within: .seconds(60))
            try await sandbox.shutDown("a", within: .seconds(60))
            return shim.asked.withLock { $0 }
        }
        #expect(
            asked.map { $0.split(separator: " ")[0] } == [
                "CreateSandbox", "Platform", "StartSandbox", "StopSandbox", "ShutdownSandbox",
            ])
        for words in ["/b", "/n", "runtime.v1.PodSandboxConfig", "[1, 2]", "rootfs: []"] {
            #expect(asked[0].contains(words), "\(words)")
        }
    }

    @Test func whatItSays() async throws {
        try await withShim { client, _ in
            let report = try await client.sandbox.status("a", verbose: true)
            #expect(report.pid == 44 && report.info == ["kernel": "6.1"] && !report.hasEnded)
            #expect(report.createdAt == 5_000_000_006 && report.exitedAt == 0)
            let other = try await client.sandbox.status("b")
            #expect(other.hasEnded && other.info.isEmpty)
            #expect(try await client.sandbox.usage("a")?.memory.usage == 7)
            #expect(try await client.sandbox.usage("b") == nil)
            #expect(try await client.sandbox.wait("a") == TaskEnd(code: 255, at: 0))
            #expect(try await client.sandbox.start("none", within: .seconds(60)) == nil)
        }
    }

    @Test func failuresAreTheShimsOwn() async throws {
        try await withShim { client, _ in
            let sandbox = client.sandbox
            func failure(_ body: () async throws -> Void) async -> GantryError? {
                await #expect(throws: GantryError.self) { try await body() }
            }
            let none = await failure {
                try await sandbox.create(
                    "none", bundle: "", config: [], network: "", within: .seconds(60))
            }
            #expect(none?.code == .unknown && none?.description.contains("no room") == true)
            #expect(none?.description.contains("CreateSandbox") == true)
            let huge = await failure { _ = try await sandbox.start("huge", within: .seconds(60)) }
            #expect(huge?.description.contains("4294967295") == true)
            let late = await failure { try await sandbox.stop("long", within: .milliseconds(50)) }
            #expect(late?.code == .deadlineExceeded)
            await #expect(throws: (any Error).self) {
                try await sandbox.create(
                    "nonsense", bundle: "", config: [], network: "", within: .seconds(60))
            }
        }
    }

    /// A method that is missing is no sandbox that is.
    @Test func whatIsMissing() async throws {
        try await withShim { client, _ in
            let method = await #expect(throws: GantryError.self) {
                try await client.sandbox.ping("a")
            }
            #expect(method?.code == .unimplemented)
            #expect(method?.description.contains("has no PingSandbox") == true)
            let sandbox = await #expect(throws: GantryError.self) {
                try await client.sandbox.ping("b")
            }
            #expect(sandbox?.code == .notFound)
            let service = await #expect(throws: GantryError.self) {
                let _: Nothing = try await client.call(
                    "no.Service", "Ping", Nothing(), within: .seconds(60))
            }
            #expect(service?.code == .unimplemented)
        }
    }
}
