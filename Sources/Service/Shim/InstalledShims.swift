internal import Kernel
internal import OCI
internal import Shim
internal import System

/// The shims on the search path, which a RuntimeClass can name without a table of the configuration.
enum InstalledShims {
    /// Handlers of the highest versions of each, by name.
    /// - Parameters:
    ///   - others: whose names are taken. Shims of runtimes whose command lines Gantry looks for are left
    ///     out as well.
    ///   - runRoot: what is below a shim has its state in `<runRoot>/runtimes/<name>`.
    static func handlers(
        besides others: [Handler], runRoot: String, search: [String] = Runtimes.search
    ) -> [Handler] {
        let taken = Set(others.map(\.name) + Runtimes.names)
        var found: [String: (version: Int, path: String)] = [:]
        for directory in search {
            for file in (try? Files.list(directory)) ?? [] {
                guard let shim = ShimName(file: file), !taken.contains(shim.name),
                    Runtimes.isProgram("\(directory)/\(file)"),
                    shim.version > found[shim.name]?.version ?? -1
                else { continue }
                found[shim.name] = (shim.version, "\(directory)/\(file)")
            }
        }
        return found.sorted { $0.key < $1.key }.map { name, shim in
            var handler = Handler(
                name: name, path: shim.path, root: "\(runRoot)/runtimes/\(name)", type: "shim")
            handler.shim.isFound = true
            return handler
        }
    }
}
