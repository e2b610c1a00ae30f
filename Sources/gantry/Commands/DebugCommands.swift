internal import ArgumentParser
internal import System

/// Commands that only debug builds have.
enum DebugCommands {
    #if DEBUG
        static let all: [any ParsableCommand.Type] = [Failpoints.self]

        struct Failpoints: ParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "List the failpoints, at which GANTRY_FAILPOINT kills the daemon.")

            func run() {
                for name in Failpoint.names { print(name) }
            }
        }
    #else
        static let all: [any ParsableCommand.Type] = []
    #endif
}
