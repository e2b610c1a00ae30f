import CLinux
import Glibc
import Kernel
import Model
import MonitorProtocol
import OCI
import System
import Testing

@Suite struct SupervisorTests {
    @Test func exitCodesAndSignalsAreRecordedAndTold() async throws {
        try await withPod { pod in
            try await pod.run("code", "exit 7")
            let code = try await pod.exit(of: "code")
            #expect(code.code == 7 && !code.outOfMemory)
            try await pod.run("signal", "kill -9 $$")
            let signal = try await pod.exit(of: "signal")
            #expect(signal.code == 137 && signal.finishedAt > code.finishedAt)
            #expect(try await Monitor.exitRecord(at: pod.recordPath("code")) == code)
            #expect(try await Monitor.exitRecord(at: pod.recordPath("signal")) == signal)
            let known = try await pod.monitor.containers()
            #expect(Set(known.map(\.exit)) == [code, signal])
        }
    }

    @Test func anInitThatEndsAtOnceIsNotMissed() async throws {
        try await withPod { pod in
            for index in 0..<20 {
                var request = pod.request("c\(index)", "")
                request.program = "/bin/sh"
                let file = request.pidFile
                let script =
                    "(sh -c 'echo $$ > \(file); exit \(index)' &); until [ -s \(file) ]; do :; done"
                request.arguments = ["-c", script]
                let pid = try await pod.monitor.create(request)
                #expect(pid > 1)
                #expect(try await pod.exit(of: "c\(index)").code == Int32(index))
            }
        }
    }

    @Test func orphansAreReapedAndNeverTakenForTheInit() async throws {
        try await withPod { pod in
            let script = "for i in 1 2 3; do (sh -c 'exit 3' & ) ; done; sleep 0.1; exit 5"
            try await pod.run("c", script)
            #expect(try await pod.exit(of: "c").code == 5)
            let monitor = try pod.monitorPID()
            try await eventually("no zombie is left") {
                try Files.readText("/proc/\(monitor)/task/\(monitor)/children").isEmpty
            }
        }
    }

    @Test func aFailingRuntimeIsQuoted() async throws {
        try await withPod { pod in
            var request = pod.request("c", "")
            request.program = "/bin/sh"
            request.arguments = ["-c", "echo 'no such bundle' >&2; exit 1"]
            await #expect { try await pod.monitor.create(request) } throws: { error in
                "\(error)".contains("no such bundle")
            }
            request.arguments = ["-c", "exit 0"]
            await #expect { try await pod.monitor.create(request) } throws: { error in
                "\(error)".contains("holds no process ID")
            }
            request.arguments = ["-c", "echo garbage > \(request.pidFile)"]
            await #expect(throws: GantryError.self) { try await pod.monitor.create(request) }
            request.arguments = ["-c", "echo 1 > \(request.pidFile)"]
            await #expect(throws: GantryError.self) { try await pod.monitor.create(request) }
            request.arguments = ["-c", "echo 2 > \(request.pidFile)"]
            await #expect { try await pod.monitor.create(request) } throws: { error in
                "\(error)".contains("process 2")
            }
            request.arguments = ["-c", "head -c 1000000 /dev/zero >&2; kill -9 $$"]
            await #expect(throws: GantryError.self) { try await pod.monitor.create(request) }
            request.program = "/no/such/runtime"
            await #expect { try await pod.monitor.create(request) } throws: { error in
                "\(error)".contains("/no/such/runtime")
            }
            try await #expect(pod.monitor.containers().isEmpty)
            try await pod.run("c", "exit 0")
            #expect(try await pod.exit(of: "c").code == 0)
        }
    }

    @Test func aRuntimeThatHangsHoldsNobodyAndIsKilledWhenItsCallerGivesUp() async throws {
        try await withPod { pod in
            var request = pod.request("hung", "")
            request.program = "/bin/sh"
            let begun = "\(pod.directory)/begun"
            request.arguments = ["-c", "touch \(begun); exec sleep 1000"]
            try await withThrowingTaskGroup { [request] group in
                defer { group.cancelAll() }
                group.addTask { _ = try await pod.monitor.create(request) }
                try await eventually("the runtime runs") { Files.exists(begun) }
                try await pod.run("c", "echo hello")
                #expect(try await pod.exit(of: "c").code == 0)
                group.cancelAll()
                await #expect { try await group.next() } throws: { "\($0)".contains("code 137") }
            }
            #expect(try await pod.monitor.containers().map(\.container) == ["c"])
        }
    }

    @Test func manyContainersAtOnce() async throws {
        try await withPod { pod in
            let ids = (0..<100).map { "c\($0)" }
            for id in ids { try await pod.run(id, "echo \(id); exit \(id.dropFirst())") }
            let monitor = pod.monitor
            try await eventually("all have exited") {
                try await monitor.containers().allSatisfy { $0.exit != nil }
            }
            let found = try await monitor.containers()
            #expect(Set(found.map(\.container)) == Set(ids))
            for container in found {
                #expect(container.exit?.code == Int32(container.container.dropFirst()))
            }
            for id in ids {
                #expect(try pod.log("\(id).log").map(\.text) == [id])
                try await monitor.forgetExited(id)
                #expect(!Files.exists(pod.recordPath(id)))
            }
            #expect(try await monitor.containers().isEmpty)
        }
    }

    @Test func aConnectionThatDiesIsNothing() async throws {
        try await withPod { pod in
            mkfifo("\(pod.directory)/go", 0o600)
            try await pod.run("c", "echo before; read go < \(pod.directory)/go; echo after; exit 9")
            pod.monitor.disconnect()
            for await _ in pod.monitor.exits {}
            await #expect(throws: GantryError.self) { try await pod.monitor.containers() }
            let second = try #require(try await Monitor.connect(directory: "\(pod.directory)/pod"))
            try await withThrowingTaskGroup { group in
                group.addTask { await second.run() }
                #expect(try await second.containers().map(\.exit) == [nil])
                try Files.write("go\n", to: "\(pod.directory)/go")
                #expect(try await pod.exit(of: "c", toldBy: second).code == 9)
                #expect(try pod.log("c.log").map(\.text) == ["before", "after"])
                second.disconnect()
                try await group.waitForAll()
            }
        }
    }

    @Test func theDeathOfTheMonitorEndsTheExitsAndTheRequests() async throws {
        try await withPod { pod in
            let pid = try await pod.run("c", "exec sleep 1000")
            let process = try #require(PidDescriptor(try pod.monitorPID()))
            kill(try pod.monitorPID(), SIGKILL)
            for await _ in pod.monitor.exits {}
            await #expect { try await pod.monitor.containers() } throws: {
                ($0 as? GantryError)?.code == .unavailable
            }
            // The kernel closes its sockets one after the other.
            try await process.exit()
            let gone = try await Monitor.connect(directory: "\(pod.directory)/pod")
            #expect(gone == nil)
            kill(pid, SIGKILL)
        }
    }

    @Test func unknownContainersAndLivingOnesAreRefused() async throws {
        try await withPod { pod in
            await #expect { try await pod.monitor.reopenLog(of: "x") } throws: {
                "\($0)".contains("no container x")
            }
            try await pod.run("c", "exec sleep 1000")
            await #expect { try await pod.monitor.forgetExited("c") } throws: {
                "\($0)".contains("lives")
            }
            await #expect { try await pod.run("c", "") } throws: {
                "\($0)".contains("there already")
            }
            await #expect { try await pod.monitor.shutdown() } throws: { "\($0)".contains("live") }
            #expect(try await pod.monitor.containers().count == 1)
        }
    }

    @Test func shutdownEndsTheProcess() async throws {
        try await withPod { pod in
            let pid = try await pod.run("c", "exec sleep 1000")
            kill(pid, SIGTERM)
            #expect(try await pod.exit(of: "c").code == 128 + SIGTERM)
            try await pod.monitor.shutdown()
            for await _ in pod.monitor.exits {}
            let gone = try await Monitor.connect(directory: "\(pod.directory)/pod")
            #expect(gone == nil)
        }
    }

    @Test func sigtermIsObeyedOnceNoContainerLives() async throws {
        try await withPod { pod in
            mkfifo("\(pod.directory)/go", 0o600)
            try await pod.run("c", "read go < \(pod.directory)/go; exit 4")
            kill(try pod.monitorPID(), SIGTERM)
            #expect(try await pod.monitor.containers().map(\.exit) == [nil])
            try Files.write("go\n", to: "\(pod.directory)/go")
            for await exit in pod.monitor.exits { #expect(exit.code == 4) }
            #expect(try await Monitor.exitRecord(at: pod.recordPath("c"))?.code == 4)
        }
    }

    @Test func anUnknownRequestIsAnsweredAndGarbageEndsTheConnection() async throws {
        try await withPod { pod in
            let path = "\(pod.directory)/pod/monitor.sock"
            let socket = Descriptor(
                owning: try syscall("connect") { gantry_unix_connect(path, 0) })
            var fields = FieldWriter()
            for text in ["1", "teleport", "78"] { fields.put(text) }
            let (serial, reply) = try Reply.decode(try await exchange(fields.bytes, socket.raw))
            #expect(serial == 78)
            guard case .failed(let reason) = reply else { throw GantryError(.internal, "\(reply)") }
            #expect(reason.contains("the request teleport is unknown"))
            #expect(try await exchange(Array("garbage".utf8), socket.raw).isEmpty)
            try await #expect(pod.monitor.containers().isEmpty)
        }
    }

    private func exchange(_ packet: [UInt8], _ socket: Int32) async throws -> [UInt8] {
        try syscall("send") { send(socket, packet, packet.count, 0) }
        try await Reactor.shared.wait(for: socket)
        var answer = [UInt8](repeating: 0, count: 65536)
        let count = try syscall("recv") { recv(socket, &answer, answer.count, 0) }
        return Array(answer[..<count])
    }

    @Test func sysctlsOfTheNodeAreRefused() async throws {
        try await withPod { pod in
            for name in ["kernel.pid_max", "net.ipv4.ip_forward", "net.../../kernel/pid_max"] {
                let request = NamespaceRequest(pins: [], hostname: "", sysctls: [name: "1"])
                await #expect { try await pod.monitor.createNamespaces(request) } throws: {
                    "\($0)".contains("does not belong")
                }
            }
        }
    }

    @Test func standardInputStaysOpenOnlyWhenItIsWanted() async throws {
        try await withPod { pod in
            try await pod.run("none", "cat; echo ended")
            _ = try await pod.exit(of: "none")
            #expect(try pod.log("none.log").map(\.text) == ["ended"])
            let request = pod.request("open", "echo begun; cat; echo ended", input: true)
            let pid = try await pod.monitor.create(request)
            try pod.start("open")
            try await eventually("it reads") { [directory = pod.directory] in
                try Files.readText("\(directory)/open.log").hasSuffix("begun\n")
            }
            kill(pid, SIGKILL)
            _ = try await pod.exit(of: "open")
            #expect(try pod.log("open.log").map(\.text) == ["begun"])
        }
    }
}
