internal import CAbseil
internal import CGRPC

/// The C core, which counts how often it was begun.
enum Core {
    /// Comes before anything else of the core.
    static func begin() {
        gantry_abseil_track_no_deadlocks()
        grpc_init()
    }
}
