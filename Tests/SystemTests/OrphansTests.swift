import Kernel
import Testing

@testable import System

@Suite struct OrphansTests {
    @Test func whatFitsIsDeadAndNothingElseIs() async throws {
        let mark = "GANTRY_TEST_ORPHAN=\(UInt64.random(in: .min ... .max))"
        let orphan = try Self.sleeper(mark)
        let other = try Self.sleeper("GANTRY_TEST_ORPHAN=other")
        try await Orphans.end { $0.environment.contains(mark) && $0.arguments.contains("1000") }
        let code = try await orphan.exit()
        #expect(code == 128 + 9)
        let survivor = PidDescriptor(other.pid)
        #expect(survivor?.hasExited(within: .zero) == false)
        try await Orphans.end { $0.environment.contains("GANTRY_TEST_ORPHAN=other") }
        _ = try await other.exit()
    }

    @Test func whatEndsByItselfIsNotKilled() async throws {
        let mark = "GANTRY_TEST_ORPHAN=\(UInt64.random(in: .min ... .max))"
        let orphan = try Self.sleeper(mark, seconds: "0.1")
        try await Orphans.end(after: .seconds(60)) { $0.environment.contains(mark) }
        let code = try await orphan.exit()
        #expect(code == 0)
    }

    private static func sleeper(
        _ variable: String, seconds: String = "1000"
    ) throws -> SpawnedProgram {
        try SpawnedProgram.start(
            Command("/bin/sleep", [seconds], environment: [variable]), input: -1, output: -1,
            error: -1)
    }
}
