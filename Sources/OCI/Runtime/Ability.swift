/// What the command line of a runtime may or may not take.
///
/// Each is found out by trying (`AbilityProbe`) and never from the program's name; each is a key of
/// `[runtimes.NAME]`, which counts more than what was found.
public enum Ability: String, CaseIterable, Codable, Hashable, Sendable, CodingKeyRepresentable {
    case logFile = "log_file"
    case logFormat = "log_format"
    case systemdCgroup = "systemd_cgroup"
    case execConsole = "exec_console"
    case execDetach = "exec_detach"
    case update
    case pause
    case killAll = "kill_all"
    case checkpoint
    case recursiveReadOnly = "recursive_read_only"
    case mappedMounts = "id_mapped_mounts"
    case hiddenProcesses = "hidden_processes"
    case infra

    public var summary: String {
        switch self {
        case .logFile: "Whether the runtime takes --log."
        case .logFormat: "Whether it takes --log-format json."
        case .systemdCgroup: "Whether it takes --systemd-cgroup, which that cgroup driver needs."
        case .execConsole: "Whether its exec takes --console-socket, which terminals need."
        case .execDetach: "Whether its exec takes --detach and --pid-file."
        case .update: "Whether it has update --resources, without which limits cannot change."
        case .pause: "Whether it has pause and resume."
        case .killAll: "Whether its kill takes --all, which reaches all processes of a container."
        case .checkpoint: "Whether it has checkpoint, which CheckpointContainer needs."
        case .recursiveReadOnly: "Whether it mounts recursively read-only; told by its features."
        case .mappedMounts: "Whether it mounts with mapped IDs; told by its features."
        case .hiddenProcesses: "Whether containers are processes of a kernel of its own (gVisor)."
        case .infra: "Run an infra container first in each pod, as sandboxed runtimes need."
        }
    }

    /// Not by trying, but by what the program tells of itself or what else it has.
    var isTold: Bool { [.recursiveReadOnly, .mappedMounts, .infra].contains(self) }

    /// Of a runtime that was not tried yet.
    var isUsual: Bool {
        switch self {
        case .checkpoint, .recursiveReadOnly, .mappedMounts, .hiddenProcesses, .infra: false
        default: true
        }
    }
}
