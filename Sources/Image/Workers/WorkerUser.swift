/// As whom a process handles images: the user's ID.
public enum WorkerUser: UInt32, Sendable {
    /// With the capabilities that unpacking a layer needs, and no others.
    case root = 0
    /// Without any: it writes to files that it is given, and makes none.
    case nobody = 65534
}

/// The image has files that are no tar (an artifact): to make them takes a process that may.
struct NeedsRoot: Error {}
