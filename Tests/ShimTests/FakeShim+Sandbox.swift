internal import Model
internal import Protobuf
internal import System
internal import TTRPC

@testable import Shim

/// The sandbox API, without some of its methods.
extension FakeShim {
    var sandboxMethods: [(String, Server.Method)] {
        let service = SandboxClient.service
        return [
            answer("CreateSandbox", of: service) { (request: CreateSandboxRequest) in
                if request.sandboxId == "nonsense" { return [0xff, 0xff] }
                guard request.sandboxId != "none" else {
                    throw GantryError(.unknown, "there is no room")
                }
                return []
            },
            answer("StartSandbox", of: service) { (request: SandboxRequest) in
                let pid: UInt32 = ["huge": .max, "none": 0][request.sandboxId] ?? 44
                return Codec.encode(StartSandboxResponse(pid: pid))
            },
            answer("Platform", of: service) { (_: SandboxRequest) in
                Codec.encode(PlatformResponse(platform: SandboxPlatform(os: "linux")))
            },
            answer("StopSandbox", of: service) { (request: StopSandboxRequest) in
                if request.sandboxId == "long" { try await Alarm.sleep(for: .seconds(1000)) }
                return []
            },
            answer("WaitSandbox", of: service) { (_: SandboxRequest) in
                Codec.encode(WaitResponse(exitStatus: .max, exitedAt: Timestamp(seconds: -5)))
            },
            answer("SandboxStatus", of: service) { (request: SandboxStatusRequest) in
                Codec.encode(
                    SandboxStatusResponse(
                        sandboxId: request.sandboxId, pid: 44,
                        state: request.sandboxId == "a" ? "SANDBOX_READY" : "SANDBOX_NOTREADY",
                        info: request.verbose ? ["kernel": "6.1"] : [:],
                        createdAt: Timestamp(seconds: 5, nanos: 6)))
            },
            // As ttrpc in Rust says that a method is missing, and that a sandbox is.
            answer("PingSandbox", of: service) { (request: SandboxRequest) in
                guard request.sandboxId == "a" else {
                    throw GantryError(.notFound, "sandbox \(request.sandboxId) does not exist")
                }
                throw GantryError(.notFound, "/\(service)/PingSandbox is not supported")
            },
            answer("ShutdownSandbox", of: service) { (_: SandboxRequest) in
                self.die()
                return []
            },
            answer("SandboxMetrics", of: service) { (request: SandboxRequest) in
                guard request.sandboxId == "a" else {
                    return Codec.encode(SandboxMetricsResponse())
                }
                let used = MetricsV2(memory: MemoryMetricsV2(usage: 7))
                return Codec.encode(
                    SandboxMetricsResponse(
                        metrics: SandboxMetric(
                            data: TypedMessage(
                                typeUrl: "io.containerd.cgroups.v2.Metrics",
                                value: Codec.encode(used)))))
            },
        ]
    }
}
