internal import Kernel
internal import Model
internal import Text

/// What a request asks for and a runtime, or a monitor, finds that it cannot be: a volume on a path that
/// leads through a file, a log where there is a FIFO. Their words name the path; the field is found by it.
struct RefusedFields {
    let config: ContainerConfig
    let logPath: String

    /// - Returns: an error with the field's name, or the same where it is about no field.
    func explained(_ error: any Error) -> any Error {
        guard let failure = error as? GantryError, failure.code == .internal else { return error }
        if !logPath.isEmpty, failure.message.has(text: "open \(logPath)") {
            return GantryError(.failedPrecondition, "log_path: \(failure.message)", cause: error)
        }
        guard let field = field(namedIn: failure.message) else { return error }
        return GantryError(.invalidArgument, "\(field): \(failure.message)", cause: error)
    }

    private func field(namedIn message: String) -> String? {
        let security = config.linux?.securityContext
        let paths = [
            ("mounts.container_path", config.mounts.map(\.containerPath)),
            ("masked_paths", security?.maskedPaths ?? []),
            ("readonly_paths", security?.readonlyPaths ?? []),
            ("devices.container_path", config.devices.map(\.containerPath)),
        ]
        let found = paths.first { $0.1.contains { Self.names(message, $0) } }
        let words = [
            ("mount_setattr `", "mounts.uidMappings"),
            ("uids and gids must be in range", "run_as_user"),
        ]
        return found?.0 ?? words.first { message.has(text: $0.0) }?.1
    }

    /// crun puts paths between grave accents, some without their first slash, and names a directory above
    /// that it cannot make; runc between quotes, or bare.
    private static func names(_ message: String, _ path: String) -> Bool {
        var path = Path.cleaned(path)
        if path == "/" { return false }
        let relative = path.removing(prefix: "/") ?? ""
        let forms = ["`\(path)`", "`\(relative)`", "\"\(path)\"", "path \(path):"]
        if forms.contains(where: { message.has(text: $0) }) { return true }
        while path != "/" {
            if message.has(text: "mkdir `\(path)`") { return true }
            path = Path.parent(of: path)
        }
        return false
    }
}
