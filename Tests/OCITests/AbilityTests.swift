import Kernel
import Model
import Testing

@testable import OCI

/// What a program takes is found out by trying it, whatever it is called.
@Suite struct AbilityTests {
    /// A runtime that knows these commands and options, and says so when it is given others.
    private static func program(
        commands: String = "state exec update pause kill",
        options: String = "--root --log --log-format --systemd-cgroup --process --console-socket "
            + "--detach --pid-file --resources --all",
        otherwise: String = "echo \"unknown: $word\" >&2; exit 1"
    ) -> String {
        """
        [ "$1" = --version ] && { echo 'odd 1.0'; exit; }
        value=
        for word in "$@"; do
            case "$word" in
            --*) case " \(options) " in *" $word "*) value=yes;; *) \(otherwise);; esac;;
            /*|json|gantry-none) ;;
            *) case " \(commands) " in *" $word "*) ;; *) \(otherwise);; esac;;
            esac
        done
        echo 'no container of that name' >&2; exit 1
        """
    }

    private func probe(
        _ script: String, named name: String = "odd", driver: OCI.CgroupDriver = .cgroupfs,
        _ change: (inout Handler) -> Void = { _ in }
    ) async throws -> ProbedHandler {
        try await withDirectory(programs: [name: script]) { directory in
            var handler = Handler(name: name, path: "\(directory)/\(name)", root: directory)
            change(&handler)
            return try await handler.probe(driver: driver)
        }
    }

    @Test(arguments: ["runc", "crun", "runsc", "odd"])
    func aNameMeansNothing(_ name: String) async throws {
        let handler = try await probe(Self.program(), named: name).handler
        #expect(handler.lacking.isEmpty)
        #expect(!handler.hidesProcesses && !handler.infra)
        #expect(!handler.has(.recursiveReadOnly) && !handler.has(.mappedMounts))
    }

    @Test func whatIsRefusedIsNotThere() async throws {
        let script = Self.program(
            commands: "state exec", options: "--root --process --detach --pid-file")
        let handler = try await probe(script).handler
        #expect(
            handler.lacking == [
                .logFile, .logFormat, .systemdCgroup, .execConsole, .update, .pause, .killAll,
            ])
        let runtime = Runtime(
            handler, cgroupDriver: .cgroupfs, scratch: "/tmp", execProgram: "")
        #expect(
            runtime.createArguments("c", bundle: "/b", pidFile: "/p", log: "/l").prefix(3)
                == ["--root", handler.root, "create"])
        await expectAsyncError(.failedPrecondition, "(update)") {
            try await runtime.update("c", Spec.Resources())
        }
    }

    /// A refusal need not say what it is: it is told by that of a command that no runtime has.
    @Test func aRefusalInOtherWords() async throws {
        let script = Self.program(commands: "state exec", otherwise: "echo Huh >&2; exit 1")
        #expect(try await probe(script).handler.lacking == [.update, .pause, .killAll])
    }

    @Test(arguments: ["exit 0", "echo '{}'; exit 0", "echo yes; exit 0"])
    func whatTakesAnythingHasNothing(_ answer: String) async throws {
        let script = "[ \"$1\" = --version ] && { echo odd 1; exit; }\n\(answer)"
        let found = try await probe(script)
        #expect(found.handler.lacking == Ability.allCases.filter { $0.isUsual })
        #expect(found.features == HandlerFeatures(version: "odd 1"))
    }

    @Test func aKernelOfItsOwn() async throws {
        let script = Self.program(
            commands: "state exec pause wait",
            options: "--root --log --log-format --process --console-socket --detach --pid-file "
                + "--internal-pid-file --network=host")
        let handler = try await probe(script) { $0.extraArguments = ["--network=host"] }.handler
        #expect(handler.hidesProcesses && handler.infra)
    }

    @Test(arguments: [true, false])
    func aCheckpointIsThereWithItsOptions(_ isWhole: Bool) async throws {
        let script = Self.program(
            commands: "state exec checkpoint",
            options: "--root --process --image-path --leave-running"
                + (isWhole ? " --work-path" : ""))
        let handler = try await probe(script).handler
        #expect(handler.has(.checkpoint) == isWhole)
        let runtime = Runtime(
            handler, cgroupDriver: .cgroupfs, scratch: "/tmp", execProgram: "")
        if !isWhole {
            #expect(throws: GantryError.self) { try runtime.requireCheckpoints() }
        }
    }

    /// Of what an earlier release did not look for, it knew nothing.
    @Test func whatIsNotKnownOfAnAbilityIsTried() async throws {
        let script = Self.program(
            commands: "state exec checkpoint",
            options: "--root --process --image-path --work-path --leave-running")
        try await withDirectory(programs: ["odd": script]) { directory in
            let handler = Handler(name: "odd", path: "\(directory)/odd", root: directory)
            let first = try await handler.probe()
            var old = first.handler
            old.found[.checkpoint] = nil
            let known = KnownAbilities([
                ProbedHandler(handler: old, features: first.features, identity: first.identity)
            ])
            #expect(try await handler.probe(known: known).handler.has(.checkpoint))
        }
    }

    @Test func aKeyCountsMore() async throws {
        let script = Self.program(commands: "state exec")
        let found = try await probe(script) {
            $0.chosen = [.update: true, .logFile: false, .recursiveReadOnly: true]
        }
        #expect(found.handler.has(.update) && !found.handler.has(.pause))
        #expect(!found.handler.has(.logFile))
        #expect(found.features.mountsRecursivelyReadOnly)
    }

    @Test func theSystemdDriverNeedsItsOption() async throws {
        let script = Self.program(options: "--root --log --process --resources")
        await expectAsyncError(.unavailable, "--systemd-cgroup") {
            try await probe(script, driver: .systemd)
        }
        #expect(try await probe(script).handler.lacking.contains(.systemdCgroup))
    }

    @Test func whatIsKnownIsNotTriedAgain() async throws {
        let script = "echo \"$*\" >> $0.calls; " + Self.program()
        try await withDirectory(programs: ["odd": script]) { directory in
            let handler = Handler(name: "odd", path: "\(directory)/odd", root: directory)
            let first = try await handler.probe()
            let calls = try Files.readText("\(directory)/odd.calls").split(separator: "\n").count
            let file = "\(directory)/known.json"
            try KnownAbilities([first]).write(file)
            let second = try await handler.probe(known: KnownAbilities(file: file))
            #expect(second.handler == first.handler)
            let all = try Files.readText("\(directory)/odd.calls").split(separator: "\n").count
            #expect(all - calls == 2, "--version and features")
            try Files.write("garbage", to: file)
            #expect(KnownAbilities(file: file).isSame(as: KnownAbilities()))
        }
    }
}
