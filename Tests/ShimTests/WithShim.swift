import Foundation
import Glibc
import Testing

@testable import Shim

/// A client of a fake shim, as long as `body` runs.
func withShim<Result: Sendable>(
    version: Int = 3,
    _ body: @escaping @Sendable (TaskClient, FakeShim) async throws -> Result
) async throws -> Result {
    let path = "/tmp/gantry-shim-\(UUID().uuidString.prefix(8)).sock"
    defer { unlink(path) }
    let shim = try FakeShim(path, version: version)
    let bootstrap = try Bootstrap(
        answer: Array(#"{"version":\#(version),"address":"unix://\#(path)"}"#.utf8))
    let client = try #require(try await TaskClient.connect(bootstrap))
    return try await withThrowingTaskGroup(of: Result?.self) { group in
        group.addTask {
            try? await shim.run()
            return nil
        }
        group.addTask {
            await client.run()
            return nil
        }
        group.addTask {
            defer {
                client.close()
                shim.die()
            }
            return try await body(client, shim)
        }
        var result: Result?
        for try await each in group { result = each ?? result }
        return try #require(result)
    }
}
