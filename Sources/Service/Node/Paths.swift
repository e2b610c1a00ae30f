internal import Kernel
internal import Text

/// Where things are on disk. What must survive a reboot is below `root`, the rest below `runRoot`.
struct Paths: Sendable {
    let root: String
    let runRoot: String

    var database: String { "\(root)/gantry.db" }
    var pods: String { "\(runRoot)/pods" }
    var containers: String { "\(runRoot)/containers" }
    /// For files that are handed to runtimes.
    var scratch: String { "\(runRoot)/scratch" }
    /// What was found out about runtimes.
    var knownAbilities: String { "\(runRoot)/runtimes.json" }
    var networkCache: String { "\(root)/network" }
    /// For what checkpoints are made of, which may be larger than the run directory can be.
    var checkpoints: String { "\(root)/checkpoints" }
    /// What is known of images' signatures.
    var verified: String { "\(root)/verified" }
    /// Has nothing in it: overlay wants two layers where nothing is written.
    var empty: String { "\(runRoot)/empty" }
    /// The file system of the infra container: `gantry-pause` and nothing else.
    var pauseRoot: String { "\(runRoot)/pause" }

    /// Where the shims of all pods sent their events in earlier versions.
    var formerShimEvents: String { "\(runRoot)/shim-events.sock" }
    /// Where shims listen.
    var shimSockets: String { "\(runRoot)/shims" }

    /// The pod that a socket for events belongs to; nil where it is none of ours.
    func pod(ofShimEvents path: String) -> String? {
        guard let rest = path.removing(prefix: "\(pods)/"),
            let id = rest.split(at: "/").first.map(String.init), pod(id).shimEvents.isSame(as: path)
        else { return nil }
        return id
    }

    func pod(_ id: String) -> Pod { Pod(directory: "\(pods)/\(id)") }
    func checkpoint(_ id: String) -> String { "\(checkpoints)/\(id)" }
    func container(_ id: String) -> Container { Container(bundle: "\(containers)/\(id)") }

    /// Makes the directories that everything else expects. What pods hold is the root user's alone,
    /// but the root user of a pod's user namespace must get to what is mounted from there.
    func makeDirectories() throws(SystemError) {
        for directory in [root, runRoot, pods, containers, empty] {
            try Files.makeDirectories(directory, mode: 0o711)
            try Files.narrow(directory, to: 0o711)
        }
        for directory in [scratch, networkCache, verified, shimSockets] {
            try Files.makeDirectories(directory, mode: 0o700)
            try Files.narrow(directory, to: 0o700)
        }
        // An upgrade on a full disk has no room for what nothing else wants.
        try? Files.makeDirectories(checkpoints, mode: 0o700)
    }

    struct Pod: Sendable {
        let directory: String

        func namespace(_ kind: String) -> String { "\(directory)/ns/\(kind)" }
        var sharedMemory: String { "\(directory)/shm" }
        var resolvConf: String { "\(directory)/resolv.conf" }
        var hostname: String { "\(directory)/hostname" }
        var hosts: String { "\(directory)/hosts" }
        /// Names the cgroup of the sandbox, where it has one.
        var cgroup: String { "\(directory)/cgroup" }
        /// The bundle of its infra container.
        var bundle: String { "\(directory)/infra" }
        /// The same of a shim, which knows containers by the names of their bundles.
        var shimBundle: String { "\(directory)/shim/\(Path.lastComponent(of: directory))" }
        /// Where its shims send their events, to its monitor.
        var shimEvents: String { "\(directory)/events" }
        func exitRecord(_ container: String) -> String { "\(directory)/exits/\(container)" }
    }

    struct Container: Sendable {
        let bundle: String

        var pidFile: String { "\(bundle)/pid" }
        /// The runtime's messages from `create`.
        var log: String { "\(bundle)/create.log" }
        /// Where the runtime hands out the terminal.
        var console: String { "\(bundle)/console.sock" }
    }
}
