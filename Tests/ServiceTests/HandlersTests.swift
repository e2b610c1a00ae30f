internal import Foundation
internal import Glibc
internal import OCI
internal import Testing

@testable import Service

/// Runtimes are probed at the same time, and answer in any order.
@Suite struct HandlersTests {
    @Test func eachHandlerHasItsOwnRuntimesFeatures() async throws {
        let directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("gantry-handlers-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        var settings = Settings()
        for (name, delay) in [("slow", "0.2"), ("none", "0"), ("quick", "0.1")] {
            let path = "\(directory)/\(name)"
            try "#!/bin/sh\nsleep \(delay)\n[ $1 = features ] && exit 1\necho \(name) 1.0\n".write(
                toFile: path, atomically: true, encoding: .utf8)
            chmod(path, 0o755)
            settings.handlers.append(Handler(name: name, path: path, root: directory))
        }
        let handlers = await Handlers.probe(settings, Paths(root: directory, runRoot: directory))
        #expect(handlers.failures == [])
        #expect(
            handlers.working.map { [$0.name, $0.features.version] } == [
                ["slow", "slow 1.0"], ["none", "none 1.0"], ["quick", "quick 1.0"],
            ])
    }
}
