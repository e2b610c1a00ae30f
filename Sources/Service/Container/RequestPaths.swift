internal import Model
internal import Text

/// Paths that no file system could hold are refused with their field's name, before anything is done
/// with them: a runtime says of them what no caller understands.
enum RequestPaths {
    /// PATH_MAX with its NUL, and NAME_MAX (limits.h).
    private static let longest = 4095
    private static let longestName = 255

    /// - Throws: `invalidArgument`.
    static func check(_ config: ContainerConfig) throws(GantryError) {
        try check("log_path", config.logPath)
        try check("working_dir", config.workingDir)
        for mount in config.mounts {
            try checkMountPoint("mounts.container_path", mount.containerPath)
            try check("mounts.host_path", mount.hostPath)
        }
        for device in config.devices {
            try checkAbsolute("devices.container_path", device.containerPath)
            try checkAbsolute("devices.host_path", device.hostPath)
        }
        let security = config.linux?.securityContext
        for path in security?.maskedPaths ?? [] { try checkAbsolute("masked_paths", path) }
        for path in security?.readonlyPaths ?? [] { try checkAbsolute("readonly_paths", path) }
    }

    /// The container's root is no place for a volume: no runtime mounts one there.
    private static func checkMountPoint(_ field: String, _ path: String) throws(GantryError) {
        try check(field, path)
        guard path.isEmpty || !isRoot(path) else {
            throw GantryError(.invalidArgument, "\(field) \"\(path)\" is the container's root")
        }
    }

    /// Nothing is above the root (path_resolution(7)).
    private static func isRoot(_ path: String) -> Bool {
        var depth = 0
        for name in path.split(at: "/") where name != "." {
            depth = name == ".." ? max(0, depth - 1) : depth + 1
        }
        return depth == 0
    }

    static func checkAbsolute(_ field: String, _ path: String) throws(GantryError) {
        guard path.isEmpty || path.begins(with: "/") else {
            throw GantryError(.invalidArgument, "\(field) \"\(path)\" is not absolute")
        }
        try check(field, path)
    }

    private static func check(_ field: String, _ path: String) throws(GantryError) {
        guard path.utf8.count <= longest,
            path.split(at: "/").allSatisfy({ $0.utf8.count <= longestName })
        else {
            throw GantryError(
                .invalidArgument,
                "\(field) is longer than \(longest) bytes, or a name in it than \(longestName)")
        }
    }
}
