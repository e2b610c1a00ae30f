import Model
import Testing

@testable import Image

/// The daemon's side of `gantry-images`, with other programs in its place.
struct WorkerProgramTests {
    private func workers(_ path: String, readyLimit: Duration = .seconds(600)) -> ImageWorkers {
        // Its arguments are the memory, the processors and the user: a `sleep` is there for an hour.
        let program = WorkerProgram(
            path: path, memory: 3600, processors: 0, environment: [:], readyLimit: readyLimit
        ) { _ in }
        return ImageWorkers(program, idleTime: .zero)
    }

    @Test func whoNeverIsReadyIsEnded() async throws {
        let workers = workers("/bin/sleep", readyLimit: .milliseconds(50))
        let error = await #expect(throws: WorkerEnd.self) {
            try await workers.lease { try await $0.forget() }
        }
        #expect(error?.description.contains("was not ready within 0.05 seconds") == true)
    }

    @Test func whoEndsAtOnceIsToldOf() async throws {
        let workers = workers("/bin/false")
        let error = await #expect(throws: WorkerEnd.self) {
            try await workers.lease { try await $0.forget() }
        }
        #expect(error?.description.contains("ended with code 1") == true)
    }

    @Test func aProgramThatIsNotThereIsAnError() async throws {
        let workers = workers("/nowhere/gantry-images")
        await #expect(throws: GantryError.self) {
            try await workers.lease { try await $0.forget() }
        }
    }
}
