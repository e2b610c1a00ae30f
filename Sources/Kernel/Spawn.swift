internal import CLinux
internal import Glibc

/// Starting programs.
public enum Spawn {
    /// Starts a program and returns its process ID; the caller reaps it.
    ///
    /// - Parameters:
    ///   - input, output, error: descriptors for its standard streams; -1 is `/dev/null`.
    ///   - inherited: descriptors that it gets as 3, 4, …; it gets no others.
    ///   - newSession: whether it leads a session of its own.
    ///   - timerSlack: nanoseconds of timer slack for it and its descendants; 0 is the caller's.
    ///   - place: where it begins, from a caller with one thread; nil is where the caller is.
    public static func start(
        _ path: String, _ arguments: [String], environment: [String], directory: String? = nil,
        input: Int32 = -1, output: Int32 = -1, error: Int32 = -1, inherited: [Int32] = [],
        newSession: Bool = false, timerSlack: UInt = 0, place: Place? = nil
    ) throws(SystemError) -> Int32 {
        let argv = CStrings([path] + arguments)
        let envp = CStrings(environment)
        let pathCopy = CStrings([path] + (directory.map { [$0] } ?? []))
        let members = CStrings(place?.members ?? [])
        var at = gantry_place(
            members: members.pointers, cgroup: place?.cgroup ?? -1, network: place?.network ?? -1)
        var pid: pid_t = 0
        let result = withUnsafePointers(inherited, &at) { inherited, at in
            var how = gantry_program(
                path: pathCopy.pointers[0], arguments: argv.pointers, environment: envp.pointers,
                working_directory: directory == nil ? nil : pathCopy.pointers[1],
                standard_input: input, standard_output: output, standard_error: error,
                inherited: inherited.baseAddress, inherited_count: inherited.count,
                new_session: newSession ? 1 : 0, timer_slack: timerSlack,
                place: place == nil ? nil : at)
            return gantry_spawn(&how, &pid)
        }
        withExtendedLifetime((argv, envp, pathCopy, members)) {}
        if result != 0 { throw SystemError("posix_spawn", path, errno: result) }
        return pid
    }

    /// Where a program begins, when that is not where its parent is. What cannot be done of it is left
    /// out. The descriptors are the caller's.
    public struct Place {
        /// `cgroup.procs` files of cgroup v1.
        public var members: [String]
        /// The directory of a cgroup of v2; -1 is the parent's.
        public var cgroup: Int32
        /// -1 is the parent's network namespace.
        public var network: Int32

        public init(members: [String] = [], cgroup: Int32 = -1, network: Int32 = -1) {
            self.members = members
            self.cgroup = cgroup
            self.network = network
        }
    }

    private static func withUnsafePointers<Result>(
        _ numbers: [Int32], _ place: inout gantry_place,
        _ body: (UnsafeBufferPointer<Int32>, UnsafePointer<gantry_place>) -> Result
    ) -> Result {
        numbers.withUnsafeBufferPointer { numbers in
            withUnsafePointer(to: &place) { body(numbers, $0) }
        }
    }

    /// Of the word that waitpid(2) gives: the exit code, or 128 + the signal that ended the process.
    public static func exitCode(of word: Int32) -> Int32 {
        let signal = word & 0x7f
        return signal == 0 ? (word >> 8) & 0xff : 128 + signal
    }
}

/// A null-terminated array of C strings, as `execve` takes it.
final class CStrings {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ strings: [String]) {
        count = strings.count
        pointers = .allocate(capacity: count + 1)
        for (index, string) in strings.enumerated() {
            (pointers + index).initialize(to: strdup(string))
        }
        (pointers + count).initialize(to: nil)
    }

    deinit {
        for index in 0..<count { free(pointers[index]) }
        pointers.deallocate()
    }
}
