internal import Model
internal import Testing

@testable import OCI

@Suite struct HookTests {
    private func hook(_ path: String, when: String = #"{"always": true}"#) -> String {
        """
        {"version": "1.0.0", "hook": {"path": "\(path)", "args": ["x"], "timeout": 3},
         "when": \(when), "stages": ["prestart", "poststop"]}
        """
    }

    private func hooks(_ files: [String: String]) async throws -> Spec.Hooks? {
        try await withDirectory(files) { directory in
            var spec = try SpecBuilder.container(plainRequest())
            try await HookDirectories(["\(directory)/a", "\(directory)/b", "\(directory)/none"])
                .add(to: &spec, annotations: ["k": "v"], hasBindMounts: false)
            return spec.hooks
        }
    }

    @Test func filesInTheOrderOfTheirNamesAndLaterDirectoriesReplaceThem() async throws {
        let found = try await hooks([
            "a/2.json": hook("/two"), "a/1.json": hook("/low"), "b/1.json": hook("/one"),
            "b/3.txt": "no hook",
        ])
        #expect(found?.prestart?.map(\.path) == ["/one", "/two"])
        #expect(found?.poststop?.first == Spec.Hook(path: "/one", args: ["x"], timeout: 3))
        #expect(try await hooks([:]) == nil)
    }

    @Test(arguments: [
        (#"{"always": true}"#, true), (#"{"always": false}"#, false), ("{}", false),
        (#"{"commands": ["^/bin/app$", "x"]}"#, true), (#"{"commands": ["^app"]}"#, false),
        (#"{"annotations": {"^k": "^v$"}}"#, true), (#"{"annotations": {"k": "w"}}"#, false),
        (#"{"hasBindMounts": true}"#, false),
        (#"{"always": true, "commands": ["^none$"]}"#, false),
    ])
    func conditions(when: String, fits: Bool) async throws {
        #expect((try await hooks(["a/1.json": hook("/h", when: when)]) != nil) == fits)
    }

    @Test func bindMountsCount() throws {
        let condition = HookCondition(
            always: nil, annotations: nil, commands: nil, hasBindMounts: true)
        #expect(try condition.admits(command: "", [:], hasBindMounts: true))
    }

    @Test(arguments: [
        ("{", "1.json is no hook"), (#"{"version": "0.1.0"}"#, "is no hook"),
    ])
    func filesThatAreNone(text: String, part: String) async {
        await expectAsyncError(.failedPrecondition, part) {
            try await hooks(["a/1.json": text])
        }
        await expectAsyncError(.failedPrecondition, "not absolute") {
            try await hooks(["a/1.json": hook("h")])
        }
        await expectAsyncError(.failedPrecondition, "the pattern \"(\"") {
            try await hooks(["a/1.json": hook("/h", when: #"{"commands": ["("]}"#)])
        }
    }
}
