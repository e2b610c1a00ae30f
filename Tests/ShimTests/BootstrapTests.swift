import Kernel
import Model
import Protobuf
import Testing

@testable import Shim

/// What a shim's `start` writes, in each of the three forms that there are.
@Suite struct BootstrapTests {
    @Test(arguments: [
        (#"{"version":3,"address":"unix:///run/s/1","protocol":"ttrpc"}"#, 3),
        (#"{"version":2,"address":"unix:///run/s/1","protocol":"ttrpc"}"# + "\n", 2),
        (#"{"version":2,"address":"/run/s/1"}"#, 2),
        ("unix:///run/s/1\n", 2), ("/run/s/1", 2),
    ])
    func textIsRead(_ answer: String, _ version: Int) throws {
        let bootstrap = try Bootstrap(answer: Array(answer.utf8))
        #expect(bootstrap.version == version)
        #expect(bootstrap.socket == "/run/s/1")
        #expect(try Bootstrap(stored: bootstrap.stored) == bootstrap)
    }

    @Test func aMessageIsRead() throws {
        let result = BootstrapResult(version: 3, address: "unix:///run/s/1", protocol: "ttrpc")
        let bootstrap = try Bootstrap(answer: Codec.encode(result))
        #expect(bootstrap.version == 3 && bootstrap.socket == "/run/s/1")
    }

    @Test(arguments: [
        (#"{"version":3,"address":"unix:///s","protocol":"grpc"}"#, "speaks \"grpc\""),
        (#"{"version":1,"address":"unix:///s","protocol":"ttrpc"}"#, "version 1"),
        (#"{"version":4,"address":"unix:///s","protocol":"ttrpc"}"#, "version 4"),
        (#"{"version":99999999999,"address":"unix:///s"}"#, "version 99999999999"),
        (#"{"version":3,"address":"vsock://3:1024"}"#, "vsock://3:1024"),
        (#"{"version":3,"address":"unix://@abstract"}"#, "@abstract"),
    ])
    func whatIsNotSpokenIsRefusedByName(_ answer: String, _ part: String) {
        let error = #expect(throws: GantryError.self) {
            try Bootstrap(answer: Array(answer.utf8))
        }
        #expect(error?.code == .unimplemented)
        #expect(error?.description.contains(part) == true)
    }

    @Test(arguments: ["", "{", "[]", "error: no such runtime", "{\"version\":\"x\"}"])
    func whatIsNoAnswerIsShown(_ answer: String) {
        let error = #expect(throws: GantryError.self) {
            try Bootstrap(answer: Array(answer.utf8))
        }
        #expect(error?.code == .unavailable)
    }

    @Test func aProgramByTheNameOfItsRuntime() {
        #expect(ShimProgram.name(ofRuntime: "io.containerd.kata.v2") == "containerd-shim-kata-v2")
        #expect(ShimProgram.name(ofRuntime: "io.containerd.runsc.v1") == "containerd-shim-runsc-v1")
        #expect(ShimProgram.name(ofRuntime: "kata") == nil)
        #expect(ShimProgram.name(ofRuntime: "../a.b") == nil)
    }

    @Test func aRuntimeByTheNameOfItsProgram() {
        let name = "/opt/kata/bin/containerd-shim-kata-v2"
        #expect(ShimProgram.runtime(ofProgram: name) == "io.containerd.kata.v2")
        #expect(ShimProgram.runtime(ofProgram: "containerd-shim-a-v1") == "io.containerd.a.v1")
        #expect(
            ShimProgram.runtime(ofProgram: "/usr/local/bin/containerd-shim-kata-qemu-v2")
                == "io.containerd.kata-qemu.v2")
        for other in [
            "", "/", "/usr/bin/runc", "containerd-shim", "containerd-shim-runc",
            "containerd-shim--", "containerd-shim-v2", "containerd-shim-a-b",
            "containerd-shim-a-v", "containerd-shim-a-v-1",
        ] {
            #expect(ShimProgram.runtime(ofProgram: other) == nil)
        }
    }

    /// As they come from outside: time before 1970 and after 2255, codes that are none.
    @Test func endsAreClamped() {
        #expect(TaskEnd(status: .max, at: nil) == TaskEnd(code: 255, at: 0))
        let early = Timestamp(seconds: -62_135_596_800, nanos: -1)
        #expect(TaskEnd(status: 137, at: early) == TaskEnd(code: 137, at: 0))
        let late = TaskEnd(status: 0, at: Timestamp(seconds: .max, nanos: .max))
        #expect(late.at == 9_000_000_000_999_999_999)
    }
}
