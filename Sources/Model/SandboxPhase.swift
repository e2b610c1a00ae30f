/// Where a pod sandbox stands in its life.
///
/// ```
///  creating ──► ready ──► stopping ──► stopped ──► (removed)
///                 └──────────────────────▲   after a reboot, with nothing left to release
/// ```
/// `creating` is not listed to clients; `stopping` and `stopped` are NOTREADY. In `stopping`
/// something may still be held (an address, a mount): StopPodSandbox tries again.
public enum SandboxPhase: String, Sendable, Equatable {
    case creating, ready, stopping, stopped

    public var isListed: Bool { self != .creating }
}
