internal import Kernel
internal import System
internal import Text

/// What an exec in gVisor started runs in the sandbox's own kernel, out of reach of the node's.
struct SandboxedExec: Sendable {
    let runtime: Runtime
    let container: String
    /// Where runsc writes the process ID that the program has in there.
    let pidFile: String

    private typealias Process = (pid: Int, parent: Int)

    /// Kills the program and its descendants. What it has made a child of the container's init is
    /// not told from others there, and stays.
    func kill() async throws {
        guard let text = try? Files.readText(pidFile), let first = Int(text) else { return }
        let all = processes(try await runtime.execute(["ps", container]).text)
        for pid in tree(of: first, all) {
            _ = try await runtime.execute(["kill", "--pid=\(pid)", container, "KILL"])
        }
    }

    /// Columns of runsc's table: UID, PID, PPID, …; its JSON has only the PIDs.
    private func processes(_ table: String) -> [Process] {
        table.split(at: "\n").compactMap { line in
            let fields = line.split(at: " ")
            guard fields.count > 2, let pid = Int(fields[1]), let parent = Int(fields[2]) else {
                return nil
            }
            return (pid, parent)
        }
    }

    /// Parents first, so that none of them starts another in place of a child that is dead.
    private func tree(of pid: Int, _ all: [Process]) -> [Int] {
        let children = Dictionary(grouping: all, by: \.parent)
        var found = [pid]
        var seen = Set(found)
        var next = 0
        while next < found.count {
            found += (children[found[next]] ?? []).map(\.pid).filter { seen.insert($0).inserted }
            next += 1
        }
        return found
    }
}
