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
        // The machine may have shims.
        let working = handlers.working.filter { !$0.runtime.handler.shim.isFound }
        #expect(
            working.map { [$0.name, $0.features.version] } == [
                ["slow", "slow 1.0"], ["none", "none 1.0"], ["quick", "quick 1.0"],
            ])
    }

    /// Not those of runtimes that are looked for themselves, and none in the place of a default.
    @Test func shimsAreFoundByTheirNames() throws {
        let directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("gantry-shims-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: directory) }
        for place in ["a", "b"] {
            try FileManager.default.createDirectory(
                atPath: "\(directory)/\(place)", withIntermediateDirectories: true)
        }
        for file in [
            "a/containerd-shim-kata-v1", "b/containerd-shim-kata-v2",
            "b/containerd-shim-kata-qemu-v2", "a/containerd-shim-runc-v2", "a/containerd-shim",
            "b/containerd-shim-mine-v1",
            "b/containerd-shim-x-v99999999999999999999",
        ] {
            let path = "\(directory)/\(file)"
            try "".write(toFile: path, atomically: true, encoding: .utf8)
            chmod(path, 0o755)
        }
        let found = InstalledShims.handlers(
            besides: [Handler(name: "mine", path: "/mine", root: "")], runRoot: "/run/x",
            search: ["\(directory)/a", "\(directory)/none", "\(directory)/b"])
        #expect(found.map(\.name) == ["kata", "kata-qemu"])
        #expect(found.first?.path == "\(directory)/b/containerd-shim-kata-v2")
        #expect(found.allSatisfy { $0.isShim && $0.shim.isFound })
        var handlers = Handlers()
        handlers.keep(
            found.map {
                let runtime = Runtime(
                    $0, cgroupDriver: .cgroupfs, scratch: "/", execProgram: "/", limit: .seconds(1))
                return WorkingHandler(runtime: runtime, features: HandlerFeatures(version: "1"))
            })
        #expect(throws: (any Error).self) { try handlers.named("") }
        #expect(try handlers.named("kata").name == "kata")
    }
}
