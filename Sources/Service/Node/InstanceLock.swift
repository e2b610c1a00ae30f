internal import CLinux
internal import Glibc
internal import Kernel
internal import Model

/// Keeps two daemons from working on one root directory. The lock goes with the process.
final class InstanceLock: Sendable {
    private let file: Descriptor

    /// Whether a daemon works on a directory. Asking takes the lock for a moment, so ask the daemon
    /// itself first.
    static func isHeld(in directory: String) -> Bool {
        guard Files.exists("\(directory)/lock") else { return false }
        return (try? InstanceLock(directory: directory)) == nil
    }

    init(directory: String) throws {
        let path = "\(directory)/lock"
        file = try Files.open(path, O_RDWR | O_CREAT)
        do throws(SystemError) {
            let number = file.raw
            try syscall("flock", path) { gantry_flock_exclusive(number) }
        } catch {
            throw error.errno == EWOULDBLOCK
                ? GantryError(
                    .failedPrecondition,
                    "another gantry works on \(directory): stop it first (systemctl stop gantry)")
                : GantryError(.failedPrecondition, "cannot lock \(directory)", cause: error)
        }
    }
}
