import Model
import Testing

@testable import Streaming

@Suite(.timeLimit(.minutes(1))) struct SPDYServerTests {
    private static func connect(_ url: String, _ version: String) throws -> SPDYClient {
        let raw = try RawClient(url)
        let head = try raw.upgrade(["Upgrade: SPDY/3.1", "X-Stream-Protocol-Version: \(version)"])
        #expect(head.hasPrefix("HTTP/1.1 101 "))
        #expect(head.contains("X-Stream-Protocol-Version: \(version)"))
        return try SPDYClient(raw)
    }

    @Test func execCarriesOutputAndExitCode() async throws {
        let request = ExecRequest(containerId: "c", cmd: ["3"], stdout: true)
        try await withServer(.exec(request)) { url in
            let client = try Self.connect(url, "v4.channel.k8s.io")
            try client.open(1, ["streamtype": "error"])
            try client.open(3, ["streamtype": "stdout"])
            try client.read([1, 3])
            #expect(client.text(3) == "hello\n")
            #expect(client.text(1).contains(#"{"reason":"ExitCode","message":"3"}"#))
        }
    }

    @Test func execCarriesInput() async throws {
        let request = ExecRequest(containerId: "c", cmd: ["0"], stdin: true, stdout: true)
        try await withServer(.exec(request)) { url in
            let client = try Self.connect(url, "v4.channel.k8s.io")
            try client.open(1, ["streamtype": "error"])
            try client.open(3, ["streamtype": "stdin"])
            try client.open(5, ["streamtype": "stdout"])
            let text = String(repeating: "0123456789", count: 200_000)
            try client.write(text.prefix(1_000_000).description, on: 3)
            try client.write(text.dropFirst(1_000_000).description, on: 3, isLast: true)
            try client.read([1, 5])
            #expect(client.text(5) == text)
            #expect(client.text(1) == #"{"metadata":{},"status":"Success"}"#)
        }
    }

    @Test func execTellsOfFailures() async throws {
        let request = ExecRequest(containerId: "c", cmd: ["fail"], stdout: true)
        try await withServer(.exec(request)) { url in
            let client = try Self.connect(url, "v4.channel.k8s.io")
            try client.open(1, ["streamtype": "error"])
            try client.open(3, ["streamtype": "stdout"])
            try client.read([1, 3])
            #expect(client.text(1).contains(#""message":"no \"such\" thing""#))
        }
    }

    @Test func urlsWorkOnce() async throws {
        let request = ExecRequest(containerId: "c", cmd: ["0"], stdout: true)
        try await withServer(.exec(request)) { url in
            _ = try Self.connect(url, "v4.channel.k8s.io")
            let again = try RawClient(url).upgrade(["Upgrade: SPDY/3.1"])
            #expect(again.hasPrefix("HTTP/1.1 404 "))
            let plain = try RawClient(url).upgrade([])
            #expect(plain.hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test func forwardsManyConnections() async throws {
        try await withServer(.portForward(PortForwardRequest(podSandboxId: "p"))) { url in
            let client = try Self.connect(url, "portforward.k8s.io")
            let count: UInt32 = 20
            for pair in 0..<count {
                // Nobody listens for every fifth.
                let port = pair % 5 == 4 ? "8" : "7"
                let headers = ["port": port, "requestid": "\(pair)"]
                try client.open(4 * pair + 1, headers.merging(["streamtype": "error"]) { $1 })
                try client.open(4 * pair + 3, headers.merging(["streamtype": "data"]) { $1 })
                try client.write("ping \(pair)", on: 4 * pair + 3, isLast: true)
            }
            try client.read(Set((0..<(2 * count)).map { 2 * $0 + 1 }))
            for pair in 0..<count {
                let isRefused = pair % 5 == 4
                #expect(client.text(4 * pair + 3) == (isRefused ? "" : "ping \(pair)"))
                #expect(client.text(4 * pair + 1).contains("refused") == isRefused)
            }
        }
    }
}
