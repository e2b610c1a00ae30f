internal import Kernel
internal import Network
internal import OCI
internal import System

/// What a killed daemon leaves beside its pods.
extension Recovery {
    /// Its runtimes and plugins go on without it, and would go on beside ours.
    func endOrphans() async {
        await node.attempt("end what an earlier daemon has started") {
            let isPlugin = try await node.network.startedPlugins()
            let runtimes = node.handlers.working.map(\.runtime)
            try await Orphans.end { program in
                isPlugin(program) || runtimes.contains { $0.isCommand(program) }
            }
        }
    }

    /// What it had written for runtimes.
    func emptyScratch() async {
        await node.attempt("empty the scratch directory") {
            let scratch = node.paths.scratch
            for name in try await Blocking.run({ try Files.list(scratch) }) {
                try await Trees.remove("\(scratch)/\(name)")
            }
        }
    }
}
