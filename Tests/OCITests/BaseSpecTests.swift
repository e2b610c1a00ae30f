import FoundationEssentials
import Kernel
import Model
import Testing

@testable import OCI

@Suite struct BaseSpecTests {
    private func merged(_ base: String, under own: String) throws -> JSONValue {
        try BaseSpec(parse(base)).under(parse(own))
    }

    private func parse(_ text: String) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    }

    @Test(arguments: [
        (#"{"a":1,"b":{"c":1,"d":2}}"#, #"{"b":{"c":3}}"#, #"{"a":1,"b":{"c":3,"d":2}}"#),
        (#"{"a":[1]}"#, #"{"a":[2]}"#, #"{"a":[2]}"#),
        (#"{"a":[1]}"#, #"{"a":[]}"#, #"{"a":[1]}"#),
        (#"{"a":{}}"#, #"{"a":1}"#, #"{"a":1}"#),
        (
            #"{"mounts":[{"destination":"/x","source":"1"},{"destination":"/y"}]}"#,
            #"{"mounts":[{"destination":"/x","source":"2"}]}"#,
            #"{"mounts":[{"destination":"/y"},{"destination":"/x","source":"2"}]}"#
        ),
        (
            #"{"process":{"env":["A=1","B=2"]}}"#, #"{"process":{"env":["A=3"]}}"#,
            #"{"process":{"env":["B=2","A=3"]}}"#
        ),
        (
            #"{"process":{"rlimits":[{"type":"RLIMIT_NOFILE","hard":1}]}}"#,
            #"{"process":{"rlimits":[{"type":"RLIMIT_NOFILE","hard":2}]}}"#,
            #"{"process":{"rlimits":[{"type":"RLIMIT_NOFILE","hard":1}]}}"#
        ),
        (
            #"{"hooks":{"poststop":[{"path":"/1"}]}}"#, #"{"hooks":{"poststop":[{"path":"/2"}]}}"#,
            #"{"hooks":{"poststop":[{"path":"/1"},{"path":"/2"}]}}"#
        ),
    ])
    func whatIsOursGoesFirst(base: String, own: String, result: String) throws {
        #expect(try merged(base, under: own) == parse(result))
    }

    @Test(arguments: ["", "[]", "{", "1"]) func aFileThatIsNone(_ text: String) async throws {
        try await withDirectory(["base.json": text]) { directory in
            await expectAsyncError(.invalidArgument, "base.json") {
                try await BaseSpec(file: "\(directory)/base.json")
            }
        }
        await expectAsyncError(.invalidArgument, "/no/such") {
            try await BaseSpec(file: "/no/such/file")
        }
    }

    @Test func theRuntimeGetsBoth() async throws {
        let spec = try SpecBuilder.container(plainRequest())
        try await withDirectory(["base.json": #"{"linux":{"personality":{"domain":"LINUX32"}}}"#]) {
            let base = try await BaseSpec(file: "\($0)/base.json")
            let bundle = Bundle("\($0)/bundle")
            try await bundle.write(spec, over: base)
            #expect(try await bundle.read() == spec)
            #expect(try Files.readText(bundle.configPath).contains(#""domain":"LINUX32""#))
        }
    }
}
