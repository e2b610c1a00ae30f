extension Event {
    /// The method that tells of it.
    var method: String {
        switch self {
        case .unknown: "unknown"
        case .runPodSandbox: "RunPodSandbox"
        case .stopPodSandbox: "StopPodSandbox"
        case .removePodSandbox: "RemovePodSandbox"
        case .createContainer: "CreateContainer"
        case .postCreateContainer: "PostCreateContainer"
        case .startContainer: "StartContainer"
        case .postStartContainer: "PostStartContainer"
        case .updateContainer: "UpdateContainer"
        case .postUpdateContainer: "PostUpdateContainer"
        case .stopContainer: "StopContainer"
        case .removeContainer: "RemoveContainer"
        case .updatePodSandbox: "UpdatePodSandbox"
        case .postUpdatePodSandbox: "PostUpdatePodSandbox"
        case .validateContainerAdjustment: "ValidateContainerAdjustment"
        }
    }

    /// Those that plugins built before they had methods of their own get as StateChange.
    var hasOlderForm: Bool {
        switch self {
        case .runPodSandbox, .postUpdatePodSandbox, .stopPodSandbox, .removePodSandbox,
            .postCreateContainer, .startContainer, .postStartContainer, .postUpdateContainer,
            .removeContainer:
            true
        default: false
        }
    }
}

/// Events that a plugin wants: bit n - 1 stands for event n.
struct EventSet: Sendable {
    let mask: Int32

    static let all = EventSet(bits: (1 << 14) - 1)

    /// Nil for events that there are not; none at all is all.
    init?(_ mask: Int32) {
        guard mask & ~Self.all.mask == 0 else { return nil }
        self.mask = mask == 0 ? Self.all.mask : mask
    }

    /// Some of those that there are, or none.
    init(bits: Int32) { mask = bits }

    func contains(_ event: Event) -> Bool { mask & (1 << (event.rawValue - 1)) != 0 }

    var names: [String] { Event.allCases.filter { $0 != .unknown && contains($0) }.map(\.method) }
}
