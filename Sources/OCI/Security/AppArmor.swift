internal import Kernel
public import Model
internal import System
internal import Text

/// The AppArmor profiles of the kernel that containers can be confined by.
public struct AppArmor: Sendable {
    /// The profile that stands for `RuntimeDefault`.
    public static let defaultProfile = "gantry-default"

    /// Names of the profiles that are there.
    public var loaded: Set<String>
    /// Why the default one could not be loaded.
    public var failure: GantryError?

    public init(loaded: Set<String> = [], failure: GantryError? = nil) {
        self.loaded = loaded
        self.failure = failure
    }

    /// securityfs shows the profiles of the daemon's policy namespace (apparmorfs.c).
    private static let listing = "/sys/kernel/security/apparmor/profiles"

    /// What is loaded now. The default is loaded first where it is not there: an administrator may
    /// have removed all profiles meanwhile.
    /// - Throws: `failedPrecondition` when the kernel's list cannot be read.
    public static func current() async throws -> AppArmor {
        let found = AppArmor(loaded: try await list())
        if found.loaded.contains(defaultProfile) { return found }
        do {
            try await load(profile)
            return AppArmor(loaded: try await list())
        } catch let error as GantryError {
            return AppArmor(loaded: found.loaded, failure: error)
        }
    }

    private static func list() async throws -> Set<String> {
        do {
            return names(try await Blocking.run { try Files.readText(listing) })
        } catch {
            throw GantryError(
                .failedPrecondition,
                "AppArmor is on, but its profiles cannot be read; is securityfs mounted?",
                cause: error)
        }
    }

    /// Lines `name (mode)`; a name may hold spaces.
    static func names(_ listing: String) -> Set<String> {
        Set(
            listing.split(at: "\n").compactMap { line in
                line.cutLast(at: "(").flatMap { $0.head.removing(suffix: " ") }.map(String.init)
            })
    }

    /// Only apparmor_parser(8) can make of a profile's text what the kernel takes.
    private static func load(_ text: String) async throws {
        let parsers = Runtimes.search.map { "\($0)/apparmor_parser" }
        guard let parser = parsers.first(where: Files.exists) else {
            throw GantryError(.failedPrecondition, "there is no apparmor_parser")
        }
        let output = try await Command(
            parser, ["--replace", "--skip-cache"], input: Array(text.utf8)
        ).run()
        guard output.status == 0 else {
            throw GantryError(
                .failedPrecondition, "\(parser) exited with \(output.status): \(output.errorText)")
        }
    }
}
