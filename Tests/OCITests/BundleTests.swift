internal import FoundationEssentials
internal import Kernel
internal import Model
internal import System
import Testing

@testable import OCI

@Suite struct BundleTests {
    @Test func whatIsWrittenIsRead() async throws {
        var request = plainRequest(
            security: LinuxContainerSecurityContext(seccomp: SecurityProfile()))
        request.mounts = [HostMount(Mount(containerPath: "/v"), source: "/src")]
        let spec = try SpecBuilder.container(request)
        try await withDirectory { directory in
            let bundle = Bundle("\(directory)/bundle")
            try await bundle.write(spec)
            #expect(try await bundle.read() == spec)
            #expect(try await bundle.readProcess() == spec.process)
            #expect(try Files.list(bundle.directory) == ["config.json"])
            let text = try Files.readText(bundle.configPath)
            #expect(text.contains(#""ociVersion":"1.0.2""#))
            #expect(!text.contains("null"))
            #expect(!text.contains("\\/"))
        }
    }

    /// As gVisor's shim and NVIDIA's runtime do, in Go: what is empty is left out.
    @Test func whatAnotherHasWrittenAnewIsRead() async throws {
        let spec = try SpecBuilder.container(plainRequest())
        try await withDirectory { directory in
            let bundle = Bundle(directory)
            let written = try withoutEmpty(spec)
            try await bundle.write(bytes: try Bundle.encode(written))
            #expect(!(try Files.readText(bundle.configPath)).contains("terminal"))
            #expect(try withoutEmpty(try await bundle.read()) == written)
            #expect(try await bundle.readProcess().args == spec.process.args)
        }
    }

    private func withoutEmpty(_ spec: Spec) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: Data(try Bundle.encode(spec))).withoutEmpty
    }

    @Test func features() async throws {
        let script = """
            case "$1" in
            --version) echo 'fake 1.0'; echo more;;
            features) echo '{"ociVersionMax":"1.2.0","mountOptions":["ro","rro"],\
            "linux":{"mountExtensions":{"idmap":{"enabled":true}}}}';;
            esac
            """
        try await withDirectory(programs: ["fake": script, "broken": "echo no >&2; exit 4"]) {
            let fake = Handler(name: "fake", path: "\($0)/fake", root: $0)
            let features = try await fake.probe().features
            #expect(
                features
                    == HandlerFeatures(
                        version: "fake 1.0", ociVersionMax: "1.2.0", mountOptions: ["ro", "rro"],
                        mapsIDs: true))
            for (name, part) in [("broken", "no"), ("absent", "cannot run")] {
                let handler = Handler(name: name, path: "\($0)/\(name)", root: $0)
                let error = await #expect(throws: GantryError.self) { try await handler.probe() }
                #expect(error?.code == .unavailable)
                #expect(error?.description.contains(part) == true)
            }
        }
    }

    @Test func discoveryKeepsTheOrder() async throws {
        try await withDirectory(["a/x": ""], programs: ["runsc": "", "a/crun": ""]) { directory in
            let found = Runtimes.discover(
                runRoot: "/run/x", search: [directory, "\(directory)/a"])
            #expect(found.map(\.name) == ["crun", "runsc"])
            #expect(found.map(\.root) == ["/run/x/crun", "/run/x/runsc"])
        }
    }

    private func load(_ path: String) async throws -> Spec.Seccomp? {
        let profile = SecurityProfile(profileType: .localhost, localhostRef: path)
        return try await Spec.Seccomp.localhost(
            for: LinuxContainerSecurityContext(seccomp: profile), HostPaths())
    }

    @Test func localhostProfiles() async throws {
        let text =
            #"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["chmod"],"#
            + #""action":"SCMP_ACT_ERRNO"}]}"#
        try await withDirectory(["p.json": text, "bad.json": "{"]) { directory in
            let profile = try await load("\(directory)/p.json")
            #expect(profile?.syscalls?.first?.names == ["chmod"])
            for path in ["\(directory)/bad.json", "\(directory)/none.json", "relative"] {
                let error = await #expect(throws: GantryError.self) { try await load(path) }
                #expect(error?.code == .invalidArgument)
            }
        }
    }
}

extension JSONValue {
    fileprivate var withoutEmpty: JSONValue {
        switch self {
        case .object(let members):
            .object(members.mapValues(\.withoutEmpty).filter { !$0.value.isEmpty })
        case .array(let elements): .array(elements.map(\.withoutEmpty))
        default: self
        }
    }

    private var isEmpty: Bool {
        switch self {
        case .object(let members): members.isEmpty
        case .array(let elements): elements.isEmpty
        case .bool(let value): !value
        case .string(let text): text.isEmpty
        default: false
        }
    }
}
