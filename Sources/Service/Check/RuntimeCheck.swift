internal import Glibc
internal import OCI

extension NodeCheck {
    private static let area = "runtimes"

    /// Each handler's runtime, by running it; and Gantry's own programs.
    func runtimes() async -> [Finding] {
        let handlers = await Handlers.probe(settings, paths)
        var findings = handlers.working.map(working) + handlers.failures.map(failed)
        if let lack = handlers.lack {
            findings.append(
                .problem(
                    Self.area, lack,
                    "install crun or runc, or name one in [runtimes]; see default_runtime"))
        }
        return findings + programs()
    }

    private func working(_ handler: WorkingHandler) -> Finding {
        var features = ["OCI \(handler.features.ociVersionMax)"]
        if handler.features.mountsRecursivelyReadOnly { features.append("rro") }
        if handler.features.mapsIDs { features.append("idmap") }
        if handler.runtime.handler.makesSandboxes {
            features.append("sandbox API")
        } else if handler.needsInfra {
            features.append("infra container")
        }
        if handler.runtime.handler.has(.checkpoint) { features.append("checkpoint") }
        let lacking = handler.runtime.handler.lacking.map(\.rawValue)
        if !lacking.isEmpty { features.append("without \(lacking.joined(separator: ", "))") }
        return .ok(
            Self.area,
            "\(handler.name): \(handler.features.version) (\(handler.runtime.handler.path)), "
                + features.joined(separator: ", "))
    }

    /// A handler that pods can name and that does not work is a problem only if none else does; but
    /// one that was configured was meant.
    private func failed(_ failure: String) -> Finding {
        let advice = "run it by hand; pods of its RuntimeClass are refused"
        return settings.handlers.isEmpty
            ? .warning(Self.area, failure, advice) : .problem(Self.area, failure, advice)
    }

    private func programs() -> [Finding] {
        let programs = [
            settings.monitorProgram, settings.execProgram, settings.pauseProgram,
        ]
        return programs.filter { access($0, X_OK) != 0 }.map {
            .problem(
                Self.area, "the program \($0) is missing",
                "install Gantry again, or set program_dir")
        }
    }
}
