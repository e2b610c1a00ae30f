import Foundation
import Glibc
import Kernel
import Model
import Protobuf
import Synchronization
import System
import TTRPC
import Testing

@testable import Shim

/// Tasks of a shim over a socket.
@Suite struct TaskTests {
    @Test(arguments: [2, 3]) func aTasksLife(_ version: Int) async throws {
        let asked = try await withShim(version: version) { client, shim in
            let streams = TaskStreams(stdout: "/o", stderr: "/e")
            #expect(
                try await client.create(
                    "a", bundle: "/b", root: [RootMount(type: "overlay")], streams) == 42)
            #expect(try await client.start("a") == 43)
            try await client.kill("a", signal: 15)
            #expect(try await client.wait("a") == TaskEnd(code: 137, at: 5_000_000_006))
            #expect(try await client.delete("a").code == 137)
            return shim.asked.withLock { $0 }
        }
        #expect(
            asked.map { $0.split(separator: " ")[0] } == [
                "Create", "Start", "Kill", "Wait", "Delete",
            ])
        #expect(asked[0].contains("stdout: \"/o\"") && asked[0].contains("overlay"))
        #expect(asked[2].contains("signal: 15"))
    }

    @Test func aProcessThatIsAdded() async throws {
        let asked = try await withShim { client, shim in
            try await client.addProcess("x", to: "a", Array("{}".utf8), TaskStreams(terminal: true))
            try await client.start("a", exec: "x")
            return shim.asked.withLock { $0 }
        }
        #expect(asked[0].contains("runtime-spec/1/Process"))
        #expect(asked[1].contains("execId: \"x\""))
    }

    @Test func aCheckpointLeavesTheTaskRunning() async throws {
        let options = ShimProgram.checkpointOptions(work: "/w")
        let asked = try await withShim { client, shim in
            try await client.checkpoint("a", path: "/i", options: options, within: .seconds(60))
            return shim.asked.withLock { $0 }
        }
        #expect(asked[0].contains("path: \"/i\"") && asked[0].contains("CheckpointOptions"))
        let read: RuncCheckpointOptions = try Codec.decode(options.value)
        #expect(read == RuncCheckpointOptions(fileLocks: true, workPath: "/w"))
    }

    @Test func failuresAreTheShimsOwn() async throws {
        try await withShim { client, _ in
            let none = await #expect(throws: GantryError.self) {
                try await client.create("none", bundle: "/b", TaskStreams())
            }
            #expect(none?.code == .notFound)
            let huge = await #expect(throws: GantryError.self) {
                try await client.create("huge", bundle: "/b", TaskStreams())
            }
            #expect(huge?.description.contains("4294967295") == true)
            let unknown = await #expect(throws: GantryError.self) { try await client.pause("a") }
            #expect(unknown?.code == .unimplemented)
        }
    }

    /// Who waits for a task of a shim that dies learns that, and so does who asks afterwards.
    @Test func aShimThatDies() async throws {
        try await withShim { client, shim in
            let waiting = Task { try await client.wait("long") }
            while shim.asked.withLock({ $0.isEmpty }) { await Task.yield() }
            shim.die()
            let first = await #expect(throws: GantryError.self) { try await waiting.value }
            let second = await #expect(throws: GantryError.self) { try await client.state("a") }
            #expect(first?.code == .unavailable && second?.code == .unavailable)
        }
    }

    @Test func nobodyListens() async throws {
        let bootstrap = try Bootstrap(answer: Array("/tmp/no/such.sock".utf8))
        #expect(try await TaskClient.connect(bootstrap) == nil)
    }

    @Test func aShimThatEndsAtShutdown() async throws {
        _ = try await withShim { client, _ in try await client.shutDown("a") }
    }

    /// The program gets what it needs to start a shim, in its bundle, and its answer is read.
    @Test func aProgramStartsAndDeletes() async throws {
        let directory = "/tmp/gantry-shim-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let path = "\(directory)/shim"
        try """
        #!/bin/sh
        pwd > \(directory)/seen; echo "$*" >> \(directory)/seen; echo $TTRPC_ADDRESS >> \(directory)/seen
        case "$*" in
        *start) cat > \(directory)/input; echo '{"version":3,"address":"unix:///s","protocol":"ttrpc"}' ;;
        *) printf '\\020\\211\\001' ;;
        esac
        """.write(toFile: path, atomically: true, encoding: .utf8)
        chmod(path, 0o755)
        let program = ShimProgram(path: path, eventSocket: "/e.sock", socketDirectory: "/run/s")
        let bootstrap = try await program.start(
            "pod", bundle: directory, options: ShimProgram.options(file: "/kata.toml"))
        #expect(bootstrap.version == 3 && bootstrap.socket == "/s")
        let parameters: BootstrapParams = try Codec.decode(try Files.read("\(directory)/input"))
        #expect(parameters.instanceId == "pod" && parameters.namespace == "k8s.io")
        let options = try #require(parameters.extensions.first?.value)
        #expect(options.typeUrl == "runtimeoptions.v1.Options")
        let seen = try Files.readText("\(directory)/seen").split(separator: "\n")
        #expect(seen[0] == directory && seen[1].hasSuffix("-id pod start") && seen[2] == "/e.sock")
        #expect(Files.exists("\(directory)/log"))
        #expect(try await program.delete("pod", bundle: directory) == TaskEnd(code: 137, at: 0))
    }
}
